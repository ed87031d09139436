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

/** A way from a source to a watermark. By each its rows come as a split of their own. */
export interface Branch {
  readonly source: string
  /** '' but where several ways from one source meet. */
  readonly name: string
}

/** The name of a branch of a branch, and of a split in it. */
export const inBranchName = (name: string, branch = 0): string => (branch === 0 ? name : `${name}/${branch}`)

export class EventTime {
  readonly #branches: readonly Branch[]
  #splitsAppear: boolean
  /** Whether the watermark moves before the end: only over data that does not end. */
  readonly #advances: boolean
  /** Watermark by split, -Infinity before its first row. Ended splits are gone. */
  readonly #passedMs: Map<string, number>
  /** Splits that have brought nothing for too long. */
  readonly #idle = new Set<string>()
  #maxTimeMs = Number.NEGATIVE_INFINITY
  /** A watermark never goes back, also when a split begins or wakes. */
  #watermarkMs = Number.NEGATIVE_INFINITY

  /**
   * @param splits of the sources of the branches
   * @param splitsAppear whether others may begin when all of these have ended
   */
  constructor(
    branches: readonly Branch[],
    splits: readonly string[],
    advances: boolean,
    splitsAppear = false,
  ) {
    this.#splitsAppear = splitsAppear
    this.#branches = branches
    this.#advances = advances
    const all = splits.flatMap(split => this.#inBranches(split))
    this.#passedMs = new Map(all.map(split => [split, Number.NEGATIVE_INFINITY]))
  }

  /** A source's split as it comes by each branch. */
  #inBranches(split: string): string[] {
    const ways = this.#branches.filter(({ source }) => split.startsWith(`${source}#`))
    return ways.map(({ name }) => `${split}${name}`)
  }

  /** What a split has reached before its next batch, if that can make rows of it late: what {@link see} will say. */
  passedMsBefore(split: string): number | undefined {
    if (!this.#advances) return undefined
    const passedMs = this.#passedMs.get(split) ?? Number.NEGATIVE_INFINITY
    return this.#idle.has(split) ? Math.max(passedMs, this.#watermarkMs) : passedMs
  }

  /**
   * Takes note of a batch (minMs, maxMs, watermarkMs); says what its split, in its branch, had reached before it.
   */
  see(split: string, times: Float64Array): Arrival | undefined {
    const [minMs, maxMs, watermarkMs] = [times[0]!, times[1]!, times[2]!]
    const passedMs = this.passedMsBefore(split)
    // What the watermark passed while the split was idle is late: its windows have closed.
    if (this.#idle.delete(split)) this.#pass(split, this.#watermarkMs)
    this.#pass(split, watermarkMs)
    if (maxMs > this.#maxTimeMs) this.#maxTimeMs = maxMs
    return passedMs === undefined ? undefined : { passedMs, minMs }
  }

  /** A split appears. Rows that the watermark has passed are late. */
  beginSplit(split: string): void {
    for (const own of this.#inBranches(split))
      if (!this.#passedMs.has(own)) this.#passedMs.set(own, this.#watermarkMs)
  }

  /** A split has no more rows: it no longer holds the watermark back. */
  endSplit(split: string): void {
    for (const own of this.#inBranches(split)) {
      this.#passedMs.delete(own)
      this.#idle.delete(own)
    }
  }

  /** A split has brought nothing for too long: it does not hold the watermark back until it brings rows again. */
  idleSplit(split: string): void {
    for (const own of this.#inBranches(split)) if (this.#passedMs.has(own)) this.#idle.add(own)
  }

  /** The clock says that no split brings rows of before. */
  passAll(ms: number): void {
    for (const split of this.#passedMs.keys()) this.#pass(split, ms)
  }

  /** No split has more rows. */
  end(): void {
    this.#splitsAppear = false
    this.#passedMs.clear()
  }

  /** Whether a source's split may still bring rows. */
  has(split: string): boolean {
    return this.#inBranches(split).some(own => this.#passedMs.has(own))
  }

  /** How far a split's watermark is ahead of the least of those that are not idle, ms. */
  aheadMs(split: string): number {
    const passedMs = Math.max(...this.#inBranches(split).map(own => this.#passedMs.get(own) ?? -Infinity))
    return Number.isFinite(passedMs) ? passedMs - this.#leastMs : 0
  }

  /** The watermark of a source's split, the least by which it comes; undefined where it has none here, or has ended. */
  watermarkMsOf(split: string): number | undefined {
    const passedMs = this.#inBranches(split).flatMap(own => this.#passedMs.get(own) ?? [])
    return passedMs.length > 0 ? Math.min(...passedMs) : undefined
  }

  get time(): EdgeTime {
    this.#watermarkMs = Math.max(this.#watermarkMs, this.#reachedMs)
    return { watermarkMs: this.#watermarkMs, maxTimeMs: this.#maxTimeMs }
  }

  get #reachedMs(): number {
    if (this.#passedMs.size === 0 && !this.#splitsAppear) return Number.POSITIVE_INFINITY
    if (this.#passedMs.size === 0) return Number.NEGATIVE_INFINITY
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
    for (const split of idle) if (this.#passedMs.has(split)) this.#idle.add(split)
    this.#maxTimeMs = maxTimeMs
    this.#watermarkMs = watermarkMs
  }
}
