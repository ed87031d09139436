/**
 * Exact rounding errors of sums and products, so that differences such as `trials · p − x` keep their last digits
 * when the two sides nearly cancel.
 *
 * Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971); D. E. Knuth,
 * The Art of Computer Programming 2, §4.2.2. Exact unless a product leaves 1e-290 … 1e290, where 0 is returned.
 */

const SPLITTER = 134217729 // 2^27 + 1

/**
 * What `a + b` lost by rounding.
 *
 * @param a First term. @param b Second term. @param sum Their rounded sum, `a + b`.
 * @returns e with a + b = sum + e exactly.
 * @example sumError(1, 1e-20, 1 + 1e-20) // 1e-20
 */
export function sumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a
  return a - (sum - bRounded) + (b - bRounded)
}

/**
 * What `a * b` lost by rounding.
 *
 * @param a First factor. @param b Second factor. @param product Their rounded product, `a * b`.
 * @returns e with a · b = product + e exactly.
 * @example productError(0.1, 10, 0.1 * 10) // 5.55…e-17: ten times the double nearest 0.1 is above 1
 */
export function productError(a: number, b: number, product: number): number {
  const size = Math.abs(product)
  if (!(size > 1e-290 && size < 1e290)) return 0
  if (Math.abs(a) > 1e290 || Math.abs(b) > 1e290) return 0
  const aWide = SPLITTER * a
  const aHigh = aWide - (aWide - a)
  const aLow = a - aHigh
  const bWide = SPLITTER * b
  const bHigh = bWide - (bWide - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/**
 * a · b − c with one rounding at the end, however close the two are.
 *
 * @param a First factor. @param b Second factor. @param c What is subtracted.
 * @example productMinus(0.1, 10, 1) // 5.55…e-17, where 0.1 * 10 - 1 is 0
 */
export function productMinus(a: number, b: number, c: number): number {
  const product = a * b
  return product - c + productError(a, b, product)
}
