/**
 * Rows as requests: so many rows in the body of each. A request that fails in a way that may pass is repeated, with the
 * same `Idempotency-Key`, by which a server can tell what it has.
 */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { slice } from '../../core/batch/take.ts'
import type { Sink } from '../../core/connector.ts'
import type { BlockEncoder, Format } from '../../core/formats/contract.ts'
import { answerTo, type Patience, requestFailed, shownUrl } from './request.ts'

export interface HttpSinkOptions extends Patience {
  /** Rows per request. Default: 1000. */
  readonly batch?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  /** `array`: a JSON array (default); `lines`: JSON, a row per line. */
  readonly body?: 'array' | 'lines'
  /** The name of the header that numbers requests; false: none. Default: `Idempotency-Key`. */
  readonly idempotencyKey?: string | false
}

const DEFAULT_ROWS = 1000
const NEWLINE = 10
const COMMA = 44
const [OPEN, CLOSE] = [91, 93]

export function httpSink(url: URL, json: Format, options: HttpSinkOptions = {}): Sink {
  return new HttpSink(url, json, options)
}

class HttpSink implements Sink {
  readonly label: string
  readonly guarantee = 'at-least-once'
  readonly #url: URL
  readonly #format: Format
  readonly #options: HttpSinkOptions
  readonly #ending = new AbortController()
  #encoder: BlockEncoder | undefined
  #job = ''
  #epoch = 0
  /** Requests of the epoch so far. */
  #sent = 0
  /** Rows of the next request, encoded. */
  #parts: Uint8Array[] = []
  #rows = 0

  constructor(url: URL, format: Format, options: HttpSinkOptions) {
    this.label = `http ${shownUrl(url)}`
    this.#url = url
    this.#format = format
    this.#options = options
  }

  async open(...[schema, context]: Parameters<Sink['open']>): Promise<void> {
    this.#job = context?.job ?? ''
    this.#encoder = this.#format.openEncoder!({ schema, options: {} })
  }

  async begin(epoch: number): Promise<void> {
    this.#epoch = epoch
    this.#sent = 0
  }

  async write(batch: Batch): Promise<void> {
    const { batch: size = DEFAULT_ROWS } = this.#options
    const count = rowCount(batch)
    for (let at = 0; at < count; ) {
      const until = Math.min(count, at + size - this.#rows)
      // The encoder's memory is its own.
      this.#parts.push(this.#encoder!.encode(slice(batch, at, until)).slice())
      this.#rows += until - at
      at = until
      if (this.#rows >= size) await this.#send()
    }
  }

  async commit(): Promise<void> {
    if (this.#rows > 0) await this.#send()
  }

  async #send(): Promise<void> {
    const response = await answerTo(
      this.label,
      this.#url,
      this.#request(),
      this.#options,
      this.#ending.signal,
    )
    if (!response) throw requestFailed(this.label, this.#ending.signal.reason)
    await response.body?.cancel()
  }

  /** The next request, of the rows that have been written. */
  #request(): RequestInit {
    const { method = 'POST', headers, body = 'array', idempotencyKey = 'Idempotency-Key' } = this.#options
    const lines = Buffer.concat(this.#parts)
    this.#parts = []
    this.#rows = 0
    const number = `${this.#job}-${this.#epoch}-${this.#sent++}`
    return {
      method,
      headers: {
        'content-type': body === 'array' ? 'application/json' : 'application/x-ndjson',
        ...(idempotencyKey === false ? {} : { [idempotencyKey]: number }),
        ...headers,
      },
      body: body === 'array' ? arrayOf(lines) : lines,
    }
  }

  async abort(): Promise<void> {
    this.#ending.abort()
    this.#parts = []
    this.#rows = 0
  }

  async close(): Promise<void> {
    this.#ending.abort()
  }
}

/** Lines of JSON as one array: a line break stands behind each record, and nowhere else. */
function arrayOf(lines: Uint8Array): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(lines.length + 1)
  array[0] = OPEN
  for (let i = 0; i < lines.length; i++) array[i + 1] = lines[i] === NEWLINE ? COMMA : lines[i]!
  array[lines.length] = CLOSE
  return array
}
