/**
 * The distribution of a score joined from several: p-values that hang together, each a little off, do not make an exact one.
 *
 * Scores are −log p. **Values.** Beyond the score of 0.05 their excess is taken as exponential, with a gamma prior that it
 * is as it should be: the prediction is a Lomax distribution (peaks over threshold: Embrechts, Klüppelberg & Mikosch, *Modelling
 * Extremal Events*, §6.5). A value counts up to an excess of 2, in proportion to the mean of excesses cut off there.
 *
 * **Events** are all values beyond p = 1 in 1000 not more than 50 apart. How often they come is learned (a gamma prior
 * worth two of them), and how far they go, by their peaks alone: an excess is exponential, of mean 1 in a tame series and
 * of 2 to 32 in a restless one, each mean weighted by how well it has told the peaks so far (Bayesian model averaging:
 * Hoeting et al. 1999, *Statistical Science* 14). One peak in five is taken for an anomaly of any size, which tells
 * little (Box & Tiao 1968, *Biometrika* 55): a single one does not make a series restless, several do. Before a series
 * has been seen for long it may well be restless: quiet speaks for tame, every event against it.
 *
 * Of an event the second value counts a quarter, the third a ninth, and so on, as far as events are rare.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'

export interface CombinedScore {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log p of a score. */
  logP(key: number, score: number): number
  /** Learns a score after it was scored; `trust`, 0 to 1, is what it counts. Returns what part of that its event leaves. */
  learn(key: number, score: number, trust: number): number
}

const P = 0.05
const THRESHOLD = -Math.log(P)
/** Excesses that the prior of the share beyond the threshold, and that of the mean excess, are worth. */
const PRIOR_BEYOND = 20
const PRIOR_EXCESSES = 30
/** One excess counts so much at most; and the mean of exponential ones, in that of those cut off there. */
const MAX = 2
const CUT = 1 / (1 - Math.exp(-MAX))
const KEEP = 1 - 1 / 8192

/** −log p from which on values are events, and values that may lie between two of one. */
const EVENT = Math.log(1000)
const APART = 50
/** Events a value of a tame series, what the prior of their rate is worth in them, and what a value leaves of the past. */
const EVENT_RATE = 0.0005
const PRIOR_EVENTS = 2
const KEEP_RATE = 1 - 1 / 20_000
/** Their rate is believed to be off by these factors at most: so p-values stay in the order of scores. */
const MIN_FACTOR = 0.1
const MAX_FACTOR = 30
/** Mean excesses of peaks: of a tame series, then of restless ones. What the past keeps at each peak. */
const MEANS = [1, 2, 4, 8, 16, 32] as const
const KEEP_PEAKS = 0.99
/** The largest excess learned. */
const MAX_PEAK = 12
/** The prior of a restless series, and log odds: by an event, by a value without, and their bounds. */
const RESTLESS = 0.4
const ODDS_EVENT = 0.5
const ODDS_QUIET = 1 / 300
const MIN_ODDS = -3
const MAX_ODDS = 3
/** Peaks that are anomalies, and the mean of their excess. */
const ANOMALIES = 0.2
const ANOMALY_MEAN = 20

const PRIOR_WEIGHTS = MEANS.map((_, k) => Math.log(k === 0 ? 1 - RESTLESS : RESTLESS / (MEANS.length - 1)))

/** Events a value, beside the first: of a series in which they are strange, and of one in which they are not. */
const RARE = 0.0004
const OFTEN = 0.0019
/** Values without an event that the prior is worth. */
const UNUSUAL = 1000

/** How many scores, how many beyond the threshold, and the sum of their excesses. */
const COUNT = 0
const BEYOND = 1
const EXCESS = 2
/** How many events, and values. */
const EVENTS = 3
const VALUES = 4
/** Of the event that goes on: its largest excess, its values, and how many others may still follow. */
const PEAK = 5
const EVENT_VALUES = 6
const LEFT = 7
/** Log odds of a restless series by how often events come, and log likelihoods of the means by their peaks. */
const ODDS = 8
const LIKELIHOODS = 9
const WIDTH = LIKELIHOODS + MEANS.length

/** Opens the distribution; its state is a field of its own. */
export function combinedScore(): CombinedScore {
  const weights = new Float64Array(MEANS.length)
  let joined: Float64Array = new Float64Array(0)

  /** −log p by the scores beyond the threshold alone. */
  function surprise(at: number, score: number): number {
    const beyond = joined[at + BEYOND]!
    const share = (beyond + PRIOR_BEYOND) / (joined[at + COUNT]! + PRIOR_BEYOND / P)
    const excess = score - THRESHOLD
    if (excess < 0) return -Math.log(1 - ((1 - share) * (1 - Math.exp(-score))) / (1 - P))
    return (
      (beyond + PRIOR_EXCESSES) * Math.log1p(excess / (joined[at + EXCESS]! + PRIOR_EXCESSES)) -
      Math.log(share)
    )
  }

  /** How far events are usual, 0 to 1. */
  function usual(at: number): number {
    const rate = (joined[at + EVENTS]! - 1) / (joined[at + VALUES]! + UNUSUAL)
    return Math.max(0, Math.min((rate - RARE) / (OFTEN - RARE), 1))
  }

  /** What a value of this surprise counts, by its event. */
  function follow(at: number, surprise: number): number {
    joined[at + VALUES] = joined[at + VALUES]! * KEEP_RATE + 1
    joined[at + EVENTS] = joined[at + EVENTS]! * KEEP_RATE
    joined[at + ODDS] = Math.max(MIN_ODDS, joined[at + ODDS]! - ODDS_QUIET)
    if (surprise > EVENT) {
      joined[at + PEAK] = Math.max(joined[at + PEAK]!, Math.min(surprise - EVENT, MAX_PEAK))
      joined[at + LEFT] = APART
      joined[at + EVENT_VALUES] = joined[at + EVENT_VALUES]! + 1
      return Math.max(1 / joined[at + EVENT_VALUES]! ** 2, usual(at))
    }
    if (joined[at + LEFT] === 0) return 1
    joined[at + LEFT] = joined[at + LEFT]! - 1
    if (joined[at + LEFT] === 0) learnEvent(at, joined[at + PEAK]!)
    return 1
  }

  function learnEvent(at: number, peak: number): void {
    joined[at + EVENTS] = joined[at + EVENTS]! + 1
    joined[at + ODDS] = Math.min(MAX_ODDS, joined[at + ODDS]! + ODDS_EVENT)
    const anomaly = (ANOMALIES / ANOMALY_MEAN) * Math.exp(-peak / ANOMALY_MEAN)
    for (let k = 0; k < MEANS.length; k++) {
      const mean = MEANS[k]!
      const place = at + LIKELIHOODS + k
      const likelihood = ((1 - ANOMALIES) / mean) * Math.exp(-peak / mean) + anomaly
      joined[place] = joined[place]! * KEEP_PEAKS + Math.log(likelihood)
    }
    joined[at + PEAK] = 0
    joined[at + EVENT_VALUES] = 0
  }

  /** log of the share of events whose excess is larger. */
  function logLarger(at: number, excess: number): number {
    for (let k = 0; k < MEANS.length; k++) {
      const odds = k === 0 ? 0 : joined[at + ODDS]!
      weights[k] = PRIOR_WEIGHTS[k]! + odds + joined[at + LIKELIHOODS + k]!
    }
    const all = logSum(weights)
    for (let k = 0; k < MEANS.length; k++) weights[k] = weights[k]! - excess / MEANS[k]!
    return logSum(weights) - all
  }

  return {
    layout: { joined: { kind: 'f64', width: WIDTH } },
    bind(state) {
      joined = f64(state, 'joined')
    },
    logP(key, score) {
      const at = key * WIDTH
      const found = surprise(at, score)
      if (!(found > THRESHOLD)) return -found
      const rate = (joined[at + EVENTS]! + PRIOR_EVENTS) / (joined[at + VALUES]! + PRIOR_EVENTS / EVENT_RATE)
      const factor = Math.max(MIN_FACTOR, Math.min(rate / EVENT_RATE, MAX_FACTOR))
      // On the way from the threshold to events the factor is taken in step by step.
      const part = Math.min((found - THRESHOLD) / (EVENT - THRESHOLD), 1)
      const beyond = Math.max(0, found - EVENT)
      return part * Math.log(factor) - Math.min(found, EVENT) + (beyond > 0 ? logLarger(at, beyond) : 0)
    },
    learn(key, score, trust) {
      const at = key * WIDTH
      // Below the threshold nothing is an event.
      const left = follow(at, score < THRESHOLD ? 0 : surprise(at, score))
      const worth = trust * left
      joined[at + COUNT] = joined[at + COUNT]! * KEEP + worth
      joined[at + BEYOND] = joined[at + BEYOND]! * KEEP
      joined[at + EXCESS] = joined[at + EXCESS]! * KEEP
      if (score < THRESHOLD) return left
      joined[at + BEYOND] = joined[at + BEYOND]! + worth
      joined[at + EXCESS] = joined[at + EXCESS]! + worth * CUT * Math.min(score - THRESHOLD, MAX)
      return left
    },
  }
}

function logSum(logs: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY
  for (const log of logs) if (log > most) most = log
  if (most === Number.NEGATIVE_INFINITY) return most
  let sum = 0
  for (const log of logs) sum += Math.exp(log - most)
  return most + Math.log(sum)
}
