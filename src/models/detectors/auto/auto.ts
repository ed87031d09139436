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
import type { Detector, DetectorFactory } from '../../../core/detector.ts'
import { specNumber } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { arrayField, KEY } from './key-state.ts'
import { openSeriesModel } from './series-model.ts'
import { WARMUP } from './spec.ts'

/** An event lasts while anomalies come; one half as high again is marked once more. */
const ONE_EVENT = { points: 50, again: 1.5, lasting: true } as const
/** Values that are kept for a look at the structure at most: two looks follow the first, at twice and four times as many. */
const LOOKS = 4
/** So many new levels in the history may be a season of jobs that come and go: it is looked at as a whole. */
const COME_AND_GO = 3

/** Opens the `auto` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openAuto: DetectorFactory = (spec, context) => {
  const warmup = spec.warmup === undefined ? WARMUP : specNumber(spec, 'warmup', 50, 1e9, true)
  const { alpha, everyMs, wants, events } = context
  const logAlpha = Math.log(alpha)
  const model = openSeriesModel(context)
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'
  const firstLook = Math.min(warmup, WARMUP)
  const most = LOOKS * firstLook

  const detector: Detector = {
    alpha,
    describe(state, key) {
      model.bind(state)
      return model.describe(key)
    },
    layout: { key: KEY.field, history: arrayField, profile: arrayField, week: arrayField, ...model.layout },
    step(state, { count, keys, timesMs, values }, output) {
      const { expected, lower, upper, logP, reason, reasonLogP } = output
      model.bind(state)
      const numbers = f64(state, 'key')
      const histories = (state as unknown as { history: (Float64Array | undefined)[] }).history

      /** Keeps a value, and the steps without one before it, until there are enough for the next look. */
      const keep = (key: number, at: number, x: number, missing: number): void => {
        const kept = numbers[at + KEY.kept]!
        const until = Math.min(most, kept + missing + 1)
        let history = histories[key]
        if (history === undefined || history.length < until) {
          const longer = new Float64Array(Math.min(most, Math.max(64, 2 * until)))
          if (history) longer.set(history)
          history = histories[key] = longer
        }
        if (kept < until) {
          history.fill(Number.NaN, kept, until)
          if (kept + missing < until) history[kept + missing] = x
        }
        numbers[at + KEY.kept] = until
        if (!Number.isNaN(x)) numbers[at + KEY.held] = numbers[at + KEY.held]! + 1
      }

      /** A new level: what the structure is looked at by begins with it, unless levels come and go, which may be a season. */
      const moved = (at: number, place: number, gap: number): void => {
        if (numbers[at + KEY.moves]! < 0) {
          numbers[at + KEY.kept] = numbers[at + KEY.held] = 0
          numbers[at + KEY.first] = place
          return
        }
        numbers[at + KEY.moves] = numbers[at + KEY.moves]! + 1
        numbers[at + KEY.movedAt] = Math.min(most, numbers[at + KEY.kept]! + gap)
      }

      /** What was before the last new level is no longer looked at. */
      const beginAtMove = (key: number, at: number): void => {
        const history = histories[key]!
        const from = numbers[at + KEY.movedAt]!
        history.copyWithin(0, from)
        const kept = numbers[at + KEY.kept]! - from
        numbers[at + KEY.kept] = kept
        numbers[at + KEY.held] = history.subarray(0, kept).filter(x => !Number.isNaN(x)).length
        numbers[at + KEY.first] = numbers[at + KEY.first]! + from
        numbers[at + KEY.moves] = -1
      }

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
          numbers[at + KEY.nextLook] = firstLook
        }
        const gap = Math.max(0, place - numbers[at + KEY.place]! - 1)
        numbers[at + KEY.place] = Math.max(place, numbers[at + KEY.place]!)
        const nextLook = numbers[at + KEY.nextLook]!
        if (numbers[at + KEY.unit] === 0) {
          expected[i] = numbers[at + KEY.last]!
          if (seen === 0) expected[i] = Number.NaN
        } else {
          model.score(key, place, timesMs[i]!, x, gap)
          expected[i] = model.expected
          const scored = seen >= warmup
          if (scored && !missing) {
            logP[i] = model.logP
            reason[i] = model.reason
            reasonLogP[i] = model.reasonLogP
          }
          if (scored && (everyBound || (anyBound && logP[i]! < logAlpha))) {
            model.bound(key)
            lower[i] = model.lower
            upper[i] = model.upper
          }
          if (model.learn(key)) moved(at, place, gap)
        }
        if (nextLook > 0) keep(key, at, x, numbers[at + KEY.kept] === 0 ? 0 : gap)
        if (missing) continue
        numbers[at + KEY.seen] = seen + 1
        numbers[at + KEY.last] = x
        if (nextLook > 0 && numbers[at + KEY.held]! >= nextLook) {
          const kept = numbers[at + KEY.kept]!
          const last = 2 * nextLook > most || kept >= most
          const moves = numbers[at + KEY.moves]!
          const whole = moves <= 0 || moves >= COME_AND_GO
          if (whole && model.examine(key, histories[key]!.subarray(0, kept), moves > 0)) {
            numbers[at + KEY.nextLook] = last ? 0 : 2 * nextLook
            if (last) histories[key] = undefined
          } else if (last) beginAtMove(key, at)
          else numbers[at + KEY.nextLook] = 2 * nextLook
        }
      }
    },
  }

  return events ? detector : suppressAlarms(detector, alpha, ONE_EVENT)
}
