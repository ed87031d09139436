/**
 * Doubles of 16 to 19 digits, which is how most doubles are written that were computed.
 *
 * The digits are more than a double holds: they are kept as the sum of two. Their quotient by a power of ten is corrected
 * once by its remainder (products and remainders are exact: T. J. Dekker, "A floating-point technique for extending the
 * available precision", 1971), and is the nearest double unless it lies all but half-way between two.
 */

import { POWERS_OF_TEN } from './powers.ts'

/** Cuts a double in two halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1

/** How far the correction may be off, relative to itself: far more than it is. */
const MARGIN = 2 ** -20

/** What `a * b` is more than its nearest double, `product`. */
function productError(a: number, b: number, product: number): number {
  const aSplit = SPLITTER * a
  const aHigh = aSplit - (aSplit - a)
  const aLow = a - aHigh
  const bSplit = SPLITTER * b
  const bHigh = bSplit - (bSplit - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

/**
 * The nearest double to `(high * 10^lowDigits + low) / 10^places`; NaN where that is too close to call.
 *
 * @param high at most 15 digits
 * @param low at most 4
 * @param places at most 22
 */
export function longDouble(high: number, low: number, lowDigits: number, places: number): number {
  const scale = POWERS_OF_TEN[lowDigits]!
  const product = high * scale
  const sum = product + low
  const lowPart = sum - product
  const sumError = product - (sum - lowPart) + (low - lowPart)
  const error = productError(high, scale, product) + sumError
  const power = POWERS_OF_TEN[places]!
  const quotient = (sum + error) / power
  const back = quotient * power
  const rest = (sum - back + (error - productError(quotient, power, back))) / power
  const nearest = quotient + rest
  const isSure = quotient + rest * (1 + MARGIN) === nearest && quotient + rest * (1 - MARGIN) === nearest
  return isSure ? nearest : Number.NaN
}
