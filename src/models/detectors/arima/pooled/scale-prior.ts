/**
 * What is known of the scale of a key before its first value: variances of segments are draws from σ² = s₀²·ν₀/χ²(ν₀), whose
 * parameters come from the moments of log σ̂² (Smyth 2004, *Statistical Applications in Genetics and Molecular Biology* 3).
 */
import { digamma, trigamma } from '../../../special/digamma.ts'
import { MAD_TO_SIGMA } from '../../parts/robust-scale.ts'
import { CLIPPED } from '../window-scale.ts'

/** Degrees of freedom that the prior may have: alike as keys may look, none is held to the pool's scale for ever. */
const MAX_PRIOR = 512
const MIN_PRIOR = 0.1

/** s₀² and ν₀ from logarithms of variances and their degrees of freedom; the largest and smallest are pulled in. */
export function scalePrior(variances: readonly { logSquare: number; free: number }[]): [number, number] {
  if (variances.length === 0) return [Number.NaN, 0]
  const raw = variances.map(({ logSquare, free }) => logSquare - digamma(free / 2) + Math.log(free / 2))
  const sorted = Float64Array.from(raw).sort()
  const middle = 0.5 * (sorted[(raw.length - 1) >> 1]! + sorted[raw.length >> 1]!)
  const distances = sorted.map(x => Math.abs(x - middle)).sort()
  const reach =
    CLIPPED * MAD_TO_SIGMA * 0.5 * (distances[(raw.length - 1) >> 1]! + distances[raw.length >> 1]!)
  const kept = reach > 0 ? raw.map(x => Math.max(middle - reach, Math.min(middle + reach, x))) : raw
  const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length
  const spread = kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, kept.length - 1)
  const sampling = variances.reduce((sum, { free }) => sum + trigamma(free / 2), 0) / variances.length
  const dof = Math.max(MIN_PRIOR, Math.min(MAX_PRIOR, 2 * inverseTrigamma(spread - sampling)))
  return [Math.exp(mean + digamma(dof / 2) - Math.log(dof / 2)), dof]
}

/** The x with ψ′(x) = y; Infinity for y ≤ 0. Newton's method on 1/ψ′ (Smyth 2004, appendix), by secants. */
function inverseTrigamma(y: number): number {
  if (!(y > 1e-6)) return Number.POSITIVE_INFINITY
  if (y > 1e7) return 1 / Math.sqrt(y)
  let x = 0.5 + 1 / y
  for (let i = 0; i < 50; i++) {
    const value = trigamma(x)
    const slope = (trigamma(x * (1 + 1e-6)) - value) / (1e-6 * x)
    const by = (value * (1 - value / y)) / slope
    x += by
    if (Math.abs(by) < 1e-8 * x) break
  }
  return x
}
