/**
 * Watermarks: what the coordinator knows of event time at each `watermark` operator, split by split.
 *
 * The watermark of a split is its latest event time minus the allowance; that of the operator is the least over splits
 * that have not ended. Batches are taken in step order, so that whether a row is late depends on what its own split had
 * shown before it, however the rows were cut into batches.
 */

import type { Arrival, TimeSignal } from '../../core/operators/contract.ts'

export class EventTime {
  readonly #outOfOrderMs: number
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly #advances: boolean
  /** Latest event time by split, -Infinity before its first row. Ended splits are gone. */
  readonly #latestMs: Map<string, number>
  #maxTimeMs = Number.NEGATIVE_INFINITY
  #ended = false

  constructor(splits: Iterable<string>, outOfOrderMs: number, advances: boolean) {
    this.#outOfOrderMs = outOfOrderMs
    this.#advances = advances
    this.#latestMs = new Map([...splits].map(split => [split, Number.NEGATIVE_INFINITY]))
  }

  /** Takes note of a batch; says what its split knew before it. */
  see(split: string, [minMs, maxMs]: Float64Array): Arrival | undefined {
    const before = this.#latestMs.get(split) ?? Number.NEGATIVE_INFINITY
    if (maxMs! > before) this.#latestMs.set(split, maxMs!)
    if (maxMs! > this.#maxTimeMs) this.#maxTimeMs = maxMs!
    return this.#advances ? { seenMs: before, minMs: minMs!, outOfOrderMs: this.#outOfOrderMs } : undefined
  }

  /** A split has no more rows: it no longer holds the watermark back. */
  endSplit(split: string): void {
    this.#latestMs.delete(split)
  }

  end(): void {
    this.#ended = true
  }

  get signal(): TimeSignal {
    return { watermarkMs: this.#watermarkMs, maxTimeMs: this.#maxTimeMs }
  }

  get #watermarkMs(): number {
    if (this.#ended) return Number.POSITIVE_INFINITY
    if (!this.#advances || this.#latestMs.size === 0) return Number.NEGATIVE_INFINITY
    let least = Number.POSITIVE_INFINITY
    for (const latest of this.#latestMs.values()) least = Math.min(least, latest)
    return least - this.#outOfOrderMs
  }

  /** For snapshots. */
  save(): Record<string, number> {
    return { ...Object.fromEntries(this.#latestMs), [MAX]: this.#maxTimeMs }
  }

  restore(saved: Readonly<Record<string, number>>): void {
    for (const split of [...this.#latestMs.keys()]) {
      if (split in saved) this.#latestMs.set(split, saved[split]!)
      else this.#latestMs.delete(split)
    }
    this.#maxTimeMs = saved[MAX] ?? Number.NEGATIVE_INFINITY
  }
}

const MAX = '*'

/** What several inputs together know of time. */
export function minKnown(signals: readonly TimeSignal[]): TimeSignal {
  let watermarkMs = Number.POSITIVE_INFINITY
  let maxTimeMs = Number.NEGATIVE_INFINITY
  for (const signal of signals) {
    watermarkMs = Math.min(watermarkMs, signal.watermarkMs)
    maxTimeMs = Math.max(maxTimeMs, signal.maxTimeMs)
  }
  return { watermarkMs, maxTimeMs }
}

export const NOTHING_KNOWN: TimeSignal = Object.freeze({
  watermarkMs: Number.NEGATIVE_INFINITY,
  maxTimeMs: Number.NEGATIVE_INFINITY,
})
