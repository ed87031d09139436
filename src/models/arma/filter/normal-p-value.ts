/** Two-sided normal p-values of standardised innovations, from the tail itself: never `1 − cdf`. */
import { millsRatio } from '../../special/mills-ratio.ts'

const ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI)

/** P(|Z| ≥ |z|) = √(2/π) e^{−z²/2} M(|z|), M Mills' ratio; NaN for NaN. Its logarithm is `normalLogTwoSided`. */
export function twoSidedP(z: number): number {
  const a = Math.abs(z)
  if (!(a > 0)) return a === 0 ? 1 : Number.NaN
  return a > 39 ? 0 : ROOT_TWO_OVER_PI * Math.exp(-0.5 * a * a) * millsRatio(a)
}
