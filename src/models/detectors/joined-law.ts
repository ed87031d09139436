/**
 * The law of a score joined from several: p-values that hang together, each a little off, do not make an exact one.
 *
 * Scores are −log p. Beyond the score of 0.05 their excess is taken as exponential, with a gamma prior that it is as it
 * should be: the prediction is a Lomax law (peaks over threshold: Embrechts, Klüppelberg & Mikosch, *Modelling Extremal
 * Events*, §6.5).
 *
 * An anomaly must not make the next one ordinary, but a series that has many must not alarm for each. So a value counts
 * up to an excess of 2, in proportion to the mean of excesses cut off there; and beyond p = 1 in 1000 an event, which is
 * all such values not more than 50 apart, teaches one excess of its own: its peak. Of an event the second value counts
 * a quarter, the third a ninth, and so on, as far as events are rare.
 */
import type { StateLayout, StateTable } from '../../core/fold.ts'
import { f64 } from './fields.ts'

export interface JoinedLaw {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log p of a score. */
  logP(key: number, score: number): number
  /** Learns a score after it was judged; `trust`, 0 to 1, is what it counts. Returns what part of that its event leaves. */
  learn(key: number, score: number, trust: number): number
}

const P = 0.05
const THRESHOLD = -Math.log(P)
/** Excesses that the prior of the share beyond the threshold, and that of the mean excess, are worth. */
const PRIOR_BEYOND = 20
const PRIOR_EXCESSES = 30
/** One excess counts so much at most; and the mean of exponential ones, in that of those cut off there. */
const MOST = 2
const CUT = 1 / (1 - Math.exp(-MOST))
const KEEP = 1 - 1 / 8192

/** −log p from which on values are events, and values that may lie between two of one. */
const EVENT = Math.log(1000)
const APART = 50
/** Events that the prior is worth, the largest excess learned of one, and what the past keeps at each. */
const PRIOR_EVENTS = 20
const MOST_EVENT = 10
const KEEP_EVENTS = 0.99

/** Events a value, beside the first: of a series in which they are strange, and of one in which they are not. */
const RARE = 0.0004
const OFTEN = 0.0019
/** Values without an event that the prior is worth. */
const UNUSUAL = 1000

/** How many scores, how many beyond the threshold, and the sum of their excesses. */
const COUNT = 0
const BEYOND = 1
const EXCESS = 2
/** How many events, and the sum of their excesses. */
const EVENTS = 3
const PEAKS = 4
/** Of the event that goes on: its largest excess, its values, and how many others may still follow. */
const PEAK = 5
const VALUES = 6
const LEFT = 7
const WIDTH = 8

/** Opens the law; its state is a field of its own. */
export function joinedLaw(): JoinedLaw {
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
    const rate = (joined[at + EVENTS]! - 1) / (joined[at + COUNT]! + UNUSUAL)
    return Math.max(0, Math.min((rate - RARE) / (OFTEN - RARE), 1))
  }

  /** What a value of this surprise counts, by its event. */
  function follow(at: number, surprise: number): number {
    if (surprise > EVENT) {
      joined[at + PEAK] = Math.max(joined[at + PEAK]!, surprise - EVENT)
      joined[at + LEFT] = APART
      joined[at + VALUES] = joined[at + VALUES]! + 1
      return Math.max(1 / joined[at + VALUES]! ** 2, usual(at))
    }
    if (joined[at + LEFT] === 0) return 1
    joined[at + LEFT] = joined[at + LEFT]! - 1
    if (joined[at + LEFT] === 0) {
      joined[at + EVENTS] = joined[at + EVENTS]! * KEEP_EVENTS + 1
      joined[at + PEAKS] = joined[at + PEAKS]! * KEEP_EVENTS + Math.min(joined[at + PEAK]!, MOST_EVENT)
      joined[at + PEAK] = 0
      joined[at + VALUES] = 0
    }
    return 1
  }

  return {
    layout: { joined: { kind: 'f64', width: WIDTH } },
    bind(state) {
      joined = f64(state, 'joined')
    },
    logP(key, score) {
      const at = key * WIDTH
      const found = surprise(at, score)
      if (!(found > EVENT)) return -found
      const events = PRIOR_EVENTS + joined[at + EVENTS]!
      return -EVENT - events * Math.log1p((found - EVENT) / (PRIOR_EVENTS + joined[at + PEAKS]!))
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
      joined[at + EXCESS] = joined[at + EXCESS]! + worth * CUT * Math.min(score - THRESHOLD, MOST)
      return left
    },
  }
}
