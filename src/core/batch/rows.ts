/** From batches to JavaScript rows: the only place where a row becomes an object. */

import { DataError } from '../errors.ts'
import { clockText } from '../types/clock-time.ts'
import {
  type DecimalType,
  type DurationType,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  type TimeType,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalText } from '../types/decimal.ts'
import { isMap, isStruct, structFields } from '../types/nested-type.ts'
import type { Schema } from '../types/schema.ts'
import { type Batch, rowCount } from './batch.ts'
import { msOfWords32, unitsPerMs } from './cells.ts'
import { type Column, decodeText, textBytesAt, words32Of } from './column.ts'
import { takeLists } from './list-offsets.ts'
import { heapArena } from './slab.ts'

export interface RowOptions {
  /**
   * Timestamps as `Date`, floored to milliseconds (default), or as `bigint` units with every digit; then dates that no `Date`
   * holds are days as `bigint`, too.
   */
  readonly timestamps?: 'date' | 'bigint'
}

/** A row as users get it. */
export type Row = Record<string, unknown>

/**
 * The batch's rows that count, as objects: 64-bit integers are bigint, int53 numbers, dates and timestamps `Date`,
 * decimals and times of day strings, durations milliseconds, nulls null; lists are arrays, structs objects, maps `Map`.
 * Every column is an own property, whatever its name.
 *
 * @throws {DataError} `DATE_RANGE` for a date or timestamp beyond what a `Date` can hold (±271,821 years).
 */
export function rowsOf(batch: Batch, options: RowOptions = {}): Row[] {
  const rows = countingRows(batch, 0, rowCount(batch))
  return rowFactory(batch.schema)(
    rows.length,
    batch.columns.map((column, c) => cells(column, rows, options, batch.schema[c]!.name)),
  )
}

const CHUNK = 1024

/** The rows of {@link rowsOf} one by one; only a part of them exists at a time. The batch must stay valid meanwhile. */
export function* eachRow(batch: Batch, options: RowOptions = {}): Generator<Row, void, undefined> {
  const count = rowCount(batch)
  const make = rowFactory(batch.schema)
  for (let start = 0; start < count; start += CHUNK) {
    const rows = countingRows(batch, start, Math.min(count, start + CHUNK))
    yield* make(
      rows.length,
      batch.columns.map((column, c) => cells(column, rows, options, batch.schema[c]!.name)),
    )
  }
}

/** The cells of one column, at the rows that count, as JavaScript values. See {@link rowsOf}. */
export function cellsOf(batch: Batch, column: number, options: RowOptions = {}): unknown[] {
  const rows = countingRows(batch, 0, rowCount(batch))
  return cells(batch.columns[column]!, rows, options, batch.schema[column]!.name)
}

/** The JavaScript value of one cell; for many, {@link cellsOf} is faster. */
export function cellAt(column: Column, row: number, options: RowOptions = {}): unknown {
  return cells(column, Uint32Array.of(row), options, '')[0]
}

type Make = (count: number, cells: readonly unknown[][]) => Row[]

/** Factories by the JSON of the column names: generated code becomes fast with use, so it is kept. */
const factories = new Map<string, Make>()
const MAX_FACTORIES = 200

function rowFactory(schema: Schema): Make {
  const names = schema.map(field => field.name)
  const key = JSON.stringify(names)
  let make = factories.get(key)
  if (!make) {
    if (factories.size >= MAX_FACTORIES) factories.clear()
    make = newFactory(names)
    factories.set(key, make)
  }
  return make
}

/**
 * Rows are copies of a template object, which gives them one hidden class; generated code with its own inline cache per
 * column then sets the cells. Names reach it as arguments only.
 */
function newFactory(names: readonly string[]): Make {
  // fromEntries defines own properties, `__proto__` included; spreading copies them as such.
  const template = Object.fromEntries(names.map(name => [name, null])) as Row
  try {
    const keys = names.map((_, c) => `k${c}`)
    const body = `return (count, cells) => {
  ${names.map((_, c) => `const c${c} = cells[${c}]`).join('\n  ')}
  const rows = new Array(count)
  for (let i = 0; i < count; i++) {
    const row = { ...template }
    ${names.map((_, c) => `row[k${c}] = c${c}[i]`).join('\n    ')}
    rows[i] = row
  }
  return rows
}`
    return new Function('template', ...keys, body)(template, ...names) as Make
  } catch (error) {
    // Code generation may be forbidden (--disallow-code-generation-from-strings).
    if (!(error instanceof EvalError)) throw error
    return (count, cells) => {
      const rows = new Array<Row>(count)
      for (let i = 0; i < count; i++) {
        const row = { ...template }
        for (let c = 0; c < names.length; c++) row[names[c]!] = cells[c]![i]
        rows[i] = row
      }
      return rows
    }
  }
}

/** Physical numbers of the rows that count, from the `start`-th to before the `end`-th. */
function countingRows(batch: Batch, start: number, end: number): Uint32Array {
  if (batch.selection) return batch.selection.subarray(start, end)
  const rows = new Uint32Array(end - start)
  for (let i = start; i < end; i++) rows[i - start] = i
  return rows
}

function cells(column: Column, rows: Uint32Array, options: RowOptions, name: string): unknown[] {
  if (column.children) return nestedCells(column, rows, options, name)
  const out = decode(column, rows, options, name)
  const { validity } = column
  if (validity)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (((validity[row >> 3]! >> (row & 7)) & 1) === 0) out[i] = null
    }
  return out
}

/** Only what is in cells that are not null is decoded: what null ones hold may be no value. */
function nestedCells(column: Column, rows: Uint32Array, options: RowOptions, name: string): unknown[] {
  if (!column.validity) return nested(column, rows, options, name)
  const valued = rows.filter(row => !isNull(column, row))
  const values = nested(column, valued, options, name)
  let next = 0
  return Array.from(rows, row => (isNull(column, row) ? null : values[next++]))
}

function nested(
  { type, offsets, children }: Column,
  rows: Uint32Array,
  options: RowOptions,
  name: string,
): unknown[] {
  if (isStruct(type)) {
    const fields = structFields(type)
    const values = children!.map((child, f) => cells(child, rows, options, `${name}.${fields[f]!.name}`))
    return rowFactory(fields)(rows.length, values)
  }
  const { offsets: ends, elements } = takeLists(offsets!, rows, heapArena)
  const values = (of: Column) => cells(of, elements, options, `${name}[]`)
  const out = new Array<unknown>(rows.length)
  if (isMap(type)) {
    const [keys, of] = children![0]!.children!.map(values)
    for (let i = 0; i < rows.length; i++) {
      const map = new Map<unknown, unknown>()
      for (let entry = ends[i]!; entry < ends[i + 1]!; entry++) map.set(keys![entry], of![entry])
      out[i] = map
    }
    return out
  }
  const all = values(children![0]!)
  for (let i = 0; i < rows.length; i++) out[i] = all.slice(ends[i], ends[i + 1])
  return out
}

/** Values at `rows`, anything at nulls. One function per kind of array, so that each loop reads one kind. */
function decode(column: Column, rows: Uint32Array, options: RowOptions, name: string): unknown[] {
  const { type, values } = column
  if (column.dictionary && type !== 'binary') return codes(column, rows)
  switch (type) {
    case 'bool':
      return bits(values as Uint8Array, rows)
    case 'utf8':
    case 'dictionary':
      return texts(column, rows)
    case 'binary':
      return binaries(column, rows)
    case 'date':
      return dates(column, rows, options, name)
    case 'int53':
      return safeIntegers(column, rows, name)
    case 'float64':
      return doubles(values as Float64Array, rows)
    case 'int32':
      return ints(values as Int32Array, rows)
    default:
      if (isTimestamp(type) && options.timestamps !== 'bigint') return timestamps(column, rows, name)
      if (isDecimal(type)) return decimals(column, rows)
      if (isTimeOfDay(type)) return timesOfDay(column, rows)
      if (isDuration(type)) return durations(column, rows)
      return others(values, rows)
  }
}

function doubles(values: Float64Array, rows: Uint32Array): unknown[] {
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

function ints(values: Int32Array, rows: Uint32Array): unknown[] {
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

function others(values: ArrayLike<number | bigint>, rows: Uint32Array): unknown[] {
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

function bits(values: Uint8Array, rows: Uint32Array): unknown[] {
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = ((values[rows[i]! >> 3]! >> (rows[i]! & 7)) & 1) === 1
  return out
}

/** Days on either side of 1970 that a `Date` can hold. */
const MOST_DAYS = 100_000_000

function dates(column: Column, rows: Uint32Array, options: RowOptions, name: string): unknown[] {
  const values = column.values as Int32Array
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const days = values[rows[i]!]!
    if (Math.abs(days) <= MOST_DAYS) out[i] = new Date(days * 86_400_000)
    else if (options.timestamps === 'bigint') out[i] = BigInt(days)
    else if (!isNull(column, rows[i]!))
      throw new DataError('DATE_RANGE', `column ${JSON.stringify(name)} holds a date no Date can hold`, {
        hint: "{ timestamps: 'bigint' } gives the days since 1970 instead",
      })
  }
  return out
}

const isNull = ({ validity }: Column, row: number): boolean =>
  validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0

function safeIntegers(column: Column, rows: Uint32Array, name: string): unknown[] {
  const words32 = words32Of(column)
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const value = words32[row * 2 + 1]! * 2 ** 32 + (words32[row * 2]! >>> 0)
    if (!Number.isSafeInteger(value) && !isNull(column, row))
      throw new DataError('OVERFLOW', `column ${JSON.stringify(name)} is int53 and holds ${value}`, {
        hint: 'cast it to int64, which reads as bigint',
      })
    out[i] = value
  }
  return out
}

function timestamps(column: Column, rows: Uint32Array, name: string): unknown[] {
  const words32 = words32Of(column)
  const perMs = unitsPerMs(column.type as `timestamp[ms]`)
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const ms = msOfWords32(words32[row * 2]!, words32[row * 2 + 1]!, perMs)
    if (!(Math.abs(ms) <= 8.64e15) && !isNull(column, row))
      throw new DataError('DATE_RANGE', `column ${JSON.stringify(name)} holds a time no Date can hold`, {
        hint: "{ timestamps: 'bigint' } gives the units since 1970 instead",
      })
    out[i] = new Date(ms)
  }
  return out
}

function decimals(column: Column, rows: Uint32Array): unknown[] {
  const scale = decimalScale(column.type as DecimalType)
  const words32 = words32Of(column)
  const values = column.values as BigInt64Array
  const wide = isWideDecimal(column.type)
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (wide) {
      out[i] = decimalText((values[2 * row + 1]! << 64n) | BigInt.asUintN(64, values[2 * row]!), scale)
      continue
    }
    const near = words32[row * 2 + 1]! * 2 ** 32 + (words32[row * 2]! >>> 0)
    out[i] = decimalText(Number.isSafeInteger(near) ? near : values[row]!, scale)
  }
  return out
}

function timesOfDay(column: Column, rows: Uint32Array): unknown[] {
  const unit = unitOfTime(column.type as TimeType)
  const values = column.values as BigInt64Array
  return Array.from(rows, row => clockText(values[row]!, unit))
}

/** Milliseconds; to the nearest number where there are more units than 2^53. */
function durations(column: Column, rows: Uint32Array): unknown[] {
  const perMs = unitsPerMs(column.type as DurationType)
  const words32 = words32Of(column)
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    out[i] = (words32[row * 2 + 1]! * 2 ** 32 + (words32[row * 2]! >>> 0)) / perMs
  }
  return out
}

/** Copies, which are the caller's. */
function binaries(column: Column, rows: Uint32Array): unknown[] {
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    out[i] = isNull(column, row) ? null : new Uint8Array(textBytesAt(column, row))
  }
  return out
}

function texts(column: Column, rows: Uint32Array): unknown[] {
  const values = column.values as Uint8Array
  const offsets = column.offsets!
  const count = rows.length
  const out = new Array<unknown>(count)
  if (count === 0) return out
  const start = offsets[rows[0]!]!
  const size = offsets[rows[count - 1]! + 1]! - start
  let total = 0
  for (let i = 0; i < count; i++) total += offsets[rows[i]! + 1]! - offsets[rows[i]!]!
  if (total === size && size < MAX_JOINT_BYTES) {
    // Cells side by side: decoded in one go and cut apart, if every byte made one UTF-16 unit (ASCII, that is).
    const joint = decodeText(values.subarray(start, start + size))
    if (joint.length === size) {
      for (let i = 0; i < count; i++)
        out[i] = joint.slice(offsets[rows[i]!]! - start, offsets[rows[i]! + 1]! - start)
      return out
    }
  }
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    out[i] = decodeText(values.subarray(offsets[row]!, offsets[row + 1]!))
  }
  return out
}

/** Cut from one string, long cells keep all of it alive: it must not be huge. */
const MAX_JOINT_BYTES = 1 << 22

/** Each distinct value is decoded once. */
function codes(column: Column, rows: Uint32Array): unknown[] {
  const { values, offsets, length } = column.dictionary!
  const codes = column.values as Int32Array
  const strings = new Map<number, string>()
  const dense = length <= 4 * rows.length ? new Array<string | undefined>(length) : undefined
  const out = new Array<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const code = codes[rows[i]!]!
    // What a null holds may be no code at all.
    if (code < 0 || code >= length) continue
    let text = dense ? dense[code] : strings.get(code)
    if (text === undefined) {
      text = decodeText(values.subarray(offsets[code]!, offsets[code + 1]!))
      if (dense) dense[code] = text
      else strings.set(code, text)
    }
    out[i] = text
  }
  return out
}
