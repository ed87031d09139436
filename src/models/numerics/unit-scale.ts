/**
 * Numbers of an ordinary size. Squares of doubles overflow beyond 1.3e154 and vanish below 1.5e-162, sums of them sooner:
 * who squares, multiplies or adds values of any size first multiplies all of them by one power of two, which rounds
 * nothing, and the results by its inverse.
 *
 * Values of an ordinary size, the largest between 2^-{@link ORDINARY_EXPONENT} and 2^{@link ORDINARY_EXPONENT}, are left as
 * they are, so that they cost one look and their results do not change by a bit.
 */

import { ModelError } from '../../core/errors.ts'

/** The largest of values of an ordinary size is between 2^-this and 2^this: products of three, and sums of them, are numbers. */
export const ORDINARY_EXPONENT = 300

const LARGEST = 2 ** ORDINARY_EXPONENT
const SMALLEST = 2 ** -ORDINARY_EXPONENT
/** Both 2^e and 2^-e are doubles, the latter subnormal. */
const MAX_EXPONENT = 1023

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/**
 * The exponent e of |x| = m·2^e with 1 ≤ m < 2, between −1023 and 1023: smaller numbers have −1023.
 *
 * @param x finite; 0 has −1023
 */
export function exponentOf(x: number): number {
  float[0] = x
  return ((words[1]! >>> 20) & 0x7ff) - MAX_EXPONENT
}

/** The largest size among values; 0 of none. Missing values, NaN, do not count. */
export function largestSize(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!)
    if (size > largest) largest = size
  }
  return largest
}

/** Whether a size is ordinary; 0 is. */
export const isOrdinarySize = (size: number): boolean => (size <= LARGEST && size >= SMALLEST) || size === 0

/**
 * The exponent e such that values · 2^-e are at most 2: 0 where they are of an ordinary size already, and where there are
 * none but zeros or one is infinite.
 *
 * @example unitExponent([3e200, -7e199]) // 665
 */
export function unitExponent(values: ArrayLike<number>): number {
  const largest = largestSize(values)
  return isOrdinarySize(largest) || largest === Number.POSITIVE_INFINITY ? 0 : exponentOf(largest)
}

/**
 * x · 2^by for |by| up to 2046, such as the square of a scale; rounded only where the result is subnormal.
 *
 * @example timesPowerOfTwo(5e-324, 2000) // 5.6…e278
 */
export function timesPowerOfTwo(x: number, by: number): number {
  const half = Math.trunc(by / 2)
  return x * 2 ** half * 2 ** (by - half)
}

/** Sums of the squares of what is between 2^-this and 2^this, and of their differences, are numbers. */
const SQUARES_EXPONENT = 480

/**
 * Refuses values whose squares are no doubles, for models that give a variance: it would be none either.
 *
 * @throws ModelError `SERIES_SCALE` when the largest size among values is above 3e144, or below 3e-145 but not 0
 */
export function checkSquares(values: ArrayLike<number>, caller: string): void {
  const largest = largestSize(values)
  if (largest === 0 || Math.abs(exponentOf(largest)) <= SQUARES_EXPONENT) return
  const factor = `1e${-Math.round(Math.log10(largest))}`
  throw new ModelError(
    'SERIES_SCALE',
    `${caller} needs numbers whose squares are doubles, the largest of them between 3e-145 and 3e144 in size, got ${largest}`,
    { hint: `give them in another unit: times ${factor}` },
  )
}

/** The values times 2^by in an array of their own; the same array where `by` is 0. */
export function scaledBy<T extends Float64Array>(values: T, by: number): T | Float64Array {
  return by === 0 ? values : values.map(x => timesPowerOfTwo(x, by))
}

/**
 * The mean of values, whatever their size: of the largest doubles it is a number too. NaN of none.
 *
 * @example safeMean([1e308, 1.7e308]) // 1.35e308
 */
export function safeMean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  if (Number.isFinite(sum)) return sum / values.length
  const by = unitExponent(values)
  let scaled = 0
  for (let i = 0; i < values.length; i++) scaled += timesPowerOfTwo(values[i]!, -by)
  return timesPowerOfTwo(scaled / values.length, by)
}
