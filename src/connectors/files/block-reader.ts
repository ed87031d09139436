/**
 * Reads a file in blocks that end where records end, straight into the memory that shards decode them in.
 *
 * What is left of a block behind its last record is copied in front of the next block's bytes: every block's memory has
 * room for that. While a block is on its way the next one is read.
 */

import type { Origin } from '../../core/batch/batch.ts'
import { BYTES, type ReaderMemory, type SourceBatch, type SplitReader } from '../../core/connector.ts'
import { DataError } from '../../core/errors.ts'
import type { Cutter } from '../../core/formats/contract.ts'
import type { ByteInput } from './input.ts'
import { lineEnds } from './line-of.ts'

/** The room in front of a block. A longer rest of a record takes another copy. */
const MAX_HEAD_BYTES = 1 << 16
const LARGE_BLOCK = 1 << 20

/** Longer records than this are taken for a mistake: a quote that is never closed. */
export const MAX_RECORD_BYTES = 1 << 28

export interface BlockReaderOptions {
  readonly input: ByteInput
  readonly cutter: Cutter
  readonly memory: ReaderMemory
  readonly blockBytes: number
  readonly split: number
  /** Bytes of the split delivered before. */
  readonly offset: number
  readonly origin: Origin
  /** The line in which what is read begins, where blocks are to say theirs. */
  readonly line?: number | undefined
}

/** Memory that bytes have been read into, from `start` on. */
interface Filled {
  readonly memory: Uint8Array
  readonly slabs: readonly number[]
  readonly start: number
  readonly end: number
}

export class BlockReader implements SplitReader {
  readonly #options: BlockReaderOptions
  readonly #headBytes: number
  /** Of a block's memory, with its head. */
  readonly #bytes: number
  /** Of a record whose end has not been read. */
  readonly #rest = new Rest()
  #offset: number
  #line: number | undefined
  /** Read ahead; nobody has asked for it yet. */
  #ahead: Promise<Filled> | undefined
  /** Settles when nothing is being read. */
  #reading: Promise<unknown> = Promise.resolve()
  #ended = false
  #closed = false

  constructor(options: BlockReaderOptions) {
    this.#options = options
    this.#offset = options.offset
    this.#line = options.line
    // Memory comes in powers of two.
    const { blockBytes } = options
    this.#headBytes = blockBytes >= LARGE_BLOCK ? MAX_HEAD_BYTES : 1 << 10
    this.#bytes = blockBytes >= LARGE_BLOCK ? blockBytes : this.#headBytes + blockBytes
  }

  async next(): Promise<SourceBatch | undefined> {
    while (!this.#closed && !this.#ended) {
      const filling = this.#ahead ?? this.#begin()
      this.#ahead = undefined
      const filled = await this.#unlessClosed(filling)
      if (!filled) break
      if (this.#closed) {
        this.#release(filled)
        break
      }
      const block = this.#cut(filled)
      if (!this.#ended && this.#options.memory.pool.hasRoom) this.#ahead = this.#begin()
      if (block) return block
    }
    return undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    const ahead = this.#ahead
    this.#ahead = undefined
    await this.#options.input.close()
    await this.#reading
    const filled = await ahead?.catch(() => undefined)
    if (filled) this.#release(filled)
  }

  /** What is closed while it is read may fail. */
  async #unlessClosed(filling: Promise<Filled>): Promise<Filled | undefined> {
    try {
      return await filling
    } catch (error) {
      if (this.#closed) return undefined
      throw error
    }
  }

  #begin(): Promise<Filled> {
    const filling = this.#fill()
    // Whoever waits for it hears of a failure.
    this.#reading = filling.catch(() => {})
    return filling
  }

  async #fill(): Promise<Filled> {
    const { input } = this.#options
    const { memory, slabs } = this.#allocate(this.#bytes)
    try {
      const read = await input.read(memory.subarray(this.#headBytes))
      return { memory, slabs, start: this.#headBytes, end: this.#headBytes + read }
    } catch (error) {
      this.#release({ slabs })
      throw error
    }
  }

  /** The whole records of what was read, with the rest of a record before; undefined where there is none. */
  #cut(filled: Filled): SourceBatch | undefined {
    const { memory, start, end } = filled
    this.#ended = end < memory.length
    const { cutter } = this.#options
    const last = cutter.lastEnd(memory, start, end)
    if (this.#ended) cutter.end?.()
    // What is left at the end of a file is a record, too.
    const upTo = this.#ended ? end : last
    if (upTo < 0) {
      this.#keep(memory.subarray(start, end))
      this.#release(filled)
      return undefined
    }
    const block = this.#withRest(filled, upTo)
    this.#keep(memory.subarray(upTo, end))
    if (block.end > block.start) return this.#batch(block)
    this.#release(block)
    return undefined
  }

  #keep(bytes: Uint8Array): void {
    this.#rest.add(bytes)
    const { origin } = this.#options
    if (this.#rest.length > MAX_RECORD_BYTES) throw recordTooLong(origin.file, origin.start + this.#offset)
  }

  /** The bytes up to `end`, behind what is left of the block before. */
  #withRest(filled: Filled, end: number): Filled {
    const { memory, slabs, start } = filled
    const { length } = this.#rest
    if (length <= start) {
      this.#rest.moveTo(memory, start - length)
      return { memory, slabs, start: start - length, end }
    }
    const larger = this.#allocate(length + end - start)
    this.#rest.moveTo(larger.memory, 0)
    larger.memory.set(memory.subarray(start, end), length)
    this.#release(filled)
    return { ...larger, start: 0, end: length + end - start }
  }

  #batch({ memory, slabs, start, end }: Filled): SourceBatch {
    const { split, origin } = this.#options
    const position = { split, offset: this.#offset }
    const values = memory.subarray(start, end)
    this.#offset += values.length
    const line = this.#line
    if (line !== undefined) this.#line = line + lineEnds(values)
    return {
      batch: {
        schema: BYTES,
        length: values.length,
        columns: [{ type: 'uint8', values }],
        position,
        origin: line === undefined ? origin : { ...origin, line },
      },
      slabs,
    }
  }

  #allocate(bytes: number): { memory: Uint8Array; slabs: readonly number[] } {
    const arena = this.#options.memory.arena()
    const { buffer, byteOffset } = arena.allocate(bytes)
    return { memory: new Uint8Array(buffer, byteOffset, bytes), slabs: arena.take() }
  }

  #release({ slabs }: Pick<Filled, 'slabs'>): void {
    for (const slab of slabs) this.#options.memory.pool.release(slab)
  }
}

/** @param at where in the file the record begins */
export const recordTooLong = (file: string, at: number): DataError =>
  new DataError('RECORD_SIZE', `${file}, byte ${at}: no record ends within ${MAX_RECORD_BYTES >> 20} MB`, {
    hint: 'is a quote or a bracket never closed there, or is it a file of another format?',
  })

/** The beginning of a record, in memory that grows. */
class Rest {
  #bytes = new Uint8Array(1 << 12)
  length = 0

  add(bytes: Uint8Array): void {
    const length = this.length + bytes.length
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.length)
    this.length = length
  }

  moveTo(memory: Uint8Array, at: number): void {
    memory.set(this.#bytes.subarray(0, this.length), at)
    this.length = 0
  }
}
