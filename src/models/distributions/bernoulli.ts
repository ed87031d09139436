/**
 * The Bernoulli distribution: one trial, 1 for success and 0 for failure.
 *
 *     P(X = 1) = p,   P(X = 0) = 1 − p
 *
 * Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions, ch. 3.
 */
import {
  DiscreteBase,
  type DiscreteDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
} from './distribution.ts'
import { checkNames, checkProbability, checkSupport, observed } from './parameters.ts'

/** Parameters of {@link bernoulli}. */
export interface BernoulliParameters {
  /** Probability of 1, 0 … 1. */
  p: number
}

class Bernoulli extends DiscreteBase<BernoulliParameters> {
  readonly p: number

  constructor(p: number) {
    super('bernoulli', { p })
    this.p = p
  }
  get mean(): number {
    return this.p
  }
  get variance(): number {
    return this.p * (1 - this.p)
  }
  override get max(): number {
    return this.p === 0 ? 0 : 1
  }
  override get stepSlack(): number {
    return 0
  }
  pmf(x: number): number {
    return x === 1 ? this.p : x === 0 ? 1 - this.p : Number.isNaN(x) ? NaN : 0
  }
  logPmf(x: number): number {
    return x === 1 ? Math.log(this.p) : x === 0 ? Math.log1p(-this.p) + 0 : Number.isNaN(x) ? NaN : -Infinity
  }
  cdf(x: number): number {
    return x < 0 ? 0 : x < 1 ? 1 - this.p : x >= 1 ? 1 : NaN
  }
  sf(x: number): number {
    return x < 0 ? 1 : x < 1 ? this.p : x >= 1 ? 0 : NaN
  }
  logCdf(x: number): number {
    return x < 0 ? -Infinity : x < 1 ? Math.log1p(-this.p) + 0 : x >= 1 ? 0 : NaN
  }
  logSf(x: number): number {
    return x < 0 ? 0 : x < 1 ? Math.log(this.p) : x >= 1 ? -Infinity : NaN
  }
  override draw(rng: () => number): number {
    return rng() < this.p ? 1 : 0
  }
}

/**
 * The Bernoulli distribution.
 *
 * @param parameters `p`, the probability of 1 (0 … 1).
 * @throws ModelError `DISTRIBUTION_PARAMETER` when p is not a probability.
 * @example
 * import { bernoulli } from 'millrace/models'
 * console.log(bernoulli({ p: 0.3 }).variance.toFixed(2)) // 0.21
 */
export function bernoulli(parameters: BernoulliParameters): DiscreteDistribution<BernoulliParameters> {
  checkNames('bernoulli', parameters, 'p')
  return new Bernoulli(checkProbability('bernoulli', 'p', parameters.p))
}

/**
 * Maximum likelihood: the share of ones.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values other than 0 and 1, or when nothing is observed.
 * @example
 * bernoulli.fit([1, 0, 1, 1]).distribution.parameters.p // 0.75
 */
bernoulli.fit = (data: Observations): DistributionFit<DiscreteDistribution<BernoulliParameters>> => {
  const values = observed('bernoulli', data)
  checkSupport('bernoulli', values, x => x === 0 || x === 1, 'zeros and ones')
  const p = meanOf(values)
  return fitted(new Bernoulli(p), values, { p: Math.sqrt((p * (1 - p)) / values.length) })
}
