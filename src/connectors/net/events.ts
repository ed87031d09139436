/** Events that a server sends, each with data that is one record: server-sent events, and messages of a WebSocket. */

import { EventSourceParserStream } from 'eventsource-parser/stream'
import { ConnectorError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import { backOff } from './back-off.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'
import { fetched, requestFailed, shownUrl, statusError } from './request.ts'

export interface EventsOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Only events of this name. Default: all. */
  readonly event?: string
  /** Whether the end of the connection is the end of the data. Default: false, it is made again. */
  readonly bounded?: boolean
  /** How often in a row connecting may fail. Default: 5. */
  readonly retries?: number
}

const DEFAULT_RETRIES = 5
const CONNECT_MS = 60_000
/** Messages that wait to be read; a WebSocket cannot be told to wait. */
const MAX_WAITING_BYTES = 1 << 26

const encoder = new TextEncoder()

/** Where data is that makes up one record: JSON has line breaks between its parts only, where a space will do. */
const record = (data: string): Uint8Array => encoder.encode(`${data.replace(/\r\n|\r|\n/g, ' ')}\n`)

export function eventStream(url: URL, options: EventsOptions = {}): ByteStream {
  const web = url.protocol === 'ws:' || url.protocol === 'wss:'
  const label = `${web ? 'websocket' : 'events'} ${shownUrl(url)}`
  return {
    label,
    bounded: options.bounded ?? false,
    // A server that numbers its events sends those after the last one that it is told of.
    replayable: !web,
    open: (from, signal) =>
      reconnecting(label, options, signal, from, place =>
        web ? messages(label, url, signal) : serverSent(label, url, options, place, signal),
      ),
  }
}

/** Connects again whenever a connection ends, later each time nothing has come of it. */
async function* reconnecting(
  label: string,
  { bounded = false, retries = DEFAULT_RETRIES }: EventsOptions,
  signal: AbortSignal,
  from: Json | undefined,
  connect: (from: Json | undefined) => AsyncIterable<ByteChunk>,
): AsyncGenerator<ByteChunk> {
  let place = from
  for (let failures = 0; !signal.aborted; ) {
    try {
      for await (const chunk of connect(place)) {
        failures = 0
        place = chunk.resume ?? place
        yield chunk
      }
      if (bounded) return
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ConnectorError) throw error
      if (failures >= retries) throw requestFailed(label, error)
    }
    await backOff(failures++, signal)
  }
}

async function* serverSent(
  label: string,
  url: URL,
  { headers, event }: EventsOptions,
  from: Json | undefined,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const asked = {
    accept: 'text/event-stream',
    ...(typeof from === 'string' ? { 'last-event-id': from } : {}),
    ...headers,
  }
  const response = await fetched(url, { headers: asked }, CONNECT_MS, signal)
  if (response.status >= 500 || response.status === 429) throw await retryable(response)
  if (!response.ok) throw await statusError(label, response)
  const type = response.headers.get('content-type') ?? ''
  if (!/^text\/event-stream\b/i.test(type)) {
    await response.body?.cancel()
    throw new ConnectorError(
      'CONTENT_TYPE',
      `${label} answered ${type || 'without a type'}, not text/event-stream`,
      {
        hint: 'read.http() reads what is no stream of events',
      },
    )
  }
  const events = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  for await (const { data, id, event: name } of events) {
    if (event !== undefined && (name ?? 'message') !== event) continue
    yield { bytes: record(data), ends: 'record', ...(id === undefined ? {} : { resume: id }) }
  }
}

/** A failure that may pass. */
async function retryable(response: Response): Promise<Error> {
  await response.body?.cancel()
  return new Error(`it answered ${response.status} ${response.statusText}`)
}

async function* messages(label: string, url: URL, signal: AbortSignal): AsyncGenerator<ByteChunk> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const waiting: Uint8Array[] = []
  let bytes = 0
  let over: Error | 'closed' | undefined
  let wake = () => {}
  const end = (how: Error | 'closed') => {
    over ??= how
    wake()
  }
  socket.onmessage = ({ data }) => {
    const message = typeof data === 'string' ? record(data) : binary(data as ArrayBuffer)
    waiting.push(message)
    bytes += message.length
    if (bytes > MAX_WAITING_BYTES) end(overrun(label))
    wake()
  }
  socket.onerror = event => end(new Error((event as { message?: string }).message || 'the connection failed'))
  socket.onclose = ({ code, reason }) =>
    end(code === 1000 ? 'closed' : new Error(`it was closed with ${code}${reason ? ` ${reason}` : ''}`))
  const abort = () => end('closed')
  signal.addEventListener('abort', abort)
  try {
    for (;;) {
      const message = waiting.shift()
      if (message) {
        bytes -= message.length
        yield { bytes: message, ends: 'record' }
      } else if (signal.aborted || over === 'closed') return
      else if (over) throw over
      else await new Promise<void>(resolve => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.close()
  }
}

function binary(data: ArrayBuffer): Uint8Array {
  const bytes = new Uint8Array(data)
  if (bytes.at(-1) === NEWLINE) return bytes
  const line = new Uint8Array(bytes.length + 1)
  line.set(bytes)
  line[bytes.length] = NEWLINE
  return line
}

const NEWLINE = 10

const overrun = (label: string): ConnectorError =>
  new ConnectorError(
    'SOURCE_OVERRUN',
    `${label} sent over ${MAX_WAITING_BYTES >> 20} MiB more than was taken`,
    {
      hint: 'messages of a WebSocket cannot be held back: do less with each, or ask for fewer',
    },
  )
