/**
 * The p-value of a run of equal values: of a series that stands still.
 *
 * A value that repeats the one before prolongs a run. A run goes on with a probability that is learned for runs of 1,
 * 2–3, 4–7, … values, each shrunk towards that of shorter runs, so that for a series that often stands still it is nothing
 * unusual. The p-value of a run is the product over its values: a life table (Kaplan & Meier 1958, *Journal of the
 * American Statistical Association* 53).
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

export interface Flatline {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log of the probability that a run is at least as long as the one that x ends; x is not missing. */
  logP(key: number, x: number): number
  /** Learns x, after it was scored. */
  learn(key: number, x: number): void
}

const BANDS = 16
const BAND = record({ runs: 'runs of this length that could go on', on: 'those that did' })
const FLATLINE = record({
  last: 'the last value',
  run: 'values in a row that repeated it',
  seen: '1 once there is a value',
  bands: [BAND, BANDS],
})
/** Effective sample size of the prior, the probability of shorter runs. For the first band it is one half, of two. */
const PRIOR = 4
const FIRST_PRIOR = 2
const KEEP = 1 - 1 / 8192

const bandOf = (run: number): number => Math.min(BANDS - 1, Math.floor(Math.log2(run + 1)))

/** Opens it; its state is a field of its own. */
export function flatline(): Flatline {
  let state: Float64Array = new Float64Array(0)

  /** Probability that a run in a band goes on. */
  const goesOn = (at: number, band: number): number => {
    let probability = 0.5
    for (let b = 0; b <= band; b++) {
      const prior = b === 0 ? FIRST_PRIOR : PRIOR
      const place = at + FLATLINE.bands + BAND.width * b
      probability = (state[place + BAND.on]! + prior * probability) / (state[place + BAND.runs]! + prior)
    }
    return probability
  }

  return {
    layout: { flatline: FLATLINE.field },
    bind(table) {
      state = f64(table, 'flatline')
    },
    logP(key, x) {
      const at = key * FLATLINE.width
      if (state[at + FLATLINE.seen] === 0 || x !== state[at + FLATLINE.last]) return 0
      const run = state[at + FLATLINE.run]!
      let log = 0
      const last = bandOf(run)
      for (let band = 0; band <= last; band++) {
        const from = 2 ** band - 1
        const to = band === last ? run + 1 : 2 ** (band + 1) - 1
        log += (to - from) * Math.log(goesOn(at, band))
      }
      return log
    },
    learn(key, x) {
      const at = key * FLATLINE.width
      const repeats = state[at + FLATLINE.seen] === 1 && x === state[at + FLATLINE.last]
      if (state[at + FLATLINE.seen] === 1) {
        const place = at + FLATLINE.bands + BAND.width * bandOf(state[at + FLATLINE.run]!)
        state[place + BAND.runs] = state[place + BAND.runs]! * KEEP + 1
        state[place + BAND.on] = state[place + BAND.on]! * KEEP + (repeats ? 1 : 0)
      }
      state[at + FLATLINE.run] = repeats ? state[at + FLATLINE.run]! + 1 : 0
      state[at + FLATLINE.last] = x
      state[at + FLATLINE.seen] = 1
    },
  }
}
