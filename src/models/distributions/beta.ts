/**
 * The beta distribution: a proportion, or what is known about a probability.
 *
 *     f(x) = x^(alpha − 1)·(1 − x)^(beta − 1) / B(alpha, beta)
 *
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, ch. 25; tails by
 * `special/incomplete-beta.ts`.
 */
import { digamma, trigamma } from '../special/digamma.ts'
import {
  betaLower,
  betaOffset,
  betaPrefactor,
  betaUpper,
  logBetaLower,
  logBetaPrefactor,
  logBetaUpper,
} from '../special/incomplete-beta.ts'
import { betaPoint } from '../special/inverse-incomplete-beta.ts'
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
import { badData, checkNames, checkPositive, checkSupport, observed } from './parameters.ts'
import { standardGammaDraw } from './sampling.ts'

/** Parameters of {@link beta}: pseudo-counts, without unit. */
export interface BetaParameters {
  /** Weight towards 1, above 0. */
  alpha: number
  /** Weight towards 0, above 0. */
  beta: number
}

class Beta extends ContinuousBase<BetaParameters> {
  readonly alpha: number
  readonly beta: number

  constructor(alpha: number, beta: number) {
    super('beta', { alpha, beta })
    this.alpha = alpha
    this.beta = beta
  }
  get mean(): number {
    return this.alpha / (this.alpha + this.beta)
  }
  get variance(): number {
    const n = this.alpha + this.beta
    return ((this.alpha / n) * (this.beta / n)) / (n + 1)
  }
  pdf(x: number): number {
    if (Number.isNaN(x)) return NaN
    if (x < 0 || x > 1) return 0
    if (x === 0) return this.alpha < 1 ? Infinity : this.alpha === 1 ? this.beta : 0
    if (x === 1) return this.beta < 1 ? Infinity : this.beta === 1 ? this.alpha : 0
    const scale = betaPrefactor(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
    return scale > 1e-280 ? scale / x / (1 - x) : Math.exp(this.logPdf(x))
  }
  logPdf(x: number): number {
    if (Number.isNaN(x)) return NaN
    if (x <= 0 || x >= 1) return Math.log(this.pdf(x))
    const log = logBetaPrefactor(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
    return log - Math.log(x) - Math.log1p(-x)
  }
  cdf(x: number): number {
    if (!(x > 0 && x < 1)) return x <= 0 ? 0 : x >= 1 ? 1 : NaN
    return betaLower(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
  }
  sf(x: number): number {
    if (!(x > 0 && x < 1)) return x <= 0 ? 1 : x >= 1 ? 0 : NaN
    return betaUpper(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
  }
  logCdf(x: number): number {
    if (!(x > 0 && x < 1)) return x <= 0 ? -Infinity : x >= 1 ? 0 : NaN
    return logBetaLower(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
  }
  logSf(x: number): number {
    if (!(x > 0 && x < 1)) return x <= 0 ? 0 : x >= 1 ? -Infinity : NaN
    return logBetaUpper(this.alpha, this.beta, x, 1 - x, betaOffset(this.alpha, this.beta, x))
  }
  /** Undoes the packing of `betaPoint`. */
  point(logTail: number, isLower: boolean): number {
    const side = betaPoint(this.alpha, this.beta, logTail, isLower)
    return side < 0 || Object.is(side, -0) ? 1 + side : side
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.point(Math.log(p), true) : this.point(Math.log(1 - p), false)
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    return p <= 0.5 ? this.point(Math.log(p), false) : this.point(Math.log(1 - p), true)
  }
  override draw(rng: () => number): number {
    // Where both draws underflow the distribution is all but two points: 0 and 1.
    const a = standardGammaDraw(rng, this.alpha)
    const b = standardGammaDraw(rng, this.beta)
    return a + b > 0 ? a / (a + b) : rng() < this.mean ? 1 : 0
  }
}

/**
 * The beta distribution.
 *
 * @param parameters `alpha` > 0 and `beta` > 0, without unit.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when one is not finite or not above 0.
 * @example
 * import { beta } from 'millrace/models'
 * console.log(beta({ alpha: 20, beta: 5 }).sf(0.9).toFixed(6)) // 0.085075
 */
export function beta(parameters: BetaParameters): ContinuousDistribution<BetaParameters> {
  checkNames('beta', parameters, 'alpha', 'beta')
  return new Beta(
    checkPositive('beta', 'alpha', parameters.alpha),
    checkPositive('beta', 'beta', parameters.beta),
  )
}

/** From this total on the distribution is normal to five digits, and its moments are the maximum. */
const NORMAL_TOTAL = 1e10
const MAX_STEPS = 200

/** ψ(b + a) − ψ(b), without cancellation where a is far smaller. */
function digammaRise(b: number, a: number): number {
  if (a < 1e-6 * b) return a * trigamma(b + 0.5 * a)
  if (b < 1000) return digamma(b + a) - digamma(b)
  const [r, s] = [1 / b, 1 / (b + a)]
  return Math.log1p(a / b) + 0.5 * a * r * s + (r * r - s * s) / 12 - (r ** 4 - s ** 4) / 120
}

/** b²·(ψ′(b) − ψ′(b + a)), likewise. */
function trigammaDrop(b: number, a: number): number {
  if (b < 100) return b * b * (trigamma(b) - trigamma(b + a))
  const share = b / (b + a)
  const rest = (1 - share ** 3) / (6 * b)
  return a * share + (0.5 * a * (1 + share)) / (b + a) + rest
}

/**
 * Maximum likelihood: scoring on the two digamma equations, in logarithms, started from the moments.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not strictly between 0 and 1, that do not differ, or whose
 *   parameters are beyond what a double holds.
 * @example
 * beta.fit([0.2, 0.4, 0.35, 0.6]).distribution.parameters.alpha // 4.3296…
 */
beta.fit = (data: Observations): DistributionFit<ContinuousDistribution<BetaParameters>> => {
  const values = observed('beta', data, 2)
  checkSupport('beta', values, x => x > 0 && x < 1, 'values strictly between 0 and 1')
  const mean = meanOf(values)
  const sd = spreadOf(values, mean)
  if (!(sd > 0)) throw badData('beta', 'values that differ', `only ${mean}`, 'a constant has no spread')
  const n = values.length
  const total = Math.max((mean / sd) * ((1 - mean) / sd) - 1, 0.1)
  let a = mean * total
  let b = (1 - mean) * total
  if (Math.min(a, b) > NORMAL_TOTAL) {
    const error = Math.sqrt(2 / n)
    return fitted(new Beta(a, b), values, { alpha: a * error, beta: b * error })
  }
  const logX = meanOf(values.map(Math.log))
  const logY = meanOf(values.map(x => Math.log1p(-x)))
  for (let i = 0; ; i++) {
    // The score and its information in (log a, log b): the iterates stay positive.
    const ga = a * (digammaRise(a, b) + logX)
    const gb = b * (digammaRise(b, a) + logY)
    const [haa, hbb, hab] = information(a, b)
    const determinant = haa * hbb - hab * hab
    const da = (hbb * ga - hab * gb) / determinant
    const db = (haa * gb - hab * ga) / determinant
    const size = Math.max(Math.abs(da), Math.abs(db))
    if (!(size < Infinity) || i === MAX_STEPS) {
      throw noMaximum('beta', values)
    }
    const shrink = Math.min(1, 1 / size)
    a *= Math.exp(shrink * da)
    b *= Math.exp(shrink * db)
    // Parameters near 1e10 are known to a few digits only: there the score is all rounding.
    if (size < 1e-13 || (i > 50 && size < 1e-3)) break
  }
  const [haa, hbb, hab] = information(a, b)
  const determinant = n * (haa * hbb - hab * hab)
  return fitted(new Beta(a, b), values, {
    alpha: a * Math.sqrt(hbb / determinant),
    beta: b * Math.sqrt(haa / determinant),
  })
}

/** Information of an observation on (log a, log b): on log a, on log b, and on both. */
const information = (a: number, b: number): readonly [number, number, number] => [
  trigammaDrop(a, b),
  trigammaDrop(b, a),
  -a * (b * trigamma(a + b)),
]
