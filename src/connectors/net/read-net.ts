/** `read.exec`, `read.socket`, `read.http`, `read.events`, `read.scrape`: what comes from elsewhere. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import { type ColumnTypes, mustBe } from '../../core/dataset/source-arguments.ts'
import type { RowFor, RowSchema } from '../../core/dataset/validated.ts'
import { callback, checkNames, flag, text, whole } from '../../core/options.ts'
import { type Duration, durationMs, positiveMs } from '../../core/time/duration.ts'
import type { RowOf } from '../../core/types/row.ts'
import type { FileOptions } from '../files/from-files.ts'
import type { Line } from '../files/read-lines.ts'
import { addressOf } from './address.ts'
import type { EventsOptions } from './events.ts'
import type { ExecOptions } from './exec.ts'
import { fromStream, STREAM_OPTIONS, type StreamFormat } from './from-stream.ts'
import type { HttpPage } from './http-poll.ts'
import type { Selector } from './scrape.ts'
import type { SocketOptions } from './socket.ts'

type BoundsWhen<Bounded> = Bounded extends true ? 'bounded' : 'unbounded'
type Ends<Bounded> = { readonly bounded?: Bounded }
type Headers_ = Readonly<Record<string, string>>

export type ExecReadOptions<Bounded extends boolean = boolean> = StreamFormat &
  Omit<ExecOptions, 'bounded'> &
  Ends<Bounded>

/**
 * What a command writes to its standard output: with a schema as JSON lines or CSV, without one line by line. A text is a
 * line for the shell, a list is a program and its arguments. It is ended, with its children, when the job is.
 *
 * It cannot be read again, so that a job over it cannot be restored.
 *
 * @param options `bounded`: whether it ends by itself, false by default; `format`, `formatOptions`, `onBadRow`, `cwd`, `env`
 * @throws {ConnectorError} while it is read: `PROCESS_FAILED` when it ends with another code than 0, with what it wrote last
 * to its standard error
 * @example
 * read.exec('journalctl -f -o json', { MESSAGE: 'utf8', PRIORITY: 'utf8' })
 * read.exec(['git', 'log', '--format=%an'], { bounded: true }).groupBy('text').agg({ commits: count() })
 */
export function exec<S extends RowSchema, const Bounded extends boolean = false>(
  command: string | readonly string[],
  schema: S,
  options?: ExecReadOptions<Bounded>,
): Dataset<RowFor<S>, BoundsWhen<Bounded>>
export function exec<const Bounded extends boolean = false>(
  command: string | readonly string[],
  options?: ExecReadOptions<Bounded>,
): Dataset<Line, BoundsWhen<Bounded>>
export function exec(command: string | readonly string[], ...rest: readonly unknown[]): Dataset<any, any> {
  const [schema, options] = schemaAndOptions<ExecReadOptions>(rest, EXEC_OPTIONS)
  const hint = "exec('journalctl -f'), or exec(['git', 'log'])"
  const isCommand =
    (typeof command === 'string' && command !== '') ||
    (Array.isArray(command) && command.length > 0 && command.every(part => typeof part === 'string'))
  mustBe(isCommand, 'exec takes a command', command, hint, exec)
  checkNames('exec', options, EXEC_OPTIONS, exec)
  const bounded = flag(options.bounded ?? false, 'bounded of exec()', exec)
  const { cwd, env } = options
  if (cwd !== undefined) text(cwd, 'cwd of exec()', exec)
  const make = async () =>
    (await import('./exec.ts')).execStream(command, {
      bounded,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    })
  const label = `exec ${[command].flat().join(' ')}`
  return fromStream(make, { label, bounded }, schema, options, exec)
}

const EXEC_OPTIONS = [...STREAM_OPTIONS, 'bounded', 'cwd', 'env']

export type SocketReadOptions<Bounded extends boolean = boolean> = StreamFormat &
  Omit<SocketOptions, 'bounded'> &
  Ends<Bounded>

/**
 * What a connection brings: `tcp://host:port`, `tls://host:port`, `unix:/path`. When it ends it is made again, unless it
 * is `bounded`: then the data ends with it. It cannot be read again.
 *
 * @param options `bounded`: false by default; `retries`: how often in a row connecting may fail, 5 by default; `format`,
 * `formatOptions`, `onBadRow`
 * @throws {ConnectorError} while it is read: `CONNECTION_FAILED`
 * @example
 * read.socket('tcp://127.0.0.1:9000', { at: 'timestamp', value: 'float64' })
 */
export function socket<S extends RowSchema, const Bounded extends boolean = false>(
  address: string | URL,
  schema: S,
  options?: SocketReadOptions<Bounded>,
): Dataset<RowFor<S>, BoundsWhen<Bounded>>
export function socket<const Bounded extends boolean = false>(
  address: string | URL,
  options?: SocketReadOptions<Bounded>,
): Dataset<Line, BoundsWhen<Bounded>>
export function socket(address: string | URL, ...rest: readonly unknown[]): Dataset<any, any> {
  const [schema, options] = schemaAndOptions<SocketReadOptions>(rest, SOCKET_OPTIONS)
  const url = addressOf(address, ['tcp:', 'tls:', 'unix:'], "socket('tcp://127.0.0.1:9000')", socket)
  checkNames('socket', options, SOCKET_OPTIONS, socket)
  const bounded = flag(options.bounded ?? false, 'bounded of socket()', socket)
  const own = { bounded, ...attempts(options.retries, 'socket', socket) }
  const make = async () => (await import('./socket.ts')).socketStream(url, own)
  return fromStream(make, { label: `socket ${url.href}`, bounded }, schema, options, socket)
}

const SOCKET_OPTIONS = [...STREAM_OPTIONS, 'bounded', 'retries']

export interface HttpReadOptions extends StreamFormat {
  /** How long after an answer the next is asked for. Without it there is one, and the data ends. */
  readonly every?: Duration
  readonly headers?: Headers_
  /** Where the next rows are, from an answer: an address, or undefined where there are no more now. */
  readonly cursor?: (page: HttpPage) => URL | string | undefined
  /** How often in a row a request may fail in a way that may pass. Default: 5. */
  readonly retries?: number
  /** How long an answer may take to begin. Default: a minute. */
  readonly timeout?: Duration
}

/**
 * What a server answers to a request, or with `every` to one after the other. What it says has not changed (by `ETag` or
 * `Last-Modified`) is not read again; a `cursor` goes from page to page. Failures that may pass (no connection, 429, 5xx) are
 * tried again, later each time, and no sooner than the server says (`Retry-After`).
 *
 * With a `cursor` a job that is restored goes on at the page it had come to; without one it cannot be restored.
 *
 * @throws {ConnectorError} while it is read: `HTTP_STATUS`, `CONNECTION_FAILED`
 * @example
 * read.http('https://example.com/events', { id: 'int64', kind: 'utf8' }, {
 *   every: '10s',
 *   cursor: ({ headers }) => headers.get('x-next') ?? undefined,
 * })
 */
export function http<S extends RowSchema>(
  address: string | URL,
  schema: S,
  options: HttpReadOptions & { readonly every: Duration },
): Dataset<RowFor<S>, 'unbounded'>
export function http<S extends RowSchema>(
  address: string | URL,
  schema: S,
  options?: HttpReadOptions,
): Dataset<RowFor<S>, 'bounded'>
export function http(
  address: string | URL,
  options: HttpReadOptions & { readonly every: Duration },
): Dataset<Line, 'unbounded'>
export function http(address: string | URL, options?: HttpReadOptions): Dataset<Line, 'bounded'>
export function http(address: string | URL, ...rest: readonly unknown[]): Dataset<any, any> {
  const [schema, options] = schemaAndOptions<HttpReadOptions>(rest, HTTP_OPTIONS)
  const url = addressOf(address, WEB, "http('https://example.com/rows.json')", http)
  checkNames('http', options, HTTP_OPTIONS, http)
  const { every, headers, cursor, retries, timeout } = options
  if (cursor !== undefined) callback(cursor, 'cursor of http()', http)
  const own = {
    ...(every === undefined ? {} : { everyMs: durationMs(every, 'every of http()', http) }),
    ...(headers === undefined ? {} : { headers }),
    ...(cursor === undefined ? {} : { cursor }),
    ...attempts(retries, 'http', http),
    ...(timeout === undefined ? {} : { timeoutMs: positiveMs(timeout, 'timeout of http()', http) }),
  }
  const make = async () => (await import('./http-poll.ts')).httpStream(url, own)
  return fromStream(
    make,
    { label: `http ${url.origin}${url.pathname}`, bounded: every === undefined },
    schema,
    options,
    http,
  )
}

const HTTP_OPTIONS = [...STREAM_OPTIONS, 'every', 'headers', 'cursor', 'retries', 'timeout']
const WEB = ['http:', 'https:']

export type EventsReadOptions<Bounded extends boolean = boolean> = StreamFormat &
  Omit<EventsOptions, 'bounded'> &
  Ends<Bounded>

/**
 * Events that a server sends (`text/event-stream`), or the messages of a WebSocket (`ws:`, `wss:`): the data of each is a
 * record. A connection that ends is made again; of server-sent events after the last one that came, if the server numbers
 * them, also when a job is restored.
 *
 * @param options `event`: only events of this name; `headers` (not of WebSockets); `bounded`: whether the end of the
 * connection is the end of the data, false by default; `retries`, `format`, `formatOptions`, `onBadRow`
 * @throws {ConnectorError} while it is read: `CONNECTION_FAILED`, `HTTP_STATUS`, `CONTENT_TYPE`, `SOURCE_OVERRUN`
 * @example
 * read.events('https://stream.wikimedia.org/v2/stream/recentchange', { wiki: 'utf8', bot: 'bool' })
 */
export function events<S extends RowSchema, const Bounded extends boolean = false>(
  address: string | URL,
  schema: S,
  options?: EventsReadOptions<Bounded>,
): Dataset<RowFor<S>, BoundsWhen<Bounded>>
export function events<const Bounded extends boolean = false>(
  address: string | URL,
  options?: EventsReadOptions<Bounded>,
): Dataset<Line, BoundsWhen<Bounded>>
export function events(address: string | URL, ...rest: readonly unknown[]): Dataset<any, any> {
  const [schema, options] = schemaAndOptions<EventsReadOptions>(rest, EVENTS_OPTIONS)
  const url = addressOf(address, [...WEB, 'ws:', 'wss:'], "events('https://example.com/events')", events)
  checkNames('events', options, EVENTS_OPTIONS, events)
  const bounded = flag(options.bounded ?? false, 'bounded of events()', events)
  const { event, headers, retries } = options
  if (event !== undefined) text(event, 'event of events()', events)
  const own = {
    bounded,
    ...(event === undefined ? {} : { event }),
    ...(headers === undefined ? {} : { headers }),
    ...attempts(retries, 'events', events),
  }
  const make = async () => (await import('./events.ts')).eventStream(url, own)
  return fromStream(make, { label: `events ${url.origin}${url.pathname}`, bounded }, schema, options, events)
}

const EVENTS_OPTIONS = [...STREAM_OPTIONS, 'event', 'headers', 'bounded', 'retries']

export interface ScrapeReadOptions<Names extends string = string> extends FileOptions {
  /** By column: a CSS selector, `'a.name@href'` for an attribute, `'$url'` for the page. A column without one has its name. */
  readonly select: Readonly<Record<Names, Selector>>
  /** Elements that are a row each. Default: the page is one row. */
  readonly rows?: string
  /** Links to go on with: a CSS selector. */
  readonly follow?: string
  /** Between two pages. Default: a second; robots.txt may ask for more. */
  readonly delay?: Duration
  /** Default: 100. */
  readonly maxPages?: number
  readonly headers?: Headers_
  /** What robots.txt knows this by, and servers. Default: millrace. */
  readonly userAgent?: string
  readonly retries?: number
}

/**
 * Pages as rows: what CSS selectors find in each, cast to the types of the schema. One page at a time, with a delay, only
 * what robots.txt allows, and within the hosts of the addresses given. The packages cheerio and robots-parser read the pages.
 *
 * @throws {ConnectorError} while it is read: `MISSING_PACKAGE`, `HTTP_STATUS`, `CONNECTION_FAILED`, `PAGE_SIZE`
 * @example
 * read.scrape('https://example.com/shop', { name: 'utf8', price: 'float64' }, {
 *   rows: 'li.product',
 *   select: { name: '.title', price: '.price' },
 *   follow: 'a.next',
 * })
 */
export function scrape<S extends ColumnTypes>(
  addresses: string | URL | readonly (string | URL)[],
  schema: S,
  options: ScrapeReadOptions<keyof S & string>,
): Dataset<RowOf<S>, 'bounded'> {
  const urls = [addresses]
    .flat()
    .map(address => addressOf(address, WEB, "scrape('https://example.com/')", scrape))
  checkNames('scrape', options, SCRAPE_OPTIONS, scrape)
  const { select, rows, follow, delay, maxPages, headers, userAgent, retries } = options
  checkNames('select of scrape', select, Object.keys(schema), scrape)
  for (const name of Object.keys(schema))
    text((select as Record<string, unknown>)[name], `select.${name} of scrape()`, scrape)
  if (maxPages !== undefined) whole(maxPages, 'maxPages of scrape()', 1, Number.MAX_SAFE_INTEGER, scrape)
  const own = {
    select: Object.fromEntries(
      Object.keys(schema).map(name => [name, (select as Record<string, Selector>)[name]!]),
    ),
    ...(rows === undefined ? {} : { rows: text(rows, 'rows of scrape()', scrape) }),
    ...(follow === undefined ? {} : { follow: text(follow, 'follow of scrape()', scrape) }),
    ...(delay === undefined ? {} : { delayMs: durationMs(delay, 'delay of scrape()', scrape) }),
    ...(maxPages === undefined ? {} : { maxPages }),
    ...(headers === undefined ? {} : { headers }),
    ...(userAgent === undefined ? {} : { userAgent: text(userAgent, 'userAgent of scrape()', scrape) }),
    ...attempts(retries, 'scrape', scrape),
  }
  const make = async () => (await import('./scrape.ts')).scrapeStream(urls, own)
  const csv: StreamFormat = {
    format: 'csv',
    formatOptions: { header: false, delimiter: ',', quote: '"' },
    ...(options.onBadRow === undefined ? {} : { onBadRow: options.onBadRow }),
  }
  const label = `scrape ${urls.map(({ origin, pathname }) => `${origin}${pathname}`).join(', ')}`
  return fromStream(make, { label, bounded: true }, schema, csv, scrape)
}

const SCRAPE_OPTIONS = [
  'select',
  'rows',
  'follow',
  'delay',
  'maxPages',
  'headers',
  'userAgent',
  'retries',
  'onBadRow',
]

const attempts = (
  retries: number | undefined,
  reader: string,
  above: Function,
): { readonly retries?: number } =>
  retries === undefined ? {} : { retries: whole(retries, `retries of ${reader}()`, 0, 1000, above) }

/** `(schema, options)`, `(options)` or nothing: a schema has types, options have the names of options. */
function schemaAndOptions<Options extends object>(
  [first, second]: readonly unknown[],
  names: readonly string[],
): [RowSchema | undefined, Options] {
  if (second !== undefined) return [first as RowSchema, second as Options]
  // A validator may be a function.
  if (typeof first !== 'object' || first === null || '~standard' in first)
    return [first as RowSchema | undefined, {} as Options]
  const given = Object.keys(first)
  const areOptions =
    given.every(name => names.includes(name)) && !given.every(name => isType((first as any)[name]))
  return areOptions || given.length === 0
    ? [undefined, first as Options]
    : [first as RowSchema, {} as Options]
}

const isType = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^(bool|u?int\d+|float\d+|utf8|dictionary|date|time|timestamp|decimal|binary|duration|list|struct|map)\b/.test(
    value,
  )
