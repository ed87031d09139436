/** Exact totals over whole numbers, rounded once: means. */

import { dyadicOf, plus, ratio, wholeNumber } from './dyadic.ts'
import { productError } from './error-free.ts'

/** Between these the steps below lose nothing to the ends of the range of doubles. */
const LEAST = 2 ** -900
const GREATEST = 2 ** 960
/** What the computed correction may be off by, of itself; it is less than two roundings. */
const CORRECTION_ERROR = 2 ** -50

/**
 * (a + b) / count as the nearest double, ties to even; a and b are finite.
 *
 * The quotient of the rounded sum is off by what its remainder and the sum's rounding say. Where that cannot tell which
 * double is nearest, about once in 2^40 times, whole numbers do.
 */
export function pairOver(a: number, b: number, count: number): number {
  const sum = a + b
  const bPart = sum - a
  const below = a - (sum - bPart) + (b - bPart)
  const near = sum / count
  // Adding 0 makes -0 a 0.
  if (below === 0) return near + 0
  const size = Math.abs(near)
  if (size > LEAST && size < GREATEST) {
    const product = near * count
    const rest = sum - product - productError(near, count, product)
    const remainder = rest + below
    const correction = remainder / count
    const result = near + correction
    const left = near - result + correction
    const doubt = Math.abs(correction) * CORRECTION_ERROR
    if (result + (left + doubt) === result && result + (left - doubt) === result) return result
    if (isSum(rest, below, remainder) && isProduct(correction, count, remainder)) return result
  }
  return ratio(plus(dyadicOf(a), dyadicOf(b)), wholeNumber(BigInt(count)))
}

/** Whether a + b is the sum, exactly. */
function isSum(a: number, b: number, sum: number): boolean {
  const bPart = sum - a
  return a - (sum - bPart) + (b - bPart) === 0
}

/** Whether x · count is the product, exactly. */
const isProduct = (x: number, count: number, product: number): boolean =>
  x * count === product && productError(x, count, product) === 0
