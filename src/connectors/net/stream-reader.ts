/**
 * Reads bytes as they come, in blocks that end where records end. What has come is delivered at once; it never waits to
 * become much.
 */

import type { Origin } from '../../core/batch/batch.ts'
import { BYTES, type ReaderMemory, type SourceBatch, type SplitReader } from '../../core/connector.ts'
import { DataError } from '../../core/errors.ts'
import type { Cutter, Format, Json } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'
import { inReaderMemory } from '../memory/reader-memory.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'

/** Longer records than this are taken for a mistake. */
const MAX_RECORD_BYTES = 1 << 28

export interface StreamReaderOptions {
  readonly stream: ByteStream
  readonly from: Json | undefined
  readonly format: Format
  readonly options: Json
  readonly schema: Schema
  readonly memory: ReaderMemory
  readonly blockBytes: number
  readonly split: number
  /** Bytes delivered before. */
  readonly offset: number
}

/** Records that can be delivered: bytes of one document, which lie at the beginning of what waits. */
interface Ready {
  readonly bytes: number
  readonly origin: Origin
  readonly resume?: Json
}

export class StreamReader implements SplitReader {
  readonly #options: StreamReaderOptions
  readonly #chunks: AsyncIterator<ByteChunk>
  readonly #ending = new AbortController()
  /** What came and was not delivered: `#ready` records, then the beginning of another. */
  #waiting = new Uint8Array(1 << 12)
  #length = 0
  readonly #ready: Ready[] = []
  /** Bytes of the records that are ready. */
  #readyBytes = 0
  /** How far the cutter has looked. */
  #cutTo = 0
  /** Of the document under way; undefined before its beginning has been looked at. */
  #document: { readonly cutter: Cutter; readonly origin: Origin } | undefined
  #offset: number
  #pending: Promise<IteratorResult<ByteChunk>> | undefined
  #ended = false
  #closed = false
  #close = () => {}
  readonly #closing = new Promise<undefined>(resolve => {
    this.#close = () => resolve(undefined)
  })

  constructor(options: StreamReaderOptions) {
    this.#options = options
    this.#offset = options.offset
    this.#chunks = options.stream.open(options.from, this.#ending.signal)[Symbol.asyncIterator]()
  }

  async next(): Promise<SourceBatch | undefined> {
    while (!this.#closed) {
      if (
        this.#ready.length > 0 &&
        (this.#readyBytes >= this.#options.blockBytes || !(await this.#isMoreThere()))
      ) {
        return this.#closed ? undefined : this.#deliver()
      }
      if (this.#ended && this.#ready.length === 0) return undefined
      await this.#take()
    }
    return undefined
  }

  /** Whether another chunk has come by the next turn of the event loop. */
  async #isMoreThere(): Promise<boolean> {
    if (this.#ended) return false
    this.#pending ??= this.#chunks.next()
    let there = false
    const arrived = () => {
      there = true
    }
    this.#pending.then(arrived, arrived)
    await new Promise(resolve => setImmediate(resolve))
    return there
  }

  async #take(): Promise<void> {
    const pending = this.#pending ?? this.#chunks.next()
    this.#pending = undefined
    const next = await Promise.race([pending, this.#closing])
    if (!next) {
      pending.catch(() => {})
      return
    }
    if (next.done) {
      this.#ended = true
      this.#endDocument(undefined)
    } else this.#add(next.value)
  }

  #add({ bytes, ends, resume }: ByteChunk): void {
    this.#append(bytes)
    if (ends === 'document') this.#endDocument(resume)
    else if (ends === 'record') this.#endRecord(resume)
    else this.#cut(resume)
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#waiting.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#waiting.length))
      grown.set(this.#waiting.subarray(0, this.#length))
      this.#waiting = grown
    }
    this.#waiting.set(bytes, this.#length)
    this.#length = length
    if (length - this.#readyBytes > MAX_RECORD_BYTES) throw this.#tooLong()
  }

  /** Takes note of the records that have become whole. */
  #cut(resume: Json | undefined): void {
    const { cutter, origin } = this.#document ?? this.#begin(false) ?? {}
    if (!cutter || !origin) return
    const end = cutter.lastEnd(this.#waiting, this.#cutTo, this.#length)
    this.#cutTo = this.#length
    if (end < 0) return
    this.#note(end, origin, end === this.#length ? resume : undefined)
  }

  #endRecord(resume: Json | undefined): void {
    const { origin } = this.#document ?? this.#begin(true)!
    this.#cutTo = this.#length
    // The next record is cut by itself.
    this.#document = { origin, cutter: this.#options.format.openCutter(origin.options as Json) }
    this.#note(this.#length, origin, resume)
  }

  #endDocument(resume: Json | undefined): void {
    if (this.#length > this.#readyBytes || this.#document) {
      const { origin } = this.#document ?? this.#begin(true)!
      this.#note(this.#length, origin, resume)
    } else if (resume !== undefined && this.#ready.length > 0) {
      // Nothing came of it but where to go on.
      this.#ready.push({ ...this.#ready.pop()!, resume })
    }
    this.#cutTo = this.#length
    this.#document = undefined
  }

  #note(end: number, origin: Origin, resume: Json | undefined): void {
    const bytes = end - this.#readyBytes
    const last = this.#ready.at(-1)
    const place = resume === undefined ? {} : { resume }
    this.#readyBytes = end
    if (last?.origin === origin)
      this.#ready[this.#ready.length - 1] = { origin, bytes: last.bytes + bytes, ...place }
    else if (bytes > 0) this.#ready.push({ origin, bytes, ...place })
  }

  /**
   * Looks at the beginning of a document, once it is sure that its first records are there: what the format has to know of
   * it, such as a header, is not delivered.
   */
  #begin(whole: boolean): { readonly cutter: Cutter; readonly origin: Origin } | undefined {
    const { format, options, schema, stream } = this.#options
    const sample = this.#waiting.subarray(this.#readyBytes, this.#length)
    // Behind a header there has to be a record for it to be known as one.
    const lines = format.name === 'csv' && !isHeaderless(options) ? 2 : 1
    if (!whole && !hasLines(sample, lines)) return undefined
    const found = format.sniff(sample, { options, schema, whole, file: stream.label })
    this.#waiting.copyWithin(this.#readyBytes, this.#readyBytes + found.dataStart, this.#length)
    this.#length -= found.dataStart
    this.#cutTo = this.#readyBytes
    const origin = { file: stream.label, start: 0, options: found.options }
    this.#document = { origin, cutter: format.openCutter(found.options) }
    return this.#document
  }

  /** The records of the first document that waits. */
  #deliver(): SourceBatch {
    const { memory, split } = this.#options
    const { bytes, origin, resume } = this.#ready.shift()!
    const position = { split, offset: this.#offset }
    const result = inReaderMemory(memory, arena => {
      const { buffer, byteOffset } = arena.allocate(bytes)
      const values = new Uint8Array(buffer, byteOffset, bytes)
      values.set(this.#waiting.subarray(0, bytes))
      return { schema: BYTES, length: bytes, columns: [{ type: 'uint8', values }], position, origin }
    })
    this.#waiting.copyWithin(0, bytes, this.#length)
    this.#length -= bytes
    this.#cutTo -= bytes
    this.#readyBytes -= bytes
    this.#offset += bytes
    return resume === undefined ? result : { ...result, resume }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#ending.abort()
    this.#close()
    // What is in the middle of a wait ends by the signal; a stream that has ended takes this, too.
    await this.#pending?.catch(() => {})
    await this.#chunks.return?.()
  }

  #tooLong(): DataError {
    const { label } = this.#options.stream
    return new DataError('RECORD_SIZE', `${label}: no record ends within ${MAX_RECORD_BYTES >> 20} MB`, {
      hint: 'is a quote or a bracket never closed there, or is it of another format?',
    })
  }
}

const NEWLINE = 10

const isHeaderless = (options: Json): boolean => (options as { header?: boolean } | null)?.header === false

/** Whether so many lines have ended. */
function hasLines(bytes: Uint8Array, lines: number): boolean {
  let at = -1
  for (let line = 0; line < lines; line++) {
    at = bytes.indexOf(NEWLINE, at + 1)
    if (at < 0) return false
  }
  return true
}
