/**
 * Numbers read where they stand, in the forms nearly all have. A scan gives where the number ends, or -1 for whatever it
 * does not know: then nothing was written, and the careful way (`convert.ts`) decides. It reads on until a byte that no
 * number has, so one must be there: blocks end with a line end.
 */

import { writeBillions, writeWhole } from './words64.ts'

const ZERO = 48
const NINE = 57
const MINUS = 45

/** Whole numbers of at most nine digits, between `min` and `max`. */
export function scanSmallInteger(
  bytes: Uint8Array,
  at: number,
  values: { [row: number]: number },
  row: number,
  min: number,
  max: number,
): number {
  let i = at
  let byte = bytes[i]!
  const isNegative = byte === MINUS
  if (isNegative) byte = bytes[++i]!
  const first = i
  let value = 0
  while (byte >= ZERO && byte <= NINE) {
    value = (Math.imul(value, 10) + byte - ZERO) | 0
    byte = bytes[++i]!
  }
  if (isNegative) value = -value
  if (i === first || i - first > 9 || value < min || value > max) return -1
  values[row] = value
  return i
}

/** Whole numbers of at most 18 digits as 64-bit words; of 15 where they must be safe integers. */
export function scanWideInteger(
  bytes: Uint8Array,
  at: number,
  words: Int32Array,
  row: number,
  isSigned: boolean,
  maxDigits: number,
): number {
  let i = at
  let byte = bytes[i]!
  const isNegative = byte === MINUS
  if (isNegative) {
    if (!isSigned) return -1
    byte = bytes[++i]!
  }
  const first = i
  let value = 0
  while (byte >= ZERO && byte <= NINE && i - first < 9) {
    value = (Math.imul(value, 10) + byte - ZERO) | 0
    byte = bytes[++i]!
  }
  if (i === first) return -1
  if (byte < ZERO || byte > NINE) {
    words[2 * row] = isNegative ? -value : value
    words[2 * row + 1] = isNegative && value !== 0 ? -1 : 0
    return i
  }
  return scanLongInteger(bytes, first, words, row, isNegative, maxDigits)
}

function scanLongInteger(
  bytes: Uint8Array,
  first: number,
  words: Int32Array,
  row: number,
  isNegative: boolean,
  maxDigits: number,
): number {
  let end = first
  while (bytes[end]! >= ZERO && bytes[end]! <= NINE) end++
  const digits = end - first
  if (digits > maxDigits) return -1
  const split = end - 9
  let billions = 0
  for (let i = first; i < split; i++) billions = billions * 10 + bytes[i]! - ZERO
  let rest = 0
  for (let i = split; i < end; i++) rest = (Math.imul(rest, 10) + bytes[i]! - ZERO) | 0
  if (digits <= 15) {
    const value = billions * 1e9 + rest
    writeWhole(words, row, isNegative ? -value : value)
  } else writeBillions(words, row, billions, rest, isNegative)
  return end
}

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/** Floats of at most nine digits; of others {@link scanLongFloat} knows most. `point`: the byte of the decimal point. */
export function scanFloat(
  bytes: Uint8Array,
  at: number,
  values: Float64Array,
  row: number,
  point: number,
): number {
  let i = at
  let byte = bytes[i]!
  const isNegative = byte === MINUS
  if (isNegative) byte = bytes[++i]!
  const first = i
  let value = 0
  while (byte >= ZERO && byte <= NINE) {
    value = (Math.imul(value, 10) + byte - ZERO) | 0
    byte = bytes[++i]!
  }
  let digits = i - first
  let decimals = 0
  if (byte === point) {
    const dot = i
    byte = bytes[++i]!
    while (byte >= ZERO && byte <= NINE) {
      value = (Math.imul(value, 10) + byte - ZERO) | 0
      byte = bytes[++i]!
    }
    decimals = i - dot - 1
    digits += decimals
  }
  if (digits === 0) return -1
  if (digits > 9 || byte === 101 || byte === 69) return scanLongFloat(bytes, at, values, row, point)
  // Both are exact, so the quotient is the nearest double (Clinger 1990).
  const magnitude = decimals === 0 ? value : value / POWERS[decimals]!
  values[row] = isNegative ? -magnitude : magnitude
  return i
}

/** Floats of at most 19 significant digits and a decimal exponent of at most 22. */
export function scanLongFloat(
  bytes: Uint8Array,
  at: number,
  values: Float64Array,
  row: number,
  point: number,
): number {
  let i = at
  const isNegative = bytes[i] === MINUS
  if (isNegative) i++
  let high = 0
  let low = 0
  let lowDigits = 0
  let digits = 0
  let decimals = 0
  let seen = 0
  let afterPoint = false
  let byte = bytes[i]!
  for (;;) {
    if (byte >= ZERO && byte <= NINE) {
      seen++
      if (afterPoint) decimals++
      if (digits < 15) high = high * 10 + byte - ZERO
      else {
        low = low * 10 + byte - ZERO
        lowDigits++
      }
      if (digits > 0 || byte !== ZERO) digits++
    } else if (byte === point && !afterPoint) afterPoint = true
    else break
    byte = bytes[++i]!
  }
  if (seen === 0 || digits > 19) return -1
  let exponent = 0
  if (byte === 101 || byte === 69) {
    byte = bytes[++i]!
    const sign = byte
    if (sign === MINUS || sign === 43) byte = bytes[++i]!
    const first = i
    while (byte >= ZERO && byte <= NINE) {
      exponent = exponent * 10 + byte - ZERO
      byte = bytes[++i]!
    }
    if (i === first || i - first > 4) return -1
    if (sign === MINUS) exponent = -exponent
  }
  const scale = exponent - decimals
  if (scale < -22 || scale > 22) return -1
  const magnitude = scaled(high, low, lowDigits, scale)
  if (Number.isNaN(magnitude)) return -1
  values[row] = isNegative ? -magnitude : magnitude
  return i
}

const SPLITTER = 134_217_729
/** A bound of the relative error of what `scaled` computes, with room: the last steps err by some 2^-104. */
const ERROR = 2 ** -100

/** What `a * b`, rounded, lacks (Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const a1 = SPLITTER * a
  const aHigh = a1 - (a1 - a)
  const aLow = a - aHigh
  const b1 = SPLITTER * b
  const bHigh = b1 - (b1 - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/**
 * The double nearest to `(high * 10^lowDigits + low) * 10^scale`, computed with twice the digits of a double; NaN where
 * those do not decide which is nearest.
 */
function scaled(high: number, low: number, lowDigits: number, scale: number): number {
  let main = high
  let rest = 0
  if (lowDigits > 0) {
    const power = POWERS[lowDigits]!
    const product = high * power
    const lacking = productError(high, power, product) + low
    main = product + lacking
    rest = lacking - (main - product)
  } else if (high === 0) return 0
  let value: number
  let correction: number
  if (scale < 0) {
    const power = POWERS[-scale]!
    value = main / power
    const product = value * power
    correction = (main - product - productError(value, power, product) + rest) / power
  } else {
    const power = POWERS[scale]!
    value = main * power
    correction = productError(main, power, value) + rest * power
  }
  const error = value * ERROR
  const nearest = value + (correction + error)
  return nearest === value + (correction - error) ? nearest : Number.NaN
}
