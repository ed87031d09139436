/**
 * From JavaScript values to columns. Every value is checked against the column's type: what does not fit is an error
 * that names column, row and value, never a silently changed cell.
 *
 * | type | takes |
 * |---|---|
 * | `bool` | boolean |
 * | integers up to 32 bits | number, whole and in range |
 * | `int53` | number or bigint within ±(2^53 - 1) |
 * | `int64`, `uint64` | bigint in range, or a safe whole number |
 * | `float32`, `float64` | number; NaN and infinities are values |
 * | `utf8`, `dictionary` | string without lone surrogates |
 * | `binary` | Uint8Array; other views and ArrayBuffers |
 * | `decimal(p, s)` | text such as `12.30`, number or bigint, of no more digits than the type |
 * | `date` | Date at midnight UTC |
 * | `list<T>`, `struct<…>`, `map<K, V>` | array; object, whose other properties are left out; Map or entries |
 * | timestamps | Date, or bigint for units since 1970; a plain number is refused, its unit is anyone's guess |
 * | `time[unit]` | text such as `13:05:00.25`, or bigint for units since midnight |
 * | `duration[unit]` | number of milliseconds, or bigint for units |
 *
 * `null` and `undefined` are null everywhere.
 */

import {
  type ColumnType,
  isDecimal,
  isDuration,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
} from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
import type { Field, Schema } from '../types/schema.ts'
import { allocValues } from './alloc-values.ts'
import { type Batch, NO_POSITION, type Position } from './batch.ts'
import { nestedBuilder } from './build-nested.ts'
import { BinaryBuilder, DictionaryBuilder, TextBuilder } from './build-text.ts'
import { DecimalBuilder, DurationBuilder, TimeBuilder, TimestampBuilder, WideBuilder } from './build-words.ts'
import { checkRow, type RowLike } from './cells.ts'
import { bitmapBytes, type Column } from './column.ts'
import { Builder, type ColumnBuilder, type ColumnBuilderOptions } from './column-builder.ts'
import { type Arena, allocInt32, allocUint8, heapArena } from './slab.ts'

export { allocValues } from './alloc-values.ts'
export type { RowLike } from './cells.ts'
export type { ColumnBuilder, ColumnBuilderOptions } from './column-builder.ts'

/** A builder for a column of that type. */
export function columnBuilder(type: ColumnType, options: ColumnBuilderOptions = {}): ColumnBuilder {
  if (type === 'bool') return new BoolBuilder(type, options)
  if (type === 'date') return new DateBuilder(type, options)
  if (type === 'dictionary') return new DictionaryBuilder(type, options)
  if (type === 'binary') return new BinaryBuilder(type, options)
  if (isText(type)) return new TextBuilder(type, options)
  if (isTimestamp(type)) return new TimestampBuilder(type, options)
  if (isWide(type)) return new WideBuilder(type, options)
  if (isNested(type)) return nestedBuilder(type, options, columnBuilder)
  if (isDecimal(type)) return new DecimalBuilder(type, options)
  if (isTimeOfDay(type)) return new TimeBuilder(type, options)
  if (isDuration(type)) return new DurationBuilder(type, options)
  return new NumberBuilder(type, options)
}

const RANGES: Partial<Record<ColumnType, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
}

/** Numbers of every width are kept as doubles and narrowed by one `set` at the end: one loop shape for all. */
class NumberBuilder extends Builder {
  #values: Float64Array
  readonly #min: number
  readonly #max: number
  readonly #whole: boolean

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#values = new Float64Array(this.capacity)
    const range = RANGES[type]
    this.#whole = range !== undefined
    this.#min = range?.[0] ?? (type === 'float32' ? -FLOAT32_MAX : Number.NEGATIVE_INFINITY)
    this.#max = range?.[1] ?? -this.#min
  }

  append(value: unknown): void {
    if (typeof value !== 'number') {
      if (value === null || value === undefined) {
        this.appendNull()
        return
      }
      throw this.wrong(value, typeof value === 'bigint' ? 'Number(value) converts a bigint' : undefined)
    }
    if (this.#whole ? !(value >= this.#min && value <= this.#max && Math.floor(value) === value) : false)
      throw this.wrong(value, `${this.type} holds whole numbers from ${this.#min} to ${this.#max}`)
    if (!this.#whole && (value < this.#min || value > this.#max) && Number.isFinite(value))
      throw this.wrong(value, 'float64 has a larger range')
    if (this.length === this.capacity) this.growAll()
    this.#values[this.length++] = value
  }

  protected grow(capacity: number): void {
    const grown = new Float64Array(capacity)
    grown.set(this.#values)
    this.#values = grown
  }

  protected cells(arena: Arena) {
    const values = allocValues(this.type, this.length, arena)
    ;(values as Float64Array).set(this.#values.subarray(0, this.length))
    return { values }
  }
}

/** The largest double that rounds to a finite float32. */
const FLOAT32_MAX = 3.4028235677973362e38

class BoolBuilder extends Builder {
  #bits: Uint8Array

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#bits = new Uint8Array(bitmapBytes(this.capacity))
  }

  append(value: unknown): void {
    if (value === true) {
      const i = this.length
      if (i === this.capacity) this.growAll()
      this.#bits[i >> 3]! |= 1 << (i & 7)
      this.length = i + 1
    } else if (value === false) {
      if (this.length === this.capacity) this.growAll()
      this.length++
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }

  protected grow(capacity: number): void {
    const grown = new Uint8Array(bitmapBytes(capacity))
    grown.set(this.#bits)
    this.#bits = grown
  }

  protected cells(arena: Arena) {
    const values = allocUint8(arena, bitmapBytes(this.length))
    values.set(this.#bits.subarray(0, values.length))
    this.#bits.fill(0)
    return { values }
  }
}

const DAY_MS = 86_400_000

class DateBuilder extends Builder {
  #days: Int32Array

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#days = new Int32Array(this.capacity)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull()
      return
    }
    if (!(value instanceof Date)) throw this.wrong(value, 'a date column takes Date objects at midnight UTC')
    const days = value.getTime() / DAY_MS
    if (!Number.isInteger(days))
      throw this.wrong(
        value,
        'a date is midnight UTC; give the column a timestamp type to keep the time of day',
      )
    if (this.length === this.capacity) this.growAll()
    this.#days[this.length++] = days
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#days)
    this.#days = grown
  }

  protected cells(arena: Arena) {
    const values = allocInt32(arena, this.length)
    values.set(this.#days.subarray(0, this.length))
    return { values }
  }
}

/**
 * A column of the values; `null` and `undefined` are null.
 *
 * @throws {DataError} `VALUE_TYPE` for a value the type cannot hold.
 */
export function columnFrom(
  type: ColumnType,
  values: readonly unknown[],
  arena: Arena = heapArena,
  options: ColumnBuilderOptions = {},
): Column {
  const builder = columnBuilder(type, { capacity: values.length, ...options })
  for (let i = 0; i < values.length; i++) builder.append(values[i])
  return builder.finish(arena)
}

/**
 * A batch of the rows' own properties; absent ones are null, others than the schema's are left out.
 *
 * @throws {DataError} `VALUE_TYPE` for a value its column cannot hold, `ROW_TYPE` for a row that is not an object.
 */
export function batchFromRows(
  schema: Schema,
  rows: readonly RowLike[],
  arena: Arena = heapArena,
  position: Position = NO_POSITION,
): Batch {
  const builders = schema.map(field => rowCellBuilder(field, rows.length, position.offset))
  return finishRows(schema, builders, rows, arena, position)
}

/** Builders for batches of rows that follow each other; dictionaries are shared from batch to batch. */
export class RowBatcher {
  readonly schema: Schema
  readonly #builders: ColumnBuilder[]

  /** @param firstRow number of the first row, for errors */
  constructor(schema: Schema, capacity: number, firstRow = 0) {
    this.schema = schema
    this.#builders = schema.map(field => rowCellBuilder(field, capacity, firstRow))
  }

  /** As {@link batchFromRows}. */
  batch(rows: readonly RowLike[], arena: Arena, position: Position): Batch {
    return finishRows(this.schema, this.#builders, rows, arena, position)
  }
}

const rowCellBuilder = ({ name, type }: Field, capacity: number, firstRow: number) =>
  columnBuilder(type, { name, capacity, firstRow })

function finishRows(
  schema: Schema,
  builders: readonly ColumnBuilder[],
  rows: readonly RowLike[],
  arena: Arena,
  position: Position,
): Batch {
  for (let i = 0; i < rows.length; i++) checkRow(rows[i], position.offset + i)
  const columns = builders.map((builder, c) => {
    const { name } = schema[c]!
    // `constructor` and the like are columns only where the row itself has them.
    if (name in Object.prototype)
      for (let i = 0; i < rows.length; i++)
        builder.append(Object.hasOwn(rows[i]!, name) ? rows[i]![name] : null)
    else for (let i = 0; i < rows.length; i++) builder.append(rows[i]![name])
    return builder.finish(arena)
  })
  return { schema, length: rows.length, columns, position }
}
