/** Two-sided normal p-values of standardised innovations, from the tail itself: never `1 − cdf`. */
import { millsRatio } from '../special/mills-ratio.ts'

const ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI)
const LOG_ROOT_TWO_OVER_PI = Math.log(ROOT_TWO_OVER_PI)

/** P(|Z| ≥ |z|) = √(2/π) e^{−z²/2} M(|z|), M Mills' ratio; NaN for NaN. */
export function twoSidedP(z: number): number {
  const a = Math.abs(z)
  if (!(a > 0)) return a === 0 ? 1 : Number.NaN
  return a > 39 ? 0 : ROOT_TWO_OVER_PI * Math.exp(-0.5 * a * a) * millsRatio(a)
}

/** log P(|Z| ≥ |z|), finite as long as z² is. */
export function twoSidedLogP(z: number): number {
  const a = Math.abs(z)
  if (!(a > 0)) return a === 0 ? 0 : Number.NaN
  return a === Number.POSITIVE_INFINITY
    ? Number.NEGATIVE_INFINITY
    : LOG_ROOT_TWO_OVER_PI - 0.5 * a * a + Math.log(millsRatio(a))
}
