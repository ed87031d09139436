/**
 * The continuous uniform distribution: every point of an interval alike.
 *
 *     f(x) = 1/(max − min) for min ≤ x ≤ max
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, ch. 26.
 */

import { ModelError } from '../../core/errors.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  type Observations,
} from './distribution.ts'
import { badData, checkFinite, checkNames, observed } from './parameters.ts'

/** Parameters of {@link uniform}, in the units of the data. */
export interface UniformParameters {
  /** Lower end. */
  min: number
  /** Upper end, above `min`. */
  max: number
}

class Uniform extends ContinuousBase<UniformParameters> {
  readonly min: number
  readonly max: number
  readonly width: number

  constructor(min: number, max: number) {
    super('uniform', { min, max })
    this.min = min
    this.max = max
    this.width = max - min
  }
  get mean(): number {
    return this.min / 2 + this.max / 2
  }
  get variance(): number {
    return (this.width * this.width) / 12
  }
  pdf(x: number): number {
    return Number.isNaN(x) ? NaN : x >= this.min && x <= this.max ? 1 / this.width : 0
  }
  logPdf(x: number): number {
    return Number.isNaN(x) ? NaN : x >= this.min && x <= this.max ? -Math.log(this.width) : -Infinity
  }
  cdf(x: number): number {
    return x <= this.min ? 0 : x >= this.max ? 1 : (x - this.min) / this.width
  }
  sf(x: number): number {
    return x <= this.min ? 1 : x >= this.max ? 0 : (this.max - x) / this.width
  }
  logCdf(x: number): number {
    return logShare(x - this.min, this.width, this.cdf(x), this.sf(x))
  }
  logSf(x: number): number {
    return logShare(this.max - x, this.width, this.sf(x), this.cdf(x))
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.min + p * this.width : this.max - (1 - p) * this.width
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.max - p * this.width : this.min + (1 - p) * this.width
  }
}

/** log of share = part/width; of the rest 1 − share when that is the smaller, and of the parts where it is subnormal. */
function logShare(part: number, width: number, share: number, rest: number): number {
  if (share > 0.5) return Math.log1p(-rest) + 0
  return share > 1e-290 || !(part > 0) ? Math.log(share) : Math.log(part) - Math.log(width)
}

/**
 * The continuous uniform distribution.
 *
 * @param parameters `min` and `max` > `min`, in the units of the data.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when they are not finite or not in order.
 * @example
 * import { uniform } from 'millrace/models'
 * console.log(uniform({ min: 0.2, max: 2 }).cdf(0.65)) // 0.25
 */
export function uniform(parameters: UniformParameters): ContinuousDistribution<UniformParameters> {
  checkNames('uniform', parameters, 'min', 'max')
  const min = checkFinite('uniform', 'min', parameters.min)
  const max = checkFinite('uniform', 'max', parameters.max)
  if (!(max > min && max - min < Infinity))
    throw new ModelError(
      'DISTRIBUTION_PARAMETER',
      `uniform() needs min < max, got min = ${min}, max = ${max}`,
      {
        hint: 'swap them, or widen the interval',
      },
    )
  return new Uniform(min, max)
}

/**
 * Maximum likelihood: the smallest and the largest value. Not a regular problem: the standard errors are those of the
 * extremes of n uniform values, and the true interval is wider than the fitted one.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for fewer than two different values.
 * @example
 * uniform.fit([2, 5, 3]).distribution.parameters.max // 5
 */
uniform.fit = (data: Observations): DistributionFit<ContinuousDistribution<UniformParameters>> => {
  const values = observed('uniform', data, 2)
  let min = Infinity
  let max = -Infinity
  for (const x of values) {
    if (x < min) min = x
    if (x > max) max = x
  }
  if (!(max > min)) throw badData('uniform', 'values that differ', `only ${min}`, 'a constant has no width')
  const n = values.length
  const error = ((max - min) / (n + 1)) * Math.sqrt(n / (n + 2))
  return fitted(new Uniform(min, max), values, { min: error, max: error })
}
