/**
 * The `auto` detector: for a series of which nothing is known. This folder is that detector alone; it imports the parts of
 * detectors, distributions, numerics and `core`.
 *
 * First values are kept, and looked at as a whole (`structure.ts`): what kind of series it is, how it is read, its season
 * (`seasons.ts`). Then each value is predicted (`seasonality.ts`, `predictor.ts`) and measured in the scale of the moment, and
 * simple statistics say what is unusual about it:
 *
 * | file | says |
 * | --- | --- |
 * | `spike.ts`: `tails.ts`, `exceedances.ts`, `count-law.ts`, `demand-law.ts` | the value itself is too far off |
 * | `windows.ts` | the last values have another level, scatter, trend, or follow one another differently |
 * | `season-lost.ts` | they do not follow their season |
 * | `runs.ts` | they stand still, or are missing |
 *
 * The least p-value counts, each divided by the share of false alarms that its statistic has (`union.ts`). What lasts is told
 * once and followed (`series-model.ts`).
 *
 * The p-value is always given. Anomalies not more than 50 values apart are one event, of which only the first is marked,
 * unless a later one has one and a half times its score.
 */
import { suppressAlarms } from '../../../core/alarm-suppression.ts'
import type {
  Detector,
  DetectorContext,
  DetectorFactory,
  DetectorInput,
  DetectorOutput,
} from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { specNumber } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { arrayField, KEY as KEY_RECORD } from './key-state.ts'
import { openSeriesModel, type SeriesModel } from './series-model.ts'
import { WARMUP } from './spec.ts'

// The compiler knows constants of this module; imported ones are loaded at each use.
const KEY = KEY_RECORD

/** An event lasts while anomalies come; one half as high again is marked once more. */
const ONE_EVENT = { points: 50, again: 1.5, lasting: true } as const
/** Values that are kept for a look at the structure at most: two looks follow the first, at twice and four times as many. */
const LOOKS = 4
/** So many new levels in the history may be a season of jobs that come and go: it is looked at as a whole. */
const COME_AND_GO = 3

/** Opens the `auto` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openAuto: DetectorFactory = (spec, context) => {
  const warmup = spec.warmup === undefined ? WARMUP : specNumber(spec, 'warmup', 50, 1e9, true)
  const { alpha, events } = context
  const model = openSeriesModel(context)
  const series = new AutoSeries(model, context, warmup)
  const detector: Detector = {
    alpha,
    describe(state, key) {
      model.bind(state)
      return model.describe(key)
    },
    layout: { key: KEY.field, history: arrayField, profile: arrayField, week: arrayField, ...model.layout },
    step(state, input, output) {
      model.bind(state)
      series.bind(state)
      series.step(input, output)
    },
  }
  return events ? detector : suppressAlarms(detector, alpha, ONE_EVENT)
}

/** The path of a row, and the first values of series, which are kept for looks at the structure. */
class AutoSeries {
  readonly #model: SeriesModel
  readonly #everyMs: number | undefined
  readonly #logAlpha: number
  readonly #everyBound: boolean
  readonly #anyBound: boolean
  readonly #warmup: number
  readonly #firstLook: number
  readonly #most: number
  #numbers: Float64Array = new Float64Array(0)
  #histories: (Float64Array | undefined)[] = []

  constructor(model: SeriesModel, { alpha, everyMs, wants }: DetectorContext, warmup: number) {
    this.#model = model
    this.#everyMs = everyMs
    this.#logAlpha = Math.log(alpha)
    this.#everyBound = wants.bounds === 'all'
    this.#anyBound = wants.bounds !== 'none'
    this.#warmup = warmup
    this.#firstLook = Math.min(warmup, WARMUP)
    this.#most = LOOKS * this.#firstLook
  }

  /** Points it at the arrays of a step. */
  bind(state: StateTable): void {
    this.#numbers = f64(state, 'key')
    this.#histories = (state as unknown as { history: (Float64Array | undefined)[] }).history
  }

  step({ count, keys, timesMs, values }: DetectorInput, output: DetectorOutput): void {
    const { expected, lower, upper, logP } = output
    const numbers = this.#numbers
    const everyMs = this.#everyMs
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      const x = values[i]!
      const at = key * KEY.width
      const seen = numbers[at + KEY.seen]!
      expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
      const missing = Number.isNaN(x)
      if (seen === 0 && missing) continue
      const place = everyMs === undefined ? numbers[at + KEY.place]! + 1 : Math.round(timesMs[i]! / everyMs)
      if (seen === 0) {
        numbers[at + KEY.first] = place
        numbers[at + KEY.place] = place - 1
        numbers[at + KEY.nextLook] = this.#firstLook
      }
      const gap = Math.max(0, place - numbers[at + KEY.place]! - 1)
      numbers[at + KEY.place] = Math.max(place, numbers[at + KEY.place]!)
      const nextLook = numbers[at + KEY.nextLook]!
      if (numbers[at + KEY.unit] === 0) {
        if (seen > 0) expected[i] = numbers[at + KEY.last]!
      } else {
        this.#model.score(key, place, timesMs[i]!, x, gap)
        this.#write(output, i, key, seen >= this.#warmup, missing)
        if (this.#model.learn(key)) this.#moved(at, place, gap)
      }
      if (nextLook > 0) this.#keep(key, at, x, numbers[at + KEY.kept] === 0 ? 0 : gap)
      if (missing) continue
      numbers[at + KEY.seen] = seen + 1
      numbers[at + KEY.last] = x
      if (nextLook > 0 && numbers[at + KEY.held]! >= nextLook) this.#look(key, at, nextLook)
    }
  }

  /** Writes what the model says of a row. */
  #write(output: DetectorOutput, i: number, key: number, scored: boolean, missing: boolean): void {
    const model = this.#model
    output.expected[i] = model.expected
    if (!scored) return
    if (!missing) {
      output.logP[i] = model.logP
      output.reason[i] = model.reason
      output.reasonLogP[i] = model.reasonLogP
    }
    if (!this.#everyBound && !(this.#anyBound && output.logP[i]! < this.#logAlpha)) return
    model.bound(key)
    output.lower[i] = model.lower
    output.upper[i] = model.upper
  }

  /** Keeps a value, and the steps without one before it, until there are enough for the next look. */
  #keep(key: number, at: number, x: number, missing: number): void {
    const numbers = this.#numbers
    const most = this.#most
    const kept = numbers[at + KEY.kept]!
    const until = Math.min(most, kept + missing + 1)
    let history = this.#histories[key]
    if (history === undefined || history.length < until) {
      const longer = new Float64Array(Math.min(most, Math.max(64, 2 * until)))
      if (history) longer.set(history)
      history = this.#histories[key] = longer
    }
    if (kept < until) {
      for (let j = kept; j < until; j++) history[j] = Number.NaN
      if (kept + missing < until) history[kept + missing] = x
    }
    numbers[at + KEY.kept] = until
    if (!Number.isNaN(x)) numbers[at + KEY.held] = numbers[at + KEY.held]! + 1
  }

  /** A new level: what the structure is looked at by begins with it, unless levels come and go, which may be a season. */
  #moved(at: number, place: number, gap: number): void {
    const numbers = this.#numbers
    if (numbers[at + KEY.moves]! < 0) {
      numbers[at + KEY.kept] = numbers[at + KEY.held] = 0
      numbers[at + KEY.first] = place
      return
    }
    numbers[at + KEY.moves] = numbers[at + KEY.moves]! + 1
    numbers[at + KEY.movedAt] = Math.min(this.#most, numbers[at + KEY.kept]! + gap)
  }

  /** Looks at the structure of a series, if its levels let it, and says when to look again. */
  #look(key: number, at: number, nextLook: number): void {
    const numbers = this.#numbers
    const most = this.#most
    const kept = numbers[at + KEY.kept]!
    const last = 2 * nextLook > most || kept >= most
    const moves = numbers[at + KEY.moves]!
    const whole = moves <= 0 || moves >= COME_AND_GO
    if (whole && this.#model.examine(key, this.#histories[key]!.subarray(0, kept), moves > 0)) {
      numbers[at + KEY.nextLook] = last ? 0 : 2 * nextLook
      if (last) this.#histories[key] = undefined
    } else if (last) this.#beginAtMove(key, at)
    else numbers[at + KEY.nextLook] = 2 * nextLook
  }

  /** What was before the last new level is no longer looked at. */
  #beginAtMove(key: number, at: number): void {
    const numbers = this.#numbers
    const history = this.#histories[key]!
    const from = numbers[at + KEY.movedAt]!
    history.copyWithin(0, from)
    const kept = numbers[at + KEY.kept]! - from
    numbers[at + KEY.kept] = kept
    numbers[at + KEY.held] = history.subarray(0, kept).filter(x => !Number.isNaN(x)).length
    numbers[at + KEY.first] = numbers[at + KEY.first]! + from
    numbers[at + KEY.moves] = -1
  }
}
