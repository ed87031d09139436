/**
 * The chi-squared distribution: the sum of `df` squared standard normal variables.
 *
 *     f(x) = x^(df/2 − 1)·exp(−x/2) / (2^(df/2)·Γ(df/2)),   the gamma distribution with shape df/2 and rate ½
 *
 * Source: Abramowitz & Stegun 26.4.
 */
import { digamma, trigamma } from '../special/digamma.ts'
import {
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
} from './distribution.ts'
import { GammaFamily } from './gamma.ts'
import { checkNames, checkPositive, checkSupport, observed } from './parameters.ts'

/** Parameters of {@link chiSquared}. */
export interface ChiSquaredParameters {
  /** Degrees of freedom, above 0; need not be whole. */
  df: number
}

const distributionOf = (df: number): GammaFamily<ChiSquaredParameters> =>
  new GammaFamily('chiSquared', { df }, df / 2, 0.5)

/**
 * The chi-squared distribution.
 *
 * @param parameters `df` > 0, degrees of freedom.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when `df` is not finite or not above 0.
 * @example
 * import { chiSquared } from 'millrace/models'
 * console.log(chiSquared({ df: 1 }).isf(0.05).toFixed(6)) // 3.841459
 */
export function chiSquared(parameters: ChiSquaredParameters): ContinuousDistribution<ChiSquaredParameters> {
  checkNames('chiSquared', parameters, 'df')
  const df = checkPositive('chiSquared', 'df', parameters.df)
  return distributionOf(df)
}

/**
 * Maximum likelihood: ψ(df/2) = mean of log(x/2), by Newton.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not above 0, or when nothing is observed.
 * @example
 * chiSquared.fit([1, 3, 2, 6]).distribution.parameters.df // 3.3853…
 */
chiSquared.fit = (data: Observations): DistributionFit<ContinuousDistribution<ChiSquaredParameters>> => {
  const values = observed('chiSquared', data)
  checkSupport('chiSquared', values, x => x > 0, 'values above 0')
  const target = meanOf(values.map(x => Math.log(x) - Math.LN2))
  // Minka's start for the inverse of ψ.
  let half = target >= -2.22 ? Math.exp(target) + 0.5 : -1 / (target - digamma(1))
  for (let i = 0; i < 50; i++) {
    const step = (digamma(half) - target) / trigamma(half)
    half = half - step > 0 ? half - step : half / 2
    if (Math.abs(step) <= 1e-14 * half) break
  }
  const df = 2 * half
  return fitted(distributionOf(df), values, { df: 2 / Math.sqrt(values.length * trigamma(half)) })
}
