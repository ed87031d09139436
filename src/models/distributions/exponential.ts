/**
 * The exponential distribution: waiting times of events that come at a constant rate.
 *
 *     f(x) = rate·exp(−rate·x)
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1, ch. 19.
 */
import { logOneMinusExp } from '../special/log-one-minus-exp.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  openUniform,
} from './distribution.ts'
import { badData, checkNames, checkNotNegative, checkSupport, observed } from './parameters.ts'

/** Parameters of {@link exponential}. */
export interface ExponentialParameters {
  /** Events per unit of x; the mean is 1/rate. 0 means that the event never comes: all mass at infinity. */
  rate: number
}

class Exponential extends ContinuousBase<ExponentialParameters> {
  readonly rate: number

  constructor(rate: number) {
    super('exponential', { rate })
    this.rate = rate
  }
  get mean(): number {
    return 1 / this.rate
  }
  get variance(): number {
    return 1 / (this.rate * this.rate)
  }
  /** rate·x, also where the product of 0 and Infinity is asked: at infinity the event has come. */
  hazard(x: number): number {
    return x === Infinity ? Infinity : x <= 0 ? 0 : this.rate * x
  }
  pdf(x: number): number {
    return x < 0 ? 0 : this.rate * Math.exp(-this.hazard(x))
  }
  logPdf(x: number): number {
    return x < 0 ? -Infinity : Math.log(this.rate) - this.hazard(x)
  }
  cdf(x: number): number {
    return -Math.expm1(-this.hazard(x))
  }
  sf(x: number): number {
    return Math.exp(-this.hazard(x))
  }
  logCdf(x: number): number {
    const h = this.hazard(x)
    // Below, the product has lost digits.
    return h > 1e-290 || !(x > 0) ? logOneMinusExp(-h) : Math.log(x) + Math.log(this.rate)
  }
  logSf(x: number): number {
    return 0 - this.hazard(x)
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p === 0 ? 0 : -Math.log1p(-p) / this.rate
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p === 1 ? 0 : -Math.log(p) / this.rate
  }
  override draw(rng: () => number): number {
    return -Math.log(openUniform(rng)) / this.rate
  }
}

/**
 * The exponential distribution.
 *
 * @param parameters `rate` ≥ 0, events per unit of x.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when the rate is negative or not finite.
 * @example
 * import { exponential } from 'millrace/models'
 * const d = exponential({ rate: 1 })
 * console.log(d.sf(40)) // 4.248354255291589e-18
 */
export function exponential(
  parameters: ExponentialParameters,
): ContinuousDistribution<ExponentialParameters> {
  checkNames('exponential', parameters, 'rate')
  return new Exponential(checkNotNegative('exponential', 'rate', parameters.rate))
}

/**
 * Maximum likelihood: one over the mean.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values below 0, when all are 0, or when nothing is observed.
 * @example
 * exponential.fit([1, 2, 6]).distribution.parameters.rate // 0.3333…
 */
exponential.fit = (data: Observations): DistributionFit<ContinuousDistribution<ExponentialParameters>> => {
  const values = observed('exponential', data)
  checkSupport('exponential', values, x => x >= 0, 'values of at least 0')
  const mean = meanOf(values)
  if (!(mean > 0)) throw badData('exponential', 'a value above 0', 'only zeros', 'the rate would be infinite')
  return fitted(new Exponential(1 / mean), values, { rate: 1 / mean / Math.sqrt(values.length) })
}
