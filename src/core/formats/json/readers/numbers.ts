/** Numbers and booleans. A number that the column cannot hold exactly is refused; floats round, as `JSON.parse` does. */

import { allocValues } from '../../../batch/build.ts'
import { highHalf } from '../../../batch/cells.ts'
import { bitmapBytes, type Column, type Values } from '../../../batch/column.ts'
import { allocUint8 } from '../../../batch/slab.ts'
import type { ColumnType, FloatType, IntegerType, WideType } from '../../../types/column-type.ts'
import { ALSE_WORD, BAD, type JsonInput, MINUS, QUOTE, TRUE_WORD } from '../input.ts'
import { asciiOf, read, readDouble, wholeOf } from '../numbers.ts'
import { skipNumber } from '../scan.ts'
import { Reader } from './reader.ts'

abstract class FixedReader<V extends Values> extends Reader {
  protected values!: V

  protected open(rows: number): void {
    this.values = allocValues(this.type, rows, this.arena) as V
    this.opened()
  }

  protected grow(rows: number): void {
    const old = this.values
    this.open(rows)
    ;(this.values as Float64Array).set(old as Float64Array)
  }

  /** Called when `values` are others. */
  protected opened(): void {}

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    return { values: this.values.subarray(0, length) as V }
  }
}

export class FloatReader extends FixedReader<Float64Array | Float32Array> {
  readonly kind: string

  constructor(type: FloatType, input: JsonInput) {
    super(type, input)
    this.kind = type
  }

  read(at: number, row: number): number {
    const byte = this.input.bytes[at]!
    if (byte > 0x39 || byte === QUOTE) return this.nullOr(at, row)
    const after = readDouble(this.input, at)
    if (after < 0) return BAD
    this.values[row] = read.double[0]!
    if (this.type === 'float32' && !Number.isFinite(this.values[row]) && Number.isFinite(read.double[0]!))
      return this.refuse(at, 'float64 has a larger range')
    this.setValid(row)
    return after
  }
}

const RANGES: Readonly<Record<IntegerType, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
}

/** Digits that an int32 holds whatever they are. */
const SURE_DIGITS = 9

export class IntegerReader extends FixedReader<Int32Array | Int16Array | Int8Array> {
  readonly kind: string
  readonly #min: number
  readonly #max: number

  constructor(type: IntegerType, input: JsonInput) {
    super(type, input)
    this.kind = type
    this.#min = RANGES[type][0]
    this.#max = RANGES[type][1]
  }

  read(start: number, row: number): number {
    const { bytes, end } = this.input
    let at = start
    const negative = bytes[at] === MINUS
    if (negative) at++
    const first = at
    let value = 0
    while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
      value = (Math.imul(value, 10) + bytes[at]! - 48) | 0
      at++
    }
    const digits = at - first
    if (digits === 0 || digits > SURE_DIGITS || endsOtherwise(bytes, first, at))
      return this.#readOther(start, row)
    if (negative) value = -value | 0
    if (value < this.#min || value > this.#max) return this.refuse(start, this.#range)
    this.values[row] = value
    this.setValid(row)
    return at
  }

  #readOther(at: number, row: number): number {
    const byte = this.input.bytes[at]!
    if (byte > 0x39 || byte === QUOTE) return this.nullOr(at, row)
    const after = skipNumber(this.input, at)
    if (after < 0) return BAD
    const value = Number(wholeOf(asciiOf(this.input.bytes, at, after)) ?? Number.NaN)
    if (!(value >= this.#min && value <= this.#max)) return this.refuse(at, this.#range)
    this.values[row] = value
    this.setValid(row)
    return after
  }

  get #range(): string {
    return `${this.type} holds whole numbers from ${this.#min} to ${this.#max}`
  }
}

/** Whether digits are not all of the number, or no number: a point, an exponent, a zero in front. */
function endsOtherwise(bytes: Uint8Array, first: number, after: number): boolean {
  const next = bytes[after]!
  return next === 0x2e || (next | 0x20) === 0x65 || (bytes[first] === 48 && after - first > 1)
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const WIDE_RANGES: Readonly<Record<WideType, readonly [bigint, bigint]>> = {
  int53: [-SAFE, SAFE],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** Whole numbers of 64 bits; also as text, which many writers make of them because JavaScript's numbers end at 2^53. */
export class WideReader extends FixedReader<BigInt64Array> {
  readonly kind: string
  #words: Int32Array = new Int32Array(0)
  readonly #min: bigint
  readonly #max: bigint

  constructor(type: WideType, input: JsonInput) {
    super(type, input)
    this.kind = type
    this.#min = WIDE_RANGES[type][0]
    this.#max = WIDE_RANGES[type][1]
  }

  protected override opened(): void {
    const { buffer, byteOffset, length } = this.values
    this.#words = new Int32Array(buffer, byteOffset, length * 2)
  }

  read(start: number, row: number): number {
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
    // Fifteen digits are exact in a double.
    if (digits === 0 || digits > 15 || endsOtherwise(bytes, first, at)) return this.#readOther(start, row)
    if (negative) {
      if (this.type === 'uint64' && value !== 0) return this.refuse(start)
      value = -value
    }
    this.#words[row * 2] = value | 0
    this.#words[row * 2 + 1] = highHalf(value)
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
    const value = wholeOf(asciiOf(bytes, at, after))
    if (value === undefined || value < this.#min || value > this.#max)
      return this.refuse(start, `${this.type} holds whole numbers from ${this.#min} to ${this.#max}`)
    this.values[row] = value
    this.setValid(row)
    return quoted ? after + 1 : after
  }
}

export class BoolReader extends Reader {
  readonly kind = 'bool'
  #bits: Uint8Array = new Uint8Array(0)

  constructor(type: ColumnType, input: JsonInput) {
    super(type, input)
    this.#bits = new Uint8Array(0)
  }

  protected open(rows: number): void {
    this.#bits = allocUint8(this.arena, bitmapBytes(rows))
  }

  read(at: number, row: number): number {
    const { view, end } = this.input
    if (at + 5 > end) return this.nullOr(at, row)
    if (view.getInt32(at, true) === TRUE_WORD) {
      this.#bits[row >> 3]! |= 1 << (row & 7)
      this.setValid(row)
      return at + 4
    }
    if (view.getUint8(at) === 0x66 && view.getInt32(at + 1, true) === ALSE_WORD) {
      this.#bits[row >> 3]! &= ~(1 << (row & 7))
      this.setValid(row)
      return at + 5
    }
    return this.nullOr(at, row)
  }

  protected grow(rows: number): void {
    const old = this.#bits
    this.open(rows)
    this.#bits.set(old)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const values = this.#bits.subarray(0, bitmapBytes(length))
    if (length & 7) values[length >> 3]! &= (1 << (length & 7)) - 1
    return { values }
  }
}
