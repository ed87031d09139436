/**
 * The rows that a search may still need. Those that passed in a step are numbered from -1 down, those that are kept for later
 * ones are slots of a store.
 */

import type { Batch } from '../batch/batch.ts'
import { type Column, words32Of } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { concat, take } from '../batch/take.ts'
import { type Cell, cellAt } from '../expr/cell.ts'
import { NO_ROW } from '../patterns/attempt.ts'
import type { RowTimes } from '../patterns/key-run.ts'
import { grownFloat64, grownInt32 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { isFloat, isInteger } from '../types/column-type.ts'
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

type Numbers =
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Float32Array

/** The cells of a column as numbers, where they are: all that is not null and no bigint. */
function numbersOf(column: Column, length: number): Numbers | undefined {
  const { type, values, validity } = column
  if (validity) return undefined
  if (type === 'int53') {
    const words = words32Of(column)
    const numbers = new Float64Array(length)
    for (let i = 0; i < length; i++) numbers[i] = words[2 * i + 1]! * 4_294_967_296 + (words[2 * i]! >>> 0)
    return numbers
  }
  return isFloat(type) || isInteger(type) ? (values as Numbers) : undefined
}

const NOTHING_PASSED = { batch: undefined, timesMs: new Float64Array(0), restNs: new Float64Array(0) }

export class MatchRows implements RowTimes {
  /** The columns that are kept. */
  readonly schema: Schema
  readonly store: RowStore
  readonly #time: number
  /** The conditions of which one must hold where a match begins. */
  readonly #startBits: number
  /** Columns of which single cells are asked: those of the rows that are kept, by slot. */
  readonly #cells: (Cell[] | undefined)[] = []
  /** Of rows that passed: cells that are numbers, by row; absent for columns with others, which are made as they are asked. */
  readonly #passedNumbers: (Numbers | undefined)[] = []
  #passed: { batch: Batch | undefined; timesMs: Float64Array; restNs: Float64Array }
  #passedBits: Int32Array = new Int32Array(0)
  // By slot.
  #timesMs: Float64Array = new Float64Array(0)
  #restNs: Float64Array = new Float64Array(0)
  #bits: Int32Array = new Int32Array(0)
  /** By row that passed, the slot of those that are kept. */
  #slotOf: Int32Array = new Int32Array(0)
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
    this.#cells[column] = []
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
    if (row >= 0) return this.#cells[column]![row]!
    const numbers = this.#passedNumbers[column]
    return numbers ? numbers[~row]! : cellAt(this.#passed.batch!.columns[column]!, ~row)
  }

  /** A step begins, with these rows. */
  pass(passed: PassedRows): void {
    this.#passed = passed
    this.#passedBits = passed.bits
    this.#cells.forEach((_, column) => {
      this.#passedNumbers[column] = numbersOf(passed.batch.columns[column]!, passed.batch.length)
    })
  }

  /** A search needs a row no longer. */
  release = (row: number): void => {
    if (row >= 0) this.#released.push(row)
  }

  /** Keeps rows that passed, with the ids of their keys; returns their slots by row, valid until the next call. */
  keep(rows: Uint32Array, keys: Uint32Array): Int32Array {
    const { batch, timesMs, restNs } = this.#passed
    if (rows.length === 0) return this.#slotOf
    this.#slotOf = grownInt32(this.#slotOf, batch!.length)
    const bits: Column = { type: 'int32', values: this.#passedBits }
    const columns = [...batch!.columns, bits]
    const slots = this.store.insert({ ...batch!, schema: this.store.schema, columns }, rows, { keys })
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      this.#set(slots[i]!, timesMs[row]!, restNs[row]!, this.#passedBits[row]!)
      this.#slotOf[row] = slots[i]!
    }
    this.#cells.forEach((cells, column) => {
      for (let i = 0; i < rows.length; i++) cells![slots[i]!] = this.cell(~rows[i]!, column)
    })
    return this.#slotOf
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
    const matches = new Int32Array(rows.length)
    for (let i = 0; i < matches.length; i++) {
      const row = rows[i]!
      matches[i] = row === NO_ROW ? NO_MATCH : row < 0 ? ~row : count + row
    }
    return matchedColumns(matches, { passed, stored: this.store }, wanted)
  }

  /** Rows with their places, in this order, in memory of the arena. */
  take(rows: readonly number[], arena: Arena): Batch {
    const passed = new Uint32Array(rows.length)
    const stored = new Uint32Array(rows.length)
    // By row, its place among those that passed, and after them those that are kept.
    const order = new Uint32Array(rows.length)
    let [ofPassed, ofStored] = [0, 0]
    for (const row of rows) if (row < 0) ofPassed++
    const count = ofPassed
    ofPassed = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (row < 0) {
        order[i] = ofPassed
        passed[ofPassed++] = ~row
      } else {
        order[i] = count + ofStored
        stored[ofStored++] = row
      }
    }
    const fromPassed = () => take(this.#passed.batch!, passed.subarray(0, count), arena)
    if (ofStored === 0) return fromPassed()
    const kept = this.store.take(stored.subarray(0, ofStored), arena)
    const own = { ...kept, schema: this.schema, columns: kept.columns.slice(0, -1) }
    if (count === 0) return own
    return take(concat(this.schema, [fromPassed(), own], arena), order, arena)
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
      this.#cells.forEach((cells, column) => {
        cells![slots[i]!] = cellAt(all.columns[column]!, i)
      })
    }
    return { batch: all, slots }
  }
}
