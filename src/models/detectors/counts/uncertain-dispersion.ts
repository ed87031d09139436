/**
 * The p-value of a distribution whose dispersion is itself an estimate: what Student's distribution is to the normal distribution.
 *
 * Let E = −log p under the distribution with the dispersion as estimated. In the tail, E falls in proportion to the dispersion
 * at the rate k ≈ E − ½·log(1 + E): to 2 % for the normal distribution, where k = z·φ(z)/(2Q(z)), and to leading order for the
 * negative binomial with φμ large, whose log tails are inversely proportional to φ. If the true dispersion is such that
 * estimate / truth is gamma-distributed with mean 1 and variance 2/ν (for normal values χ²/ν), then
 *
 *     p′ = exp(−(E − k))·E[exp(−k·estimate/truth)] = exp(−(E − k))·(1 + 2k/ν)^(−ν/2)
 *
 * For the normal distribution that is Student's with ν degrees of freedom: from ν = 20 on to a tenth of p′ down to 1e-4, to a fifth
 * down to 1e-6; for fewer degrees its far tails are too light.
 */

import { logComplement } from '../parts/predictive.ts'

const sensitivity = (e: number): number => e - 0.5 * Math.log1p(e)

/**
 * log p′ from log p.
 *
 * @param logP At most 0; −Infinity and NaN stay what they are.
 * @param freedom Degrees of freedom ν of the dispersion, above 0; 2/ν is its relative variance.
 * @example widenLogP(-10, 20) // -7.512…: one in 22,000 is one in 1,800 when 20 numbers told the dispersion
 */
export function widenLogP(logP: number, freedom: number): number {
  if (!(logP > Number.NEGATIVE_INFINITY)) return logP
  const k = sensitivity(-logP)
  return logP + k - 0.5 * freedom * Math.log1p((2 * k) / freedom)
}

/**
 * The same for one tail: the smaller is half of a two-sided p-value, the other what it leaves.
 *
 * @param logTail At most 0.
 * @param freedom As above.
 * @example widenLogTail(-10, 20) // -7.815…
 */
export function widenLogTail(logTail: number, freedom: number): number {
  if (logTail < -Math.LN2) return widenLogP(logTail + Math.LN2, freedom) - Math.LN2
  return logComplement(widenLogP(logComplement(logTail) + Math.LN2, freedom) - Math.LN2)
}

/**
 * log p from log p′: the inverse of {@link widenLogP}, to rounding.
 *
 * @param logWide At most 0.
 * @param freedom As above.
 * @example narrowLogP(widenLogP(-10, 20), 20).toFixed(9) // '-10.000000000'
 */
export function narrowLogP(logWide: number, freedom: number): number {
  const target = -logWide
  // Newton's steps from below: the map is concave in e, and p′ ≥ p.
  let e = target
  for (let i = 0; i < 60; i++) {
    const k = sensitivity(e)
    const miss = target - (e - k + 0.5 * freedom * Math.log1p((2 * k) / freedom))
    const half = 0.5 / (1 + e)
    const slope = half + (1 - half) / (1 + (2 * k) / freedom)
    const step = miss / slope
    e += step
    if (!(step > 1e-13 * (1 + e))) break
  }
  return -e
}
