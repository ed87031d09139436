/** Keeps fitted coefficients inside the stationary and invertible region: estimates of few values may lie outside. */
import type { SeasonalOrders } from './orders.ts'

/** Largest size of a partial autocorrelation that is left. */
const LIMIT = 0.995

const current = new Float64Array(64)
const next = new Float64Array(64)

/**
 * Whether 1 − Σ c_i B^i has all roots outside the unit circle, by the step-down recursion (Brockwell & Davis,
 * *Time Series: Theory and Methods*, §5.2): all partial autocorrelations are inside (−limit, limit).
 */
export function isStable(
  coefficients: ArrayLike<number>,
  at: number,
  order: number,
  sign: number,
  limit: number,
): boolean {
  for (let i = 0; i < order; i++) current[i] = sign * coefficients[at + i]!
  for (let k = order; k >= 1; k--) {
    const r = current[k - 1]!
    if (!(Math.abs(r) < limit)) return false
    const scale = 1 / (1 - r * r)
    for (let i = 0; i < k - 1; i++) next[i] = (current[i]! + r * current[k - 2 - i]!) * scale
    for (let i = 0; i < k - 1; i++) current[i] = next[i]!
  }
  return true
}

/** Shrinks the coefficients of 1 − sign·Σ c_i B^i towards 0 until {@link isStable} within {@link LIMIT}. */
export function shrinkIntoRegion(coefficients: Float64Array, at: number, order: number, sign: number): void {
  for (let attempt = 0; !isStable(coefficients, at, order, sign, LIMIT); attempt++) {
    for (let j = 0; j < order; j++) {
      coefficients[at + j] = attempt < 200 ? coefficients[at + j]! * 0.97 ** (j + 1) : 0
    }
  }
}

/** {@link shrinkIntoRegion} for all factors of a seasonal model. @param params φ, θ, Φ, Θ */
export function shrinkSeasonal(
  params: Float64Array,
  { p, q, P, Q }: Pick<SeasonalOrders, 'p' | 'q' | 'P' | 'Q'>,
): void {
  shrinkIntoRegion(params, 0, p, 1)
  shrinkIntoRegion(params, p, q, -1)
  shrinkIntoRegion(params, p + q, P, 1)
  shrinkIntoRegion(params, p + q + P, Q, -1)
}
