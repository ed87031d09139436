/** The readers of a job's splits: how far each has come, what is open, and the memory that batches are read into. */

import type { Batch } from '../../core/batch/batch.ts'
import { MemoryBudget, SLAB_BYTES, SlabArena, SlabPool } from '../../core/batch/slab.ts'
import type { ReaderMemory, SplitReader } from '../../core/connector.ts'
import { fieldIndex } from '../../core/types/schema.ts'
import type { ShardMemory } from '../../workers/messages.ts'
import { type Clock, pacedReader } from './paced-reader.ts'
import type { Scan } from './plan-job.ts'
import { sortedReader } from './sorted-reader.ts'
import { STEPS_AHEAD } from './step.ts'

/** What a reader may have out: two large slabs for each step under way. */
const MAX_READER_BYTES = STEPS_AHEAD * 2 * SLAB_BYTES

/** What all readers of a job may have out together, however many splits there are. */
const MAX_JOB_BYTES = 1 << 28

export class SplitReaders {
  /** By source node: rows read of each split. */
  readonly positions: Record<string, number[]>
  readonly #scans: readonly Scan[]
  readonly #clock: Clock
  readonly #open = new Set<SplitReader>()
  readonly #closing = new Map<SplitReader, Promise<void>>()
  readonly #pools: SlabPool[] = []
  readonly #budget = new MemoryBudget(MAX_JOB_BYTES)

  constructor(scans: readonly Scan[], clock: Clock) {
    this.#scans = scans
    this.#clock = clock
    this.positions = Object.fromEntries(scans.map(scan => [scan.id, scan.splits.map(() => 0)]))
  }

  /** Memory for one split's reader. */
  newMemory(): ReaderMemory {
    const pool = new SlabPool({ maxBytes: MAX_READER_BYTES, budget: this.#budget })
    this.#pools.push(pool)
    return { pool, arena: () => new SlabArena(pool) }
  }

  /**
   * Opens a split where it was left: sorted here and paced, as far as the plan asks for it and the source does not do
   * it.
   */
  async open(scan: Scan, index: number, memory: ReaderMemory): Promise<SplitReader> {
    const { source, request, replay } = scan
    const offset = this.positions[scan.id]![index]!
    const opened =
      scan.sortHere === undefined
        ? await source.open(scan.splits[index]!, { rows: offset }, request, memory)
        : await sortedReader(source, request, scan.sortHere, offset, memory)
    const reader =
      replay?.speed === undefined
        ? opened
        : pacedReader(opened, fieldIndex(request.schema, replay.time), replay.speed, this.#clock)
    this.#open.add(reader)
    return reader
  }

  /** Closes a reader, once. */
  close(reader: SplitReader): Promise<void> {
    const known = this.#closing.get(reader)
    if (known) return known
    const closing = reader.close().then(() => {
      this.#open.delete(reader)
      this.#closing.delete(reader)
    })
    // Whoever waits hears of a failure.
    closing.catch(() => {})
    this.#closing.set(reader, closing)
    return closing
  }

  /** Closes what is still open; gives what to wait for. */
  closeAll(): Promise<void>[] {
    return [...this.#open].map(reader => this.close(reader))
  }

  /** The batch with its place among all rows of the job. */
  placed(scan: Scan, index: number, batch: Batch): Batch {
    return { ...batch, position: { split: this.#splitNumber(scan, index), offset: batch.position.offset } }
  }

  /** Gives the memory back, once nothing reads it any more; tells what it came to. */
  releaseMemory(): ShardMemory[] {
    return this.#pools.splice(0).map(pool => {
      const memory = { peakBytes: pool.peakBytes, slabsInUse: pool.inUse }
      pool.reclaim()
      return memory
    })
  }

  /** A number for the split that is unique in the job and the same in every run: part of the order of rows. */
  #splitNumber(scan: Scan, index: number): number {
    let number = index
    for (const other of this.#scans) {
      if (other === scan) break
      number += other.splits.length
    }
    return number
  }
}
