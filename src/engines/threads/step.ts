/**
 * A step of a job: one source batch, or a mark in the stream, on its way through every stage and sink.
 *
 * Memory lives as long as its step: the slabs a source batch lies in and those that shards built its descendants in go
 * back to their pools when the last stage and sink are done with the step, because operators copy what outlives it.
 */

import type { Barrier } from './barrier.ts'

/** Steps under way at once: enough to keep every shard busy while others are being written. */
export const STEPS_AHEAD = 12

export interface Step {
  /** 0, 1, …: the order in which every stage and sink takes steps. */
  readonly number: number
  /** What it says about the stream, in its place among the batches. */
  readonly mark?: Mark
  /** The clock's last reading, ms since 1970, where the plan goes by it. */
  readonly clockMs?: number
  /** Called for each stage and sink once it is done with the step. */
  done(): void
  /** Runs when the step is over, at once if it is. */
  onOver(act: () => void): void
}

/** Splits that the clock found idle, by `watermark` node. */
export interface ClockMark {
  readonly clockMs: number
  readonly idle: Readonly<Record<string, readonly string[]>>
}

/**
 * What a step without rows says: a split of a source begins, or it or the source itself has no more rows; an epoch ends
 * here; what the clock reads.
 */
export type Mark =
  | { readonly begins: string }
  | { readonly ends: string }
  | { readonly sourceEnds: string }
  | { readonly barrier: Barrier }
  | { readonly clock: ClockMark }

/** The barrier that a step is, if it is one. */
export const barrierOf = ({ mark }: Step): Barrier | undefined =>
  mark && 'barrier' in mark ? mark.barrier : undefined

/** @param parts stages and sinks that have to be done with it */
export function newStep(
  number: number,
  mark: Mark | undefined,
  parts: number,
  clockMs: number | undefined,
  over: () => void,
): Step {
  let left = parts
  const acts: (() => void)[] = []
  return {
    number,
    ...(mark ? { mark } : {}),
    ...(clockMs === undefined ? {} : { clockMs }),
    done() {
      if (--left > 0) return
      for (const act of acts) act()
      over()
    },
    onOver: act => void (left > 0 ? acts.push(act) : act()),
  }
}

/** Runs work in step order, whatever the order in which it becomes ready. */
export class InStepOrder {
  /** Work that was given before its turn. */
  readonly #ready = new Map<number, () => void>()
  #next = 0
  #running = false

  /** The first step whose work has not been done. */
  get next(): number {
    return this.#next
  }

  /** Gives the work of step `number`; it runs once the work of all earlier steps is done, also if that gives it. */
  submit(number: number, work: () => void): void {
    if (number !== this.#next || this.#running) {
      this.#ready.set(number, work)
      return
    }
    this.#running = true
    try {
      for (let now: (() => void) | undefined = work; now; now = this.#takeReady()) {
        now()
        this.#next++
      }
    } finally {
      this.#running = false
    }
  }

  #takeReady(): (() => void) | undefined {
    if (this.#ready.size === 0) return undefined
    const work = this.#ready.get(this.#next)
    this.#ready.delete(this.#next)
    return work
  }
}
