/** Rows that a process function is to be called for, and those that it is to be told of meanwhile. */

import type { Batch } from '../../batch/batch.ts'
import { rowsOf } from '../../batch/rows.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows in the order in which they are taken, with their event times; NaN without. */
export interface Taken {
  readonly batch: Batch
  readonly timesMs: Float64Array
}

/** Broadcast rows that are yet to be told, in order of time. */
export class Upcoming {
  readonly #parts: readonly Taken[]
  #part = 0
  #row = 0
  #rows: Row[] | undefined

  constructor(parts: readonly Taken[]) {
    this.#parts = parts.filter(({ timesMs }) => timesMs.length > 0)
  }

  get isOver(): boolean {
    return this.#part === this.#parts.length
  }

  get timeMs(): number {
    return this.#parts[this.#part]!.timesMs[this.#row]!
  }

  get row(): Row {
    this.#rows ??= rowsOf(this.#parts[this.#part]!.batch)
    return this.#rows[this.#row]!
  }

  next(): void {
    if (++this.#row < this.#parts[this.#part]!.timesMs.length) return
    this.#part++
    this.#row = 0
    this.#rows = undefined
  }
}
