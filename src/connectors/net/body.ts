/** Bytes that the program has: `Blob`, `Request`, `Response`, Node and web streams, anything async of bytes or texts. */

import { ConnectorError } from '../../core/errors.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'

export type ByteBody =
  | Blob
  | Request
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>

/** Whether something is a body, and no path. */
export function isBody(value: unknown): value is ByteBody {
  if (typeof value !== 'object' || value === null || value instanceof URL) return false
  return value instanceof Blob || isMessage(value) || Symbol.asyncIterator in value
}

const isMessage = (value: object): value is Request | Response =>
  (typeof Response === 'function' && value instanceof Response) ||
  (typeof Request === 'function' && value instanceof Request)

/** A blob can be read again; all others once. */
export function bodyStream(body: ByteBody, encoding?: string): ByteStream {
  const label = nameOf(body)
  let opened = false
  return {
    label,
    bounded: true,
    replayable: false,
    open: (_, signal) => {
      if (opened && !(body instanceof Blob))
        throw new ConnectorError('NOT_REPLAYABLE', `${label} can be read only once`, {
          hint: 'read it once into several sinks; or write it to a file first',
        })
      opened = true
      return chunksOf(body, encoding, signal)
    },
  }
}

function nameOf(body: ByteBody): string {
  if (body instanceof Blob) return 'name' in body ? `file ${body.name}` : 'blob'
  return isMessage(body) ? 'body' : 'stream'
}

async function* chunksOf(
  body: ByteBody,
  encoding: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const stream = body instanceof Blob ? body.stream() : isMessage(body) ? body.body : body
  const decoder = encoding === undefined || encoding === 'utf-8' ? undefined : decoderOf(encoding)
  try {
    for await (const part of (stream ?? []) as AsyncIterable<Uint8Array | string>) {
      if (signal.aborted) return
      yield { bytes: bytesOf(part, decoder) }
    }
  } catch (cause) {
    if (signal.aborted) return
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ConnectorError('SOURCE_FAILED', `reading a ${nameOf(body)} failed: ${message}`, { cause })
  }
}

type Decoder = InstanceType<typeof TextDecoder>

const decoderOf = (encoding: string): Decoder =>
  new TextDecoder(encoding === 'latin1' ? 'windows-1252' : encoding === 'utf-16' ? 'utf-16le' : encoding)

const encoder = new TextEncoder()

function bytesOf(part: Uint8Array | string, decoder: Decoder | undefined): Uint8Array {
  if (typeof part === 'string') return encoder.encode(part)
  if (!(part instanceof Uint8Array))
    throw new TypeError(`a stream of bytes gave ${part === null ? 'null' : typeof part}`)
  return decoder ? encoder.encode(decoder.decode(part, { stream: true })) : part
}
