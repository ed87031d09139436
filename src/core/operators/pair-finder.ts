/** Finds the pairs that rows that came make with kept ones: equal keys, times within the range, and the condition true. */

import type { Batch } from '../batch/batch.ts'
import { withScratch } from '../batch/scratch.ts'
import { itemsAt, takeColumn } from '../batch/take-column.ts'
import { Matches } from '../state/row-store/key-chains.ts'
import { OUTPUT_ROWS } from './define.ts'
import type { JoinLayout } from './join-layout.ts'
import type { JoinSide, RowTimes } from './join-side.ts'

/** Rows of a batch whose keys are not null. */
export interface CameRows {
  readonly batch: Batch
  readonly input: 0 | 1
  /** Physical rows; undefined: all of the batch. */
  readonly rows: Uint32Array | undefined
  readonly count: number
  /** By row, the id of its key, and its event time where there is a range. */
  readonly ids: Uint32Array
  readonly times: RowTimes | undefined
}

/** Pairs: of the `at[i]`-th row that came with the row in slot `slots[i]`. */
export interface FoundPairs {
  readonly at: Uint32Array
  readonly slots: Uint32Array
}

export class PairFinder {
  readonly #layout: JoinLayout
  readonly #matches = new Matches()
  // Pairs that passed and wait for more, up to a batch.
  #at = new Uint32Array(0)
  #slots = new Uint32Array(0)
  #waiting = 0

  constructor(layout: JoinLayout) {
    this.#layout = layout
  }

  /** All pairs, at most about {@link OUTPUT_ROWS} at a time, which are valid until the next ones are asked for. */
  *pieces(came: CameRows, other: JoinSide): Generator<FoundPairs> {
    const matches = this.#matches
    const { range, where } = this.#layout
    matches.reset()
    for (let more = true; more; ) {
      matches.length = 0
      more = other.store.probe(came.ids, came.count, matches, OUTPUT_ROWS)
      let at: Uint32Array = matches.rows.subarray(0, matches.length)
      let slots: Uint32Array = matches.slots.subarray(0, matches.length)
      if (range) ({ at, slots } = this.#timely(came, other, at, slots))
      if (where && at.length > 0) ({ at, slots } = this.#passing(came, other, at, slots))
      const passed = this.#gathered(at, slots, more)
      if (passed) yield passed
    }
  }

  /** The kept rows of keys, some at a time. */
  *rowsOf(keys: Uint32Array, side: JoinSide): Generator<Uint32Array> {
    const matches = new Matches()
    for (let more = true; more; ) {
      matches.length = 0
      more = side.store.probe(keys, keys.length, matches, OUTPUT_ROWS)
      if (matches.length > 0) yield matches.slots.slice(0, matches.length)
    }
  }

  /** The pairs whose times are within the range. Compares ms, and ns at the ends. */
  #timely({ times, input }: CameRows, other: JoinSide, at: Uint32Array, slots: Uint32Array): FoundPairs {
    const { fromMs, toMs } = this.#layout.range!
    const { ms, restNs } = times!
    const sign = input === 0 ? 1 : -1
    let kept = 0
    // In place: what is written has been read.
    for (let i = 0; i < at.length; i++) {
      const row = at[i]!
      const slot = slots[i]!
      const byMs = sign * (other.timeMs(slot) - ms[row]!)
      if (byMs < fromMs || byMs > toMs) continue
      if (byMs === fromMs || byMs === toMs) {
        const byNs = sign * (other.restNs(slot) - restNs[row]!)
        if ((byMs === fromMs && byNs < 0) || (byMs === toMs && byNs > 0)) continue
      }
      at[kept] = row
      slots[kept++] = slot
    }
    return { at: at.subarray(0, kept), slots: slots.subarray(0, kept) }
  }

  #passing(
    { batch, input, rows }: CameRows,
    other: JoinSide,
    at: Uint32Array,
    slots: Uint32Array,
  ): FoundPairs {
    const physical = rows ? itemsAt(rows, at) : at
    const passing = withScratch(scratch =>
      this.#layout.where!.passing(at.length, (side, index) =>
        side === input
          ? takeColumn(batch.columns[index]!, physical, scratch)
          : other.store.column(index, slots, scratch),
      ),
    )
    if (!passing) return { at, slots }
    for (let i = 0; i < passing.length; i++) {
      at[i] = at[passing[i]!]!
      slots[i] = slots[passing[i]!]!
    }
    return { at: at.subarray(0, passing.length), slots: slots.subarray(0, passing.length) }
  }

  /** Puts pairs together until they are worth a batch, or no more come. */
  #gathered(at: Uint32Array, slots: Uint32Array, more: boolean): FoundPairs | undefined {
    const count = this.#waiting + at.length
    if (this.#waiting === 0 && (!more || count >= OUTPUT_ROWS / 2))
      return count > 0 ? { at, slots } : undefined
    if (this.#at.length === 0) {
      this.#at = new Uint32Array(2 * OUTPUT_ROWS)
      this.#slots = new Uint32Array(2 * OUTPUT_ROWS)
    }
    this.#at.set(at, this.#waiting)
    this.#slots.set(slots, this.#waiting)
    this.#waiting = count
    if (more && count < OUTPUT_ROWS / 2) return undefined
    this.#waiting = 0
    return count > 0 ? { at: this.#at.subarray(0, count), slots: this.#slots.subarray(0, count) } : undefined
  }
}
