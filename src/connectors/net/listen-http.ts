/**
 * Rows that others send: a server that takes them by POST, and answers once the sinks have committed them. A request whose
 * rows are not safe when the job ends is refused, and its sender knows that it has to send them again.
 */

import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Batch } from '../../core/batch/batch.ts'
import { concat, slice } from '../../core/batch/take.ts'
import type { ReaderMemory, ScanRequest, Source, SourceBatch, SplitReader } from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Schema } from '../../core/types/schema.ts'
import { inReaderMemory } from '../memory/reader-memory.ts'
import {
  complaint,
  PostedBodies,
  type PostedBody,
  type PostedRowsAsked,
  postedSchema,
} from './posted-body.ts'

export interface ListenHttpOptions {
  /** 0: any that is free, which `onListening` tells. */
  readonly port: number
  /** Default: `/`. */
  readonly path?: string
  /** The address to listen at. Default: this machine alone, 127.0.0.1. */
  readonly host?: string
  /** What requests must have as `Authorization: Bearer <token>`. Without one anybody who reaches the port may send. */
  readonly token?: string
  /** Rows that may wait to be committed before requests are refused with 429. Default: 100,000. */
  readonly maxWaitingRows?: number
  /** Of the body of a request. Default: 16 MiB. */
  readonly maxBodyBytes?: number
  readonly onListening?: (url: string) => void
}

const DEFAULT_WAITING_ROWS = 100_000
const DEFAULT_BODY_BYTES = 1 << 24
/** What those are told who come too early. */
const RETRY_AFTER_SECONDS = 1

/** A source of what is posted. It can be read once at a time, and not again: what it has answered is in the sinks. */
export function listenHttpSource(options: ListenHttpOptions, asked: PostedRowsAsked): Source {
  const label = `http on port ${options.port}${options.path ?? '/'}`
  let open: PostedRows | undefined
  return {
    label,
    bounded: false,
    replayable: false,
    canOrder: false,
    canFilter: () => false,
    schema: async () => postedSchema(asked),
    splits: async () => [{ id: 0, label }],
    async open(_split, from, request, memory) {
      const posted = new PostedRows(options, await PostedBodies.open(asked), request, from.rows, memory)
      await posted.listen(label)
      open = posted
      return posted
    },
    committed: (_split, { rows }) => open?.committed(rows),
    jobEnded: () => open?.end(),
  }
}

/** A request whose rows are on their way to the sinks. */
interface Posted {
  readonly response: ServerResponse
  /** Rows that are taken, and bad ones that go another way. */
  readonly good: number
  readonly bad: number
  /** How many rows of the split there are with it. */
  readonly end: number
}

class PostedRows implements SplitReader {
  readonly #options: ListenHttpOptions
  readonly #bodies: PostedBodies
  readonly #request: ScanRequest
  readonly #memory: ReaderMemory
  readonly #server: Server
  /** Rows that have come and were not delivered, by request. */
  readonly #batches: Batch[] = []
  /** Requests without an answer, in order. */
  readonly #waiting: Posted[] = []
  #posted: number
  #delivered: number
  #committed: number
  #isClosed = false
  #wake = () => {}

  constructor(
    options: ListenHttpOptions,
    bodies: PostedBodies,
    request: ScanRequest,
    from: number,
    memory: ReaderMemory,
  ) {
    this.#options = options
    this.#bodies = bodies
    this.#request = request
    this.#memory = memory
    this.#posted = this.#delivered = this.#committed = from
    this.#server = createServer((message, response) => {
      this.#take(message, response).catch(error => refuse(response, 500, (error as Error).message))
    })
  }

  async listen(label: string): Promise<void> {
    const { port, host = '127.0.0.1', path = '/', onListening } = this.#options
    try {
      this.#server.listen(port, host)
      await once(this.#server, 'listening')
    } catch (cause) {
      throw new ConnectorError('LISTEN_FAILED', `${label} cannot listen: ${(cause as Error).message}`, {
        cause,
        hint: 'another port, or 0 for any that is free, which onListening tells',
      })
    }
    const address = this.#server.address() as AddressInfo
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
    onListening?.(`http://${name}:${address.port}${path}`)
  }

  async #take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path = '/', token, maxBodyBytes = DEFAULT_BODY_BYTES } = this.#options
    if (token !== undefined && !hasToken(message, token)) {
      response.setHeader('www-authenticate', 'Bearer')
      return refuse(response, 401, 'the token is missing or wrong')
    }
    if (new URL(message.url ?? '/', 'http://here').pathname !== path)
      return refuse(response, 404, `post to ${path}`)
    if (message.method !== 'POST') {
      response.setHeader('allow', 'POST')
      return refuse(response, 405, 'rows are sent by POST')
    }
    const format = formatNameOf(message.headers['content-type'])
    if (format === undefined)
      return refuse(response, 415, 'send application/json, application/x-ndjson or text/csv')
    const body = await bodyOf(message, maxBodyBytes)
    if (body === undefined) return refuse(response, 413, `at most ${maxBodyBytes} bytes at once`)
    let posted: PostedBody
    try {
      posted = await this.#bodies.read(body, format)
    } catch (error) {
      const said = complaint(error)
      if (!said) throw error
      return answer(response, 400, said)
    }
    this.#add(posted, response)
  }

  #add(body: PostedBody, response: ServerResponse): void {
    const { maxWaitingRows = DEFAULT_WAITING_ROWS } = this.#options
    const rows = body.good + body.bad
    // One request may always wait, however large it is.
    const waiting = this.#posted - this.#committed
    if (this.#isClosed) refuseForNow(response, 503, 'this has just ended')
    else if (waiting > 0 && waiting + rows > maxWaitingRows)
      refuseForNow(response, 429, `${waiting} rows are waiting to be committed`)
    else if (rows === 0) accept(response, body)
    else this.#await(body, rows, response)
  }

  #await({ batch, good, bad }: PostedBody, rows: number, response: ServerResponse): void {
    this.#posted += rows
    this.#batches.push(batch)
    this.#waiting.push({ response, good, bad, end: this.#posted })
    this.#wake()
  }

  async next(): Promise<SourceBatch | undefined> {
    while (this.#batches.length === 0 && !this.#isClosed)
      await new Promise<void>(resolve => (this.#wake = resolve))
    if (this.#isClosed) return undefined
    const position = { split: 0, offset: this.#delivered }
    const result = inReaderMemory(this.#memory, arena => ({
      ...concat(this.#request.schema, this.#takeParts(), arena),
      position,
    }))
    this.#delivered += result.batch.length
    return result
  }

  /** What waits, up to `batchRows` rows, in the columns that are wanted. */
  #takeParts(): Batch[] {
    const parts: Batch[] = []
    let room = this.#request.batchRows
    while (room > 0 && this.#batches.length > 0) {
      const batch = this.#batches.shift()!
      const taken = slice(batch, 0, room)
      if (taken.length < batch.length) this.#batches.unshift(slice(batch, taken.length, batch.length))
      room -= taken.length
      parts.push(selected(taken, this.#request.schema))
    }
    return parts
  }

  /** Answers those whose rows are safe. */
  committed(rows: number): void {
    this.#committed = Math.max(this.#committed, rows)
    while (this.#waiting.length > 0 && this.#waiting[0]!.end <= rows) {
      const { response, ...taken } = this.#waiting.shift()!
      accept(response, taken)
    }
  }

  /** No more is taken. What has been delivered may still be committed, and is answered then. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    if (this.#server.listening) this.#server.close()
  }

  /** The job is over: what has not been committed never will be. */
  end(): void {
    for (const { response } of this.#waiting.splice(0)) refuseForNow(response, 503, 'the job ended before')
    setImmediate(() => this.#server.closeAllConnections())
  }
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function formatNameOf(contentType = 'application/json'): 'json' | 'csv' | undefined {
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  if (type === 'text/csv') return 'csv'
  return /^application\/((.*\+)?json|x-ndjson|jsonl?)$/.test(type) ? 'json' : undefined
}

/** The body, or undefined where it is too long. */
async function bodyOf(message: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of message as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const selected = (batch: Batch, wanted: Schema): Batch => ({
  ...batch,
  schema: wanted,
  columns: wanted.map(({ name }) => batch.columns[batch.schema.findIndex(field => field.name === name)]!),
})

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

const accept = (response: ServerResponse, { good, bad }: Omit<PostedBody, 'batch'>): void =>
  answer(response, 200, { rows: good, ...(bad > 0 && { skipped: bad }) })

const refuse = (response: ServerResponse, status: number, error: string): void => {
  // What is left of the body is not read.
  response.setHeader('connection', 'close')
  answer(response, status, { error })
}

function refuseForNow(response: ServerResponse, status: number, error: string): void {
  response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  answer(response, status, { error })
}
