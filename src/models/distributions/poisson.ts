/**
 * The Poisson law: how many independent events fall into a fixed span.
 *
 *     P(X = k) = rate^k · exp(−rate) / k!
 *
 * Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions, ch. 4; P(X ≤ k) = Q(k + 1, rate) by
 * `special/incomplete-gamma.ts` or a table.
 */
import {
  gammaLower,
  gammaPrefactor,
  gammaTails,
  gammaUpper,
  logGammaLower,
  logGammaPrefactor,
  logGammaUpper,
} from '../special/incomplete-gamma.ts'
import type { Recurrence } from './discrete-table.ts'
import {
  type DiscreteDistribution,
  type DistributionFit,
  fitted,
  meanOf,
  type Observations,
} from './distribution.ts'
import { checkNames, checkNotNegative, checkSupport, observed } from './parameters.ts'
import { Tabulated } from './tabulated.ts'

/** Parameters of {@link poisson}. */
export interface PoissonParameters {
  /** Expected number of events, at least 0. */
  rate: number
}

class Poisson extends Tabulated<PoissonParameters> {
  readonly rate: number

  constructor(rate: number) {
    super('poisson', { rate }, rate > 0 && rate <= 1000)
    this.rate = rate
  }
  get mean(): number {
    return this.rate
  }
  get variance(): number {
    return this.rate
  }
  override get max(): number {
    return this.rate === 0 ? 0 : Infinity
  }
  recurrence(): Recurrence {
    return { mode: Math.floor(this.rate), max: Infinity, odds: [this.rate, 0], first: 1, slope: 0 }
  }
  computePmf(k: number): number {
    return gammaPrefactor(k, this.rate, this.rate - k)
  }
  computeLogPmf(k: number): number {
    return logGammaPrefactor(k, this.rate, this.rate - k)
  }
  computeCdf(k: number): number {
    return gammaUpper(k + 1, this.rate, this.rate - (k + 1))
  }
  computeSf(k: number): number {
    return gammaLower(k + 1, this.rate, this.rate - (k + 1))
  }
  computeLogCdf(k: number): number {
    return logGammaUpper(k + 1, this.rate, this.rate - (k + 1))
  }
  computeLogSf(k: number): number {
    return logGammaLower(k + 1, this.rate, this.rate - (k + 1))
  }
}

/**
 * The Poisson distribution.
 *
 * @param parameters `rate` ≥ 0, the expected count in the span that one value covers.
 * @throws ModelError `DISTRIBUTION_PARAMETER` when the rate is negative or not finite.
 * @example
 * import { poisson } from 'millrace/models'
 * console.log(poisson({ rate: 2 }).pmf(3).toFixed(4)) // 0.1804
 */
export function poisson(parameters: PoissonParameters): DiscreteDistribution<PoissonParameters> {
  checkNames('poisson', parameters, 'rate')
  return new Poisson(checkNotNegative('poisson', 'rate', parameters.rate))
}

/** Maximum likelihood: the mean. */
poisson.fit = (data: Observations): DistributionFit<DiscreteDistribution<PoissonParameters>> => {
  const values = observed('poisson', data)
  checkSupport('poisson', values, x => x >= 0 && Number.isInteger(x), 'whole numbers of at least 0')
  const rate = meanOf(values)
  return fitted(new Poisson(rate), values, { rate: Math.sqrt(rate / values.length) })
}

/**
 * Logarithms of both inclusive tails of a Poisson count, without building a distribution and without allocating: what a
 * detector needs per point, whose rate changes with every point.
 *
 * @param x Observed count; between integers the tails of the step function are given. NaN gives NaN.
 * @param rate Expected count, at least 0 (not checked).
 * @param out Receives log P(X ≤ x) at index 0 and log P(X ≥ x) at index 1; neither underflows.
 * @example
 * import { poissonTails } from 'millrace/models'
 * const out = new Float64Array(2)
 * poissonTails(12, 3, out)
 * console.log((out[1]! / Math.LN10).toFixed(3)) // -4.147
 */
export function poissonTails(x: number, rate: number, out: Float64Array): void {
  const k = Math.floor(x)
  if (k !== x) {
    // No mass at x: P(X ≥ x) = P(X > floor x).
    if (Number.isNaN(x)) out[0] = out[1] = NaN
    else if (k < 0) [out[0], out[1]] = [-Infinity, 0]
    else exclusiveTails(k, rate, out)
    return
  }
  if (k <= 0 || rate === 0 || k === Infinity) {
    out[0] = k < 0 ? -Infinity : k === 0 ? -rate : 0
    out[1] = k <= 0 ? 0 : -Infinity
    return
  }
  const d = rate - (k + 1)
  gammaTails(k + 1, rate, d, out, false)
  const atOrBelow = out[1]!
  const above = out[0]!
  if (above > 1e-280 && atOrBelow > 1e-280) {
    const point = gammaPrefactor(k, rate, rate - k)
    out[0] = above < 0.5 ? Math.log1p(-above) : Math.log(atOrBelow)
    // P(X ≥ x) from the side that was not got by subtraction.
    out[1] = above < 0.5 ? Math.log(above + point) : Math.log1p(-Math.max(0, atOrBelow - point))
    return
  }
  exclusiveTails(k, rate, out)
  const logPoint = logGammaPrefactor(k, rate, rate - k)
  out[1] = out[1]! + Math.log1p(Math.exp(logPoint - out[1]!))
  if (out[1]! > 0) out[1] = 0
}

/** log P(X ≤ k) and log P(X > k). */
function exclusiveTails(k: number, rate: number, out: Float64Array): void {
  gammaTails(k + 1, rate, rate - (k + 1), out, true)
  const above = out[0]!
  out[0] = out[1]!
  out[1] = above
}
