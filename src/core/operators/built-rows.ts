/** The held side of a join, indexed by key, and the pairs that rows make with it. */

import type { Batch } from '../batch/batch.ts'
import { itemsAt } from '../batch/take-column.ts'
import { type KeyTable, NO_KEY } from '../state/key-table.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { type KeyedRows, keyIds } from './join-keys.ts'
import type { LayoutRange } from './join-layout.ts'

/** Rows by key id: those of key `id` are `rows[starts[id]]` to before `rows[starts[id + 1]]`. */
export interface BuiltRows {
  readonly batch: Batch
  readonly starts: Uint32Array
  readonly rows: Uint32Array
  /** Every key is there once: its id is its row. */
  readonly unique: boolean
}

/** @param keyed the rows of the batch whose keys are not null */
export function buildRows(batch: Batch, keyed: KeyedRows, keys: KeyTable): BuiltRows {
  const ids = keyIds(keys, keyed, 'intern')
  const starts = new Uint32Array(keys.size + 1)
  for (let i = 0; i < ids.length; i++) starts[ids[i]! + 1]!++
  for (let id = 1; id < starts.length; id++) starts[id]! += starts[id - 1]!
  const next = starts.slice()
  const rows = new Uint32Array(ids.length)
  for (let i = 0; i < ids.length; i++) rows[next[ids[i]!]!++] = keyed.rows ? keyed.rows[i]! : i
  return { batch, starts, rows, unique: keys.size === batch.length }
}

/** How many pairs the rows with these keys make. */
export function pairCount(ids: Uint32Array, { starts, unique }: BuiltRows): number {
  let total = 0
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== NO_KEY) total += unique ? 1 : starts[ids[i]! + 1]! - starts[ids[i]!]!
  }
  return total
}

export interface BuiltPairs {
  /** Physical rows of the batch, and the rows they meet. */
  readonly rows: Uint32Array
  readonly matches: Uint32Array
  /** By pair, which of the row's it is; absent where all are the first. */
  readonly children: Uint32Array | undefined
  /** By pair, the number of the row among those that count. */
  readonly at: Uint32Array
  /** All pairs of the rows before this one have been found. */
  readonly done: number
}

/** The pairs of rows that meet, some at a time. */
export class LookedUpPairs {
  readonly #ids: Uint32Array
  readonly #rows: Uint32Array | undefined
  readonly #built: BuiltRows
  /** The next pair: of the `#at`-th row, the `#child`-th it meets. */
  #at = 0
  #child = 0

  /**
   * @param ids by row, of its key
   * @param rows physical rows; undefined: all of the batch
   */
  constructor(ids: Uint32Array, rows: Uint32Array | undefined, built: BuiltRows) {
    this.#ids = ids
    this.#rows = rows
    this.#built = built
  }

  /** The next `count` pairs, which there are. */
  next(count: number): BuiltPairs {
    return this.#built.unique ? this.#nextOnes(count) : this.#nextOfMany(count)
  }

  #nextOnes(count: number): BuiltPairs {
    const ids = this.#ids
    const physical = this.#rows
    const matches = new Uint32Array(count)
    const numbers = new Uint32Array(count)
    let at = this.#at
    for (let n = 0; n < count; at++) {
      const id = ids[at]!
      if (id === NO_KEY) continue
      numbers[n] = at
      matches[n++] = id
    }
    this.#at = at
    return { rows: physicalRows(numbers, physical), matches, children: undefined, at: numbers, done: at }
  }

  #nextOfMany(count: number): BuiltPairs {
    const { starts, rows: found } = this.#built
    const ids = this.#ids
    const matches = new Uint32Array(count)
    const numbers = new Uint32Array(count)
    const children = new Uint32Array(count)
    let several = false
    let at = this.#at
    let child = this.#child
    for (let n = 0; n < count; at++, child = 0) {
      const id = ids[at]!
      if (id === NO_KEY) continue
      const start = starts[id]!
      const size = starts[id + 1]! - start
      for (; child < size && n < count; child++, n++) {
        numbers[n] = at
        matches[n] = found[start + child]!
        children[n] = child
        several ||= child > 0
      }
      if (child < size) break
    }
    this.#at = at
    this.#child = child
    const rows = physicalRows(numbers, this.#rows)
    return { rows, matches, children: several ? children : undefined, at: numbers, done: at }
  }
}

const physicalRows = (numbers: Uint32Array, rows: Uint32Array | undefined): Uint32Array =>
  rows ? itemsAt(rows, numbers) : numbers

/**
 * The numbers of pairs whose event times are within the range.
 *
 * @param probe which input the rows that are looked up are of
 */
export function pairsWithin(
  { rows, matches }: BuiltPairs,
  [looked, held]: readonly [Batch, Batch],
  { fromMs, toMs, times }: LayoutRange,
  probe: 0 | 1,
): Uint32Array {
  const count = rows.length
  const timesOf = (batch: Batch, input: number, of: Uint32Array) => {
    const time = { ms: new Float64Array(count), restNs: new Float64Array(count) }
    eventTimesMs(batch.columns[times[input]!]!, count, of, time.ms, time.restNs)
    return time
  }
  const own = timesOf(looked, probe, rows)
  const other = timesOf(held, 1 - probe, matches)
  const [first, second] = probe === 0 ? [own, other] : [other, own]
  const within = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const byMs = second.ms[i]! - first.ms[i]!
    const byNs = second.restNs[i]! - first.restNs[i]!
    if (byMs < fromMs || byMs > toMs) continue
    if ((byMs === fromMs && byNs < 0) || (byMs === toMs && byNs > 0)) continue
    within[kept++] = i
  }
  return within.subarray(0, kept)
}
