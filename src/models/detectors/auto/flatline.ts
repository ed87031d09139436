/**
 * How strange it is that a series has stood still for so long.
 *
 * A value that repeats the one before prolongs a run. A run goes on with a probability that is learned for runs of 1,
 * 2–3, 4–7, … values, each drawn to that of shorter ones, so that a series used to standing still is not called strange
 * for it. The p-value of a run is the product over its values: a life table (Kaplan & Meier 1958, *Journal of the
 * American Statistical Association* 53).
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'

export interface Flatline {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log of the probability that a run is at least as long as the one that x ends; x is not missing. */
  logP(key: number, x: number): number
  /** Learns x. */
  learn(key: number, x: number): void
}

const BANDS = 16
/** The last value; values in a row that repeated it. */
const LAST = 0
const RUN = 1
const SEEN = 2
/** For each band of lengths: runs that could go on, and those that did. */
const BANDS_AT = 3
const WIDTH = BANDS_AT + 2 * BANDS
/** What a run is worth of the probability of shorter runs; that of the first band is one half, worth two. */
const PRIOR = 4
const FIRST_PRIOR = 2
const KEEP = 1 - 1 / 8192

const bandOf = (run: number): number => Math.min(BANDS - 1, Math.floor(Math.log2(run + 1)))

/** Opens it; its state is a field of its own. */
export function flatline(): Flatline {
  let state: Float64Array = new Float64Array(0)

  /** Probability that a run in a band goes on. */
  const continuesEvent = (at: number, band: number): number => {
    let probability = 0.5
    for (let b = 0; b <= band; b++) {
      const prior = b === 0 ? FIRST_PRIOR : PRIOR
      const place = at + BANDS_AT + 2 * b
      probability = (state[place + 1]! + prior * probability) / (state[place]! + prior)
    }
    return probability
  }

  return {
    layout: { flatline: { kind: 'f64', width: WIDTH } },
    bind(table) {
      state = f64(table, 'flatline')
    },
    logP(key, x) {
      const at = key * WIDTH
      if (state[at + SEEN] === 0 || x !== state[at + LAST]) return 0
      const run = state[at + RUN]!
      let log = 0
      const last = bandOf(run)
      for (let band = 0; band <= last; band++) {
        const from = 2 ** band - 1
        const to = band === last ? run + 1 : 2 ** (band + 1) - 1
        log += (to - from) * Math.log(continuesEvent(at, band))
      }
      return log
    },
    learn(key, x) {
      const at = key * WIDTH
      const repeats = state[at + SEEN] === 1 && x === state[at + LAST]
      if (state[at + SEEN] === 1) {
        const place = at + BANDS_AT + 2 * bandOf(state[at + RUN]!)
        state[place] = state[place]! * KEEP + 1
        state[place + 1] = state[place + 1]! * KEEP + (repeats ? 1 : 0)
      }
      state[at + RUN] = repeats ? state[at + RUN]! + 1 : 0
      state[at + LAST] = x
      state[at + SEEN] = 1
    },
  }
}
