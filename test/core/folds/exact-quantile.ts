/** Quantiles of whole numbers, exactly: the naive definition that folds are held against. */

import { ratio, wholeNumber } from '../../../src/core/folds/dyadic.ts'

/** A numerator over a positive denominator. */
export type Fraction = readonly [bigint, bigint]

/** The quantile at a share; null of no value. */
export function quantileOf(values: readonly bigint[], [of, parts]: Fraction): Fraction | null {
  if (values.length === 0) return null
  const ascending = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const place = of * BigInt(values.length - 1)
  const [index, rest] = [Number(place / parts), place % parts]
  const low = ascending[index]!
  const high = ascending[index + 1] ?? low
  return [low * parts + (high - low) * rest, parts]
}

/** The nearest whole number, halves away from zero. */
export function wholeOf(fraction: Fraction | null): bigint | null {
  if (fraction === null) return null
  const [above, below] = fraction
  const size = (2n * (above < 0n ? -above : above) + below) / (2n * below)
  return above < 0n ? -size : size
}

/** The nearest double, ties to even. */
export const doubleOf = (fraction: Fraction | null): number | null =>
  fraction === null ? null : ratio(wholeNumber(fraction[0]), wholeNumber(fraction[1]))
