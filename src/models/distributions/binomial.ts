/**
 * The binomial distribution: successes in a fixed number of independent trials.
 *
 *     P(X = k) = C(trials, k)·p^k·(1 − p)^(trials − k)
 *
 * Source: Johnson, Kemp & Kotz, Univariate Discrete Distributions, ch. 3; P(X > k) = I_p(k + 1, trials − k) by
 * `special/incomplete-beta.ts` or a table.
 */
import { ModelError } from '../../core/errors.ts'
import { productMinus, sumError } from '../special/double-double.ts'
import {
  betaLower,
  betaPrefactor,
  betaUpper,
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
} from './distribution.ts'
import { checkCount, checkNames, checkProbability, checkSupport, observed } from './parameters.ts'
import { Tabulated } from './tabulated.ts'

/** Parameters of {@link binomial}. */
export interface BinomialParameters {
  /** Number of trials, a whole number of at least 0. */
  trials: number
  /** Probability of success in one trial, 0 … 1. */
  p: number
}

class Binomial extends Tabulated<BinomialParameters> {
  readonly trials: number
  readonly p: number
  readonly q: number

  constructor(trials: number, p: number) {
    super('binomial', { trials, p }, trials > 0 && trials <= 2000 && p > 0 && p < 1)
    this.trials = trials
    this.p = p
    this.q = 1 - p
  }
  get mean(): number {
    return this.trials * this.p
  }
  get variance(): number {
    return this.trials * this.p * this.q
  }
  override get max(): number {
    return this.p === 0 ? 0 : this.trials
  }
  recurrence(): Recurrence {
    const { trials, p, q } = this
    // p/q in double-double; q itself was rounded.
    const odds = p / q
    const rest = -productMinus(odds, q, p) - odds * sumError(1, -p, q)
    const mode = Math.min(trials, Math.floor((trials + 1) * p))
    return { mode, max: trials, odds: [odds, rest / q], first: trials, slope: -1 }
  }
  computePmf(k: number): number {
    const { trials, p, q } = this
    if (p === 0 || p === 1) return k === this.mean ? 1 : 0
    if (k === 0) return Math.exp(trials * Math.log1p(-p))
    if (k === trials) return p ** trials
    return betaPrefactor(k, trials - k, p, q, productMinus(trials, p, k)) * (trials / k / (trials - k))
  }
  computeLogPmf(k: number): number {
    const { trials, p, q } = this
    if (p === 0 || p === 1) return k === this.mean ? 0 : -Infinity
    // Adding 0 turns the −0 of no trials into 0.
    if (k === 0) return trials * Math.log1p(-p) + 0
    if (k === trials) return trials * Math.log(p)
    return (
      logBetaPrefactor(k, trials - k, p, q, productMinus(trials, p, k)) + Math.log(trials / k / (trials - k))
    )
  }
  private offset(k: number): number {
    return productMinus(this.trials + 1, this.p, k + 1)
  }
  computeCdf(k: number): number {
    return betaUpper(k + 1, this.trials - k, this.p, this.q, this.offset(k))
  }
  computeSf(k: number): number {
    return betaLower(k + 1, this.trials - k, this.p, this.q, this.offset(k))
  }
  computeLogCdf(k: number): number {
    return logBetaUpper(k + 1, this.trials - k, this.p, this.q, this.offset(k))
  }
  computeLogSf(k: number): number {
    return logBetaLower(k + 1, this.trials - k, this.p, this.q, this.offset(k))
  }
}

/**
 * The binomial distribution.
 *
 * @param parameters `trials` (whole, ≥ 0) and `p`, the probability of success (0 … 1).
 * @throws ModelError `DISTRIBUTION_PARAMETER` for other values.
 * @example
 * import { binomial } from 'millrace/models'
 * console.log(binomial({ trials: 10, p: 0.3 }).pmf(3).toFixed(6)) // 0.266828
 */
export function binomial(parameters: BinomialParameters): DiscreteDistribution<BinomialParameters> {
  checkNames('binomial', parameters, 'trials', 'p')
  return new Binomial(
    checkCount('binomial', 'trials', parameters.trials),
    checkProbability('binomial', 'p', parameters.p),
  )
}

/**
 * Maximum likelihood of p; every value counts the successes of the same known number of trials.
 *
 * @throws ModelError `DISTRIBUTION_DATA` for values that are not whole numbers from 0 to `trials`;
 *   `DISTRIBUTION_PARAMETER` without `trials`.
 * @example
 * binomial.fit([3, 5, 4], { trials: 10 }).distribution.parameters.p // 0.4
 */
binomial.fit = (
  data: Observations,
  options: { trials: number },
): DistributionFit<DiscreteDistribution<BinomialParameters>> => {
  const values = observed('binomial', data)
  if (options?.trials === undefined)
    throw new ModelError(
      'DISTRIBUTION_PARAMETER',
      'binomial.fit() needs the number of trials behind each value',
      {
        hint: 'binomial.fit(data, { trials: 100 }); when it is unknown, try poisson or negativeBinomial',
      },
    )
  const trials = checkCount('binomial', 'trials', options.trials)
  const wants = `whole numbers from 0 to trials = ${trials}`
  checkSupport('binomial', values, x => x >= 0 && x <= trials && Number.isInteger(x), wants)
  const p = trials === 0 ? 0 : meanOf(values) / trials
  const error = Math.sqrt((p * (1 - p)) / (values.length * trials))
  return fitted(new Binomial(trials, p), values, { p: error })
}
