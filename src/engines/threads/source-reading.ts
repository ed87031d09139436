/** Reads the sources of a job: batch by batch, split by split, as long as somebody needs their rows. */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { batchBytes } from '../../core/batch/batch-bytes.ts'
import type { Split } from '../../core/connector.ts'
import { splitKey } from './dataflow.ts'
import { INTERRUPTED, Interrupts } from './interrupts.ts'
import type { Scan } from './plan-job.ts'
import type { SourceMeter } from './source-meter.ts'
import type { SplitReaders } from './split-readers.ts'
import type { Mark, Step } from './step.ts'

/** What reading needs of the job. */
export interface ReadingHost {
  /** Whether another step may begin. */
  hasRoom(): boolean
  /** Whether rows that are not replayed may have a step: a replay holds its rows by itself. */
  mayRead(): boolean
  /** A split is asked for rows. */
  asked(split: string): void
  /** Whether a split is to wait for others, because its event time is ahead of theirs. */
  isAhead(split: string): boolean
  /** Whether no step is under way. */
  isIdle(): boolean
  /** Settles at the next change of what may be read. */
  change(): Promise<void>
  changed(): void
  beginRows(source: string, batch: Batch, split: string, replayed: boolean): Step
  beginMark(mark: Mark): void
  fail(error: unknown): void
}

export class SourceReading {
  readonly #scans: readonly Scan[]
  readonly #readers: SplitReaders
  readonly #host: ReadingHost
  readonly #meters: ReadonlyMap<string, SourceMeter>
  /** Sources whose rows can change nothing any more. */
  readonly #notNeeded = new Set<string>()
  /** By source: who waits for its rows. */
  readonly #waits: ReadonlyMap<string, Interrupts>
  #stopped = false

  /** @param meters by source */
  constructor(
    scans: readonly Scan[],
    readers: SplitReaders,
    host: ReadingHost,
    meters: ReadonlyMap<string, SourceMeter>,
  ) {
    this.#scans = scans
    this.#readers = readers
    this.#host = host
    this.#meters = meters
    this.#waits = new Map(scans.map(scan => [scan.id, new Interrupts()]))
  }

  /** Reads until every source has ended, or nobody wants more. Failures are the job's. */
  async run(): Promise<void> {
    // Bounded inputs follow one another, so that rows keep one order; streams flow side by side.
    const inTurn = async () => {
      for (const scan of this.#scans.filter(isBounded)) await this.#readScan(scan)
    }
    const endless = this.#scans.filter(scan => !isBounded(scan))
    const readings = [inTurn(), ...endless.map(scan => this.#readScan(scan))]
    await Promise.all(readings.map(reading => reading.catch(error => this.#host.fail(error))))
  }

  /** Nothing more is to be read of any source. */
  stop(): void {
    this.#stopped = true
    this.#host.changed()
    for (const waits of this.#waits.values()) waits.interrupt()
  }

  /** Nothing more is to be read of a source: it counts as ended. */
  stopSource(source: string): void {
    this.#notNeeded.add(source)
    this.#host.changed()
    this.#waits.get(source)?.interrupt()
  }

  /** Reads the splits of a source, in turn or side by side; then the source has ended. */
  async #readScan(scan: Scan): Promise<void> {
    if (isBounded(scan)) for (const split of scan.splits) await this.#readSplit(scan, split)
    else await Promise.all([...scan.splits.map(split => this.#readSplit(scan, split)), this.#watch(scan)])
    if (!this.#stopped) this.#host.beginMark({ sourceEnds: scan.id })
  }

  /** Reads the splits that appear while the source is read, each as it comes. */
  async #watch(scan: Scan): Promise<void> {
    const { source, request, replay } = scan
    if (!source.watchSplits || replay) return
    const waits = this.#waits.get(scan.id)!
    const watching = new AbortController()
    const splits = source.watchSplits(request, watching.signal)[Symbol.asyncIterator]()
    const readings: Promise<void>[] = []
    try {
      while (!this.#mayStop(scan)) {
        const next = await waits.unless(splits.next())
        if (next === INTERRUPTED || next.done || this.#mayStop(scan)) break
        this.#readers.positions.begin(scan, next.value)
        this.#host.beginMark({ begins: splitKey(scan.id, next.value) })
        const reading = this.#readSplit(scan, next.value)
        // Told at once: splits may go on appearing for ever.
        reading.catch(error => this.#host.fail(error))
        readings.push(reading)
      }
    } finally {
      watching.abort()
    }
    await Promise.all(readings)
  }

  async #readSplit(scan: Scan, of: Split): Promise<void> {
    const split = splitKey(scan.id, of)
    if (this.#mayStop(scan)) return
    const waits = this.#waits.get(scan.id)!
    const memory = this.#readers.newMemory()
    const opening = this.#readers.open(scan, of, memory)
    const meter = this.#meters.get(scan.id)!
    const measures = meter.begin(of)
    // What is read in turn waits for nobody: the splits that would have to catch up begin after it.
    const inTurn = isBounded(scan)
    // Whether another batch may be read. With nothing under way all memory is the reader's own, read ahead: then it is for the
    // reader to hand it out.
    const hasRoom = () =>
      this.#host.hasRoom() &&
      (this.#host.isIdle() || memory.pool.hasRoom) &&
      (inTurn || !this.#host.isAhead(split))
    const reader = await waits.unless(opening)
    if (reader === INTERRUPTED) {
      opening.then(late => late.close()).catch(() => {})
      return
    }
    try {
      for (;;) {
        let askedMs = performance.now()
        if (!hasRoom()) {
          const fullMs = askedMs
          while (!this.#mayStop(scan) && !hasRoom()) await this.#host.change()
          askedMs = performance.now()
          measures.backPressuredMs += askedMs - fullMs
        }
        // Asked here, not there: whoever stopped it in between has interrupted no wait.
        if (this.#mayStop(scan)) break
        this.#host.asked(split)
        const read = await waits.unless(reader.next())
        measures.waitingMs += performance.now() - askedMs
        if (read === INTERRUPTED || this.#stopped) break
        if (!scan.replay && !this.#host.mayRead()) await this.#untilAllowed(scan)
        if (this.#mayStop(scan)) break
        if (!read) {
          this.#readers.positions.end(scan, of)
          meter.end(measures)
          this.#host.beginMark({ ends: split })
          break
        }
        const batch = this.#readers.placed(scan, of, read.batch)
        this.#readers.positions.advance(scan, of, read)
        measures.batches++
        measures.rows += read.batch.origin ? 0 : rowCount(read.batch)
        measures.bytes += batchBytes(read.batch)
        const step = this.#host.beginRows(scan.id, batch, split, scan.replay !== undefined)
        step.onOver(() => {
          for (const slab of read.slabs) memory.pool.release(slab)
          this.#host.changed()
        })
      }
    } finally {
      const closing = this.#readers.close(reader)
      // At its end the job waits for all of them, but not for ever.
      if (!this.#stopped) await waits.unless(closing)
    }
  }

  async #untilAllowed(scan: Scan): Promise<void> {
    while (!this.#mayStop(scan) && !this.#host.mayRead()) await this.#host.change()
  }

  #mayStop(scan: Scan): boolean {
    return this.#stopped || this.#notNeeded.has(scan.id)
  }
}

/** Whether a scan ends: a replay of what ends does not count, its rows come as those of a stream. */
const isBounded = ({ source, replay }: Scan): boolean => source.bounded && !replay
