/**
 * Watermarks: what the coordinator knows of event time at each `watermark` operator that reads from sources, split by
 * split.
 *
 * The watermark of a split is that of its rows so far; that of the operator is the least over splits that have not ended.
 * Batches are taken in step order, so that whether a row is late depends on what its own split had shown before it,
 * however the rows were cut into batches.
 */

import type { Arrival, EdgeTime } from '../../core/operators/contract.ts'

export class EventTime {
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly #advances: boolean
  /** Watermark by split, -Infinity before its first row. Ended splits are gone. */
  readonly #passedMs: Map<string, number>
  #maxTimeMs = Number.NEGATIVE_INFINITY
  /** A watermark never goes back, also when a split begins. */
  #watermarkMs = Number.NEGATIVE_INFINITY

  constructor(splits: Iterable<string>, advances: boolean) {
    this.#advances = advances
    this.#passedMs = new Map([...splits].map(split => [split, Number.NEGATIVE_INFINITY]))
  }

  /** Takes note of a batch (minMs, maxMs, watermarkMs); says what its split had reached before it. */
  see(split: string, [minMs, maxMs, watermarkMs]: Float64Array): Arrival | undefined {
    const passedMs = this.#passedMs.get(split) ?? Number.NEGATIVE_INFINITY
    if (watermarkMs! > passedMs) this.#passedMs.set(split, watermarkMs!)
    if (maxMs! > this.#maxTimeMs) this.#maxTimeMs = maxMs!
    return this.#advances ? { passedMs, minMs: minMs! } : undefined
  }

  /** A split has no more rows: it no longer holds the watermark back. */
  endSplit(split: string): void {
    this.#passedMs.delete(split)
  }

  /** No split has more rows. */
  end(): void {
    this.#passedMs.clear()
  }

  get time(): EdgeTime {
    const least = this.#passedMs.size === 0 ? Number.POSITIVE_INFINITY : this.#leastMs
    this.#watermarkMs = Math.max(this.#watermarkMs, least)
    return { watermarkMs: this.#watermarkMs, maxTimeMs: this.#maxTimeMs }
  }

  get #leastMs(): number {
    if (!this.#advances) return Number.NEGATIVE_INFINITY
    let least = Number.POSITIVE_INFINITY
    for (const passed of this.#passedMs.values()) least = Math.min(least, passed)
    return least
  }

  /** For snapshots. */
  save(): Record<string, number> {
    return {
      ...Object.fromEntries(this.#passedMs),
      [MAX]: this.#maxTimeMs,
      [REACHED]: this.#watermarkMs,
    }
  }

  restore(saved: Readonly<Record<string, number>>): void {
    for (const split of [...this.#passedMs.keys()]) {
      if (split in saved) this.#passedMs.set(split, saved[split]!)
      else this.#passedMs.delete(split)
    }
    this.#maxTimeMs = saved[MAX] ?? Number.NEGATIVE_INFINITY
    this.#watermarkMs = saved[REACHED] ?? Number.NEGATIVE_INFINITY
  }
}

const MAX = '*'
const REACHED = '**'
