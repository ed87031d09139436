/**
 * The gamma distribution: the waiting time for `shape` events, or any positive skewed quantity.
 *
 *     f(x) = rate^shape · x^(shape − 1) · exp(−rate·x) / Γ(shape)
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1, ch. 17; tails by
 * `special/incomplete-gamma.ts`. Also the base of the chi-squared distribution.
 */
import { digamma, trigamma } from '../special/digamma.ts'
import { productError } from '../special/double-double.ts'
import {
  gammaLower,
  gammaPrefactor,
  gammaUpper,
  logGammaLower,
  logGammaPrefactor,
  logGammaUpper,
} from '../special/incomplete-gamma.ts'
import { gammaPoint } from '../special/inverse-incomplete-gamma.ts'
import { logGamma1p } from '../special/log-gamma.ts'
import { logOneMinusExp } from '../special/log-one-minus-exp.ts'
import {
  ContinuousBase,
  type ContinuousDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
} from './distribution.ts'
import { badData, checkNames, checkNotNegative, checkPositive, checkSupport, observed } from './parameters.ts'
import { standardGammaDraw } from './sampling.ts'

/** Parameters of {@link gamma}. */
export interface GammaParameters {
  /** Shape, above 0, without unit. */
  shape: number
  /** Rate, in 1/unit of x; the scale is 1/rate and the mean shape/rate. 0 puts all mass at infinity. */
  rate: number
}

/** Gamma distribution with any name, so that chi-squared can reuse it. */
export class GammaFamily<P extends object> extends ContinuousBase<P> {
  readonly shape: number
  readonly rate: number

  constructor(name: string, parameters: P, shape: number, rate: number) {
    super(name, parameters)
    this.shape = shape
    this.rate = rate
  }
  get mean(): number {
    return this.shape / this.rate
  }
  get variance(): number {
    return this.shape / this.rate / this.rate
  }
  /** rate·x; at infinity the event has come even at rate 0. */
  scaled(x: number): number {
    return x === Infinity ? Infinity : x <= 0 ? 0 : x * this.rate
  }
  /** rate·x − shape with the digits that the product lost. */
  offset(x: number, scaled: number): number {
    return scaled - this.shape + productError(x, this.rate, scaled)
  }
  /** Whether x·rate has lost digits to underflow; then only its power is left of the distribution. */
  isPower(x: number, scaled: number): boolean {
    return scaled < 1e-290 && x > 0 && this.rate > 0
  }
  /** log of (rate·x)^shape/Γ(shape + 1), the first term of the lower tail. */
  logPower(x: number): number {
    return this.shape * (Math.log(x) + Math.log(this.rate)) - logGamma1p(this.shape)
  }
  pdf(x: number): number {
    if (x < 0 || x === Infinity) return 0
    if (Number.isNaN(x)) return NaN
    const g = this.scaled(x)
    if (this.isPower(x, g)) return Math.exp(this.logPdf(x))
    if (g === 0) return this.rate === 0 ? 0 : this.shape < 1 ? Infinity : this.shape === 1 ? this.rate : 0
    const scale = gammaPrefactor(this.shape, g, this.offset(x, g))
    return scale > 1e-280 ? (scale * this.shape) / x : Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    if (x < 0 || x === Infinity) return -Infinity
    if (Number.isNaN(x)) return NaN
    const g = this.scaled(x)
    if (this.isPower(x, g)) return this.logPower(x) + Math.log(this.shape) - Math.log(x)
    if (g === 0) return Math.log(this.pdf(x))
    return logGammaPrefactor(this.shape, g, this.offset(x, g)) + Math.log(this.shape) - Math.log(x)
  }
  cdf(x: number): number {
    const g = this.scaled(x)
    if (this.isPower(x, g)) return Math.exp(this.logPower(x))
    return Number.isNaN(x) ? NaN : gammaLower(this.shape, g, this.offset(x, g))
  }
  sf(x: number): number {
    const g = this.scaled(x)
    if (this.isPower(x, g)) return -Math.expm1(this.logPower(x))
    return Number.isNaN(x) ? NaN : gammaUpper(this.shape, g, this.offset(x, g))
  }
  logCdf(x: number): number {
    const g = this.scaled(x)
    if (this.isPower(x, g)) return this.logPower(x)
    return Number.isNaN(x) ? NaN : logGammaLower(this.shape, g, this.offset(x, g))
  }
  logSf(x: number): number {
    const g = this.scaled(x)
    if (this.isPower(x, g)) return logOneMinusExp(this.logPower(x))
    return Number.isNaN(x) ? NaN : logGammaUpper(this.shape, g, this.offset(x, g))
  }
  /** x from the log of its lower or upper tail. */
  private point(logTail: number, isLower: boolean): number {
    const { shape, rate } = this
    if (shape < 2 && rate > 0 && logTail > -Infinity && logTail < 0) {
      // The power alone, where rate·x underflows though x need not.
      const logLower = isLower ? logTail : logOneMinusExp(logTail)
      const logScaled = (logLower + logGamma1p(shape)) / shape
      if (logScaled < -650) return Math.exp(logScaled - Math.log(rate))
    }
    return gammaPoint(shape, logTail, isLower) / rate
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    if (p === 0) return 0
    return p <= 0.5 ? this.point(Math.log(p), true) : this.point(Math.log(1 - p), false)
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    if (p === 1) return 0
    return p <= 0.5 ? this.point(Math.log(p), false) : this.point(Math.log(1 - p), true)
  }
  override draw(rng: () => number): number {
    return standardGammaDraw(rng, this.shape) / this.rate
  }
}

/**
 * The gamma distribution.
 *
 * @param parameters `shape` > 0 and `rate` ≥ 0 (one over the scale, in 1/unit of x).
 * @throws ModelError `DISTRIBUTION_PARAMETER` for other values.
 * @example
 * import { gamma } from 'millrace/models'
 * const d = gamma({ shape: 3, rate: 1 })
 * console.log(d.sf(245).toExponential(6)) // 1.198669e-102
 */
export function gamma(parameters: GammaParameters): ContinuousDistribution<GammaParameters> {
  checkNames('gamma', parameters, 'shape', 'rate')
  const shape = checkPositive('gamma', 'shape', parameters.shape)
  const rate = checkNotNegative('gamma', 'rate', parameters.rate)
  return new GammaFamily('gamma', { shape, rate }, shape, rate)
}

/**
 * Maximum likelihood: Newton on log shape − ψ(shape) = log mean − mean log (Choi & Wette 1969).
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not above 0, or fewer than two different ones.
 * @example
 * gamma.fit([1, 2, 3, 6]).distribution.parameters.shape // 2.6209…
 */
gamma.fit = (data: Observations): DistributionFit<ContinuousDistribution<GammaParameters>> => {
  const values = observed('gamma', data, 2)
  checkSupport('gamma', values, x => x > 0, 'values above 0')
  const mean = meanOf(values)
  // mean of −log(x/mean), as such: the difference of the two logarithms would cancel for large shapes.
  let gap = 0
  for (const x of values) {
    const u = (x - mean) / mean
    // Of a value far below the mean u is −1 to the last digit.
    gap += u - (u > -0.5 ? Math.log1p(u) : Math.log(x) - Math.log(mean))
  }
  gap /= values.length
  if (!(gap > 0)) throw badData('gamma', 'values that differ', `only ${mean}`, 'the shape would be infinite')
  let shape = (3 - gap + Math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
  for (let i = 0; i < 50; i++) {
    const miss = Math.log(shape) - digamma(shape) - gap
    // In 1/shape the equation is nearly linear (Minka 2002).
    const inverse = 1 / shape + miss / (shape * shape * (1 / shape - trigamma(shape)))
    const next = inverse > 0 ? 1 / inverse : shape / 2
    const done = Math.abs(next - shape) <= 1e-14 * shape
    shape = next
    if (done) break
  }
  const rate = shape / mean
  const n = values.length
  // shape·ψ′(shape) − 1, which cancels for large shapes: 1/(2·shape) + 1/(6·shape²) to sixteen digits there.
  const excess = shape < 1e6 ? shape * trigamma(shape) - 1 : (0.5 + 1 / (6 * shape)) / shape
  const determinant = n * excess
  return fitted(new GammaFamily('gamma', { shape, rate }, shape, rate), values, {
    shape: Math.sqrt(shape / determinant),
    rate: rate * Math.sqrt(trigamma(shape) / determinant),
  })
}
