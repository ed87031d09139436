/**
 * Dates and timestamps: text of ISO 8601, or numbers since 1970 in the unit that the options give (`epochUnit`,
 * milliseconds). Digits that the column has no room for are refused, not dropped, unless they are zeros.
 */

import { allocValues } from '../../../batch/build.ts'
import { highHalf } from '../../../batch/cells.ts'
import type { Column } from '../../../batch/column.ts'
import {
  type TimestampType,
  type TimeUnit,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from '../../../types/column-type.ts'
import { BAD, type JsonInput, MINUS, QUOTE } from '../input.ts'
import { type Instant, readInstant } from '../instants.ts'
import { asciiOf, plainEnd, wholeOf } from '../numbers.ts'
import { skipNumber } from '../scan.ts'
import { Reader } from './reader.ts'

const found: Instant = { seconds: 0, nanos: 0, isDate: false, hasOffset: false }

/** Decimal exponent of a unit: how many digits it has after the second. */
const DIGITS: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 }

export class TimestampReader extends Reader {
  readonly kind = 'timestamp'
  readonly #perSecond: number
  readonly #nanosPerUnit: number
  readonly #zoned: boolean
  /** Units of the column per unit of numbers; less than one where those are finer. */
  readonly #perNumber: number
  readonly #shift: number
  #values = new BigInt64Array(0)
  #words: Int32Array = new Int32Array(0)

  constructor(type: TimestampType, input: JsonInput, epochUnit: TimeUnit) {
    super(type, input)
    const unit = timestampUnit(type)
    this.#perSecond = UNITS_PER_SECOND[unit]
    this.#nanosPerUnit = 1e9 / this.#perSecond
    this.#zoned = timestampZone(type) !== undefined
    this.#shift = DIGITS[unit] - DIGITS[epochUnit]
    this.#perNumber = 10 ** this.#shift
  }

  protected open(rows: number): void {
    this.#values = allocValues(this.type, rows, this.arena) as BigInt64Array<ArrayBuffer>
    const { buffer, byteOffset } = this.#values
    this.#words = new Int32Array(buffer, byteOffset, rows * 2)
  }

  protected grow(rows: number): void {
    const old = this.#values
    this.open(rows)
    this.#values.set(old)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    return { values: this.#values.subarray(0, length) }
  }

  read(at: number, row: number): number {
    const { bytes, view } = this.input
    if (bytes[at] !== QUOTE) return this.#readNumber(at, row)
    const end = plainEnd(this.input, at + 1)
    if (end < 0 || !readInstant(bytes, view, at + 1, end, found))
      return this.refuse(
        at,
        'timestamps are text of ISO 8601, as 2024-02-29T06:05:07Z, or numbers since 1970',
      )
    if (this.#zoned && !found.hasOffset)
      return this.refuse(
        at,
        'a column with a zone takes text that says its offset from UTC, as …Z or …+01:00',
      )
    const { seconds, nanos } = found
    if (nanos % this.#nanosPerUnit !== 0)
      return this.refuse(at, "the column keeps fewer digits; the type 'timestamp[ns]' keeps nine")
    const units = nanos / this.#nanosPerUnit
    const value = seconds * this.#perSecond + units
    if (Number.isSafeInteger(value)) {
      this.#words[row * 2] = value | 0
      this.#words[row * 2 + 1] = highHalf(value)
    } else if (!this.#setLarge(seconds, units, row)) return this.refuse(at, this.#range)
    this.setValid(row)
    return end + 1
  }

  #setLarge(seconds: number, units: number, row: number): boolean {
    // 10^9 is 1,953,125 * 2^9: of nanoseconds of this time the product by the odd factor is exact.
    const product = seconds * 1_953_125
    if (this.#perSecond === 1e9 && Number.isSafeInteger(product)) {
      const high = Math.floor(product / 2 ** 23)
      const low = (product - high * 2 ** 23) * 512 + units
      this.#words[row * 2] = low | 0
      this.#words[row * 2 + 1] = high + (low >= 2 ** 32 ? 1 : 0)
      return true
    }
    const exact = BigInt(seconds) * BigInt(this.#perSecond) + BigInt(units)
    this.#values[row] = exact
    return BigInt.asIntN(64, exact) === exact
  }

  #readNumber(start: number, row: number): number {
    const { bytes, end } = this.input
    let at = start
    const negative = bytes[at] === MINUS
    if (negative) at++
    const first = at
    let value = 0
    while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
      value = value * 10 + (bytes[at]! - 48)
      at++
    }
    const digits = at - first
    const scaled = (negative ? -value : value) * this.#perNumber
    const next = bytes[at]!
    if (
      digits === 0 ||
      digits > 15 ||
      next === 0x2e ||
      (next | 0x20) === 0x65 ||
      (bytes[first] === 48 && digits > 1) ||
      this.#shift < 0 ||
      !Number.isSafeInteger(scaled)
    )
      return this.#readOther(start, row)
    this.#words[row * 2] = scaled | 0
    this.#words[row * 2 + 1] = highHalf(scaled)
    this.setValid(row)
    return at
  }

  #readOther(start: number, row: number): number {
    const { bytes } = this.input
    if (bytes[start]! > 0x39) return this.nullOr(start, row)
    const after = skipNumber(this.input, start)
    if (after < 0) return BAD
    const value = wholeOf(asciiOf(bytes, start, after), this.#shift)
    if (value === undefined || BigInt.asIntN(64, value) !== value) return this.refuse(start, this.#range)
    this.#values[row] = value
    this.setValid(row)
    return after
  }

  get #range(): string {
    return `${this.type} holds whole units, 2^64 of them around 1970`
  }
}

/** Days, as `YYYY-MM-DD`, or as an instant at midnight UTC, which is what JavaScript makes of a date. */
export class DateReader extends Reader {
  readonly kind = 'date'
  #values: Int32Array = new Int32Array(0)

  protected open(rows: number): void {
    this.#values = allocValues(this.type, rows, this.arena) as Int32Array<ArrayBuffer>
  }

  protected grow(rows: number): void {
    const old = this.#values
    this.open(rows)
    this.#values.set(old)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    return { values: this.#values.subarray(0, length) }
  }

  read(at: number, row: number): number {
    const { bytes, view } = this.input
    if (bytes[at] !== QUOTE) return this.nullOr(at, row, 'dates are text: "2024-02-29"')
    const end = plainEnd(this.input, at + 1)
    if (end < 0 || !readInstant(bytes, view, at + 1, end, found))
      return this.refuse(at, 'dates are text: "2024-02-29"')
    if (found.nanos !== 0 || found.seconds % 86_400 !== 0)
      return this.refuse(at, 'it is no midnight UTC; a timestamp column keeps the time of day')
    this.#values[row] = found.seconds / 86_400
    this.setValid(row)
    return end + 1
  }
}
