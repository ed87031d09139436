/** Builders of columns of eight-byte integers, and of decimals, which may take sixteen. */

import { parseTimeOfDay } from '../types/clock-time.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalPrecision,
  decimalScale,
  isWideDecimal,
  type TimestampType,
  type TimeType,
  type TimeUnit,
  UNITS_PER_SECOND,
  unitOfTime,
  type WideType,
} from '../types/column-type.ts'
import { decimalOfNumber, exactUnits, maxUnits, parseDecimal } from '../types/decimal.ts'
import { allocValues } from './alloc-values.ts'
import { highHalf, unitsPerMs } from './cells.ts'
import { Builder, type ColumnBuilderOptions } from './column-builder.ts'
import type { Arena } from './slab.ts'

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

export class WideBuilder extends Words32Builder {
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

export class TimestampBuilder extends Words32Builder {
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

export class DecimalBuilder extends Builder {
  readonly #scale: number
  readonly #most: bigint
  readonly #wide: boolean
  /** Two items per cell of more than 18 digits. */
  #items: BigInt64Array

  constructor(type: DecimalType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#scale = decimalScale(type)
    this.#most = maxUnits(decimalPrecision(type))
    this.#wide = isWideDecimal(type)
    this.#items = new BigInt64Array(this.#wide ? this.capacity * 2 : this.capacity)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull()
      return
    }
    const decimal =
      typeof value === 'string'
        ? parseDecimal(value)
        : typeof value === 'bigint'
          ? { units: value, scale: 0 }
          : typeof value === 'number' && Number.isFinite(value)
            ? decimalOfNumber(value)
            : undefined
    if (decimal === undefined) throw this.wrong(value, "text such as '12.30', a number or a bigint")
    const units = exactUnits(decimal, this.#scale)
    if (units === undefined)
      throw this.wrong(value, `it has more than ${this.#scale} digits after the point: round it first`)
    if (units > this.#most || units < -this.#most) throw this.wrong(value, 'it has too many digits')
    if (this.length === this.capacity) this.growAll()
    const at = this.length++
    if (this.#wide) {
      this.#items[2 * at] = units
      this.#items[2 * at + 1] = units >> 64n
    } else this.#items[at] = units
  }

  protected grow(capacity: number): void {
    const grown = new BigInt64Array(this.#wide ? capacity * 2 : capacity)
    grown.set(this.#items)
    this.#items = grown
  }

  protected cells(arena: Arena) {
    const values = allocValues(this.type, this.length, arena) as BigInt64Array
    values.set(this.#items.subarray(0, values.length))
    return { values }
  }
}

export class TimeBuilder extends Words32Builder {
  readonly #unit: TimeUnit

  constructor(type: TimeType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#unit = unitOfTime(type)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) this.appendNull()
    else if (typeof value === 'string') {
      const units = exactTimeOfDay(value, this.#unit)
      if (units === undefined)
        throw this.wrong(
          value,
          `a time of day is '13:05:00', with digits of a second that ${this.type} holds`,
        )
      this.appendBigInt(units)
    } else if (typeof value === 'bigint') {
      if (value < 0n || value > 86_400n * BigInt(UNITS_PER_SECOND[this.#unit]))
        throw this.wrong(value, 'a bigint is units since midnight, of one day at most')
      this.appendBigInt(value)
    } else throw this.wrong(value, "a time of day is text: '13:05:00'")
  }
}

/** Undefined for a text that is no time of day, or has digits that the unit does not hold. */
export function exactTimeOfDay(text: string, unit: TimeUnit): bigint | undefined {
  const nanos = parseTimeOfDay(text, 'ns')
  const size = BigInt(1e9 / UNITS_PER_SECOND[unit])
  return nanos === undefined || nanos % size !== 0n ? undefined : nanos / size
}

export class DurationBuilder extends Words32Builder {
  readonly #perMs: number

  constructor(type: DurationType, options: ColumnBuilderOptions) {
    super(type, options)
    this.#perMs = unitsPerMs(type)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) this.appendNull()
    else if (typeof value === 'number') {
      const units = durationUnits(value, this.#perMs)
      if (units === undefined)
        throw this.wrong(value, `a number is milliseconds, and ${this.type} holds whole units within 2^53`)
      this.appendSafe(units)
    } else if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw this.wrong(value)
      this.appendBigInt(value)
    } else throw this.wrong(value, 'a duration is a number of milliseconds, or a bigint of its units')
  }
}

/** Milliseconds as units, where these are whole and read as the same number again; else undefined. */
export function durationUnits(ms: number, perMs: number): number | undefined {
  const near = Math.round(ms * perMs)
  // The product is rounded: of so many units, one beside it may be meant.
  const units = [near, near - 1, near + 1].find(n => Number.isSafeInteger(n) && n / perMs === ms)
  return units === undefined ? undefined : units + 0
}
