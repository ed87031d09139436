/**
 * Life tables of runs: of values that repeat the one before, and of steps without a value.
 *
 * A run goes on with a probability that is learned for runs of 1, 2–3, 4–7, … values, so that for a series that often stands
 * still, or is often silent, it is nothing unusual. The p-value of a run is the product over its values (Kaplan & Meier
 * 1958, *Journal of the American Statistical Association* 53), each of which speaks for the next: the probability is not
 * known, but has a beta distribution. Its prior is the probability of shorter runs, where they are of a kind with longer
 * ones: equal values are, but whether a value is missing says nothing of how long that lasts.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

const BANDS = 12
const BAND = record({ runs: 'runs of this length that could go on', on: 'those that did' })
const RUNS = record({ run: 'the run so far', bands: [BAND, BANDS] })
/** Effective sample size of the prior: of the first band, of bands like shorter ones, of others. */
const FIRST_PRIOR = 2
const PRIOR = 4
const OTHER_PRIOR = 2
/** Prior probabilities that a value is missing, and the one after it. */
const BEGINS = 0.1
const GOES_ON = 0.5
const KEEP = 1 - 1 / 4096
/** A run that is longer is what the series does now. */
const FOLLOWED = 200

const bandOf = (run: number): number => Math.min(BANDS - 1, 31 - Math.clz32(run + 1))

/** Learns a run of no length, that has ended: most are. */
function learnNone(state: Float64Array, at: number): void {
  const first = at + RUNS.bands
  state[first + BAND.runs] = state[first + BAND.runs]! * KEEP + 1
  state[first + BAND.on] = state[first + BAND.on]! * KEEP
}

/** Learns that a run got so far, and then `ended`, 0 or 1. */
function learnRun(state: Float64Array, at: number, run: number, ended: number): void {
  const last = bandOf(run)
  for (let band = 0; band <= last; band++) {
    const place = at + RUNS.bands + BAND.width * band
    const steps = band === last ? run - ((1 << band) - 1) : 1 << band
    state[place + BAND.runs] = state[place + BAND.runs]! * KEEP + steps + (band === last ? ended : 0)
    state[place + BAND.on] = state[place + BAND.on]! * KEEP + steps
  }
}

/** log of the probability that a run of a key whose numbers begin at `at` is at least `run` long. */
function logAtLeast(state: Float64Array, at: number, run: number, alike: boolean): number {
  const last = bandOf(run - 1)
  let probability = alike ? 0.5 : BEGINS
  let log = 0
  for (let band = 0; band <= last; band++) {
    const prior = band === 0 ? FIRST_PRIOR : alike ? PRIOR : OTHER_PRIOR
    if (band === 1 && !alike) probability = GOES_ON
    const place = at + RUNS.bands + BAND.width * band
    const on = state[place + BAND.on]! + prior * probability
    const runs = state[place + BAND.runs]! + prior
    const from = 2 ** band - 1
    const steps = (band === last ? run : 2 ** (band + 1) - 1) - from
    let product = 1
    for (let j = 0; j < steps; j++) product *= (on + j) / (runs + j)
    log += Math.log(product)
    probability = on / runs
  }
  return log
}

/** A table; its state is a field of the given name. `alike`: that a run begins is as likely as that it goes on. */
export class Runs {
  readonly layout: StateLayout
  readonly #name: string
  readonly #alike: boolean
  #state: Float64Array = new Float64Array(0)

  constructor(name: string, alike: boolean) {
    this.#name = name
    this.#alike = alike
    this.layout = { [name]: RUNS.field }
  }

  bind(table: StateTable): void {
    this.#state = f64(table, this.#name)
  }

  /** The run of a key so far. */
  length(key: number): number {
    return this.#state[key * RUNS.width + RUNS.run]!
  }

  /** log of the probability that a run is at least `run` long. */
  logP(key: number, run: number): number {
    if (run === 0 || run > FOLLOWED) return 0
    return logAtLeast(this.#state, key * RUNS.width, run, this.#alike)
  }

  /** Takes in `steps` steps, of which each prolongs the run, or one that ends it: only then the run is learned. */
  learn(key: number, prolongs: boolean, steps = 1): void {
    const state = this.#state
    const at = key * RUNS.width
    const run = state[at + RUNS.run]!
    if (prolongs) {
      state[at + RUNS.run] = run + steps
    } else if (run === 0) {
      learnNone(state, at)
    } else {
      state[at + RUNS.run] = 0
      learnRun(state, at, run, 1)
    }
  }

  /** Learns the run so far, though it has not ended. */
  learnSoFar(key: number): void {
    const at = key * RUNS.width
    learnRun(this.#state, at, this.#state[at + RUNS.run]!, 0)
  }
}
