/**
 * Statistics of detectors that predict a value: innovations in units of their own running scale.
 *
 * The scale is √(π/2) times the mean absolute innovation, out of sample, so that errors of estimation are part of it;
 * innovations count up to 3.5 scales. The distribution is Student's with the degrees of freedom of that scale. What is strange
 * does not reach the predictor until it lasts (`level-shift.ts`): a predictor sees a missing value instead.
 */
import type { DetectorContext } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { f64 } from './fields.ts'
import { openLevelShift } from './level-shift.ts'
import { record } from './record.ts'
import {
  effectiveCount,
  flooredScale,
  leastScale,
  MEAN_SIZE_EFFICIENCY,
  MIN_COUNT,
  nextMeanSize,
  OUTLIER_Z,
  robustSum,
  SCALE_KEEP,
  SQRT_HALF_PI,
} from './robust-scale.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from './statistic.ts'
import { studentLogP, studentPoint } from './student.ts'

/** A one-step prediction, one key at a time. */
export interface Predictor {
  /** Zeros are the state of a key that has not been seen. */
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** The value expected next; NaN while nothing is known. */
  expect(key: number, timeMs: number): number
  /** Standard deviation of the prediction's error in ordinary ones, such as after missing values. Default: 1. */
  spread?(key: number): number
  /** Takes in the value of the step; NaN when it is missing, or strange. */
  take(key: number, timeMs: number, x: number): void
  /** Takes the step of a strange value that has hardly any beside it, instead of {@link take} with NaN. */
  refuse?(key: number, timeMs: number, x: number): void
  /** Takes so many steps without a value; the first would have been at `timeMs`. */
  skip(key: number, steps: number, timeMs: number): void
  /** The level of the series has moved by so much. */
  move(key: number, by: number): void
  /** Told of an ordinary innovation in scales, before {@link take}. */
  watch?(key: number, u: number): void
  /** Filled by {@link take} and {@link skip} when they fit the model to values after a change; whoever keeps the scale empties it. */
  readonly rescaled?: Rescaled
}

/** The scale by a fit: mean size of so many errors, 0 for none. */
export interface Rescaled {
  errors: number
  meanSize: number
}

export interface PredictedOptions {
  /** Nothing is scored before so many values of the key. */
  readonly warmup: number
  /** From so many scales on a value does not reach the predictor. Default 3.5. */
  readonly refuse?: number
}

const STATE = record({
  seen: 'values of the key',
  lastMs: 'event time of the last value, ms',
  absolute: 'weighted sum of absolute innovations',
  counted: 'sum of their weights',
  meanSize: 'mean size of innovations, outliers almost in full',
  first: ['sizes of the first innovations', MIN_COUNT],
})

/** The statistic of a predictor's innovations. */
export function residualStatistic(
  predictor: Predictor,
  { warmup, refuse = OUTLIER_Z }: PredictedOptions,
  { everyMs }: Pick<DetectorContext, 'everyMs'>,
): Statistic {
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  const sizes = new Float64Array(MIN_COUNT)
  let numbers: Float64Array = new Float64Array(0)
  let expected = Number.NaN
  /** Scale of ordinary innovations, and of the next. */
  let unit = 1
  let scale = 1
  let dof = 1
  const { rescaled } = predictor

  const rescale = (at: number, fit: Rescaled): void => {
    if (fit.errors === 0) return
    numbers[at + STATE.counted] = fit.errors
    numbers[at + STATE.absolute] = fit.errors * fit.meanSize
    numbers[at + STATE.meanSize] = fit.meanSize
    fit.errors = 0
  }

  return {
    layout: {
      innovations: STATE.field,
      ...shift.layout,
      ...predictor.layout,
    },
    prediction,
    bind(state) {
      numbers = f64(state, 'innovations')
      shift.bind(state)
      predictor.bind(state)
    },
    predict(key, timeMs) {
      const at = key * STATE.width
      const seen = numbers[at + STATE.seen]!
      if (everyMs !== undefined && seen > 0) {
        const lastMs = numbers[at + STATE.lastMs]!
        const steps = Math.round((timeMs - lastMs) / everyMs) - 1
        if (steps > 0) predictor.skip(key, steps, lastMs + everyMs)
      }
      expected = seen > 0 ? predictor.expect(key, timeMs) : Number.NaN
      const counted = numbers[at + STATE.counted]!
      const spread = predictor.spread?.(key) ?? 1
      unit = counted > 0 ? (SQRT_HALF_PI * numbers[at + STATE.absolute]!) / counted : 0
      unit = flooredScale(unit, leastScale(expected, numbers[at + STATE.meanSize]!))
      scale = unit * spread
      dof = MEAN_SIZE_EFFICIENCY * effectiveCount(counted)
      prediction[EXPECTED] = expected
      prediction[READY] = seen >= warmup && counted >= MIN_COUNT && !Number.isNaN(expected) ? 1 : 0
    },
    measure: x => (x - expected) / scale,
    logP: u => studentLogP(u, dof),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * studentPoint(-standardNormalQuantile(alpha / 2), dof),
    learn(key, timeMs, x, u) {
      const at = key * STATE.width
      if (Number.isNaN(x) && numbers[at + STATE.seen] === 0) return 0
      numbers[at + STATE.lastMs] = timeMs
      if (Number.isNaN(x) || Number.isNaN(expected)) {
        predictor.take(key, timeMs, Number.isFinite(x) ? x : Number.NaN)
        if (rescaled !== undefined) rescale(at, rescaled)
        if (Number.isFinite(x)) numbers[at + STATE.seen] = numbers[at + STATE.seen]! + 1
        return 0
      }
      numbers[at + STATE.seen] = numbers[at + STATE.seen]! + 1
      const counted = numbers[at + STATE.counted]!
      if (Number.isFinite(x)) {
        const miss = Math.abs(x - expected) * (unit / scale)
        numbers[at + STATE.meanSize] = nextMeanSize(numbers[at + STATE.meanSize]!, miss, counted)
      }
      if (counted < MIN_COUNT) {
        // Too early to call anything strange.
        if (!Number.isFinite(x)) return 0
        numbers[at + STATE.first + counted] = Math.abs(x - expected)
        numbers[at + STATE.counted] = counted + 1
        if (counted + 1 === MIN_COUNT) {
          sizes.set(numbers.subarray(at + STATE.first, at + STATE.width))
          numbers[at + STATE.absolute] = robustSum(sizes)
        }
        predictor.take(key, timeMs, x)
        return 0
      }
      const size = Math.abs(u)
      const by = Number.isFinite(x) ? shift.watch(key, u, x - expected, scale) : 0
      const trust = Number.isFinite(x) ? shift.trust(key) : 0
      numbers[at + STATE.absolute] =
        numbers[at + STATE.absolute]! * SCALE_KEEP + trust * Math.min(size, OUTLIER_Z) * unit
      numbers[at + STATE.counted] = counted * SCALE_KEEP + trust
      // Within a run of strange values it is the level that is in question, not the model.
      if (trust === 1) predictor.watch?.(key, u)
      if (by !== 0) predictor.move(key, by)
      if (size <= refuse || by !== 0) predictor.take(key, timeMs, x)
      else if (predictor.refuse && Number.isFinite(x) && shift.isShort(key)) predictor.refuse(key, timeMs, x)
      else predictor.take(key, timeMs, Number.NaN)
      if (rescaled !== undefined) rescale(at, rescaled)
      return trust
    },
  }
}
