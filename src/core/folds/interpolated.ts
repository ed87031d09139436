/** Values between two whole numbers, exactly, and rounded once: to the nearest double, or to a whole number of units. */

import { divideRounded } from '../types/decimal.ts'
import { type Dyadic, dyadicOf, plus, ratio, times, wholeNumber } from './dyadic.ts'
import { productError } from './error-free.ts'

/**
 * low + (high − low) · share, exactly: as a double where it is one, as most are.
 *
 * @param low whole, as is high: a safe integer, or a bigint
 */
export function between(low: number | bigint, high: number | bigint, share: number): number | Dyadic {
  if (typeof low === 'number' && typeof high === 'number') {
    const span = high - low
    const part = span * share
    const value = low + part
    const isExact =
      Number.isSafeInteger(span) &&
      productError(span, share, part) === 0 &&
      value - low === part &&
      value - part === low
    if (isExact) return value
  }
  const first = BigInt(low)
  return plus(wholeNumber(first), times(wholeNumber(BigInt(high) - first), dyadicOf(share)))
}

/** The nearest double, ties to even. */
export const nearestDouble = (value: number | Dyadic): number =>
  typeof value === 'number' ? value : ratio(value, ONE)

/**
 * So many times the value as a whole number: the nearest, halves away from zero.
 *
 * @param units whole
 */
export function nearestWhole(value: number | Dyadic, units: bigint): bigint {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return BigInt(value) * units
    if (units === 1n) return BigInt(Math.sign(value) * Math.round(Math.abs(value)))
  }
  const exact = typeof value === 'number' ? dyadicOf(value) : value
  const whole = exact.units * units
  return exact.exponent < 0
    ? divideRounded(whole, 1n << BigInt(-exact.exponent))
    : whole << BigInt(exact.exponent)
}

const ONE = wholeNumber(1n)
