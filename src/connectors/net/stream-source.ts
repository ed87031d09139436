/** Bytes that come as they come, as a source of one split, which shards decode. */

import type { Encoding, Source } from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Format, Json, Sniffed } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'
import { StreamReader } from './stream-reader.ts'

export interface StreamSourceOptions {
  readonly format: Format
  /** Of the format, as the user gave them. */
  readonly options: Json
  /** Without one the columns are found in what comes first, which is read when the plan is built. */
  readonly schema?: Schema
}

export function streamSource(stream: ByteStream, { format, options, schema }: StreamSourceOptions): Source {
  const { label, bounded, replayable } = stream
  const peeked = schema ? undefined : new PeekedStream(stream, format, options)
  const columns = async () => schema ?? (await peeked!.sniffed()).schema
  return {
    label,
    bounded,
    replayable,
    canOrder: false,
    canFilter: () => false,
    schema: columns,
    encoding: async (): Promise<Encoding> => ({ format: format.name, options }),
    splits: async () => [{ id: 0, label }],
    async open(split, { rows, resume }, { batchRows }, memory) {
      if (rows > 0 && resume === undefined)
        throw new ConnectorError('NOT_REPLAYABLE', `${label} can be read only from where it is`, {
          hint: 'start the job without a snapshot; or keep what comes in a file, and read that with follow',
        })
      return new StreamReader({
        stream: peeked ?? stream,
        from: resume as Json | undefined,
        format,
        options,
        schema: await columns(),
        memory,
        blockBytes: batchRows,
        split: split.id,
        offset: rows,
      })
    },
  }
}

/** What is looked at before the columns are known. */
const SAMPLE_BYTES = 1 << 18

/** A stream whose beginning has been looked at, and is read all the same. */
class PeekedStream implements ByteStream {
  readonly label: string
  readonly bounded: boolean
  readonly replayable: boolean
  readonly #stream: ByteStream
  readonly #format: Format
  readonly #options: Json
  readonly #ending = new AbortController()
  #found: Promise<Sniffed> | undefined
  #first: ByteChunk[] = []
  #rest: AsyncIterator<ByteChunk> | undefined

  constructor(stream: ByteStream, format: Format, options: Json) {
    this.#stream = stream
    this.#format = format
    this.#options = options
    this.label = stream.label
    this.bounded = stream.bounded
    this.replayable = stream.replayable
  }

  sniffed(): Promise<Sniffed> {
    this.#found ??= this.#sniff()
    return this.#found
  }

  async #sniff(): Promise<Sniffed> {
    const rest = this.#stream.open(undefined, this.#ending.signal)[Symbol.asyncIterator]()
    this.#rest = rest
    let bytes = 0
    let whole = false
    while (bytes < SAMPLE_BYTES && !whole) {
      const next = await rest.next()
      whole = next.done === true
      if (next.done) break
      // The memory may be the stream's.
      this.#first.push({ ...next.value, bytes: next.value.bytes.slice() })
      bytes += next.value.bytes.length
    }
    const sample = Buffer.concat(this.#first.map(chunk => chunk.bytes))
    return this.#format.sniff(sample, { options: this.#options, whole, file: this.label })
  }

  open(from: Json | undefined, signal: AbortSignal): AsyncIterable<ByteChunk> {
    const rest = this.#rest
    // What is read a second time is opened a second time, if it can be.
    if (from !== undefined || !rest) return this.#stream.open(from, signal)
    this.#rest = undefined
    signal.addEventListener('abort', () => this.#ending.abort())
    return joined(this.#first.splice(0), rest)
  }
}

async function* joined(
  first: readonly ByteChunk[],
  rest: AsyncIterator<ByteChunk>,
): AsyncGenerator<ByteChunk> {
  try {
    yield* first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
