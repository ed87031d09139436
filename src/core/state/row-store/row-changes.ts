/** Changes to rows of which equal ones are one: which slots they are, and which rows come and go. */

import type { Batch } from '../../batch/batch.ts'
import type { Column } from '../../batch/column.ts'
import { compareCells } from '../../batch/compare.ts'
import { weightsOf } from '../../batch/meta.ts'
import { hashKeys } from '../hash.ts'
import { grownInt32 } from './growing.ts'
import { RowIndex } from './row-index.ts'
import { NO_SLOT } from './slots.ts'

/** What changes need of the rows that there are. */
export interface ChangedRows {
  /** A fresh slot, whose cells will be written when all changes are known. */
  allocate(): number
  /** By slot. Replaced when it grows. */
  weights(): Int32Array
  /** The weight of a slot changed. */
  touch(slot: number): void
  /** Whether a slot whose cells are written holds physical row `row`. */
  isRow(slot: number, row: number): boolean
}

/** What became of changes. Valid until the next ones. */
export interface AppliedChanges {
  /** By change, the slot of the row; {@link NO_SLOT} where it is gone. */
  readonly slots: Uint32Array
  /** Slots whose cells must be written now, and the numbers of the changes that hold them. */
  readonly inserted: { readonly slots: Uint32Array; readonly at: Uint32Array }
  /** Slots whose rows are gone: some never were written. */
  readonly removed: { readonly written: Uint32Array; readonly unwritten: Uint32Array }
}

export class RowChanges {
  readonly #index = new RowIndex()
  readonly #seed = (Math.random() * 2 ** 32) | 0
  /** By slot, the number + 1 of the change whose cells it will have; 0 once they are written. */
  #pending: Int32Array = new Int32Array(0)
  #first = new Int32Array(0)
  #second = new Int32Array(0)
  #slots = new Uint32Array(0)

  get bytes(): number {
    return this.#index.bytes + this.#pending.byteLength
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#index.reserve(slots)
    this.#pending = grownInt32(this.#pending, slots)
  }

  /** Applies changes, in order: physical row `rows[i]` (or `i`) of the batch, by its weight. */
  apply(batch: Batch, rows: Uint32Array | undefined, count: number, stored: ChangedRows): AppliedChanges {
    const { columns } = batch
    const weights = weightsOf(batch)
    this.#hash(columns, rows, count)
    const holds = (slot: number, row: number): boolean => {
      const pending = this.#pending[slot]!
      if (pending === 0) return stored.isRow(slot, row)
      return sameCells(columns, rows ? rows[pending - 1]! : pending - 1, row)
    }
    const inserted: number[] = []
    // Rows whose weight has been 0: they may come back before the changes are over.
    const zeroed: number[] = []
    const slots = this.#slots
    for (let i = 0; i < count; i++) {
      const row = rows ? rows[i]! : i
      const by = weights ? weights[row]! : 1
      let slot = this.#index.find(this.#first[i]!, row, holds)
      if (slot === NO_SLOT) {
        slot = stored.allocate()
        this.#index.add(slot, this.#first[i]!)
        this.#pending[slot] = i + 1
        stored.weights()[slot] = by
        inserted.push(slot)
      } else {
        const all = stored.weights()
        all[slot]! += by
        stored.touch(slot)
        if (all[slot] === 0) zeroed.push(slot)
      }
      slots[i] = slot
    }
    return this.#outcome(count, inserted, zeroed, stored.weights())
  }

  #outcome(count: number, inserted: number[], zeroed: number[], weights: Int32Array): AppliedChanges {
    const pending = this.#pending
    const gone = [...new Set(zeroed)].filter(slot => weights[slot] === 0)
    for (const slot of gone) this.#index.remove(slot)
    const written = gone.filter(slot => pending[slot] === 0)
    const unwritten = gone.filter(slot => pending[slot] !== 0)
    const kept = Uint32Array.from(inserted.filter(slot => weights[slot] !== 0))
    const at = kept.map(slot => pending[slot]! - 1)
    for (const slot of inserted) pending[slot] = 0
    const slots = this.#slots.subarray(0, count)
    if (gone.length > 0) for (let i = 0; i < count; i++) if (weights[slots[i]!] === 0) slots[i] = NO_SLOT
    return {
      slots,
      inserted: { slots: kept, at },
      removed: { written: Uint32Array.from(written), unwritten: Uint32Array.from(unwritten) },
    }
  }

  #hash(columns: readonly Column[], rows: Uint32Array | undefined, count: number): void {
    if (this.#slots.length < count) {
      this.#slots = new Uint32Array(count)
      this.#first = new Int32Array(count)
      this.#second = new Int32Array(count)
    }
    hashKeys(columns, count, rows, this.#first, this.#second)
    for (let i = 0; i < count; i++) {
      const h = Math.imul(this.#first[i]! ^ this.#seed, 0x9e3779b1) ^ this.#second[i]!
      this.#first[i] = h ^ (h >>> 15)
    }
  }

  /** Forgets rows that are removed in another way. */
  remove(slots: Uint32Array): void {
    for (let i = 0; i < slots.length; i++) this.#index.remove(slots[i]!)
  }
}

function sameCells(columns: readonly Column[], i: number, j: number): boolean {
  for (const column of columns) if (compareCells(column, i, column, j) !== 0) return false
  return true
}
