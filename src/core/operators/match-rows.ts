/**
 * The rows that a search may still need. Those that passed in a step are numbered from -1 down, those that are kept for later
 * ones are slots of a store.
 */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, take } from '../batch/take.ts'
import { type Cell, cellAt } from '../expr/cell.ts'
import { NO_ROW } from '../patterns/attempt.ts'
import type { RowTimes } from '../patterns/key-run.ts'
import { grownFloat64, grownInt32 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Field, Schema } from '../types/schema.ts'
import { matchedColumns } from './asof-matches.ts'
import { NO_MATCH } from './newest-rows.ts'

/** A bit for each condition: a name that no schema has. */
const BITS: Field = { name: '\0bits', type: 'int32' }

/** Rows of a step, in order of time. */
export interface PassedRows {
  /** With the columns that are kept, without the bits; rows have the places that they are ordered by. */
  readonly batch: Batch
  readonly timesMs: Float64Array
  readonly restNs: Float64Array
  readonly bits: Int32Array
}

const NOTHING_PASSED = { batch: undefined, timesMs: new Float64Array(0), restNs: new Float64Array(0) }

export class MatchRows implements RowTimes {
  /** The columns that are kept. */
  readonly schema: Schema
  readonly store: RowStore
  readonly #time: number
  /** The conditions of which one must hold where a match begins. */
  readonly #startBits: number
  /** Columns of which single cells are asked. */
  readonly #cells = new Map<number, Cell[]>()
  #passed: { batch: Batch | undefined; timesMs: Float64Array; restNs: Float64Array }
  #passedBits: Int32Array = new Int32Array(0)
  // By slot.
  #timesMs: Float64Array = new Float64Array(0)
  #restNs: Float64Array = new Float64Array(0)
  #bits: Int32Array = new Int32Array(0)
  /** Slots that are no longer needed after this step. */
  #released: number[] = []

  constructor(schema: Schema, time: number, startBits: number) {
    this.schema = schema
    this.#time = time
    this.#startBits = startBits
    this.#passed = NOTHING_PASSED
    this.store = new RowStore({ schema: [...schema, BITS], keyed: true, places: true })
  }

  /** Single cells of this column will be asked for. */
  keepCells(column: number): void {
    this.#cells.set(column, [])
  }

  ms(row: number): number {
    return row < 0 ? this.#passed.timesMs[~row]! : this.#timesMs[row]!
  }

  ns(row: number): number {
    return row < 0 ? this.#passed.restNs[~row]! : this.#restNs[row]!
  }

  bits(row: number): number {
    return row < 0 ? this.#passedBits[~row]! : this.#bits[row]!
  }

  mayBegin = (row: number): boolean => (this.bits(row) & this.#startBits) !== 0

  cell(row: number, column: number): Cell {
    if (row < 0) return cellAt(this.#passed.batch!.columns[column]!, ~row)
    return this.#cells.get(column)![row]!
  }

  /** A step begins, with these rows. */
  pass(passed: PassedRows): void {
    this.#passed = passed
    this.#passedBits = passed.bits
  }

  /** A search needs a row no longer. */
  release = (row: number): void => {
    if (row >= 0) this.#released.push(row)
  }

  /** Keeps rows that passed, with the ids of their keys; returns their slots, valid until the next call. */
  keep(rows: Uint32Array, keys: Uint32Array): Uint32Array {
    const { batch, timesMs, restNs } = this.#passed
    if (rows.length === 0) return rows
    const bits: Column = { type: 'int32', values: this.#passedBits }
    const columns = [...batch!.columns, bits]
    const slots = this.store.insert({ ...batch!, schema: this.store.schema, columns }, rows, { keys })
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      this.#set(slots[i]!, timesMs[row]!, restNs[row]!, this.#passedBits[row]!)
      for (const [column, cells] of this.#cells) cells[slots[i]!] = cellAt(batch!.columns[column]!, row)
    }
    return slots
  }

  #set(slot: number, ms: number, ns: number, bits: number): void {
    this.#timesMs = grownFloat64(this.#timesMs, slot + 1)
    this.#restNs = grownFloat64(this.#restNs, slot + 1)
    this.#bits = grownInt32(this.#bits, slot + 1)
    this.#timesMs[slot] = ms
    this.#restNs[slot] = ns
    this.#bits[slot] = bits
  }

  /** The step is over: its rows are gone, and those that were released. */
  endStep(): void {
    this.#passed = NOTHING_PASSED
    this.#passedBits = new Int32Array(0)
    this.store.remove(Uint32Array.from(this.#released))
    this.#released = []
  }

  /** The cells of rows as columns, in memory of the heap; null for {@link NO_ROW}. */
  columns(
    rows: readonly number[],
    wanted: readonly number[],
  ): { columns: readonly Column[]; at: Int32Array } {
    const passed = this.#passed.batch
    const count = passed?.length ?? 0
    const matches = Int32Array.from(rows, row => (row === NO_ROW ? NO_MATCH : row < 0 ? ~row : count + row))
    return matchedColumns(matches, { passed, stored: this.store }, wanted)
  }

  /** Rows with their places, in this order. */
  take(rows: readonly number[]): Batch {
    const passed = rows.filter(row => row < 0)
    const stored = rows.filter(row => row >= 0)
    if (stored.length === 0)
      return take(
        this.#passed.batch!,
        Uint32Array.from(passed, row => ~row),
        heapArena,
      )
    const kept = this.store.take(Uint32Array.from(stored), heapArena)
    const own = { ...kept, schema: this.schema, columns: kept.columns.slice(0, -1) }
    if (passed.length === 0) return own
    const all = concat(
      this.schema,
      [
        take(
          this.#passed.batch!,
          Uint32Array.from(passed, row => ~row),
          heapArena,
        ),
        own,
      ],
      heapArena,
    )
    let [ofPassed, ofStored] = [0, passed.length]
    return take(
      all,
      Uint32Array.from(rows, row => (row < 0 ? ofPassed++ : ofStored++)),
      heapArena,
    )
  }

  get bytes(): number {
    return this.store.bytes + this.#timesMs.byteLength + this.#restNs.byteLength + this.#bits.byteLength
  }

  close(): void {
    this.store.close()
  }

  save(to: StateWriter, keyGroups: (batch: Batch) => Uint8Array): void {
    this.store.save(to, 'rows', keyGroups)
  }

  /** Takes over rows that were kept: gives them and their slots. */
  load(
    from: StateReader,
    keyIds: (batch: Batch) => Uint32Array,
  ): { readonly batch: Batch; readonly slots: Uint32Array } | undefined {
    const saved = [...from.table('rows')].map(({ batch }) => ({ ...batch, schema: this.store.schema }))
    if (saved.length === 0) return undefined
    const all = concat(this.store.schema, saved, heapArena)
    const slots = this.store.insert(all, undefined, { keys: keyIds(all) }).slice()
    const timesMs = new Float64Array(all.length)
    const restNs = new Float64Array(all.length)
    eventTimesMs(all.columns[this.#time]!, all.length, undefined, timesMs, restNs)
    const bits = all.columns.at(-1)!.values as Int32Array
    for (let i = 0; i < all.length; i++) {
      this.#set(slots[i]!, timesMs[i]!, restNs[i]!, bits[i]!)
      for (const [column, cells] of this.#cells) cells[slots[i]!] = cellAt(all.columns[column]!, i)
    }
    return { batch: all, slots }
  }
}
