/**
 * The empirical distribution: every observed value with probability 1/n.
 *
 *     P(X = x) = (number of values equal to x)/n
 *
 * Source: A. W. van der Vaart, Asymptotic Statistics, ch. 19.
 */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import {
  DiscreteBase,
  type DiscreteDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
  varianceOf,
} from './distribution.ts'
import { observed } from './parameters.ts'

/** Parameters of {@link empirical}, as kept for JSON. */
export interface EmpiricalParameters {
  /** The observed values in ascending order. */
  data: readonly number[]
}

class Empirical extends DiscreteBase<EmpiricalParameters> {
  readonly mean: number
  readonly variance: number
  private readonly sorted: Float64Array

  constructor(values: Float64Array) {
    const sorted = values.toSorted()
    super('empirical', { data: [...sorted] })
    this.sorted = sorted
    this.mean = meanOf(sorted)
    this.variance = varianceOf(sorted, this.mean)
  }
  override get max(): number {
    return this.sorted[this.sorted.length - 1]!
  }
  /** How many values are ≤ x, or < x. */
  private count(x: number, inclusive: boolean): number {
    const { sorted } = this
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (inclusive ? sorted[middle]! <= x : sorted[middle]! < x) low = middle + 1
      else high = middle
    }
    return low
  }
  pmf(x: number): number {
    return Number.isNaN(x) ? NaN : (this.count(x, true) - this.count(x, false)) / this.sorted.length
  }
  logPmf(x: number): number {
    return Math.log(this.pmf(x))
  }
  cdf(x: number): number {
    return Number.isNaN(x) ? NaN : this.count(x, true) / this.sorted.length
  }
  sf(x: number): number {
    return Number.isNaN(x) ? NaN : (this.sorted.length - this.count(x, true)) / this.sorted.length
  }
  logCdf(x: number): number {
    return Math.log(this.cdf(x))
  }
  logSf(x: number): number {
    return Math.log(this.sf(x))
  }
  override quantile(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    const n = this.sorted.length
    let rank = Math.max(1, Math.ceil(p * n))
    while (rank > 1 && (rank - 1) / n >= p) rank--
    while (rank < n && rank / n < p) rank++
    return this.sorted[rank - 1]!
  }
  override isf(p: number): number {
    if (!(p >= 0 && p <= 1)) return NaN
    const n = this.sorted.length
    let rank = Math.max(1, n - Math.floor(p * n))
    while (rank > 1 && (n - rank + 1) / n <= p) rank--
    while (rank < n && (n - rank) / n > p) rank++
    return this.sorted[rank - 1]!
  }
  override draw(rng: () => number): number {
    return this.sorted[Math.floor(rng() * this.sorted.length)]!
  }
}

/**
 * The empirical distribution of observed values; null, undefined and NaN are left out.
 *
 * @param data At least one finite number, in the units of the data; or `{ data }`, its JSON form.
 * @throws ModelError `DISTRIBUTION_DATA` when nothing is observed or a value is infinite.
 * @example
 * import { empirical } from 'millrace/models'
 * console.log(empirical([3, 1, 2, 2]).quantile(0.5)) // 2
 */
export function empirical(
  data: Observations | EmpiricalParameters,
): DiscreteDistribution<EmpiricalParameters> {
  if (typeof data !== 'object' || data === null)
    throw new ModelError('DISTRIBUTION_DATA', `empirical() needs an array of numbers, got ${shown(data)}`, {
      hint: 'empirical([3, 1, 2])',
    })
  return new Empirical(observed('empirical', 'data' in data ? data.data : data))
}

/**
 * The empirical distribution with its likelihood; nothing is estimated that could have a standard error.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for infinite values, or when nothing is observed.
 * @example
 * empirical.fit([3, 1, 2, 2]).logLik // -4.1588…
 */
empirical.fit = (data: Observations): DistributionFit<DiscreteDistribution<EmpiricalParameters>> => {
  const values = observed('empirical', data)
  return fitted(new Empirical(values), values, {})
}
