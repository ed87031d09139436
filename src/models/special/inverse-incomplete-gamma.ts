/**
 * Inverse of the regularised incomplete gamma functions.
 *
 * Source: start by Wilson & Hilferty (1931), or by the first term of the series DLMF 8.7.1 for small results; then
 * `tail-point.ts`. Relative error below 1e-13, except where the tail hardly depends on x: then P(a, x) matches to
 * 1e-13.
 */
import { logGammaLower, logGammaPrefactor, logGammaUpper } from './incomplete-gamma.ts'
import { logGamma1p } from './log-gamma.ts'
import { upperPoint } from './normal-quantile.ts'
import { tailPoint } from './tail-point.ts'

/**
 * The x with log P(a, x) = logTail, or with log Q(a, x) = logTail.
 *
 * @param a Positive.
 * @param logTail At most log ½ for the best start; −Infinity gives 0, or Infinity for the upper tail.
 * @param isLower Whether `logTail` belongs to P.
 * @example gammaPoint(1, Math.log(0.5), true) // 0.6931471805599453
 */
export function gammaPoint(a: number, logTail: number, isLower: boolean): number {
  if (logTail === -Infinity) return isLower ? 0 : Infinity
  if (!(logTail < 0)) return logTail === 0 ? (isLower ? Infinity : 0) : NaN
  const z = upperPoint(Math.min(logTail, -0.7))
  const c = 1 - 1 / (9 * a) + (isLower ? -z : z) / (3 * Math.sqrt(a))
  let start = c > 0.1 ? a * c ** 3 : a
  if (isLower) {
    const small = Math.exp((logTail + logGamma1p(a)) / a)
    if (small === 0) return 0
    if (c <= 0.3 || small < 0.01 * a) start = small
  } else if (a < 1) start = Math.max(0.1, -logTail)
  return tailPoint(
    x => (isLower ? logGammaLower(a, x) : logGammaUpper(a, x)),
    x => logGammaPrefactor(a, x) + Math.log(a / x),
    logTail,
    isLower,
    start,
  )
}
