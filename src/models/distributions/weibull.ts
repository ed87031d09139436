/**
 * The Weibull distribution: lifetimes whose hazard grows (shape > 1) or falls (shape < 1) with age.
 *
 *     f(x) = (shape/scale)·(x/scale)^(shape − 1)·exp(−(x/scale)^shape)
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1, ch. 21.
 */
import { productError } from '../special/double-double.ts'
import { logGamma1p } from '../special/log-gamma.ts'
import { logOneMinusExp } from '../special/log-one-minus-exp.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  openUniform,
  spreadOf,
} from './distribution.ts'
import { badData, checkNames, checkPositive, checkSupport, observed } from './parameters.ts'

/** Parameters of {@link weibull}. */
export interface WeibullParameters {
  /** Shape, above 0, without unit; 1 is the exponential distribution. */
  shape: number
  /** Scale, above 0, in the units of x: the point that 63.2 % do not outlive. */
  scale: number
}

/** Above it a moment is no double, though its logarithm is one. */
const MOST_LOG = 800

class Weibull extends ContinuousBase<WeibullParameters> {
  readonly shape: number
  readonly scale: number

  constructor(shape: number, scale: number) {
    super('weibull', { shape, scale })
    this.shape = shape
    this.scale = scale
  }
  get mean(): number {
    const log = logGamma1p(1 / this.shape)
    return log < MOST_LOG ? this.scale * Math.exp(log) : Infinity
  }
  get variance(): number {
    const k = this.shape
    const first = logGamma1p(1 / k)
    if (!(first < MOST_LOG)) return Infinity
    return this.scale ** 2 * Math.exp(2 * first) * Math.expm1(logGamma1p(2 / k) - 2 * first)
  }
  /** log(x/scale), where the quotient underflows too. */
  private logRatio(x: number): number {
    const ratio = x / this.scale
    if (!(ratio > 1e-290 && ratio < 1e290)) return Math.log(x) - Math.log(this.scale)
    const product = ratio * this.scale
    return Math.log(ratio) + (x - product - productError(ratio, this.scale, product)) / x
  }
  /** (x/scale)^shape, with what the quotient lost: a large shape would multiply it. */
  hazard(x: number): number {
    if (x <= 0) return 0
    const { scale, shape } = this
    const ratio = x / scale
    if (ratio < 1e-290 || ratio > 1e290) return Math.exp(shape * this.logRatio(x))
    const power = ratio ** shape
    if (!(power > 0 && power < Infinity)) return power
    const product = ratio * scale
    return power * (1 + (shape * (x - product - productError(ratio, scale, product))) / x)
  }
  pdf(x: number): number {
    if (x < 0 || x === Infinity) return 0
    if (x === 0) return this.shape < 1 ? Infinity : this.shape === 1 ? 1 / this.scale : 0
    // By the hazard, whose digits are kept where a large shape would multiply the rounding of x/scale.
    const h = this.hazard(x)
    return h > 1e-280 && h < 1e280 ? ((this.shape * h) / x) * Math.exp(-h) : Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    if (x < 0 || x === Infinity) return -Infinity
    if (x === 0) return Math.log(this.pdf(0))
    const h = this.hazard(x)
    if (h > 1e-280 && h < 1e280) return Math.log(this.shape) + Math.log(h) - Math.log(x) - h
    return Math.log(this.shape / this.scale) + (this.shape - 1) * this.logRatio(x) - h
  }
  cdf(x: number): number {
    return -Math.expm1(-this.hazard(x))
  }
  sf(x: number): number {
    return Math.exp(-this.hazard(x))
  }
  logCdf(x: number): number {
    if (x <= 0) return -Infinity
    const h = this.hazard(x)
    return h > 1e-280 || !(x > 0) ? logOneMinusExp(-h) : this.shape * this.logRatio(x)
  }
  logSf(x: number): number {
    return 0 - this.hazard(x)
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return this.scale * (0 - Math.log1p(-p)) ** (1 / this.shape)
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return this.scale * (0 - Math.log(p)) ** (1 / this.shape)
  }
  override draw(rng: () => number): number {
    return this.isf(openUniform(rng))
  }
}

/**
 * The Weibull distribution.
 *
 * @param parameters `shape` > 0 without unit, `scale` > 0 in the units of x.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when one is not finite or not above 0.
 * @example
 * import { weibull } from 'millrace/models'
 * console.log(weibull({ shape: 3, scale: 2 }).cdf(0.5).toFixed(6)) // 0.015504
 */
export function weibull(parameters: WeibullParameters): ContinuousDistribution<WeibullParameters> {
  checkNames('weibull', parameters, 'shape', 'scale')
  return new Weibull(
    checkPositive('weibull', 'shape', parameters.shape),
    checkPositive('weibull', 'scale', parameters.scale),
  )
}

/**
 * Maximum likelihood: safeguarded Newton on the shape; standard errors from the observed information.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not above 0, or fewer than two different ones.
 * @example
 * weibull.fit([1, 2, 3, 6]).distribution.parameters.shape // 1.7043…
 */
weibull.fit = (data: Observations): DistributionFit<ContinuousDistribution<WeibullParameters>> => {
  const values = observed('weibull', data, 2)
  checkSupport('weibull', values, x => x > 0, 'values above 0')
  const logs = values.map(Math.log)
  const center = meanOf(logs)
  const spread = spreadOf(logs, center)
  if (!(spread > 0))
    throw badData('weibull', 'values that differ', `only ${values[0]}`, 'a constant has no spread')
  const n = values.length
  let shape = Math.PI / (Math.sqrt(6) * spread)
  let s0 = 0
  let s1 = 0
  let s2 = 0
  for (let i = 0; i < 200; i++) {
    s0 = s1 = s2 = 0
    for (const log of logs) {
      const y = log - center
      const w = Math.exp(shape * y)
      s0 += w
      s1 += w * y
      s2 += w * y * y
    }
    const miss = s1 / s0 - 1 / shape
    const slope = s2 / s0 - (s1 / s0) ** 2 + 1 / (shape * shape)
    const next = shape - miss / slope
    const step = next > 0 ? next - shape : -shape / 2
    shape += step
    if (Math.abs(step) <= 1e-14 * shape) break
  }
  const scale = Math.exp(center + Math.log(s0 / n) / shape)
  // Information in (log shape, log scale): with w the hazard and v = log of it.
  let kk = n
  let ks = 0
  for (const log of logs) {
    const v = shape * (log - Math.log(scale))
    const w = Math.exp(v)
    kk += w * v * v
    ks -= shape * (w * v + w - 1)
  }
  const ss = n * shape * shape
  const determinant = kk * ss - ks * ks
  return fitted(new Weibull(shape, scale), values, {
    shape: shape * Math.sqrt(ss / determinant),
    scale: scale * Math.sqrt(kk / determinant),
  })
}
