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
 * | `date` | Date at midnight UTC |
 * | `list<T>`, `struct<…>`, `map<K, V>` | array; object, whose other properties are left out; Map or entries |
 * | timestamps | Date, or bigint for units since 1970; a plain number is refused, its unit is anyone's guess |
 *
 * `null` and `undefined` are null everywhere.
 */

import { DataError } from '../errors.ts'
import {
  type ColumnType,
  isText,
  isTimestamp,
  isWide,
  type TimestampType,
  type WideType,
} from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
import type { Field, Schema } from '../types/schema.ts'
import { type Batch, NO_POSITION, type Position } from './batch.ts'
import { nestedBuilder } from './build-nested.ts'
import { checkRow, highHalf, type RowLike, unitsPerMs } from './cells.ts'
import { bitmapBytes, type Column, type Values, valuesConstructor } from './column.ts'
import { Builder, type ColumnBuilder, type ColumnBuilderOptions } from './column-builder.ts'
import { type Arena, allocInt32, allocUint8, heapArena } from './slab.ts'
import { TextInterner } from './text-interner.ts'

export type { RowLike } from './cells.ts'
export type { ColumnBuilder, ColumnBuilderOptions } from './column-builder.ts'

/** A builder for a column of that type. */
export function columnBuilder(type: ColumnType, options: ColumnBuilderOptions = {}): ColumnBuilder {
  if (type === 'bool') return new BoolBuilder(type, options)
  if (type === 'date') return new DateBuilder(type, options)
  if (type === 'dictionary') return new DictionaryBuilder(type, options)
  if (isText(type)) return new TextBuilder(type, options)
  if (isTimestamp(type)) return new TimestampBuilder(type, options)
  if (isWide(type)) return new WideBuilder(type, options)
  if (isNested(type)) return nestedBuilder(type, options, columnBuilder)
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

/** Eight-byte integers, kept as 32-bit words so that whole numbers never become BigInts. */
abstract class Words32Builder extends Builder {
  #words32: Int32Array
  #wide: BigInt64Array

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#words32 = new Int32Array(this.capacity * 2)
    this.#wide = new BigInt64Array(this.#words32.buffer)
  }

  protected appendSafe(value: number): void {
    if (this.length === this.capacity) this.growAll()
    const at = this.length++ * 2
    this.#words32[at] = value
    this.#words32[at + 1] = highHalf(value)
  }

  protected appendBigInt(value: bigint): void {
    if (this.length === this.capacity) this.growAll()
    this.#wide[this.length++] = value
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity * 2)
    grown.set(this.#words32)
    this.#words32 = grown
    this.#wide = new BigInt64Array(grown.buffer)
  }

  protected cells(arena: Arena) {
    const values = allocValues(this.type, this.length, arena)
    new Int32Array(values.buffer, values.byteOffset, this.length * 2).set(
      this.#words32.subarray(0, this.length * 2),
    )
    return { values }
  }
}

class WideBuilder extends Words32Builder {
  readonly #min: bigint
  readonly #max: bigint

  constructor(type: WideType, options: ColumnBuilderOptions) {
    super(type, options)
    const safe = BigInt(Number.MAX_SAFE_INTEGER)
    this.#min = type === 'uint64' ? 0n : type === 'int53' ? -safe : -(2n ** 63n)
    this.#max = type === 'uint64' ? 2n ** 64n - 1n : type === 'int53' ? safe : 2n ** 63n - 1n
  }

  append(value: unknown): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (value < 0 && this.type === 'uint64'))
        throw this.wrong(
          value,
          Number.isInteger(value)
            ? `numbers are exact up to 2^53 - 1 only; ${this.type} holds ${this.#min} to ${this.#max}`
            : `${this.type} holds whole numbers`,
        )
      this.appendSafe(value)
    } else if (typeof value === 'bigint') {
      if (value < this.#min || value > this.#max)
        throw this.wrong(value, `${this.type} holds ${this.#min} to ${this.#max}`)
      this.appendBigInt(value)
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }
}

class TimestampBuilder extends Words32Builder {
  readonly #perMs: number

  constructor(type: TimestampType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#perMs = unitsPerMs(type)
  }

  append(value: unknown): void {
    if (value instanceof Date) {
      const ms = value.getTime()
      if (Number.isNaN(ms)) throw this.wrong(value)
      const units = this.#perMs < 1 ? ms / 1000 : ms * this.#perMs
      if (!Number.isInteger(units))
        throw this.wrong(value, 'the column keeps whole seconds; timestamp[ms] keeps milliseconds')
      if (Number.isSafeInteger(units)) this.appendSafe(units)
      else {
        const exact = BigInt(ms) * BigInt(this.#perMs)
        if (BigInt.asIntN(64, exact) !== exact)
          throw this.wrong(value, `${this.type} spans 2^64 units around 1970; a coarser unit spans more`)
        this.appendBigInt(exact)
      }
    } else if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw this.wrong(value)
      this.appendBigInt(value)
    } else if (value === null || value === undefined) this.appendNull()
    else
      throw this.wrong(
        value,
        typeof value === 'number'
          ? 'new Date(ms) for milliseconds, BigInt(units) for the units of the column'
          : typeof value === 'string'
            ? 'new Date(text) reads ISO 8601'
            : undefined,
      )
  }
}

const encoder = new TextEncoder()
const MAX_TEXT_BYTES = 2 ** 31 - 1

class TextBuilder extends Builder {
  #bytes: Uint8Array
  #used = 0
  /** `#ends[i]` is where cell `i` ends. */
  #ends: Int32Array

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#bytes = new Uint8Array(this.capacity * 8)
    this.#ends = new Int32Array(this.capacity)
  }

  append(value: unknown): void {
    if (typeof value === 'string') {
      this.#reserve(value.length * 3)
      const written = encodeAt(value, this.#bytes, this.#used)
      if (written < 0)
        throw this.wrong(value, 'the string has a lone surrogate; value.toWellFormed() mends it')
      this.#close(this.#used + written)
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }

  override appendNull(): void {
    super.appendNull()
    this.#ends[this.length - 1] = this.#used
  }

  override appendBytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#reserve(end - start)
    const bytes = this.#bytes
    let at = this.#used
    for (let i = start; i < end; i++) bytes[at++] = source[i]!
    this.#close(at)
  }

  #close(end: number): void {
    if (this.length === this.capacity) this.growAll()
    this.#ends[this.length++] = end
    this.#used = end
  }

  #reserve(bytes: number): void {
    const need = this.#used + bytes
    if (need <= this.#bytes.length) return
    if (need > MAX_TEXT_BYTES)
      throw new DataError('TEXT_SIZE', `column ${JSON.stringify(this.name)} needs over 2 GiB for one batch`, {
        hint: 'smaller batches hold fewer of its strings',
      })
    const grown = new Uint8Array(Math.min(MAX_TEXT_BYTES, Math.max(need, this.#bytes.length * 2)))
    grown.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = grown
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#ends)
    this.#ends = grown
  }

  protected cells(arena: Arena) {
    const values = allocUint8(arena, this.#used)
    values.set(this.#bytes.subarray(0, this.#used))
    const offsets = allocInt32(arena, this.length + 1)
    offsets[0] = 0
    offsets.set(this.#ends.subarray(0, this.length), 1)
    this.#used = 0
    return { values, offsets }
  }
}

/** Distinct texts after which a dictionary is followed by another: a stream of ever new ones must not fill memory. */
const LARGEST_DICTIONARY = 1 << 16

class DictionaryBuilder extends Builder {
  #codes: Int32Array
  readonly #known = new Map<string, number>()
  #texts = new TextInterner()
  #scratch = new Uint8Array(256)

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#codes = new Int32Array(this.capacity)
  }

  append(value: unknown): void {
    if (typeof value === 'string') {
      let code = this.#known.get(value)
      if (code === undefined) {
        if (this.#scratch.length < value.length * 3) this.#scratch = new Uint8Array(value.length * 3)
        const written = encodeAt(value, this.#scratch, 0)
        if (written < 0)
          throw this.wrong(value, 'the string has a lone surrogate; value.toWellFormed() mends it')
        code = this.#texts.code(this.#scratch, 0, written)
        this.#known.set(value, code)
      }
      this.#push(code)
    } else if (value === null || value === undefined) this.appendNull()
    else throw this.wrong(value)
  }

  override appendBytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#push(this.#texts.code(source, start, end))
  }

  #push(code: number): void {
    if (this.length === this.capacity) this.growAll()
    this.#codes[this.length++] = code
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#codes)
    this.#codes = grown
  }

  protected cells(arena: Arena) {
    const values = allocInt32(arena, this.length)
    values.set(this.#codes.subarray(0, this.length))
    const dictionary = this.#texts.dictionary()
    if (dictionary.length > LARGEST_DICTIONARY) {
      this.#texts = new TextInterner()
      this.#known.clear()
    }
    return { values, dictionary }
  }
}

/**
 * Writes `text` as UTF-8 at `at`, where `3 * text.length` bytes are free. Returns the bytes written, -1 for a lone
 * surrogate.
 */
function encodeAt(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text
  if (length <= 24) {
    let i = 0
    for (; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) break
      bytes[at + i] = unit
    }
    if (i === length) return length
  }
  if (!text.isWellFormed()) return -1
  return encoder.encodeInto(text, bytes.subarray(at)).written
}

/** Uninitialised values for `length` cells of a fixed-width type; bitmaps for `bool`, codes for `dictionary`. */
export function allocValues(type: ColumnType, length: number, arena: Arena): Values {
  const Constructor = valuesConstructor(type)
  const items = type === 'bool' ? bitmapBytes(length) : length
  const { buffer, byteOffset } = arena.allocate(items * Constructor.BYTES_PER_ELEMENT)
  return new Constructor(buffer as ArrayBuffer, byteOffset, items)
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
