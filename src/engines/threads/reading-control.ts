/** Holds a running job, and lets it go on: at once, a step at a time, or from another time of the history it replays. */

import { JobError } from '../../core/errors.ts'
import type { ReplayGroup } from './replay-group.ts'

/** What the control needs of the job. */
export interface ControlledJob {
  /** Throws when the job is over or has failed. */
  throwIfOver(): void
  /** Waits for something, but not beyond the end of the job; then it gives nothing. */
  unlessOver<T>(promise: Promise<T>): Promise<T | undefined>
  /** Settles when all that was read has gone through. */
  drain(): Promise<void>
  /** What may be read has changed. */
  changed(): void
  /** Reading begins again. */
  resumed(): void
}

export class ReadingControl {
  readonly #groups: readonly ReplayGroup[]
  readonly #job: ControlledJob
  #paused = false
  /** Batches of what is not replayed that may be read while paused. */
  #allowed = 0
  #used = Promise.withResolvers<void>()

  constructor(groups: readonly ReplayGroup[], job: ControlledJob) {
    this.#groups = groups
    this.#job = job
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Whether rows that are not replayed may have a step. */
  get mayRead(): boolean {
    return !this.#paused || this.#allowed > 0
  }

  /** Such rows have their step. */
  read(): void {
    if (this.#allowed === 0) return
    this.#allowed--
    this.#used.resolve()
  }

  /** Reads no more rows; settles when those that were read have gone through. */
  async pause(): Promise<void> {
    this.#job.throwIfOver()
    this.#hold()
    await this.#settled()
  }

  resume(): void {
    this.#job.throwIfOver()
    if (!this.#paused) return
    this.#paused = false
    this.#allowed = 0
    for (const group of this.#groups) group.release()
    this.#job.resumed()
    this.#job.changed()
  }

  /** @param spanMs of history; undefined: the rows of the next instant, or without a replay the next batch */
  async step(spanMs: number | undefined): Promise<void> {
    this.#job.throwIfOver()
    if (spanMs !== undefined) this.#needReplay('step takes a span of history')
    await this.pause()
    if (this.#groups.length === 0) {
      this.#allowed++
      this.#used = Promise.withResolvers()
      this.#job.changed()
      await this.#job.unlessOver(this.#used.promise)
    } else {
      const nextMs = await this.#nextMs()
      if (nextMs === Number.POSITIVE_INFINITY) return
      const reachedMs = this.#reachedMs ?? nextMs
      await this.#playTo(spanMs === undefined ? nextMs + 1 : reachedMs + spanMs)
    }
    await this.#job.drain()
  }

  /** Plays all rows before a time of history at full speed. @throws {JobError} `SEEK_BACK` */
  async seek(timeMs: number): Promise<void> {
    this.#job.throwIfOver()
    this.#needReplay('seek goes to a time of history')
    const wasPaused = this.#paused
    await this.pause()
    const playedMs = Math.max(...this.#groups.map(group => group.playedMs))
    if (timeMs <= playedMs || timeMs < (this.#reachedMs ?? timeMs)) {
      if (!wasPaused) this.resume()
      throw new JobError(
        'SEEK_BACK',
        `the replay has played ${new Date(playedMs).toISOString()} already, and cannot go back to ${new Date(timeMs).toISOString()}`,
        { hint: 'start a job from a snapshot of before: its sinks then hold no more than that' },
      )
    }
    await this.#playTo(timeMs)
    await this.#job.drain()
    if (!wasPaused) this.resume()
  }

  /** @param speed undefined: as fast as rows are read */
  setSpeed(speed: number | undefined): void {
    this.#job.throwIfOver()
    this.#needReplay('the speed is that of a replay')
    for (const group of this.#groups) group.setSpeed(speed)
  }

  /** Where steps of history have come to. */
  #reachedMs: number | undefined

  #hold(): void {
    if (this.#paused) return
    this.#paused = true
    this.#reachedMs = undefined
    for (const group of this.#groups) group.hold()
  }

  async #settled(): Promise<void> {
    await this.#nextMs()
    await this.#job.drain()
  }

  /** Waits until no replay gives rows any more; gives the time of the first that it would give. */
  async #nextMs(): Promise<number> {
    const times = await this.#job.unlessOver(Promise.all(this.#groups.map(group => group.stands())))
    return Math.min(...(times ?? []))
  }

  async #playTo(timeMs: number): Promise<void> {
    this.#reachedMs = timeMs
    await this.#job.unlessOver(Promise.all(this.#groups.map(group => group.playTo(timeMs))))
  }

  #needReplay(what: string): void {
    if (this.#groups.length > 0) return
    throw new JobError('NO_REPLAY', `${what}, and the job replays nothing`, {
      hint: "replay(flights, { time: 'date' }) makes a stream of history",
    })
  }
}
