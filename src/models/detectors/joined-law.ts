/**
 * The law of a score joined from several: p-values that hang together, each a little off, do not make an exact one.
 *
 * Scores are −log p. Beyond the score of 0.05 their excess is taken as exponential, with a gamma prior that it is as it
 * should be: the prediction is a Lomax law (peaks over threshold: Embrechts, Klüppelberg & Mikosch, *Modelling Extremal
 * Events*, §6.5).
 */
import type { StateLayout, StateTable } from '../../core/fold.ts'
import { f64 } from './fields.ts'

export interface JoinedLaw {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log p of a score. */
  logP(key: number, score: number): number
  /** Learns a score after it was judged; `trust`, 0 to 1, is what it counts. */
  learn(key: number, score: number, trust: number): void
}

const P = 0.05
const THRESHOLD = -Math.log(P)
/** Excesses that the prior of the share beyond the threshold, and that of the mean excess, are worth. */
const PRIOR_BEYOND = 20
const PRIOR_EXCESSES = 30
/** One excess counts so much at most. */
const MOST = 8
const KEEP = 1 - 1 / 8192

/** How many scores, how many beyond the threshold, and the sum of their excesses. */
const COUNT = 0
const BEYOND = 1
const EXCESS = 2
const WIDTH = 3

/** Opens the law; its state is a field of its own. */
export function joinedLaw(): JoinedLaw {
  let joined: Float64Array = new Float64Array(0)
  return {
    layout: { joined: { kind: 'f64', width: WIDTH } },
    bind(state) {
      joined = f64(state, 'joined')
    },
    logP(key, score) {
      const at = key * WIDTH
      const beyond = joined[at + BEYOND]!
      const share = (beyond + PRIOR_BEYOND) / (joined[at + COUNT]! + PRIOR_BEYOND / P)
      const excess = score - THRESHOLD
      if (excess < 0) return Math.log(1 - ((1 - share) * (1 - Math.exp(-score))) / (1 - P))
      return (
        Math.log(share) -
        (beyond + PRIOR_EXCESSES) * Math.log1p(excess / (joined[at + EXCESS]! + PRIOR_EXCESSES))
      )
    },
    learn(key, score, trust) {
      const at = key * WIDTH
      joined[at + COUNT] = joined[at + COUNT]! * KEEP + trust
      joined[at + BEYOND] = joined[at + BEYOND]! * KEEP
      joined[at + EXCESS] = joined[at + EXCESS]! * KEEP
      if (score < THRESHOLD) return
      joined[at + BEYOND] = joined[at + BEYOND]! + trust
      joined[at + EXCESS] = joined[at + EXCESS]! + trust * Math.min(score - THRESHOLD, MOST)
    },
  }
}
