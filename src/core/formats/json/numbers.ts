/** Numbers of JSON, exactly; and short texts as strings. */

import { BACKSLASH, BAD, DOT, type JsonInput, MINUS, QUOTE } from './input.ts'
import { longDouble } from './long-double.ts'
import { POWERS_OF_TEN } from './powers.ts'
import { skipNumber } from './scan.ts'

/** What {@link readDouble} and {@link readWhole} read. */
export const read = { double: new Float64Array(1), whole: 0n }

/** Digits that a double holds exactly. */
const EXACT_DIGITS = 15
/** Digits that an int32 holds whatever they are. */
const SURE_DIGITS = 9

/**
 * Reads a number as the nearest double, as `JSON.parse` does, into `read.double[0]`; the offset after it, or -1.
 *
 * With at most 15 digits, both the digits as a whole number and the power of ten are exact, and so one division rounds
 * rightly (W. D. Clinger, "How to read floating point numbers accurately", 1990).
 */
export function readDouble(input: JsonInput, start: number): number {
  const { bytes, end } = input
  let at = start
  const negative = at < end && bytes[at] === MINUS
  if (negative) at++
  const first = at
  let whole = 0
  while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
    whole = (Math.imul(whole, 10) + bytes[at]! - 48) | 0
    at++
  }
  const digits = at - first
  if (digits === 0 || (digits > 1 && bytes[first] === 48)) return readAny(input, start)
  let isLong = digits > SURE_DIGITS
  let value: number = whole
  if (at < end && bytes[at] === DOT) {
    const point = ++at
    let rest = 0
    while (at < end && (bytes[at]! - 48) >>> 0 <= 9) {
      rest = (Math.imul(rest, 10) + bytes[at]! - 48) | 0
      at++
    }
    const places = at - point
    if (places === 0) return readAny(input, start)
    if (isLong || places > SURE_DIGITS || digits + places > EXACT_DIGITS) isLong = true
    else {
      const power = POWERS_OF_TEN[places]!
      value = (whole * power + rest) / power
    }
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) return readAny(input, start)
  if (isLong) return takeDouble(input, start, at)
  read.double[0] = negative ? -value : value
  return at
}

function readAny(input: JsonInput, start: number): number {
  const end = skipNumber(input, start)
  if (end < 0) return BAD
  return takeDouble(input, start, end)
}

/** Takes the number that lies from `start` to `end`, which is one. */
function takeDouble(input: JsonInput, start: number, end: number): number {
  const value = manyDigits(input.bytes, start, end)
  read.double[0] = Number.isNaN(value) ? Number(asciiOf(input.bytes, start, end)) : value
  return end
}

/** Digits that {@link longDouble} takes. */
const MOST_LONG_DIGITS = 19

/** The nearest double to a number of up to 19 digits without an exponent; NaN for others. */
function manyDigits(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS
  let high = 0
  let low = 0
  let digits = 0
  let places = 0
  let isFraction = false
  for (let at = negative ? start + 1 : start; at < end; at++) {
    if (bytes[at] === DOT) {
      isFraction = true
      continue
    }
    const digit = bytes[at]! - 48
    if (digit >>> 0 > 9) return Number.NaN
    if (digits > 0 || digit > 0) digits++
    if (digits <= EXACT_DIGITS) high = high * 10 + digit
    else low = low * 10 + digit
    if (isFraction) places++
  }
  if (digits > MOST_LONG_DIGITS || places >= POWERS_OF_TEN.length) return Number.NaN
  const value =
    digits <= EXACT_DIGITS
      ? high / POWERS_OF_TEN[places]!
      : longDouble(high, low, digits - EXACT_DIGITS, places)
  return negative ? -value : value
}

const { latin1Slice } = Buffer.prototype as {
  latin1Slice?(this: Uint8Array, start: number, end: number): string
}

/** Bytes of ASCII as a string. */
export function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  if (latin1Slice) return latin1Slice.call(bytes, start, end)
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

/** Beyond so many digits no number fits any column. */
const MOST_DIGITS = 100

/**
 * The exact value of a number times `10 ** shift`, if that is a whole number; undefined where it has digits after the
 * point, or is beyond any column.
 */
export function wholeOf(number: string, shift = 0): bigint | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    number,
  )!
  const digits = (whole! + fraction).replace(/^0+/, '')
  if (digits === '') return 0n
  const kept = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + (digits.length - kept.length) + shift
  if (power < 0 || kept.length + power > MOST_DIGITS) return undefined
  const value = BigInt(kept) * 10n ** BigInt(power)
  return sign === '-' ? -value : value
}

/** Where the text after the quote before `at` ends, if it is short and plain; else -1. */
export function plainEnd(input: JsonInput, at: number): number {
  const { bytes } = input
  const end = Math.min(input.end, at + 48)
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1
  }
  return -1
}
