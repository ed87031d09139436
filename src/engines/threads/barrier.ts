/**
 * A barrier: a step at which all state is that after exactly the rows read before it, and an epoch ends.
 *
 * Nothing is drained. Each stage saves its state as the barrier passes it, each sink holds back what comes after it, and
 * when all have come so far the epoch is committed and the sinks go on.
 */

import type { SavedEventTime } from '../../core/engine.ts'
import type { SavedByNode } from '../../workers/messages.ts'

export class Barrier {
  readonly epoch: number
  /** Whether stages save their state. */
  readonly saves: boolean
  /** By stage, then shard. Complete once {@link passed} has settled. */
  readonly state = new Map<number, readonly SavedByNode[]>()
  /** Of `watermark` operators that read sources, by node. */
  readonly eventTimes = new Map<string, SavedEventTime>()
  readonly #passed = Promise.withResolvers<void>()
  readonly #released = Promise.withResolvers<void>()
  readonly #saved = new Map<number, PromiseWithResolvers<void>>()
  #missing: number

  /** @param parts stages and sinks that it has to pass */
  constructor(epoch: number, saves: boolean, parts: number) {
    this.epoch = epoch
    this.saves = saves
    this.#missing = parts
    // Whoever waits hears of a failure; that nobody does yet is no failure of its own.
    this.#passed.promise.catch(() => {})
    this.#released.promise.catch(() => {})
  }

  /** Settles when every stage has saved and every sink has all rows before it. */
  get passed(): Promise<void> {
    return this.#passed.promise
  }

  /** Settles when what comes after it may be written. */
  get released(): Promise<void> {
    return this.#released.promise
  }

  /** Settles when the state of a stage is saved. */
  stageSaved(stage: number): Promise<void> {
    const known = this.#saved.get(stage)
    if (known) return known.promise
    const saved = Promise.withResolvers<void>()
    this.#saved.set(stage, saved)
    return saved.promise
  }

  /** A stage has passed it, with the state of its shards where they save. */
  passStage(stage: number, state: readonly SavedByNode[]): void {
    this.state.set(stage, state)
    void this.stageSaved(stage)
    this.#saved.get(stage)!.resolve()
    this.#pass()
  }

  /** A sink has all rows before it. */
  passSink(): void {
    this.#pass()
  }

  release(): void {
    this.#released.resolve()
  }

  /** The job has failed: nobody is to wait. */
  fail(error: unknown): void {
    this.#passed.reject(error)
    this.#released.reject(error)
    for (const saved of this.#saved.values()) saved.resolve()
  }

  #pass(): void {
    if (--this.#missing === 0) this.#passed.resolve()
  }
}
