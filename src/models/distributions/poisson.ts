/**
 * The Poisson distribution: how many independent events fall into a fixed span.
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

/**
 * Maximum likelihood: the mean.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not whole numbers of at least 0, or when nothing
 *   is observed.
 * @example
 * poisson.fit([3, 5, 4]).standardErrors.rate // 1.1547…
 */
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
 * console.log((out[1]! / Math.LN10).toFixed(3)) // -4.146
 */
export function poissonTails(x: number, rate: number, out: Float64Array): void {
  if (typeof x !== 'number') x = NaN
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
  const point = k <= 20 ? smallCount(k, rate) : gammaPrefactor(k, rate, rate - k)
  if (point > 1e-280 && rate <= 2000) {
    // Sum from x away from the mean, x itself left out; the other tail is what remains.
    let term = 1
    let rest = 0
    if (k < rate) {
      const inverse = 1 / rate
      for (let j = k; j > 0; j--) {
        term *= j * inverse
        rest += term
        if (term < 1e-17 * rest) break
      }
    } else {
      for (let j = k + 1; term > 1e-17 * rest; j++) {
        term *= rate / j
        rest += term
      }
    }
    const direct = Math.log(point + point * rest)
    const other = Math.log1p(-point * rest)
    out[0] = k < rate ? direct : other
    out[1] = k < rate ? other : direct
    return
  }
  exclusiveTails(k, rate, out)
  const logPoint = logGammaPrefactor(k, rate, rate - k)
  // log P(X ≥ x) = log(P(X > x) + P(X = x)), the larger of the two in front.
  const above = out[1]!
  const larger = Math.max(above, logPoint)
  out[1] = Math.min(0, larger + Math.log1p(Math.exp(Math.min(above, logPoint) - larger)))
}

/** Factorials up to 20!, exact. */
const FACTORIALS = Float64Array.from({ length: 21 }, () => 1)
for (let k = 2; k <= 20; k++) FACTORIALS[k] = FACTORIALS[k - 1]! * k

/** P(X = k) for k ≤ 20. */
function smallCount(k: number, rate: number): number {
  const half = Math.exp(-0.5 * rate)
  return (rate ** k * half * half) / FACTORIALS[k]!
}

/** log P(X ≤ k) and log P(X > k). */
function exclusiveTails(k: number, rate: number, out: Float64Array): void {
  gammaTails(k + 1, rate, rate - (k + 1), out, true)
  const above = out[0]!
  out[0] = out[1]!
  out[1] = above
}
