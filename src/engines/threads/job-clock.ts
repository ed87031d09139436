/**
 * The clock of a job. What it decides, an idle split or a new reading, becomes a mark in the sequence of steps, so that it
 * has one place among the rows for every stage; and is logged, so that another job can come to the same.
 */

import type { SplitReader } from '../../core/connector.ts'
import type { Clock, JobOptions, LoggedMark } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Plan } from '../../core/plan.ts'
import { ClockLog, ClockReplay } from './clock-log.ts'
import type { EventTime } from './event-time.ts'
import { IdleSplits } from './idle-splits.ts'
import type { ClockMark } from './step.ts'

export interface JobClockHost {
  /** Begins a step with the mark. */
  mark(mark: ClockMark): void
  /** Whether nothing is read for now, so that nobody is idle. */
  isPaused(): boolean
}

export class JobClock {
  readonly #clock: Clock
  readonly #host: JobClockHost
  readonly #idle: IdleSplits
  readonly #log = new ClockLog()
  readonly #replay: ClockReplay
  /** How often operators want a reading at least; undefined when none goes by the clock. */
  readonly #everyMs: number | undefined
  readonly #stopping = new AbortController()
  #readingMs: number | undefined

  constructor(
    plan: Plan,
    eventTimes: ReadonlyMap<string, EventTime>,
    clock: Clock,
    { clockLog = [], restore }: JobOptions,
    host: JobClockHost,
  ) {
    this.#clock = clock
    this.#host = host
    this.#idle = new IdleSplits(plan, eventTimes)
    const wanted = Object.values(plan.nodes).flatMap(node => definitionOf(node).clock?.(node)?.everyMs ?? [])
    this.#everyMs = wanted.length ? Math.min(...wanted) : undefined
    this.#readingMs = this.#everyMs === undefined ? undefined : restore?.clockMs
    this.#replay = new ClockReplay(clockLog, mark => this.#make(mark))
  }

  /** The last reading; undefined where no operator goes by the clock. */
  get readingMs(): number | undefined {
    return this.#readingMs
  }

  /** What was decided since the last snapshot, or since the job began. */
  get marks(): readonly LoggedMark[] {
    return this.#log.marks
  }

  /** The same, for a snapshot: the next begins with nothing. */
  takeMarks(): readonly LoggedMark[] {
    return this.#log.take()
  }

  /** A reader that keeps to the log that the job follows, if any. */
  following(split: string, reader: SplitReader): SplitReader {
    return this.#replay.following(split, reader)
  }

  /** Makes marks until stopped; those of the log first. */
  async run(): Promise<void> {
    this.#replay.begin()
    await this.#replay.over
    const patienceMs = this.#idle.patienceMs
    const everyMs = Math.min(this.#everyMs ?? Infinity, patienceMs === undefined ? Infinity : patienceMs / 4)
    if (everyMs === Number.POSITIVE_INFINITY) return
    for (;;) {
      await this.#clock.sleep(everyMs, this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
      const idle = this.#host.isPaused() ? {} : this.#idle.newlyIdle(this.#clock.now())
      const isNews = this.#everyMs !== undefined && this.#now() !== this.#readingMs
      if (isNews || Object.keys(idle).length > 0) this.#make({ clockMs: this.#now(), idle })
    }
  }

  stop(): void {
    this.#stopping.abort()
    this.#replay.stop()
  }

  /** Reading begins again after a pause. */
  resume(): void {
    this.#idle.restart(this.#clock.now())
  }

  /** A split is asked for rows. */
  asked(split: string): void {
    this.#idle.asked(split, this.#clock.now())
  }

  /** A split has brought rows, which are about to have their step. */
  brings(split: string): void {
    this.#idle.brought(split)
    if (this.#everyMs === undefined || !this.#replay.isOver) return
    const clockMs = this.#now()
    if (clockMs !== this.#readingMs) this.#make({ clockMs, idle: {} })
  }

  /** The rows have their step. */
  read(split: string, rows: number): void {
    if (this.#everyMs === undefined && this.#idle.patienceMs === undefined) return
    this.#log.read(split, rows)
    this.#replay.read(split, rows)
  }

  /** A split has no more rows. @throws {JobError} `CLOCK_LOG` */
  ended(split: string): void {
    this.#replay.ended(split)
  }

  /** Whole milliseconds that never go back. */
  #now(): number {
    return Math.max(this.#readingMs ?? Number.NEGATIVE_INFINITY, Math.floor(this.#clock.now()))
  }

  #make(mark: ClockMark): void {
    if (this.#everyMs !== undefined) this.#readingMs = mark.clockMs
    this.#log.add(mark)
    this.#host.mark(mark)
  }
}
