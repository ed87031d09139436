/**
 * The lognormal distribution: exp of a normal variable, such as incomes, file sizes, response times.
 *
 *     f(x) = φ((log x − meanLog)/sdLog) / (x·sdLog)
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1, ch. 14.
 */
import { productError } from '../special/double-double.ts'
import { exponentialPair } from '../special/exponential-pair.ts'
import { standardNormalQuantile, upperPoint } from '../special/normal-quantile.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  spreadOf,
} from './distribution.ts'
import { normalLogSf, standardNormalDensity, standardNormalSf } from './normal.ts'
import { badData, checkFinite, checkNames, checkPositive, checkSupport, observed } from './parameters.ts'

const LOG_SQRT_TWO_PI = 0.9189385332046728

/** Parameters of {@link lognormal}. */
export interface LognormalParameters {
  /** Expectation of log x (natural logarithm). */
  meanLog: number
  /** Standard deviation of log x, above 0. */
  sdLog: number
}

class Lognormal extends ContinuousBase<LognormalParameters> {
  readonly meanLog: number
  readonly sdLog: number
  /** exp(meanLog), the median, in two words. */
  private readonly median: readonly [number, number]

  constructor(meanLog: number, sdLog: number) {
    super('lognormal', { meanLog, sdLog })
    this.meanLog = meanLog
    this.sdLog = sdLog
    this.median = Math.abs(meanLog) < 600 ? exponentialPair(meanLog) : [0, 0]
  }
  get mean(): number {
    return Math.exp(this.meanLog + 0.5 * this.sdLog ** 2)
  }
  get variance(): number {
    const s = this.sdLog ** 2
    return Math.expm1(s) * Math.exp(2 * this.meanLog + s)
  }
  /**
   * (log x − meanLog)/sdLog. As log(x/median): the difference of two logarithms would cost digits in the tail when sdLog
   * is small.
   */
  z(x: number): number {
    if (!(x > 0)) return x <= 0 ? -Infinity : NaN
    const [high, low] = this.median
    const ratio = x / high
    if (!(ratio > 1e-200 && ratio < 1e200)) return (Math.log(x) - this.meanLog) / this.sdLog
    const product = ratio * high
    const rest = (x - product - productError(ratio, high, product) - ratio * low) / x
    return (Math.log(ratio) + rest) / this.sdLog
  }
  pdf(x: number): number {
    if (x <= 0 || x === Infinity) return 0
    const density = standardNormalDensity(this.z(x))
    return density > 1e-290 ? density / x / this.sdLog : Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    if (x <= 0 || x === Infinity) return -Infinity
    const z = this.z(x)
    return -0.5 * z * z - LOG_SQRT_TWO_PI - Math.log(x) - Math.log(this.sdLog)
  }
  cdf(x: number): number {
    return standardNormalSf(-this.z(x))
  }
  sf(x: number): number {
    return standardNormalSf(this.z(x))
  }
  logCdf(x: number): number {
    return normalLogSf(-this.z(x))
  }
  logSf(x: number): number {
    return normalLogSf(this.z(x))
  }
  quantile(p: number): number {
    return Math.exp(this.meanLog + this.sdLog * standardNormalQuantile(p))
  }
  isf(p: number): number {
    const z = p < 0.25 && p >= 0 ? upperPoint(Math.log(p)) : -standardNormalQuantile(p)
    return Math.exp(this.meanLog + this.sdLog * z)
  }
}

/**
 * The lognormal distribution.
 *
 * @param parameters `meanLog` and `sdLog` > 0: expectation and standard deviation of log x, without unit.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when they are not finite or `sdLog` is not above 0.
 * @example
 * import { lognormal } from 'millrace/models'
 * const d = lognormal({ meanLog: 2, sdLog: 0.5 })
 * console.log(d.sf(500).toExponential(4)) // 1.7399e-17
 */
export function lognormal(parameters: LognormalParameters): ContinuousDistribution<LognormalParameters> {
  checkNames('lognormal', parameters, 'meanLog', 'sdLog')
  return new Lognormal(
    checkFinite('lognormal', 'meanLog', parameters.meanLog),
    checkPositive('lognormal', 'sdLog', parameters.sdLog),
  )
}

/**
 * Maximum likelihood: mean and standard deviation (divided by n) of the logarithms.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not above 0, or fewer than two different ones.
 * @example
 * lognormal.fit([1, 2, 4, 8]).distribution.parameters.meanLog // 1.0397…
 */
lognormal.fit = (data: Observations): DistributionFit<ContinuousDistribution<LognormalParameters>> => {
  const values = observed('lognormal', data, 2)
  checkSupport('lognormal', values, x => x > 0, 'values above 0')
  const logs = values.map(Math.log)
  const mean = meanOf(logs)
  const sd = spreadOf(logs, mean)
  if (!(sd > 0))
    throw badData('lognormal', 'values that differ', `only ${values[0]}`, 'a constant has no spread')
  const n = values.length
  return fitted(new Lognormal(mean, sd), values, { meanLog: sd / Math.sqrt(n), sdLog: sd / Math.sqrt(2 * n) })
}
