/** `http`, `socket`, `exec`, `stdout`: sinks that give rows to others. */

import type { Sink } from '../../core/connector.ts'
import { mustBe } from '../../core/dataset/source-arguments.ts'
import { type BytesWritten, encodingOf } from '../../core/formats/encoder-options.ts'
import { checkNames, oneOf, text, whole } from '../../core/options.ts'
import type { Lazy } from '../../core/planner/build.ts'
import { type Duration, positiveMs } from '../../core/time/duration.ts'
import { addressOf } from './address.ts'
import type { ByteTarget } from './byte-sink.ts'
import type { ExecOptions } from './exec.ts'
import type { HttpSinkOptions } from './http-sink.ts'

const BYTES_OPTIONS = ['format', 'formatOptions']

export interface HttpWriteOptions extends Omit<HttpSinkOptions, 'timeoutMs'> {
  /** How long an answer may take to begin. Default: a minute. */
  readonly timeout?: Duration
}

/**
 * Rows as the bodies of requests. A request that fails in a way that may pass (no connection, 429, 5xx) is repeated with the
 * same `Idempotency-Key`. At least once: a job that goes on from a snapshot sends the rows of its last commit again.
 *
 * @throws {ConnectorError} while rows are written: `HTTP_STATUS`, `CONNECTION_FAILED`
 * @example
 * alerts.write(http('https://example.com/hooks/alerts', { batch: 100 }))
 */
export function http(address: string | URL, options: HttpWriteOptions = {}): Lazy<Sink> {
  const url = addressOf(address, ['http:', 'https:'], "http('https://example.com/rows')", http)
  checkNames('http', options, HTTP_OPTIONS, http)
  const { timeout, ...own } = options
  const { batch, retries, method, body, idempotencyKey } = own
  if (batch !== undefined) whole(batch, 'batch of http()', 1, 1e6, http)
  if (retries !== undefined) whole(retries, 'retries of http()', 0, 1000, http)
  if (method !== undefined) oneOf(method, 'method of http()', ['POST', 'PUT', 'PATCH'], http)
  if (body !== undefined) oneOf(body, 'body of http()', ['array', 'lines'], http)
  if (idempotencyKey !== undefined && idempotencyKey !== false)
    text(idempotencyKey, 'idempotencyKey of http()', http)
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: positiveMs(timeout, 'timeout of http()', http) }
  const load = async () => {
    const [{ httpSink }, { formatOf }] = await Promise.all([
      import('./http-sink.ts'),
      import('../../core/formats/index.ts'),
    ])
    return httpSink(url, formatOf('json'), { ...own, ...timeoutMs })
  }
  return Object.freeze({ label: `http ${url.origin}${url.pathname}`, load })
}

const HTTP_OPTIONS = ['batch', 'retries', 'headers', 'method', 'body', 'idempotencyKey', 'timeout']

/**
 * Rows down a connection: `tcp://host:port`, `tls://host:port`, `unix:/path`. At least once as far as the connection holds:
 * what the other side had not read when it broke is lost with it.
 *
 * @throws {ConnectorError} `CONNECTION_FAILED`, when the job starts and while rows are written
 * @example
 * alerts.write(socket('tcp://127.0.0.1:9000', { format: 'csv' }))
 */
export function socket(address: string | URL, options: BytesWritten = {}): Lazy<Sink> {
  const url = addressOf(address, ['tcp:', 'tls:', 'unix:'], "socket('tcp://127.0.0.1:9000')", socket)
  checkNames('socket', options, BYTES_OPTIONS, socket)
  const label = `socket ${url.href}`
  return bytesTo(label, options, socket, async () => (await import('./targets.ts')).socketTarget(label, url))
}

export type ExecWriteOptions = BytesWritten & Omit<ExecOptions, 'bounded'>

/**
 * Rows to the standard input of a command, which has to end with code 0 when there are no more. A text is a line for the
 * shell, a list a program and its arguments. At least once.
 *
 * @throws {ConnectorError} `PROCESS_FAILED`, with what the command wrote last to its standard error
 * @example
 * alerts.write(exec('gzip > alerts.json.gz'))
 */
export function exec(command: string | readonly string[], options: ExecWriteOptions = {}): Lazy<Sink> {
  const isCommand =
    typeof command === 'string' ? command !== '' : Array.isArray(command) && command.length > 0
  mustBe(isCommand, 'exec takes a command', command, "exec('gzip > rows.json.gz')", exec)
  checkNames('exec', options, [...BYTES_OPTIONS, 'cwd', 'env'], exec)
  const { cwd, env } = options
  const own = { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) }
  const label = `exec ${[command].flat().join(' ')}`
  return bytesTo(label, options, exec, async () =>
    (await import('./targets.ts')).processTarget(label, command, own),
  )
}

/**
 * Rows to the standard output of this process. When nobody reads it any more (`| head`), the rest is dropped. At least once.
 *
 * @example
 * await (await alerts.write(stdout({ format: 'csv' })).start()).done
 */
export function stdout(options: BytesWritten = {}): Lazy<Sink> {
  checkNames('stdout', options, BYTES_OPTIONS, stdout)
  return bytesTo('stdout', options, stdout, async () => (await import('./targets.ts')).stdoutTarget())
}

function bytesTo(
  label: string,
  options: BytesWritten,
  above: Function,
  target: () => Promise<ByteTarget>,
): Lazy<Sink> {
  const encoding = encodingOf(options, above)
  const load = async () => {
    const [{ byteSink }, { formatOf }] = await Promise.all([
      import('./byte-sink.ts'),
      import('../../core/formats/index.ts'),
    ])
    return byteSink(label, await target(), { format: formatOf(encoding.format), options: encoding.options })
  }
  return Object.freeze({ label, load })
}
