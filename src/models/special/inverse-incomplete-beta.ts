/**
 * Inverse of the regularised incomplete beta function.
 *
 * Source: start from the normal approximation of the logit (its cumulants are polygamma differences), or from the
 * first term of the series DLMF 8.17.7; then `tail-point.ts` on whichever of x and 1 − x is at most ½. Relative error
 * of that side below 1e-13, except where the tail hardly depends on x: then I matches to 1e-13.
 */
import { digamma, trigamma } from './digamma.ts'
import { betaOffset, logBetaLower, logBetaPrefactor, logBetaUpper } from './incomplete-beta.ts'
import { logGamma1p, logGammaRatio } from './log-gamma.ts'
import { upperPoint } from './normal-quantile.ts'
import { tailPoint } from './tail-point.ts'

/**
 * The x with log I_x(a, b) = logTail, or with log(1 − I_x(a, b)) = logTail.
 *
 * @param a Positive. @param b Positive.
 * @param logTail Below 0; −Infinity gives the end of the interval.
 * @param isLower Whether `logTail` belongs to I.
 * @returns x when x ≤ ½, otherwise x − 1 (negative): the side that holds the digits.
 * @example betaPoint(2, 3, Math.log(0.6875), true) // 0.5
 */
export function betaPoint(a: number, b: number, logTail: number, isLower: boolean): number {
  if (logTail === -Infinity) return isLower ? 0 : -0
  if (!(logTail < 0)) return logTail === 0 ? (isLower ? -0 : 0) : NaN
  const middle = betaOffset(a, b, 0.5)
  const atHalf = isLower ? logBetaLower(a, b, 0.5, 0.5, middle) : logBetaUpper(a, b, 0.5, 0.5, middle)
  const xIsSmall = logTail <= atHalf === isLower || logTail === atHalf
  // Solve for the small side u, whose distribution is beta(s, t); its lower tail is I when u = x.
  const s = xIsSmall ? a : b
  const t = xIsSmall ? b : a
  const rising = xIsSmall === isLower
  const z = upperPoint(Math.min(logTail, -0.7))
  const logit = digamma(s) - digamma(t) + (rising ? -z : z) * Math.sqrt(trigamma(s) + trigamma(t))
  let start = 1 / (1 + Math.exp(-logit))
  if (rising) {
    const small = Math.exp((logTail + logGamma1p(s) - logGammaRatio(t, s)) / s)
    if (small === 0) return xIsSmall ? 0 : -0
    if (s < 1 || small < (0.01 * s) / (s + t)) start = small
  }
  const u = tailPoint(
    v => {
      const d = betaOffset(s, t, v)
      return rising ? logBetaLower(s, t, v, 1 - v, d) : logBetaUpper(s, t, v, 1 - v, d)
    },
    v => logBetaPrefactor(s, t, v, 1 - v, betaOffset(s, t, v)) - Math.log(v) - Math.log1p(-v),
    logTail,
    rising,
    Math.min(start, 0.5),
    0.5,
  )
  return xIsSmall ? u : -u
}
