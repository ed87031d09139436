/**
 * The keys of two inputs, made comparable: cast to a type that holds what both can hold, and interned together. A value
 * that the type cannot hold equals nothing on the other side, and becomes null; null keys never match.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import { allSet } from '../batch/bitmap.ts'
import { type Column, words32Of } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import type { KeyTable } from '../state/key-table.ts'
import {
  type ColumnType,
  isFloat,
  isInteger,
  isText,
  isTimestamp,
  isWide,
  type TimestampType,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../types/column-type.ts'

/** The type by which keys of two types are compared, exactly; undefined where there is none. */
export function commonKeyType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (isText(a) && isText(b)) return 'utf8'
  if (isTimestamp(a) && isTimestamp(b)) {
    const [unitA, unitB] = [timestampUnit(a), timestampUnit(b)]
    return `timestamp[${UNITS_PER_SECOND[unitA] > UNITS_PER_SECOND[unitB] ? unitA : unitB}]`
  }
  const whole = (type: ColumnType) => isInteger(type) || isWide(type)
  if (whole(a) && whole(b)) return fitsInt32(a) && fitsInt32(b) ? 'int32' : 'int64'
  if (isFloat(a) && isFloat(b)) return 'float64'
  const other = isFloat(a) ? b : isFloat(b) ? a : undefined
  if (other === undefined || !whole(other)) return undefined
  if (isInteger(other)) return 'float64'
  // Floats from 2^63 on do not hash as unsigned integers do.
  return other === 'uint64' ? undefined : 'int64'
}

const fitsInt32 = (type: ColumnType): boolean => isInteger(type) && type !== 'uint32'

/** The cells of a key column as cells of the common type; shares memory where it can. */
export function castKey(column: Column, length: number, to: ColumnType): Column {
  const { type } = column
  if (type === to || (isText(type) && isText(to))) return column
  if (to === 'int32') return { ...column, type: to, values: Int32Array.from(column.values as Int8Array) }
  if (to === 'float64') return { ...column, type: to, values: Float64Array.from(column.values as Int8Array) }
  if (isTimestamp(to)) return finerTimes(column, length, to)
  if (type === 'uint64') return signed(column, length)
  if (isWide(type)) return { ...column, type: to }
  return isFloat(type) ? wholeFloats(column, length) : widened(column, length)
}

/** 32-bit integers and smaller as int64. */
function widened({ values, validity }: Column, length: number): Column {
  const words = new Int32Array(2 * length)
  for (let i = 0; i < length; i++) {
    const value = values[i] as number
    words[2 * i] = value
    words[2 * i + 1] = value < 0 ? -1 : 0
  }
  return { type: 'int64', values: new BigInt64Array(words.buffer), ...(validity ? { validity } : {}) }
}

/** uint64 as int64: those from 2^63 on are null. */
function signed(column: Column, length: number): Column {
  const words = words32Of(column)
  const values = new BigInt64Array(words.buffer as ArrayBuffer, words.byteOffset, length)
  return withNulls({ ...column, type: 'int64', values }, length, row => words[2 * row + 1]! < 0)
}

/** Floats as int64: those that are no whole numbers of 64 bits are null. */
function wholeFloats(column: Column, length: number): Column {
  const floats = column.values as Float64Array
  const words = new Int32Array(2 * length)
  for (let i = 0; i < length; i++) {
    const high = Math.floor(floats[i]! / 2 ** 32)
    words[2 * i] = floats[i]! - high * 2 ** 32
    words[2 * i + 1] = high
  }
  const { validity } = column
  const cells: Column = {
    type: 'int64',
    values: new BigInt64Array(words.buffer),
    ...(validity ? { validity } : {}),
  }
  const outside = (value: number) => !Number.isInteger(value) || value < -(2 ** 63) || value >= 2 ** 63
  return withNulls(cells, length, row => outside(floats[row]!))
}

/** Times in a finer unit: those out of its range are null. */
function finerTimes(column: Column, length: number, to: TimestampType): Column {
  const from = timestampUnit(column.type as typeof to)
  const factor = BigInt(UNITS_PER_SECOND[timestampUnit(to)] / UNITS_PER_SECOND[from])
  const times = column.values as BigInt64Array
  if (factor === 1n) return { ...column, type: to }
  const values = new BigInt64Array(length)
  for (let i = 0; i < length; i++) values[i] = times[i]! * factor
  return withNulls({ ...column, type: to, values }, length, row => values[row]! / factor !== times[row]!)
}

/** The column with more cells null. */
function withNulls(column: Column, length: number, isNull: (row: number) => boolean): Column {
  let validity: Uint8Array | undefined
  for (let row = 0; row < length; row++) {
    if (!isNull(row)) continue
    validity ??= column.validity?.slice() ?? allSet(length, heapArena)
    validity[row >> 3]! &= ~(1 << (row & 7))
  }
  return validity ? { ...column, validity } : column
}

/** The rows of a batch whose keys are not null. */
export interface KeyedRows {
  /** Physical rows; undefined: all of the batch. */
  readonly rows: Uint32Array | undefined
  readonly count: number
  /** The key columns, as cells of the common types. */
  readonly keys: readonly Column[]
}

/** @param columns the key columns of this input @param types the common types */
export function keyedRows(batch: Batch, columns: readonly number[], types: readonly ColumnType[]): KeyedRows {
  const keys = columns.map((column, i) => castKey(batch.columns[column]!, batch.length, types[i]!))
  const count = rowCount(batch)
  let rows = batch.selection
  let kept = count
  for (const { validity } of keys) {
    if (!validity) continue
    const there = rowsWithin(validity, rows, kept)
    if (there.length === kept) continue
    rows = there
    kept = there.length
  }
  return { rows, count: kept, keys }
}

/** Those of the first `count` rows, or of the rows given, whose bit is set. */
function rowsWithin(bits: Uint8Array, given: Uint32Array | undefined, count: number): Uint32Array {
  const rows = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = given ? given[i]! : i
    rows[kept] = row
    kept += (bits[row >> 3]! >> (row & 7)) & 1
  }
  return rows.subarray(0, kept)
}

/** The ids of the keys of rows; `find` makes no new ones. */
export function keyIds(
  table: KeyTable,
  { keys, rows, count }: KeyedRows,
  how: 'intern' | 'find',
): Uint32Array {
  const ids = new Uint32Array(count)
  table[how](keys, count, rows, ids)
  return ids
}
