/** The readers of a job's splits: how far each has come, what is open, and the memory that batches are read into. */

import type { Batch } from '../../core/batch/batch.ts'
import { MemoryBudget, SLAB_BYTES, SlabArena, SlabPool } from '../../core/batch/slab.ts'
import { BYTES, type ReaderMemory, type Split, type SplitReader } from '../../core/connector.ts'
import { fieldIndex } from '../../core/types/schema.ts'
import type { ShardMemory } from '../../workers/messages.ts'
import type { Clock } from './clock.ts'
import { splitKey } from './dataflow.ts'
import { lingeringReader } from './lingering-reader.ts'
import type { Scan } from './plan-job.ts'
import { ReplayGroup } from './replay-group.ts'
import { sortedReader } from './sorted-reader.ts'
import { SplitPositions, withoutRows } from './split-positions.ts'
import { STEPS_AHEAD } from './step.ts'

/** What a reader may have out: two large slabs for each step under way. */
const MAX_READER_BYTES = STEPS_AHEAD * 2 * SLAB_BYTES

/** What all readers and shards of a job may have out before no more is read, however many splits there are. */
const MAX_JOB_BYTES = 1 << 28

export class SplitReaders {
  readonly positions: SplitPositions
  readonly #scans: readonly Scan[]
  readonly #clock: Clock
  readonly #lingerMs: number
  readonly #follow: (split: string, reader: SplitReader) => SplitReader
  readonly #open = new Set<SplitReader>()
  readonly #closing = new Map<SplitReader, Promise<void>>()
  readonly #pools: SlabPool[] = []
  /** By the first scan of those that are replayed together. */
  readonly #groups = new Map<Scan, ReplayGroup>()
  /** Memory of the job that is out: its readers' and its shards'. */
  readonly budget = new MemoryBudget(MAX_JOB_BYTES)

  /** @param follow puts something between a split and its reader */
  constructor(
    scans: readonly Scan[],
    clock: Clock,
    lingerMs = 0,
    follow: (split: string, reader: SplitReader) => SplitReader = (_, reader) => reader,
  ) {
    this.#follow = follow
    this.#lingerMs = lingerMs
    this.#scans = scans
    this.#clock = clock
    this.positions = new SplitPositions(scans)
    for (const scan of scans) {
      if (!scan.replay) continue
      const together = replayedTogether(scans, scan)
      if (together[0] !== scan) continue
      const members = together.reduce((sum, { splits }) => sum + splits.length, 0)
      this.#groups.set(scan, new ReplayGroup(members, scan.replay.speed, clock))
    }
  }

  /** What is replayed. */
  get replays(): readonly ReplayGroup[] {
    return [...this.#groups.values()]
  }

  /** Memory for one split's reader. */
  newMemory(): ReaderMemory {
    const pool = new SlabPool({ maxBytes: MAX_READER_BYTES, budget: this.budget })
    this.#pools.push(pool)
    return { pool, arena: () => new SlabArena(pool) }
  }

  /**
   * Opens a split where it was left: sorted here and paced, as far as the plan asks for it and the source does not do
   * it.
   */
  async open(scan: Scan, split: Split, memory: ReaderMemory): Promise<SplitReader> {
    const { source, request } = scan
    const { from, rows } = this.positions.of(scan, split)
    const opened =
      scan.sortHere === undefined
        ? withoutRows(await source.open(split, from, request, memory), rows - from.rows, memory)
        : sortedReader(source, request, scan.sortHere, rows, memory)
    const paced = scan.replay ? this.#replayed(scan, split, opened) : this.#lingering(scan, opened, memory)
    const reader = this.#follow(splitKey(scan.id, split), paced)
    this.#open.add(reader)
    return reader
  }

  #lingering({ source, request }: Scan, reader: SplitReader, memory: ReaderMemory): SplitReader {
    // Files have batches of their own size.
    if (this.#lingerMs === 0 || source.bounded || request.schema === BYTES) return reader
    return lingeringReader(reader, request, this.#lingerMs, this.#clock, memory)
  }

  /** A reader of a replay: it takes turns with those that are replayed together, and keeps to a speed. */
  #replayed(scan: Scan, split: Split, reader: SplitReader): SplitReader {
    const { time } = scan.replay!
    const scans = replayedTogether(this.#scans, scan)
    const members = scans.flatMap(other => other.splits.map(split => ({ scan: other, split })))
    const group = this.#groups.get(scans[0]!)!
    const member = members.findIndex(other => other.scan === scan && other.split === split)
    return group.join(member, reader, fieldIndex(scan.request.schema, time))
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
  placed(scan: Scan, split: Split, batch: Batch): Batch {
    return {
      ...batch,
      position: { split: this.positions.of(scan, split).number, offset: batch.position.offset },
    }
  }

  /** Gives the memory back, once nothing reads it any more; tells what it came to. */
  releaseMemory(): ShardMemory[] {
    return this.#pools.splice(0).map(pool => {
      const memory = { peakBytes: pool.peakBytes, slabsInUse: pool.inUse }
      pool.reclaim()
      return memory
    })
  }
}

/** The scans whose rows are taken in time order with those of `scan`, in the order of ties. */
function replayedTogether(scans: readonly Scan[], scan: Scan): readonly Scan[] {
  const { together } = scan.replay!
  if (!together) return [scan]
  return scans
    .filter(({ replay }) => replay?.together?.group === together.group)
    .sort((a, b) => a.replay!.together!.member - b.replay!.together!.member)
}
