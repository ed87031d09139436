/**
 * The normal (Gaussian) distribution: sums of many small effects.
 *
 *     f(x) = exp(−z²/2) / (sd·√(2π)),   z = (x − mean)/sd
 *
 * Source: Abramowitz & Stegun 26.2; tails by Mills' ratio (`special/mills-ratio.ts`).
 */
import { productError } from '../special/double-double.ts'
import { millsRatio } from '../special/mills-ratio.ts'
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
import { badData, checkFinite, checkNames, checkPositive, observed } from './parameters.ts'

const INVERSE_SQRT_TWO_PI = 0.3989422804014327
const LOG_SQRT_TWO_PI = 0.9189385332046728

/** Parameters of {@link normal}, in the units of the data. */
export interface NormalParameters {
  /** Expectation. */
  mean: number
  /** Standard deviation (not the variance), above 0. */
  sd: number
}

/** φ(z), without the loss that rounding z² would bring in the tail. */
export function standardNormalDensity(z: number): number {
  const square = z * z
  const density = INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * square)
  return square < 4 ? density : density * (1 - 0.5 * productError(z, z, square))
}

/** 1 − Φ(z), accurate in the tail. */
export function standardNormalSf(z: number): number {
  if (z >= 0) return z > 39 ? 0 : standardNormalDensity(z) * millsRatio(z)
  return z < -39 ? 1 : 1 - standardNormalDensity(z) * millsRatio(-z)
}

/**
 * log P(Z > z) of the standard normal distribution, without underflow for any z.
 *
 * @param z Standardised value, (x − mean)/sd; NaN gives NaN.
 * @returns A number ≤ 0; about −z²/2 for large z.
 * @example normalLogSf(40) // -804.608442…, where the probability itself is 0 in double precision
 */
export function normalLogSf(z: number): number {
  // Adding 0 turns the −0 of a tail that is all of the distribution into 0.
  if (z < -0.5) return z < -39 ? 0 : Math.log1p(-standardNormalDensity(z) * millsRatio(-z)) + 0
  if (z === Infinity) return -Infinity
  if (z < 0) return Math.log(1 - standardNormalDensity(z) * millsRatio(-z))
  return Math.log(millsRatio(z)) - 0.5 * z * z - LOG_SQRT_TWO_PI
}

/**
 * log of the two-sided p-value 2·P(Z > |z|) of the standard normal distribution, without underflow for any z.
 *
 * @param z Standardised value, (x − mean)/sd; NaN gives NaN.
 * @returns A number ≤ 0; divided by −log 10 it is a detector's score.
 * @example -normalLogTwoSided(18) / Math.LN10 // 71.7…: an 18-sigma spike
 */
export function normalLogTwoSided(z: number): number {
  const size = Math.abs(z)
  // 2·Q = 1 − (2Φ − 1): near 0 the logarithm of a number close to 1.
  if (size < 0.5) return Math.log(2 * standardNormalDensity(size) * millsRatio(size))
  if (size === Infinity) return -Infinity
  return Math.log(millsRatio(size)) - 0.5 * size * size - (LOG_SQRT_TWO_PI - Math.LN2)
}

class Normal extends ContinuousBase<NormalParameters> {
  readonly mean: number
  readonly sd: number

  constructor(mean: number, sd: number) {
    super('normal', { mean, sd })
    this.mean = mean
    this.sd = sd
  }
  get variance(): number {
    return this.sd * this.sd
  }
  pdf(x: number): number {
    return standardNormalDensity((x - this.mean) / this.sd) / this.sd
  }
  logPdf(x: number): number {
    const z = (x - this.mean) / this.sd
    return -0.5 * z * z - LOG_SQRT_TWO_PI - Math.log(this.sd)
  }
  cdf(x: number): number {
    return standardNormalSf((this.mean - x) / this.sd)
  }
  sf(x: number): number {
    return standardNormalSf((x - this.mean) / this.sd)
  }
  logCdf(x: number): number {
    return normalLogSf((this.mean - x) / this.sd)
  }
  logSf(x: number): number {
    return normalLogSf((x - this.mean) / this.sd)
  }
  quantile(p: number): number {
    return this.mean + this.sd * standardNormalQuantile(p)
  }
  isf(p: number): number {
    if (p < 0.25 && p >= 0) return this.mean + this.sd * upperPoint(Math.log(p))
    return this.mean - this.sd * standardNormalQuantile(p)
  }
}

/**
 * The normal distribution.
 *
 * @param parameters `mean` and `sd` (standard deviation > 0), both in the units of the data.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when they are not finite or `sd` is not above 0.
 * @example
 * import { normal } from 'millrace/models'
 * const d = normal({ mean: 50, sd: 5 })
 * console.log(d.pdf(60).toFixed(4)) // 0.0108
 * console.log(d.sf(60).toFixed(4)) // 0.0228
 */
export function normal(parameters: NormalParameters): ContinuousDistribution<NormalParameters> {
  checkNames('normal', parameters, 'mean', 'sd')
  return new Normal(
    checkFinite('normal', 'mean', parameters.mean),
    checkPositive('normal', 'sd', parameters.sd),
  )
}

/**
 * Maximum likelihood: the sample mean, and the sample standard deviation divided by n (not n − 1).
 *
 * @throws ModelError `DISTRIBUTION_DATA` for fewer than two different values.
 * @example
 * normal.fit([1, 2, 3, 6]).distribution.parameters.sd // 1.8708…
 */
normal.fit = (data: Observations): DistributionFit<ContinuousDistribution<NormalParameters>> => {
  const values = observed('normal', data, 2)
  const mean = meanOf(values)
  const sd = spreadOf(values, mean)
  if (!(sd > 0))
    throw badData('normal', 'values that differ', `only ${mean}`, 'a constant has no spread to fit')
  const n = values.length
  return fitted(new Normal(mean, sd), values, { mean: sd / Math.sqrt(n), sd: sd / Math.sqrt(2 * n) })
}
