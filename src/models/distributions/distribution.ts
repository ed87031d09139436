/**
 * The contract of all distributions and the two base classes behind it. A family lives in one file: a class with its
 * formulas and a factory with `fit`. Everything here is data plus pure functions; a distribution never changes.
 */
import { type Bundle, DISPLAY, factsBundle } from '../../core/display.ts'
import type { ModelError } from '../../core/errors.ts'
import { standardNormalQuantile } from '../special/normal-quantile.ts'
import {
  type FixedDistributionOptions,
  type FixedDistributionSpec,
  fixedDistributionSpec,
} from './fixed-spec.ts'
import { badData } from './parameters.ts'

/** What continuous and discrete distributions share. NaN in gives NaN out, for every function. */
export interface DistributionBase<P extends object = object> {
  /** The factory's name, such as `negativeBinomial`; with `parameters` it rebuilds the distribution. */
  readonly name: string
  /** The parameters as given: plain JSON. */
  readonly parameters: Readonly<P>
  /** How many parameters were estimated by `fit`; 0 for a distribution that was named, not fitted. */
  readonly fittedParameters: number
  /** Expectation; Infinity or NaN where the integral diverges or does not exist. */
  readonly mean: number
  /** Variance; Infinity or NaN where the integral diverges or does not exist. */
  readonly variance: number
  /** P(X ≤ x). */
  cdf(x: number): number
  /** P(X > x), computed as such: accurate where it is tiny. */
  sf(x: number): number
  /** log P(X ≤ x), finite where `cdf` underflows. */
  logCdf(x: number): number
  /** log P(X > x), finite where `sf` underflows. */
  logSf(x: number): number
  /** The smallest x with cdf(x) ≥ p; the ends of the support for p = 0 and 1, NaN outside 0 … 1. */
  quantile(p: number): number
  /** The smallest x with sf(x) ≤ p: the upper quantile, accurate for tiny p. */
  isf(p: number): number
  /** n independent draws; `rng` gives uniform numbers in [0, 1). */
  sample(rng: () => number, n: number): Float64Array
  /** `cdf` of every value, into `out` if given. */
  cdfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `sf` of every value, into `out` if given. */
  sfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `logCdf` of every value, into `out` if given. */
  logCdfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `logSf` of every value, into `out` if given. */
  logSfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `quantile` of every probability, into `out` if given. */
  quantileBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `isf` of every probability, into `out` if given. */
  isfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `{ name, parameters }`, what `distributionFromJSON` takes. */
  toJSON(): DistributionJSON
  /**
   * The distribution as a detector that does not change, with options. `detect` takes the distribution itself, too.
   *
   * @throws ModelError `DETECTOR_OPTION` for an option that makes no sense.
   */
  asDetector(options?: FixedDistributionOptions): FixedDistributionSpec
}

/** A distribution with a density. */
export interface ContinuousDistribution<P extends object = object> extends DistributionBase<P> {
  readonly kind: 'continuous'
  /** Density at x. */
  pdf(x: number): number
  /** Logarithm of the density at x, finite where `pdf` underflows. */
  logPdf(x: number): number
  /** `pdf` of every value, into `out` if given. */
  pdfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `logPdf` of every value, into `out` if given. */
  logPdfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
}

/** A distribution on points; all but `empirical` live on the integers. */
export interface DiscreteDistribution<P extends object = object> extends DistributionBase<P> {
  readonly kind: 'discrete'
  /** P(X = x); 0 between the points of the support. */
  pmf(x: number): number
  /** log P(X = x), finite where `pmf` underflows. */
  logPmf(x: number): number
  /** `pmf` of every value, into `out` if given. */
  pmfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
  /** `logPmf` of every value, into `out` if given. */
  logPmfBatch(values: ArrayLike<number>, out?: Float64Array): Float64Array
}

/** Any distribution. */
export type Distribution<P extends object = object> = ContinuousDistribution<P> | DiscreteDistribution<P>

/** A distribution as plain data. */
export interface DistributionJSON {
  name: string
  parameters: Record<string, unknown>
}

/** Data a distribution can be fitted to: null, undefined and NaN are missing and do not count. */
export type Observations = ArrayLike<number | null | undefined>

/** A distribution fitted by maximum likelihood. */
export interface DistributionFit<D> {
  /** The fitted distribution; its `fittedParameters` is above 0. */
  distribution: D
  /** Log-likelihood at the estimate. */
  logLik: number
  /** −2·logLik + 2·k, k estimated parameters. */
  aic: number
  /** −2·logLik + k·log n. */
  bic: number
  /** Standard error of each estimated parameter, from the information matrix; NaN at the edge of the parameters. */
  standardErrors: Record<string, number>
  /** Observed values used. */
  n: number
}

function eachValue(f: (x: number) => number, values: ArrayLike<number>, out: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) out[i] = f(values[i]!)
  return out
}

abstract class Base<P extends object> {
  abstract readonly kind: Distribution['kind']
  abstract readonly mean: number
  abstract readonly variance: number
  readonly name: string
  readonly parameters: Readonly<P>
  readonly fittedParameters: number = 0

  constructor(name: string, parameters: P) {
    this.name = name
    this.parameters = Object.freeze(parameters)
  }

  abstract cdf(x: number): number
  abstract sf(x: number): number
  abstract logCdf(x: number): number
  abstract logSf(x: number): number
  abstract quantile(p: number): number
  abstract isf(p: number): number

  /** For notebooks: parameters, mean and variance. */
  [DISPLAY](): Bundle {
    const { name, parameters, mean, variance } = this
    const facts = Object.entries({ ...parameters, mean, variance }).filter(
      ([, value]) => typeof value === 'number',
    )
    return factsBundle(
      `Distribution: ${name}`,
      facts.map(([of, value]) => [of, String(Number((value as number).toPrecision(6)))] as const),
    )
  }

  /** One draw; by default the quantile of a uniform number. */
  draw(rng: () => number): number {
    return this.quantile(openUniform(rng))
  }
  sample(rng: () => number, n: number): Float64Array {
    const out = new Float64Array(n)
    for (let i = 0; i < n; i++) out[i] = this.draw(rng)
    return out
  }
  cdfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.cdf(x), values, out)
  }
  sfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.sf(x), values, out)
  }
  logCdfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.logCdf(x), values, out)
  }
  logSfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.logSf(x), values, out)
  }
  quantileBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(p => this.quantile(p), values, out)
  }
  isfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(p => this.isf(p), values, out)
  }
  toJSON(): DistributionJSON {
    return { name: this.name, parameters: { ...this.parameters } as Record<string, unknown> }
  }
  asDetector(options: FixedDistributionOptions = {}): FixedDistributionSpec {
    return fixedDistributionSpec(this, options, this.asDetector)
  }
}

/** Base class of the continuous families: batch forms, sampling and JSON. */
export abstract class ContinuousBase<P extends object> extends Base<P> implements ContinuousDistribution<P> {
  readonly kind = 'continuous'
  abstract pdf(x: number): number
  abstract logPdf(x: number): number
  pdfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.pdf(x), values, out)
  }
  logPdfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.logPdf(x), values, out)
  }
}

/** Base class of the discrete families: exact integer quantiles by search, batch forms, sampling and JSON. */
export abstract class DiscreteBase<P extends object> extends Base<P> implements DiscreteDistribution<P> {
  readonly kind = 'discrete'
  /** Largest point of the support, Infinity when there is none. */
  get max(): number {
    return Infinity
  }
  /** Relative slack at a step, for families whose `cdf` is not correctly rounded: a few units in the last place. */
  get stepSlack(): number {
    return 1.4e-14
  }

  abstract pmf(x: number): number
  abstract logPmf(x: number): number
  pmfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.pmf(x), values, out)
  }
  logPmfBatch(values: ArrayLike<number>, out = new Float64Array(values.length)): Float64Array {
    return eachValue(x => this.logPmf(x), values, out)
  }
  quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    if (p === 0) return 0
    if (p === 1) return this.max
    const slack = this.stepSlack
    // Above the median both forms decide: `cdf` alone has no digits left there, `1 − p` alone forgets p's rounding.
    return p <= 0.5
      ? this.firstInteger(p, k => this.cdf(k) >= p * (1 - slack))
      : this.firstInteger(p, k => this.cdf(k) >= p || this.sf(k) <= (1 - p) * (1 + slack))
  }
  isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    if (p === 1) return 0
    if (p === 0) return this.max
    const slack = this.stepSlack
    const at = p < 1e-16 ? 1 - 1e-16 : 1 - p
    return p <= 0.5
      ? this.firstInteger(at, k => this.sf(k) <= p * (1 + slack))
      : this.firstInteger(at, k => this.sf(k) <= p || this.cdf(k) >= (1 - p) * (1 - slack))
  }

  /** The smallest integer ≥ 0 that passes a monotone test, searched around the normal approximation. */
  firstInteger(near: number, passes: (k: number) => boolean): number {
    const sd = this.variance < Infinity ? Math.sqrt(this.variance) : this.mean
    const guess = this.mean + standardNormalQuantile(near) * sd
    let high = Math.min(this.max, Math.max(0, Math.floor(Math.min(guess, 1e300))))
    let low = -1
    let stride = Math.max(1, Math.floor(0.05 * sd))
    if (passes(high)) {
      for (let k = high - stride; k >= 0; k -= stride) {
        if (!passes(k)) {
          low = k
          break
        }
        high = k
        stride *= 2
      }
    } else {
      for (;;) {
        low = high
        if (high >= this.max) return this.max
        high = Math.min(this.max, high + stride)
        if (passes(high)) break
        if (high === Infinity) return Infinity
        stride *= 2
      }
    }
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2)
      // Beyond 2^53 doubles are further apart than one.
      if (middle === low || middle === high) break
      if (passes(middle)) high = middle
      else low = middle
    }
    return high
  }
}

/** A uniform number in (0, 1): generators give 0 too, whose quantile may be infinite. */
export function openUniform(rng: () => number): number {
  const u = rng()
  return u > 0 ? u : 2 ** -54
}

/**
 * Assembles the result of a fit.
 *
 * @param distribution The estimate; it is marked as fitted.
 * @param values The observed values.
 * @param standardErrors One entry per estimated parameter.
 * @throws ModelError `DISTRIBUTION_DATA` when a parameter or the likelihood is not finite.
 */
export function fitted<D extends Distribution>(
  distribution: D,
  values: Float64Array,
  standardErrors: Record<string, number>,
): DistributionFit<D> {
  const { name } = distribution
  const finite = Object.values(distribution.parameters).every(
    v => typeof v !== 'number' || Number.isFinite(v),
  )
  if (!finite) throw beyondDoubles(name, values)
  const k = Object.keys(standardErrors).length
  ;(distribution as { fittedParameters: number }).fittedParameters = k
  let logLik = 0
  for (const x of values)
    logLik += distribution.kind === 'discrete' ? distribution.logPmf(x) : distribution.logPdf(x)
  if (!Number.isFinite(logLik)) throw beyondDoubles(name, values)
  const n = values.length
  return {
    distribution,
    logLik,
    aic: 2 * k - 2 * logLik,
    bic: k * Math.log(n) - 2 * logLik,
    standardErrors,
    n,
  }
}

function rangeOf(values: Float64Array): string {
  let [least, most] = [Infinity, -Infinity]
  for (const x of values) {
    least = Math.min(least, x)
    most = Math.max(most, x)
  }
  return `values from ${least} to ${most}`
}

/** Values so large, small or far apart that a parameter or the likelihood is no finite number. */
function beyondDoubles(family: string, values: Float64Array): ModelError {
  return badData(
    family,
    'values whose parameters and likelihood are finite numbers',
    rangeOf(values),
    'change their unit, or leave out what is absurd',
  )
}

/** Values for which the search of a maximum has come to nothing. */
export const noMaximum = (family: string, values: Float64Array): ModelError =>
  badData(
    family,
    'values whose likelihood has a maximum that can be found',
    rangeOf(values),
    'look for what is absurd among them',
  )

/** Mean of the values, by two passes; it does not overflow. */
export function meanOf(values: Float64Array): number {
  const n = values.length
  let sum = 0
  for (const x of values) sum += x
  if (!Number.isFinite(sum)) {
    sum = 0
    for (const x of values) sum += x / n
    return sum
  }
  const first = sum / n
  let rest = 0
  for (const x of values) rest += x - first
  return first + rest / n
}

/** Root mean squared distance from `center`; it neither overflows nor underflows before the distances do. */
export function spreadOf(values: Float64Array, center: number): number {
  let most = 0
  for (const x of values) most = Math.max(most, Math.abs(x - center))
  if (!(most > 0 && most < Infinity)) return most
  // A power of two: dividing by it rounds nothing.
  const unit = 2 ** Math.max(-1022, Math.min(1023, Math.floor(Math.log2(most))))
  let sum = 0
  for (const x of values) sum += ((x - center) / unit) ** 2
  return unit * Math.sqrt(sum / values.length)
}

/** Mean squared distance from `center` (divided by n). */
export function varianceOf(values: Float64Array, center: number): number {
  let sum = 0
  for (const x of values) sum += (x - center) * (x - center)
  return sum / values.length
}
