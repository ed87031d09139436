/** Decimals, times of day and durations: exactly, or refused. */

import { allocValues } from '../../../batch/alloc-values.ts'
import { exactTimeOfDay } from '../../../batch/build-words.ts'
import { highHalf } from '../../../batch/cells.ts'
import type { Column } from '../../../batch/column.ts'
import {
  type DecimalType,
  type DurationType,
  decimalPrecision,
  decimalScale,
  isWideDecimal,
  type TimeType,
  type TimeUnit,
  unitOfTime,
} from '../../../types/column-type.ts'
import { maxUnits } from '../../../types/decimal.ts'
import { BAD, DOT, type JsonInput, MINUS, QUOTE } from '../input.ts'
import { asciiOf, plainEnd, wholeOf } from '../numbers.ts'
import { POWERS_OF_TEN } from '../powers.ts'
import { skipNumber } from '../scan.ts'
import { Reader } from './reader.ts'

abstract class Int64Reader extends Reader {
  protected values: BigInt64Array = new BigInt64Array(0)
  protected words: Int32Array = new Int32Array(0)

  protected open(rows: number): void {
    this.values = allocValues(this.type, rows, this.arena) as BigInt64Array
    this.words = new Int32Array(this.values.buffer, this.values.byteOffset, this.values.length * 2)
  }

  protected grow(rows: number): void {
    const old = this.values
    this.open(rows)
    this.values.set(old)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    return { values: this.values.subarray(0, length) }
  }
}

/** Digits that an int32 holds whatever they are. */
const SURE_DIGITS = 9

/** Numbers, or text that is a number: many writers make text of decimals so that nobody rounds them. */
export class DecimalReader extends Int64Reader {
  readonly kind: string
  readonly #scale: number
  readonly #most: bigint
  /** The most units within 2^53. */
  readonly #mostSafe: number
  readonly #isWide: boolean

  constructor(type: DecimalType, input: JsonInput) {
    super(type, input)
    this.#scale = decimalScale(type)
    this.#most = maxUnits(decimalPrecision(type))
    this.#mostSafe = Number(
      this.#most < BigInt(Number.MAX_SAFE_INTEGER) ? this.#most : Number.MAX_SAFE_INTEGER,
    )
    this.#isWide = isWideDecimal(type)
    this.kind = this.#isWide ? 'wide decimal' : 'decimal'
  }

  read(start: number, row: number): number {
    const { bytes, end } = this.input
    let at = start
    const negative = bytes[at] === MINUS
    if (negative) at++
    const first = at
    let whole = 0
    while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
      whole = (Math.imul(whole, 10) + bytes[at]! - 48) | 0
      at++
    }
    const digits = at - first
    let rest = 0
    let places = 0
    if (bytes[at] === DOT) {
      const point = ++at
      while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
        rest = (Math.imul(rest, 10) + bytes[at]! - 48) | 0
        at++
      }
      places = at - point
      if (places === 0) return this.#readOther(start, row)
    }
    if (
      digits === 0 ||
      digits > SURE_DIGITS ||
      places > SURE_DIGITS ||
      places > this.#scale ||
      (digits > 1 && bytes[first] === 48) ||
      (bytes[at]! | 0x20) === 0x65 ||
      this.#isWide ||
      this.#scale > 15
    )
      return this.#readOther(start, row)
    // Both factors are exact, and so is what is no more than 2^53.
    const units = whole * POWERS_OF_TEN[this.#scale]! + rest * POWERS_OF_TEN[this.#scale - places]!
    if (units > this.#mostSafe) return this.#readOther(start, row)
    const signed = negative ? -units : units
    this.words[row * 2] = signed | 0
    this.words[row * 2 + 1] = highHalf(signed)
    this.setValid(row)
    return at
  }

  #readOther(start: number, row: number): number {
    const { bytes } = this.input
    const quoted = bytes[start] === QUOTE
    if (!quoted && bytes[start]! > 0x39) return this.nullOr(start, row)
    const at = quoted ? start + 1 : start
    const after = skipNumber(this.input, at)
    if (quoted && (after < 0 || bytes[after] !== QUOTE)) return this.refuse(start)
    if (after < 0) return BAD
    const units = wholeOf(asciiOf(bytes, at, after), this.#scale)
    if (units === undefined || units > this.#most || units < -this.#most)
      return this.refuse(start, 'it has more digits than the column, before or after the point')
    if (this.#isWide) {
      this.values[2 * row] = units
      this.values[2 * row + 1] = units >> 64n
    } else this.values[row] = units
    this.setValid(row)
    return quoted ? after + 1 : after
  }

  protected override cells(length: number): Omit<Column, 'type' | 'validity'> {
    return super.cells(this.#isWide ? length * 2 : length)
  }
}

/** `"13:05:00.25"` */
export class TimeReader extends Int64Reader {
  readonly kind = 'time'
  readonly #unit: TimeUnit

  constructor(type: TimeType, input: JsonInput) {
    super(type, input)
    this.#unit = unitOfTime(type)
  }

  read(at: number, row: number): number {
    const { bytes } = this.input
    if (bytes[at] !== QUOTE) return this.nullOr(at, row, TIME_HINT)
    const end = plainEnd(this.input, at + 1)
    const units = end < 0 ? undefined : exactTimeOfDay(asciiOf(bytes, at + 1, end), this.#unit)
    if (units === undefined) return this.refuse(at, TIME_HINT)
    this.values[row] = units
    this.setValid(row)
    return end + 1
  }
}

const TIME_HINT = 'times of day are text, "13:05:00", with no more digits of a second than the column has'

/** Milliseconds, with a fraction where the column has finer units. */
export class DurationReader extends Int64Reader {
  readonly kind = 'duration'
  readonly #shift: number

  constructor(type: DurationType, input: JsonInput) {
    super(type, input)
    this.#shift = { s: -3, ms: 0, us: 3, ns: 6 }[unitOfTime(type)]
  }

  read(at: number, row: number): number {
    const { bytes } = this.input
    const byte = bytes[at]!
    if (byte > 0x39 || byte === QUOTE) return this.nullOr(at, row, 'durations are numbers of milliseconds')
    const after = skipNumber(this.input, at)
    if (after < 0) return BAD
    const units = wholeOf(asciiOf(bytes, at, after), this.#shift)
    if (units === undefined || BigInt.asIntN(64, units) !== units)
      return this.refuse(at, `durations are milliseconds, and ${this.type} holds whole units`)
    this.values[row] = units
    this.setValid(row)
    return after
  }
}
