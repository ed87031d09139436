/**
 * Error function erf, its complement erfc, the scaled complement erfcx(x) = exp(x²)·erfc(x) and the inverses.
 *
 * Source: Abramowitz & Stegun 7.1.2, 7.1.6 (series, all terms positive), 7.1.23 through Mills' ratio
 * (`mills-ratio.ts`). Relative error below 2e-15 wherever the result is a normal double.
 */
import { productError } from './double-double.ts'
import { millsRatio } from './mills-ratio.ts'
import { standardNormalQuantile } from './normal-quantile.ts'

const SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI)

/** exp(−x²) without the loss that rounding x² would bring. */
function expMinusSquare(x: number): number {
  const square = x * x
  return Math.exp(-square) * (1 - productError(x, x, square))
}

/**
 * erfcx(x) = exp(x²)·erfc(x).
 *
 * @param x Any number; overflows to Infinity below −26.6.
 * @example erfcx(10) // 0.05614099274382259
 */
export function erfcx(x: number): number {
  if (x >= 0) return SQRT_TWO_OVER_PI * millsRatio(x * Math.SQRT2)
  const square = x * x
  return 2 * Math.exp(square) * (1 + productError(x, x, square)) - erfcx(-x)
}

/**
 * erfc(x) = 1 − erf(x), accurate in the far tail.
 *
 * @param x Any number.
 * @example erfc(10) // 2.088487583762545e-45
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN
  if (x < 0) return 1 + erf(-x)
  return x > 28 ? 0 : expMinusSquare(x) * SQRT_TWO_OVER_PI * millsRatio(x * Math.SQRT2)
}

/**
 * erf(x), accurate near zero.
 *
 * @param x Any number.
 * @example erf(0.5) // 0.5204998778130465
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN
  if (x < 0) return -erf(-x)
  if (x > 1) return 1 - erfc(x)
  const twice = 2 * x * x
  let term = x
  let sum = x
  for (let k = 3; term > 1e-17 * sum; k += 2) {
    term *= twice / k
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * expMinusSquare(x) * sum
}

/**
 * The x with erf(x) = y.
 *
 * @param y Between −1 and 1.
 * @example inverseErf(0.5) // 0.4769362762044699
 */
export function inverseErf(y: number): number {
  if (y < 0) return -inverseErf(-y)
  if (y > 0.5) return inverseErfc(1 - y)
  return standardNormalQuantile(0.5 + 0.5 * y, 0.5 * y) / Math.SQRT2
}

/**
 * The x with erfc(x) = y.
 *
 * @param y Between 0 and 2.
 * @example inverseErfc(1e-300) // 26.209469960516
 */
export function inverseErfc(y: number): number {
  return -standardNormalQuantile(0.5 * y) / Math.SQRT2
}
