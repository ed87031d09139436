/**
 * The negative binomial distribution: failures before the size-th success; a Poisson count whose rate varies (gamma mixture).
 *
 *     P(X = k) = Γ(k + size)/(Γ(size)·k!)·p^size·(1 − p)^k,   mean = size·(1 − p)/p
 *
 * Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions, ch. 5; P(X ≤ k) = I_p(size, k + 1) by
 * `special/incomplete-beta.ts` or a table.
 */
import { digamma, trigamma } from '../special/digamma.ts'
import { productError, productMinus, sumError } from '../special/double-double.ts'
import {
  betaLower,
  betaPrefactor,
  betaTails,
  betaUpper,
  betaUpperFraction,
  logBetaLower,
  logBetaPrefactor,
  logBetaUpper,
} from '../special/incomplete-beta.ts'
import type { Recurrence } from './discrete-table.ts'
import {
  type DiscreteDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  spreadOf,
} from './distribution.ts'
import {
  badData,
  checkNames,
  checkNotNegative,
  checkPositive,
  checkProbability,
  checkSupport,
  observed,
} from './parameters.ts'
import { Tabulated } from './tabulated.ts'

/** Parameters of {@link negativeBinomial}: `size` with either `p` or `mean`. */
export type NegativeBinomialParameters =
  | {
      /** Number of successes waited for, or the shape of the mixture: real, above 0. */
      size: number
      /** Probability of success, 0 … 1. */
      p: number
    }
  | {
      /** Number of successes waited for, or the shape of the mixture: real, above 0. */
      size: number
      /** Expected number of failures, at least 0; the variance is mean + mean²/size. */
      mean: number
    }

class NegativeBinomial extends Tabulated<NegativeBinomialParameters> {
  readonly size: number
  readonly p: number
  readonly q: number
  readonly mean: number
  /** Whether `mean` was given: then it is exact and p rounded, otherwise the other way round. */
  private readonly byMean: boolean

  constructor(parameters: NegativeBinomialParameters) {
    const { size } = parameters
    const byMean = 'mean' in parameters
    const p = byMean ? size / (size + parameters.mean) : parameters.p
    const q = byMean ? parameters.mean / (size + parameters.mean) : 1 - p
    const mean = byMean ? parameters.mean : (size * q) / p
    // The table must reach down to 1e-320; its upper tail is nearly geometric.
    const span = mean + 40 * Math.sqrt(mean / p) - 740 / Math.log1p(-p)
    super('negativeBinomial', parameters, q > 0 && p > 0 && span < 6000)
    this.size = size
    this.byMean = byMean
    this.p = p
    this.q = q
    this.mean = mean
  }
  get variance(): number {
    return this.mean / this.p
  }
  override get max(): number {
    return this.q === 0 ? 0 : Infinity
  }
  recurrence(): Recurrence {
    const { size, p, q, byMean, mean } = this
    const mode = size > 1 ? Math.floor(((size - 1) * q) / p) : 0
    if (!byMean) return { mode, max: Infinity, odds: [q, sumError(1, -p, q)], first: size, slope: 1 }
    const total = size + mean
    const rest = -productMinus(q, total, mean) - q * sumError(size, mean, total)
    return { mode, max: Infinity, odds: [q, rest / total], first: size, slope: 1 }
  }
  /** (size + k)·p − size with one rounding at the end. */
  private offset(k: number): number {
    const { size, p } = this
    if (this.byMean) return size * ((k - this.mean) / (size + this.mean))
    const n = size + k
    const product = n * p
    return product - size + (productError(n, p, product) + sumError(size, k, n) * p)
  }
  private logZero(): number {
    return this.size * (this.byMean ? -Math.log1p(this.mean / this.size) : Math.log(this.p))
  }
  computePmf(k: number): number {
    if (this.q === 0 || this.p === 0) return this.q === 0 && k === 0 ? 1 : 0
    if (k === 0) return this.byMean ? Math.exp(this.logZero()) : this.p ** this.size
    return betaPrefactor(this.size, k, this.p, this.q, this.offset(k)) / k
  }
  computeLogPmf(k: number): number {
    if (this.q === 0 || this.p === 0) return this.q === 0 && k === 0 ? 0 : -Infinity
    if (k === 0) return this.logZero()
    return logBetaPrefactor(this.size, k, this.p, this.q, this.offset(k)) - Math.log(k)
  }
  computeCdf(k: number): number {
    return betaLower(this.size, k + 1, this.p, this.q, this.offset(k + 1))
  }
  computeSf(k: number): number {
    return betaUpper(this.size, k + 1, this.p, this.q, this.offset(k + 1))
  }
  computeLogCdf(k: number): number {
    return logBetaLower(this.size, k + 1, this.p, this.q, this.offset(k + 1))
  }
  computeLogSf(k: number): number {
    return logBetaUpper(this.size, k + 1, this.p, this.q, this.offset(k + 1))
  }
  override quantile(p: number): number {
    // p = 0: the successes never come, all mass is at infinity.
    return this.p === 0 && p > 0 && p <= 1 ? Infinity : super.quantile(p)
  }
  override isf(p: number): number {
    return this.p === 0 && p >= 0 && p < 1 ? Infinity : super.isf(p)
  }
}

/**
 * The negative binomial distribution: the number of failures before the size-th success, as in R.
 *
 * @param parameters `size` > 0 (real) and either `p`, the probability of success (0 … 1), or `mean` ≥ 0, the expected
 *   number of failures.
 * @throws ModelError `DISTRIBUTION_PARAMETER` for other values.
 * @example
 * import { negativeBinomial } from 'millrace/models'
 * console.log(negativeBinomial({ size: 0.9, p: 0.5 }).cdf(3).toFixed(6)) // 0.946945
 * console.log(negativeBinomial({ size: 5, mean: 10 }).variance) // 30
 */
export function negativeBinomial(
  parameters: NegativeBinomialParameters,
): DiscreteDistribution<NegativeBinomialParameters> {
  const name = 'negativeBinomial'
  const byMean = typeof parameters === 'object' && parameters !== null && 'mean' in parameters
  checkNames(name, parameters, 'size', byMean ? 'mean' : 'p')
  const size = checkPositive(name, 'size', parameters.size)
  if ('mean' in parameters)
    return new NegativeBinomial({ size, mean: checkNotNegative(name, 'mean', parameters.mean) })
  return new NegativeBinomial({ size, p: checkProbability(name, 'p', parameters.p) })
}

/**
 * Maximum likelihood of `size` and `mean`: the mean is the sample mean, the size solves the score equation by Newton in
 * log size. Data whose variance does not exceed their mean have no finite estimate.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not whole numbers of at least 0, or whose
 *   variance does not exceed their mean.
 * @example
 * negativeBinomial.fit([0, 2, 9, 1, 4]).distribution.parameters.size // 1.2331…
 */
negativeBinomial.fit = (
  data: Observations,
): DistributionFit<DiscreteDistribution<NegativeBinomialParameters>> => {
  const values = observed('negativeBinomial', data, 2)
  checkSupport('negativeBinomial', values, x => x >= 0 && Number.isInteger(x), 'whole numbers of at least 0')
  const n = values.length
  const mean = meanOf(values)
  const sd = spreadOf(values, mean)
  const variance = sd * sd
  if (!(variance > mean))
    throw badData(
      'negativeBinomial',
      'a variance above the mean',
      `variance ${variance.toPrecision(6)} and mean ${mean.toPrecision(6)}`,
      'the counts are not overdispersed: use poisson.fit',
    )
  // Score of size: Σ [ψ(x + size) − ψ(size)] − n·log(1 + mean/size), over the distinct values.
  const counts = new Map<number, number>()
  for (const x of values) counts.set(x, (counts.get(x) ?? 0) + 1)
  // mean²/(variance − mean), whose squares may overflow.
  const ratio = mean / sd
  let size = (ratio * ratio) / (1 - ratio / sd)
  let slope = 0
  for (let i = 0; i < 100; i++) {
    let score = -n * Math.log1p(mean / size)
    slope = (n * mean) / (size * (size + mean))
    const base = digamma(size)
    const baseSlope = trigamma(size)
    for (const [x, count] of counts) {
      if (x === 0) continue
      score += count * (digamma(x + size) - base)
      slope += count * (trigamma(x + size) - baseSlope)
    }
    // In log size; where the likelihood is not concave, climb by a fixed stride.
    const curvature = slope * size * size + score * size
    const wanted = curvature < 0 ? (-score * size) / curvature : Math.sign(score)
    const step = Math.max(-1, Math.min(1, wanted))
    size *= Math.exp(step)
    if (Math.abs(step) < 1e-13 || size > 1e12) break
  }
  return fitted(new NegativeBinomial({ size, mean }), values, {
    size: Math.sqrt(-1 / slope),
    mean: mean * Math.sqrt((1 / mean + 1 / size) / n),
  })
}

/**
 * Logarithms of both inclusive tails of a negative binomial count, without building a distribution and without
 * allocating: what a detector needs per point, whose parameters change with every point.
 *
 * @param x Observed count; between integers the tails of the step function are given. NaN gives NaN.
 * @param size Shape, above 0 (not checked); the variance is mean + mean²/size.
 * @param mean Expected count, at least 0 (not checked).
 * @param out Receives log P(X ≤ x) at index 0 and log P(X ≥ x) at index 1; neither underflows.
 * @example
 * import { negativeBinomialTails } from 'millrace/models'
 * const out = new Float64Array(2)
 * negativeBinomialTails(40, 5, 10, out)
 * console.log((out[1]! / Math.LN10).toFixed(3)) // -3.731
 */
export function negativeBinomialTails(x: number, size: number, mean: number, out: Float64Array): void {
  if (typeof x !== 'number') x = NaN
  const k = Math.floor(x)
  if (k < 0 || k === Infinity || mean === 0 || Number.isNaN(x)) {
    out[0] = Number.isNaN(x) ? NaN : k < 0 ? -Infinity : 0
    out[1] = Number.isNaN(x) ? NaN : k <= 0 && x <= 0 ? 0 : -Infinity
    return
  }
  const total = size + mean
  const p = size / total
  const q = mean / total
  if (k === x && k === 0) {
    out[0] = -size * Math.log1p(mean / size)
    out[1] = 0
    return
  }
  if (k === x) {
    const point =
      k <= 64 ? product(k, size, mean, q) : betaPrefactor(size, k, p, q, (size * (k - mean)) / total) / k
    // Sum from x away from the mean, x itself left out; the other tail is what remains. Beyond the mean the ratio of
    // neighbours starts at `first` and tends to q: where that is slow, the continued fraction below is faster.
    const isLower = k < mean
    const first = (q * (k + size)) / (k + 1)
    if (point > 1e-280 && (isLower ? k < 400 : first < 0.7)) {
      let term = 1
      let rest = 0
      if (isLower) {
        const inverse = 1 / q
        for (let j = k; j > 0; j--) {
          term *= (j * inverse) / (j - 1 + size)
          rest += term
          if (term < 1e-17 * rest) break
        }
      } else {
        for (let j = k; term > 1e-17 * rest; j++) {
          term *= (q * (j + size)) / (j + 1)
          rest += term
        }
      }
      const direct = Math.log(point + point * rest)
      const other = Math.log1p(-point * rest)
      out[0] = isLower ? direct : other
      out[1] = isLower ? other : direct
      return
    }
    if (point > 1e-280 && !isLower) {
      // P(X > x) by the fraction alone, the prefactor being known from P(X = x).
      const above =
        point * (size + k) * q * betaUpperFraction(size, k + 1, p, q, (size * (k + 1 - mean)) / total)
      out[0] = Math.log1p(-above)
      out[1] = Math.log(above + point)
      return
    }
  }
  betaTails(size, k + 1, p, q, (size * (k + 1 - mean)) / total, out, true)
  if (k !== x) return
  const logPoint = logBetaPrefactor(size, k, p, q, (size * (k - mean)) / total) - Math.log(k)
  const above = out[1]!
  const larger = Math.max(above, logPoint)
  out[1] = Math.min(0, larger + Math.log1p(Math.exp(Math.min(above, logPoint) - larger)))
}

/** P(X = k) by the recurrence from P(X = 0): for small k faster than the closed form. */
function product(k: number, size: number, mean: number, q: number): number {
  let value = Math.exp(-size * Math.log1p(mean / size))
  for (let j = 0; j < k; j++) value *= ((size + j) * q) / (j + 1)
  return value
}
