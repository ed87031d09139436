/**
 * The distribution of a score combined from several p-values, which are correlated and each a little off.
 *
 * Scores are −log p. **Values.** The excess over the score of p = 0.05 is taken as exponential, with a gamma prior that its
 * mean is 1: the prediction is a Lomax distribution (peaks over threshold: Embrechts, Klüppelberg & Mikosch, *Modelling
 * Extremal Events*, §6.5). A value counts up to an excess of 2, in proportion to the mean of excesses cut off there.
 *
 * **Events** are all values beyond p = 1 in 1000 that are not more than 50 apart. Their rate is learned, with a gamma prior
 * of two events, and so is how far they go, by their peaks alone: the excess of a peak is exponential, of mean 1 in a tame
 * series and of 2 to 32 in a restless one, each mean weighted by how well it has predicted the peaks so far (Bayesian
 * model averaging: Hoeting et al. 1999, *Statistical Science* 14). One peak in five is taken for an anomaly of any size,
 * which tells little (Box & Tiao 1968, *Biometrika* 55): a single one does not make a series restless, several do. A
 * series is likely to be restless at first; values without an event speak for tame, every event against it.
 *
 * Within an event the second value counts a quarter, the third a ninth, and so on, as far as events are rare.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

export interface CombinedScore {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log p of a score. */
  logP(key: number, score: number): number
  /** Learns a score of the given weight, 0 to 1, after it was scored. Returns the part of the weight that its event leaves. */
  learn(key: number, score: number, weight: number): number
}

const P = 0.05
const THRESHOLD = -Math.log(P)
/** Effective number of excesses of two priors: of the share beyond the threshold, and of the mean excess. */
const PRIOR_BEYOND = 20
const PRIOR_EXCESSES = 30
/** The largest excess that counts in full; and the mean of exponential ones in that of those cut off there. */
const MAX = 2
const CUT = 1 / (1 - Math.exp(-MAX))
const KEEP = 1 - 1 / 8192

/** −log p from which on values are events, and values that may lie between two of one event. */
const EVENT = Math.log(1000)
const APART = 50
/** Events per value of a tame series, the number of events in that prior, and the weight that a value leaves of the past. */
const EVENT_RATE = 0.0005
const PRIOR_EVENTS = 2
const KEEP_RATE = 1 - 1 / 20_000
/** The prior rate may be off by these factors at most: so p-values stay in the order of scores. */
const MIN_FACTOR = 0.1
const MAX_FACTOR = 30
/** Mean excesses of peaks: of a tame series, then of restless ones. The weight that a peak leaves of the past. */
const MEANS = [1, 2, 4, 8, 16, 32] as const
const KEEP_PEAKS = 0.99
/** The largest excess of a peak that is learned. */
const MAX_PEAK = 12
/** The prior probability of a restless series; log odds that an event, and a value without, add; and their bounds. */
const RESTLESS = 0.4
const ODDS_EVENT = 0.5
const ODDS_QUIET = 1 / 300
const MIN_ODDS = -3
const MAX_ODDS = 3
/** The share of peaks that are anomalies, and the mean of their excess. */
const ANOMALIES = 0.2
const ANOMALY_MEAN = 20

const PRIOR_WEIGHTS = MEANS.map((_, k) => Math.log(k === 0 ? 1 - RESTLESS : RESTLESS / (MEANS.length - 1)))

/** Events per value, beside the first: where they are rare, and where they are common. */
const RARE = 0.0004
const OFTEN = 0.0019
/** Number of values without an event in the prior. */
const PRIOR_VALUES = 1000

const SCORES = record({
  count: 'weight of all scores',
  beyond: 'weight of the scores beyond the threshold',
  excess: 'weighted sum of their excesses, −log p',
  events: 'events, with forgetting',
  values: 'values, with forgetting',
  peak: 'largest excess of the current event; 0 outside events',
  eventValues: 'values of the current event',
  left: 'values without an anomaly after which the current event is over',
  odds: 'log odds of a restless series, by how often events come',
  likelihoods: ['log likelihood of each mean excess, by the peaks', MEANS.length],
})

/** Opens the distribution; its state is a field of its own. */
export function combinedScore(): CombinedScore {
  let scores: Float64Array = new Float64Array(0)
  return {
    layout: { combined: SCORES.field },
    bind(state) {
      scores = f64(state, 'combined')
    },
    logP(key, score) {
      const at = key * SCORES.width
      const found = surprise(scores, at, score)
      if (!(found > THRESHOLD)) return -found
      const { events, values } = SCORES
      const rate = (scores[at + events]! + PRIOR_EVENTS) / (scores[at + values]! + PRIOR_EVENTS / EVENT_RATE)
      const factor = Math.max(MIN_FACTOR, Math.min(rate / EVENT_RATE, MAX_FACTOR))
      // From the threshold to events the factor is taken in step by step.
      const part = Math.min((found - THRESHOLD) / (EVENT - THRESHOLD), 1)
      const beyond = Math.max(0, found - EVENT)
      return (
        part * Math.log(factor) - Math.min(found, EVENT) + (beyond > 0 ? logLarger(scores, at, beyond) : 0)
      )
    },
    learn(key, score, weight) {
      const at = key * SCORES.width
      // Below the threshold nothing is an event.
      const left = follow(scores, at, score < THRESHOLD ? 0 : surprise(scores, at, score))
      const counts = weight * left
      scores[at + SCORES.count] = scores[at + SCORES.count]! * KEEP + counts
      scores[at + SCORES.beyond] = scores[at + SCORES.beyond]! * KEEP
      scores[at + SCORES.excess] = scores[at + SCORES.excess]! * KEEP
      if (score < THRESHOLD) return left
      scores[at + SCORES.beyond] = scores[at + SCORES.beyond]! + counts
      scores[at + SCORES.excess] =
        scores[at + SCORES.excess]! + counts * CUT * Math.min(score - THRESHOLD, MAX)
      return left
    },
  }
}

/** −log p by the scores beyond the threshold alone. */
function surprise(scores: Float64Array, at: number, score: number): number {
  const beyond = scores[at + SCORES.beyond]!
  const share = (beyond + PRIOR_BEYOND) / (scores[at + SCORES.count]! + PRIOR_BEYOND / P)
  const excess = score - THRESHOLD
  if (excess < 0) return -Math.log(1 - ((1 - share) * (1 - Math.exp(-score))) / (1 - P))
  const sum = scores[at + SCORES.excess]! + PRIOR_EXCESSES
  return (beyond + PRIOR_EXCESSES) * Math.log1p(excess / sum) - Math.log(share)
}

/** How common events are, 0 to 1. */
function howCommon(scores: Float64Array, at: number): number {
  const rate = (scores[at + SCORES.events]! - 1) / (scores[at + SCORES.values]! + PRIOR_VALUES)
  return Math.max(0, Math.min((rate - RARE) / (OFTEN - RARE), 1))
}

/** Moves the current event over a value of this surprise. Returns what part of the value's weight it leaves. */
function follow(scores: Float64Array, at: number, surprise: number): number {
  scores[at + SCORES.values] = scores[at + SCORES.values]! * KEEP_RATE + 1
  scores[at + SCORES.events] = scores[at + SCORES.events]! * KEEP_RATE
  scores[at + SCORES.odds] = Math.max(MIN_ODDS, scores[at + SCORES.odds]! - ODDS_QUIET)
  if (surprise > EVENT) {
    scores[at + SCORES.peak] = Math.max(scores[at + SCORES.peak]!, Math.min(surprise - EVENT, MAX_PEAK))
    scores[at + SCORES.left] = APART
    scores[at + SCORES.eventValues] = scores[at + SCORES.eventValues]! + 1
    return Math.max(1 / scores[at + SCORES.eventValues]! ** 2, howCommon(scores, at))
  }
  if (scores[at + SCORES.left] === 0) return 1
  scores[at + SCORES.left] = scores[at + SCORES.left]! - 1
  if (scores[at + SCORES.left] === 0) learnEvent(scores, at, scores[at + SCORES.peak]!)
  return 1
}

/** Learns the peak of an event that is over. */
function learnEvent(scores: Float64Array, at: number, peak: number): void {
  scores[at + SCORES.events] = scores[at + SCORES.events]! + 1
  scores[at + SCORES.odds] = Math.min(MAX_ODDS, scores[at + SCORES.odds]! + ODDS_EVENT)
  const anomaly = (ANOMALIES / ANOMALY_MEAN) * Math.exp(-peak / ANOMALY_MEAN)
  for (let k = 0; k < MEANS.length; k++) {
    const mean = MEANS[k]!
    const place = at + SCORES.likelihoods + k
    const likelihood = ((1 - ANOMALIES) / mean) * Math.exp(-peak / mean) + anomaly
    scores[place] = scores[place]! * KEEP_PEAKS + Math.log(likelihood)
  }
  scores[at + SCORES.peak] = 0
  scores[at + SCORES.eventValues] = 0
}

const weights = new Float64Array(MEANS.length)

/** log of the share of events whose excess is larger. */
function logLarger(scores: Float64Array, at: number, excess: number): number {
  for (let k = 0; k < MEANS.length; k++) {
    const odds = k === 0 ? 0 : scores[at + SCORES.odds]!
    weights[k] = PRIOR_WEIGHTS[k]! + odds + scores[at + SCORES.likelihoods + k]!
  }
  const all = logSum(weights)
  for (let k = 0; k < MEANS.length; k++) weights[k] = weights[k]! - excess / MEANS[k]!
  return logSum(weights) - all
}

function logSum(logs: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY
  for (const log of logs) if (log > most) most = log
  if (most === Number.NEGATIVE_INFINITY) return most
  let sum = 0
  for (const log of logs) sum += Math.exp(log - most)
  return most + Math.log(sum)
}
