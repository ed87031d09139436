/**
 * Successes among a known number of trials; Bernoulli values are those of one trial.
 *
 * A probability with a beta posterior predicts by the beta-binomial distribution: exact under Jeffreys' prior, beta(½, ½)
 * (Johnson, Kemp & Kotz, *Univariate Discrete Distributions*, §6.2.2). A tail is summed from the value outwards by the
 * ratio of neighbours.
 */
import { logGamma } from '../../../special/log-gamma.ts'
import {
  largestIntegerWithTail,
  logComplement,
  type PredictiveDistribution,
  twoSidedOf,
} from '../../parts/predictive.ts'

/** Nearest a mean comes to 0 and 1. */
const MIN = 1e-12

/** log of P(X ≥ k)/P(X = k), for k above the mean. */
function logUpperRatio(k: number, trials: number, a: number, b: number): number {
  let term = 1
  let sum = 1
  for (let j = k; j < trials && term > 1e-17 * sum; j++) {
    term *= ((trials - j) / (j + 1)) * ((j + a) / (trials - j - 1 + b))
    sum += term
  }
  return Math.log(sum)
}

/** log of P(X ≤ k)/P(X = k), for k up to the mean. */
function logLowerRatio(k: number, trials: number, a: number, b: number): number {
  let term = 1
  let sum = 1
  for (let j = k; j > 0 && term > 1e-17 * sum; j--) {
    term *= (j / (trials - j + 1)) * ((trials - j + b) / (j - 1 + a))
    sum += term
  }
  return Math.log(sum)
}

/** @param trials Trials behind each value. */
export const openSuccesses = (trials: number): PredictiveDistribution => {
  const ends = new Float64Array(2)
  let a = 1
  let b = 1
  let mean = 0.5
  /** log of n!/B(a, b). */
  let constant = 0

  const logPmf = (k: number): number =>
    constant +
    logGamma(k + a) +
    logGamma(trials - k + b) -
    logGamma(trials + a + b) -
    logGamma(k + 1) -
    logGamma(trials - k + 1)

  /** log P(X ≥ k) for k above the mean. */
  const logUpper = (k: number): number => Math.min(0, logPmf(k) + logUpperRatio(k, trials, a, b))

  /** log P(X ≤ k) for k up to the mean. */
  const logLower = (k: number): number => Math.min(0, logPmf(k) + logLowerRatio(k, trials, a, b))

  const atMost = (k: number): number => {
    if (k < 0) return -Infinity
    if (k >= trials) return 0
    return k <= mean ? logLower(k) : logComplement(logUpper(k + 1))
  }
  const atLeast = (k: number): number => {
    if (k > trials) return -Infinity
    if (k <= 0) return 0
    return k > mean ? logUpper(k) : logComplement(logLower(k - 1))
  }

  const distribution: PredictiveDistribution = {
    discrete: true,
    additive: false,
    logarithmic: false,
    most: trials,
    priorSum: 0.5,
    priorWorth: 1 / trials,
    look() {},
    relativeVariance: m => (1 - m / trials) / Math.max(m, MIN),
    set(m, worth) {
      const p = Math.min(Math.max(m / trials, MIN), 1 - MIN)
      mean = p * trials
      a = worth * trials * p
      b = worth * trials * (1 - p)
      constant = logGamma(trials + 1) + logGamma(a + b) - logGamma(a) - logGamma(b)
    },
    tails(x, out) {
      out[0] = x > trials ? 0 : atMost(Math.floor(x))
      out[1] = x > trials ? -Infinity : x < 0 ? 0 : atLeast(Math.ceil(x))
    },
    logTwoSided: x => twoSidedOf(distribution, x),
    bound(side, alpha) {
      const level = Math.log(alpha / 2)
      return largestIntegerWithTail(side, mean, Math.sqrt(mean), trials, x => {
        distribution.tails(x, ends)
        return ends[side > 0 ? 1 : 0]! >= level
      })
    },
    note() {},
  }
  return distribution
}
