/** Reads a file as it grows. */

import { dirname } from 'node:path'
import type { Origin } from '../../core/batch/batch.ts'
import { BYTES, type ReaderMemory, type SourceBatch, type SplitReader } from '../../core/connector.ts'
import type { Cutter } from '../../core/formats/contract.ts'
import { MAX_RECORD_BYTES, recordTooLong } from './block-reader.ts'
import { FileWatch } from './file-watch.ts'
import { type FilePlace, FollowedFile } from './followed-file.ts'
import { SAMPLE_BYTES } from './layout.ts'

const LF = 0x0a

/** How a file of the format is read, found out once it has some bytes. */
export interface FollowedFormat {
  readonly origin: Omit<Origin, 'start'>
  readonly dataStart: number
  newCutter(): Cutter
}

export interface FollowReaderOptions {
  readonly path: string
  readonly memory: ReaderMemory
  readonly blockBytes: number
  readonly split: number
  /** Bytes of the split delivered before. */
  readonly offset: number
  /** Where it was left. */
  readonly place?: FilePlace | undefined
  /** @param sample the first bytes of the file: its path may lead to another by now */
  format(sample: Uint8Array): Promise<FollowedFormat>
}

export class FollowReader implements SplitReader {
  readonly #options: FollowReaderOptions
  readonly #file: FollowedFile
  readonly #watch: FileWatch
  #offset: number
  #place: FilePlace | undefined
  #format: FollowedFormat | undefined
  /** Bytes to read at a time: more while a record is longer. */
  #bytes: number
  /** What was read of a record that has no end yet. */
  #rest: Uint8Array = new Uint8Array(0)
  #closed = false
  /** Settles when nothing is being read. */
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: FollowReaderOptions) {
    this.#options = options
    this.#file = new FollowedFile(options.path)
    this.#watch = new FileWatch(dirname(options.path))
    this.#offset = options.offset
    this.#place = options.place
    this.#bytes = options.blockBytes
  }

  async next(): Promise<SourceBatch | undefined> {
    while (!this.#closed) {
      const reading = this.#step()
      this.#reading = reading.catch(() => {})
      const batch = await reading
      if (batch === 'wait') await this.#watch.change()
      else if (batch) return batch
    }
    return undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#watch.close()
    await this.#reading
    await this.#file.close()
  }

  /** A batch, `wait` where there is none now, or nothing where it is to be tried again. */
  async #step(): Promise<SourceBatch | 'wait' | undefined> {
    if (!this.#file.isOpen && !(await this.#open())) return 'wait'
    const { memory, slabs } = this.#allocate()
    const read = await this.#file.read(memory)
    if (this.#closed) return this.#release(slabs)
    const piece = memory.subarray(0, read)
    const format = await this.#known(piece)
    if (format && this.#file.offset < format.dataStart) {
      this.#file.offset = format.dataStart
      return this.#release(slabs)
    }
    const end = format?.newCutter().lastEnd(piece, 0, read) ?? -1
    if (end > 0) {
      this.#bytes = this.#options.blockBytes
      this.#rest = new Uint8Array(0)
      return this.#batch(memory.subarray(0, end), slabs)
    }
    if (read === memory.length) return this.#longer(slabs)
    this.#rest = memory.slice(0, read)
    this.#release(slabs)
    const state = await this.#file.state()
    if (state === 'same') return 'wait'
    const last = this.#last()
    if (state === 'cut') this.#file.restart()
    else await this.#file.close()
    this.#format = undefined
    return last
  }

  async #open(): Promise<boolean> {
    const place = this.#place
    this.#place = undefined
    const opened = place ? await this.#file.openAt(place) : await this.#file.open()
    this.#format = undefined
    return opened
  }

  /** How the file is read: to be found out once it has a line, which may be its header. */
  async #known(piece: Uint8Array): Promise<FollowedFormat | undefined> {
    if (this.#format || !(piece.includes(LF) || piece.length === this.#bytes)) return this.#format
    this.#format = await this.#options.format(await this.#file.sample(SAMPLE_BYTES))
    return this.#format
  }

  /** The record at the end of a file that nobody goes on writing needs no end. */
  #last(): SourceBatch | undefined {
    const { length } = this.#rest
    if (length === 0 || !this.#format) return undefined
    const { memory, slabs } = this.#allocate(length)
    memory.set(this.#rest)
    this.#rest = new Uint8Array(0)
    return this.#batch(memory, slabs)
  }

  #longer(slabs: readonly number[]): undefined {
    this.#release(slabs)
    if (this.#bytes >= MAX_RECORD_BYTES) throw recordTooLong(this.#options.path, this.#file.offset)
    this.#bytes *= 2
  }

  #batch(values: Uint8Array, slabs: readonly number[]): SourceBatch {
    const { split } = this.#options
    const position = { split, offset: this.#offset }
    const origin = { ...this.#format!.origin, start: this.#file.offset - this.#offset }
    this.#offset += values.length
    this.#file.offset += values.length
    const column = { type: 'uint8' as const, values }
    return {
      batch: { schema: BYTES, length: values.length, columns: [column], position, origin },
      resume: this.#file.place,
      slabs,
    }
  }

  #allocate(bytes = this.#bytes): { memory: Uint8Array; slabs: readonly number[] } {
    const arena = this.#options.memory.arena()
    const { buffer, byteOffset } = arena.allocate(bytes)
    return { memory: new Uint8Array(buffer, byteOffset, bytes), slabs: arena.take() }
  }

  #release(slabs: readonly number[]): undefined {
    for (const slab of slabs) this.#options.memory.pool.release(slab)
  }
}
