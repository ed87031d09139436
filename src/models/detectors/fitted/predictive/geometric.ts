/**
 * Failures before a success.
 *
 * A probability of success with a beta(a, b) posterior predicts P(X ≥ k) = B(a, b + k)/B(a, b): exact under Jeffreys'
 * prior, p⁻¹·(1 − p)^(−½) (Johnson, Kemp & Kotz, *Univariate Discrete Distributions*, §6.2.2: negative
 * hypergeometric distributions; Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.8).
 */
import { logGammaRatio } from '../../../special/log-gamma.ts'
import {
  largestIntegerWithTail,
  logComplement,
  type PredictiveDistribution,
  twoSidedOf,
} from '../../parts/predictive.ts'

const MIN_MEAN = 1e-12

export const openGeometric = (): PredictiveDistribution => {
  const ends = new Float64Array(2)
  let mean = 1
  let a = 1
  let b = 1

  /** log P(X ≥ k). */
  const atLeast = (k: number): number => {
    if (k <= 0) return 0
    // Γ(b + k)/Γ(b + k + a) over Γ(b)/Γ(b + a).
    return Math.min(0, logGammaRatio(b, a) - logGammaRatio(b + k, a))
  }

  const distribution: PredictiveDistribution = {
    discrete: true,
    additive: false,
    logarithmic: false,
    most: Infinity,
    priorSum: 0.5,
    priorWorth: 0,
    look() {},
    relativeVariance: m => 1 + 1 / Math.max(m, MIN_MEAN),
    set(m, worth) {
      mean = Math.max(m, MIN_MEAN)
      a = worth
      b = worth * mean
    },
    tails(x, out) {
      if (!(x >= 0 && x < Infinity)) {
        out[0] = x < 0 ? -Infinity : 0
        out[1] = x < 0 ? 0 : -Infinity
        return
      }
      out[0] = logComplement(atLeast(Math.floor(x) + 1))
      out[1] = atLeast(Math.ceil(x))
    },
    logTwoSided: x => twoSidedOf(distribution, x),
    bound(side, alpha) {
      const level = Math.log(alpha / 2)
      return largestIntegerWithTail(side, mean, mean + 1, Infinity, x => {
        distribution.tails(x, ends)
        return ends[side > 0 ? 1 : 0]! >= level
      })
    },
    note() {},
  }
  return distribution
}
