/**
 * The geometric distribution: failures before the first success.
 *
 *     P(X = k) = p·(1 − p)^k,   k = 0, 1, …
 *
 * Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions, ch. 5.
 */
import { logOneMinusExp } from '../special/log-one-minus-exp.ts'
import {
  DiscreteBase,
  type DiscreteDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  openUniform,
} from './distribution.ts'
import { checkNames, checkProbability, checkSupport, observed } from './parameters.ts'

/** Parameters of {@link geometric}. */
export interface GeometricParameters {
  /** Probability of success in one trial, 0 … 1; 0 means that it never comes: all mass at infinity. */
  p: number
}

class Geometric extends DiscreteBase<GeometricParameters> {
  readonly p: number
  /** log(1 − p). */
  private readonly logQ: number

  constructor(p: number) {
    super('geometric', { p })
    this.p = p
    this.logQ = Math.log1p(-p)
  }
  get mean(): number {
    return (1 - this.p) / this.p
  }
  get variance(): number {
    return this.p === 0 ? Infinity : (1 - this.p) / this.p / this.p
  }
  override get max(): number {
    return this.p === 1 ? 0 : Infinity
  }
  /** k·log(1 − p), with 0·∞ = 0. */
  private logPower(k: number): number {
    return k === 0 ? 0 : k * this.logQ
  }
  pmf(x: number): number {
    if (Number.isNaN(x)) return NaN
    return x >= 0 && x === Math.floor(x) && x < Infinity ? this.p * Math.exp(this.logPower(x)) : 0
  }
  logPmf(x: number): number {
    if (Number.isNaN(x)) return NaN
    return x >= 0 && x === Math.floor(x) && x < Infinity ? Math.log(this.p) + this.logPower(x) : -Infinity
  }
  cdf(x: number): number {
    return x < 0 ? 0 : x === Infinity ? 1 : -Math.expm1((Math.floor(x) + 1) * this.logQ)
  }
  sf(x: number): number {
    return x < 0 ? 1 : x === Infinity ? 0 : Math.exp((Math.floor(x) + 1) * this.logQ)
  }
  logCdf(x: number): number {
    if (x < 0) return -Infinity
    if (x === Infinity) return 0
    return logOneMinusExp((Math.floor(x) + 1) * this.logQ)
  }
  logSf(x: number): number {
    return x < 0 ? 0 : x === Infinity ? -Infinity : (Math.floor(x) + 1) * this.logQ + 0
  }
  override quantile(p: number): number {
    return this.p === 0 && p > 0 && p <= 1 ? Infinity : super.quantile(p)
  }
  override isf(p: number): number {
    return this.p === 0 && p >= 0 && p < 1 ? Infinity : super.isf(p)
  }
  override draw(rng: () => number): number {
    return this.p === 1 ? 0 : Math.floor(Math.log(openUniform(rng)) / this.logQ)
  }
}

/**
 * The geometric distribution, counted from 0.
 *
 * @param parameters `p`, the probability of success (0 … 1).
 * @throws ModelError `DISTRIBUTION_PARAMETER` when p is not a probability.
 * @example
 * import { geometric } from 'millrace/models'
 * console.log(geometric({ p: 0.25 }).sf(3).toFixed(4)) // 0.3164
 */
export function geometric(parameters: GeometricParameters): DiscreteDistribution<GeometricParameters> {
  checkNames('geometric', parameters, 'p')
  return new Geometric(checkProbability('geometric', 'p', parameters.p))
}

/**
 * Maximum likelihood: p = 1/(1 + mean).
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not whole numbers of at least 0, or when nothing
 *   is observed.
 * @example
 * geometric.fit([0, 2, 1, 3]).distribution.parameters.p // 0.4
 */
geometric.fit = (data: Observations): DistributionFit<DiscreteDistribution<GeometricParameters>> => {
  const values = observed('geometric', data)
  checkSupport('geometric', values, x => x >= 0 && Number.isInteger(x), 'whole numbers of at least 0')
  const p = 1 / (1 + meanOf(values))
  return fitted(new Geometric(p), values, { p: p * Math.sqrt((1 - p) / values.length) })
}
