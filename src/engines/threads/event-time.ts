/**
 * Watermarks: what the coordinator knows of event time at each `watermark` operator that reads from sources, split by
 * split.
 *
 * The watermark of a split is that of its rows so far; that of the operator is the least over splits that have not ended
 * and are not idle. Batches and marks are taken in step order, so that whether a row is late depends on what its own
 * split had shown before it, however the rows were cut into batches.
 */

import type { SavedEventTime } from '../../core/engine.ts'
import type { Arrival, EdgeTime } from '../../core/operators/contract.ts'

export class EventTime {
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly #advances: boolean
  /** Watermark by split, -Infinity before its first row. Ended splits are gone. */
  readonly #passedMs: Map<string, number>
  /** Splits that have brought nothing for too long. */
  readonly #idle = new Set<string>()
  #maxTimeMs = Number.NEGATIVE_INFINITY
  /** A watermark never goes back, also when a split begins or wakes. */
  #watermarkMs = Number.NEGATIVE_INFINITY

  constructor(splits: Iterable<string>, advances: boolean) {
    this.#advances = advances
    this.#passedMs = new Map([...splits].map(split => [split, Number.NEGATIVE_INFINITY]))
  }

  /** Takes note of a batch (minMs, maxMs, watermarkMs); says what its split had reached before it. */
  see(split: string, [minMs, maxMs, watermarkMs]: Float64Array): Arrival | undefined {
    // What the watermark passed while the split was idle is late: its windows have closed.
    if (this.#idle.delete(split)) this.#pass(split, this.#watermarkMs)
    const passedMs = this.#passedMs.get(split) ?? Number.NEGATIVE_INFINITY
    this.#pass(split, watermarkMs!)
    if (maxMs! > this.#maxTimeMs) this.#maxTimeMs = maxMs!
    return this.#advances ? { passedMs, minMs: minMs! } : undefined
  }

  /** A split appears. Rows that the watermark has passed are late. */
  beginSplit(split: string): void {
    if (!this.#passedMs.has(split)) this.#passedMs.set(split, this.#watermarkMs)
  }

  /** A split has no more rows: it no longer holds the watermark back. */
  endSplit(split: string): void {
    this.#passedMs.delete(split)
    this.#idle.delete(split)
  }

  /** A split has brought nothing for too long: it does not hold the watermark back until it brings rows again. */
  idleSplit(split: string): void {
    if (this.#passedMs.has(split)) this.#idle.add(split)
  }

  /** No split has more rows. */
  end(): void {
    this.#passedMs.clear()
  }

  /** Splits that may bring rows, and whether each is idle. */
  get splits(): { readonly split: string; readonly idle: boolean }[] {
    return [...this.#passedMs.keys()].map(split => ({ split, idle: this.#idle.has(split) }))
  }

  /** How far a split's watermark is ahead of the least of those that are not idle, ms. */
  aheadMs(split: string): number {
    const passedMs = this.#passedMs.get(split)
    return passedMs === undefined || !Number.isFinite(passedMs) ? 0 : passedMs - this.#leastMs
  }

  get time(): EdgeTime {
    this.#watermarkMs = Math.max(this.#watermarkMs, this.#reachedMs)
    return { watermarkMs: this.#watermarkMs, maxTimeMs: this.#maxTimeMs }
  }

  get #reachedMs(): number {
    if (this.#passedMs.size === 0) return Number.POSITIVE_INFINITY
    if (!this.#advances) return Number.NEGATIVE_INFINITY
    // While all are idle none holds the others back.
    return this.#idle.size === this.#passedMs.size ? Math.max(...this.#passedMs.values()) : this.#leastMs
  }

  /** The least over splits that are not idle. */
  get #leastMs(): number {
    let least = Number.POSITIVE_INFINITY
    for (const [split, passed] of this.#passedMs) if (!this.#idle.has(split)) least = Math.min(least, passed)
    return least
  }

  #pass(split: string, ms: number): void {
    if (ms > (this.#passedMs.get(split) ?? Number.NEGATIVE_INFINITY)) this.#passedMs.set(split, ms)
  }

  /** For snapshots. */
  save(): SavedEventTime {
    return {
      splits: Object.fromEntries(this.#passedMs),
      idle: [...this.#idle],
      maxTimeMs: this.#maxTimeMs,
      watermarkMs: this.#watermarkMs,
    }
  }

  /** Goes on from a snapshot; splits that it does not know have ended. */
  restore({ splits, idle, maxTimeMs, watermarkMs }: SavedEventTime): void {
    for (const split of [...this.#passedMs.keys()]) {
      if (split in splits) this.#passedMs.set(split, splits[split]!)
      else this.#passedMs.delete(split)
    }
    for (const split of idle) this.idleSplit(split)
    this.#maxTimeMs = maxTimeMs
    this.#watermarkMs = watermarkMs
  }
}
