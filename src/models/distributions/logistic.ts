/**
 * The logistic distribution: like the normal, with heavier tails.
 *
 *     f(x) = e^(−z) / (scale·(1 + e^(−z))²),   z = (x − location)/scale
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, ch. 23.
 */
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  noMaximum,
  type Observations,
  spreadOf,
} from './distribution.ts'
import { maximize } from './maximize.ts'
import { badData, checkFinite, checkNames, checkPositive, observed } from './parameters.ts'

/** Parameters of {@link logistic}, in the units of the data. */
export interface LogisticParameters {
  /** Mean, median and mode. */
  location: number
  /** Scale, above 0; the standard deviation is scale·π/√3. */
  scale: number
}

/** log(1 + e^t) without overflow. */
function softplus(t: number): number {
  return t > 0 ? t + Math.log1p(Math.exp(-t)) : Math.log1p(Math.exp(t))
}

class Logistic extends ContinuousBase<LogisticParameters> {
  readonly location: number
  readonly scale: number

  constructor(location: number, scale: number) {
    super('logistic', { location, scale })
    this.location = location
    this.scale = scale
  }
  get mean(): number {
    return this.location
  }
  get variance(): number {
    return (this.scale * Math.PI) ** 2 / 3
  }
  pdf(x: number): number {
    const e = Math.exp(-Math.abs(x - this.location) / this.scale)
    return e / (1 + e) / (1 + e) / this.scale
  }
  logPdf(x: number): number {
    const size = Math.abs(x - this.location) / this.scale
    return -size - 2 * Math.log1p(Math.exp(-size)) - Math.log(this.scale)
  }
  cdf(x: number): number {
    return this.sf(2 * this.location - x, (this.location - x) / this.scale)
  }
  sf(x: number, z: number = (x - this.location) / this.scale): number {
    if (z < 0) return 1 / (1 + Math.exp(z))
    const e = Math.exp(-z)
    return e / (1 + e)
  }
  logCdf(x: number): number {
    return 0 - softplus((this.location - x) / this.scale)
  }
  logSf(x: number): number {
    return 0 - softplus((x - this.location) / this.scale)
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return this.location + this.scale * logit(p)
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return this.location - this.scale * logit(p)
  }
}

/** log(p/(1 − p)), accurate near ½. */
function logit(p: number): number {
  return p > 0.25 && p < 0.75 ? 2 * Math.atanh(2 * p - 1) : Math.log(p) - Math.log1p(-p)
}

/**
 * The logistic distribution.
 *
 * @param parameters `location` and `scale` > 0, in the units of the data.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when they are not finite or `scale` is not above 0.
 * @example
 * import { logistic } from 'millrace/models'
 * console.log(logistic({ location: 0, scale: 1 }).cdf(2).toFixed(4)) // 0.8808
 */
export function logistic(parameters: LogisticParameters): ContinuousDistribution<LogisticParameters> {
  checkNames('logistic', parameters, 'location', 'scale')
  return new Logistic(
    checkFinite('logistic', 'location', parameters.location),
    checkPositive('logistic', 'scale', parameters.scale),
  )
}

/**
 * Maximum likelihood, numerically; standard errors from the observed information.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for fewer than two different values.
 * @example
 * logistic.fit([1, 2, 3, 5, 9]).distribution.parameters.location // 3.6352…
 */
logistic.fit = (data: Observations): DistributionFit<ContinuousDistribution<LogisticParameters>> => {
  const values = observed('logistic', data, 2)
  const center = meanOf(values)
  const spread = (Math.sqrt(3) / Math.PI) * spreadOf(values, center)
  if (!(spread > 0))
    throw badData('logistic', 'values that differ', `only ${center}`, 'a constant has no spread')
  const best = maximize(
    ([location, logScale]) => {
      const scale = Math.exp(logScale!)
      let sum = 0
      for (const x of values) {
        const size = Math.abs((x - center) / spread - location!) / scale
        sum -= size + 2 * Math.log1p(Math.exp(-size))
      }
      return sum - values.length * logScale!
    },
    [0, 0],
  )
  if (Number.isNaN(best.standardErrors[0])) throw noMaximum('logistic', values)
  const [location, logScale] = best.at as [number, number]
  const scale = spread * Math.exp(logScale)
  return fitted(new Logistic(center + spread * location, scale), values, {
    location: spread * best.standardErrors[0]!,
    scale: scale * best.standardErrors[1]!,
  })
}
