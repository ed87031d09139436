/**
 * The keys of two inputs, made comparable: cast to a type that holds what both can hold, and interned together. A value
 * that the type cannot hold equals nothing on the other side, and becomes null; null keys never match.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import { allSet } from '../batch/bitmap.ts'
import { type Column, words32Of } from '../batch/column.ts'
import { allocUint32, heapArena } from '../batch/slab.ts'
import type { KeyTable } from '../state/key-table.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isFloat,
  isInteger,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  isWideDecimal,
  MAX_PRECISION,
  type TimestampType,
  type TimeType,
  type TimeUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { maxUnits, pow10 } from '../types/decimal.ts'

/** The type by which keys of two types are compared, exactly; undefined where there is none. */
export function commonKeyType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (isText(a) && isText(b)) return 'utf8'
  if (isTimestamp(a) && isTimestamp(b)) {
    // Of a time with a zone and one without, nobody knows whether they are the same.
    const [zoneA, zoneB] = [timestampZone(a), timestampZone(b)]
    if ((zoneA === undefined) !== (zoneB === undefined)) return undefined
    const unit = finerUnit(a, b)
    return zoneA === undefined
      ? `timestamp[${unit}]`
      : `timestamp[${unit}, ${zoneA === zoneB ? zoneA : 'UTC'}]`
  }
  if (isTimeOfDay(a) && isTimeOfDay(b)) return `time[${finerUnit(a, b)}]`
  if (isDuration(a) && isDuration(b)) return `duration[${finerUnit(a, b)}]`
  const whole = (type: ColumnType) => isInteger(type) || isWide(type)
  if ((isDecimal(a) || whole(a)) && (isDecimal(b) || whole(b)) && (isDecimal(a) || isDecimal(b)))
    return decimalType(MAX_PRECISION, Math.max(scaleOf(a), scaleOf(b)))
  if (whole(a) && whole(b)) return fitsInt32(a) && fitsInt32(b) ? 'int32' : 'int64'
  if (isFloat(a) && isFloat(b)) return 'float64'
  const other = isFloat(a) ? b : isFloat(b) ? a : undefined
  if (other === undefined || !whole(other)) return undefined
  if (isInteger(other)) return 'float64'
  // Floats from 2^63 on do not hash as unsigned integers do.
  return other === 'uint64' ? undefined : 'int64'
}

const finerUnit = (a: TimeLike, b: TimeLike): TimeUnit =>
  UNITS_PER_SECOND[unitOfTime(a)] > UNITS_PER_SECOND[unitOfTime(b)] ? unitOfTime(a) : unitOfTime(b)

type TimeLike = TimestampType | TimeType | DurationType

const scaleOf = (type: ColumnType): number => (isDecimal(type) ? decimalScale(type) : 0)

const fitsInt32 = (type: ColumnType): boolean => isInteger(type) && type !== 'uint32'

/** The cells of a key column as cells of the common type; shares memory where it can. */
export function castKey(column: Column, length: number, to: ColumnType): Column {
  const { type } = column
  if (type === to || (isText(type) && isText(to))) return column
  if (to === 'int32') return { ...column, type: to, values: Int32Array.from(column.values as Int8Array) }
  if (to === 'float64') return { ...column, type: to, values: Float64Array.from(column.values as Int8Array) }
  if (isTimestamp(to) || isTimeOfDay(to) || isDuration(to)) return finerTimes(column, length, to)
  if (isDecimal(to)) return wideDecimals(column, length, to)
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
function finerTimes(column: Column, length: number, to: TimeLike): Column {
  const from = unitOfTime(column.type as typeof to)
  const factor = BigInt(UNITS_PER_SECOND[unitOfTime(to)] / UNITS_PER_SECOND[from])
  const times = column.values as BigInt64Array
  if (factor === 1n) return { ...column, type: to }
  const values = new BigInt64Array(length)
  for (let i = 0; i < length; i++) values[i] = times[i]! * factor
  return withNulls({ ...column, type: to, values }, length, row => values[row]! / factor !== times[row]!)
}

/** Decimals and whole numbers as decimals of 38 digits and more of them after the point; those that have no room are null. */
function wideDecimals(column: Column, length: number, to: DecimalType): Column {
  const { type, validity } = column
  const factor = pow10(decimalScale(to) - scaleOf(type))
  const most = maxUnits(MAX_PRECISION)
  const given = column.values
  const items = new BigInt64Array(2 * length)
  const outside = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const units = isWideDecimal(type)
      ? ((given[2 * i + 1] as bigint) << 64n) | BigInt.asUintN(64, given[2 * i] as bigint)
      : BigInt(given[i]!)
    const scaled = units * factor
    if (scaled > most || scaled < -most) outside[i] = 1
    items[2 * i] = scaled
    items[2 * i + 1] = scaled >> 64n
  }
  const cells: Column = { type: to, values: items, ...(validity ? { validity } : {}) }
  return withNulls(cells, length, row => outside[row] === 1)
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
  arena = heapArena,
): Uint32Array {
  const ids = allocUint32(arena, count)
  table[how](keys, count, rows, ids)
  return ids
}
