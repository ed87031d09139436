/**
 * Statistics of detectors that predict a value: innovations in units of their own running scale.
 *
 * The scale is √(π/2) times the mean absolute innovation, out of sample, so that errors of estimation are part of it;
 * innovations count up to 3.5 scales (`robust-scale.ts`). The distribution is Student's with the degrees of freedom of that
 * scale. An outlier does not reach the predictor until a new level is found (`level-shift.ts`): the predictor sees a
 * missing value instead.
 */
import { type DetectorContext, type SeriesTraits, seriesTraits } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { f64 } from './fields.ts'
import { openLevelShift } from './level-shift.ts'
import {
  flooredScale,
  MIN_COUNT,
  medianOf,
  minScale,
  nextMeanSize,
  OUTLIER_Z,
  robustSum,
  SCALE_KEEP,
  scaleDof,
  scaleOfSizes,
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
  /** Standard deviation of the prediction's error, in that of an ordinary one: larger after missing values. Default: 1. */
  spread?(key: number): number
  /** Learns the value of the step; NaN when it is missing, or an outlier. */
  take(key: number, timeMs: number, x: number): void
  /** Learns the step of an outlier with few others beside it, instead of {@link take} with NaN. */
  refuse?(key: number, timeMs: number, x: number): void
  /** Passes over `steps` steps without a value; the first would have been at `timeMs`. */
  skip(key: number, steps: number, timeMs: number): void
  /** The level of the series has moved by `by`. */
  move(key: number, by: number): void
  /** Told of an ordinary innovation in scales, before {@link take}. */
  watch?(key: number, u: number): void
  /** What is known of the series of a key but its scale. */
  describe?(key: number): Partial<SeriesTraits>
  /** The typical size of its errors, where it knows one before the first of them. */
  rough?(key: number): number
  /** Filled by {@link take} and {@link skip} when they fit the model again after a change; whoever keeps the scale empties it. */
  readonly rescaled?: Rescaled
}

/** The scale by a fit: mean size of `errors` errors, of which there may be none. */
export interface Rescaled {
  errors: number
  meanSize: number
}

export interface PredictedOptions {
  /** Values of the key before the first one scored. */
  readonly warmup: number
  /** A value of more scales does not reach the predictor. Default 3.5. */
  readonly refuse?: number
}

const INNOVATIONS = record({
  seen: 'values of the key',
  lastMs: 'event time of the last value, ms',
  absolute: 'weighted sum of absolute innovations, each up to 3.5 scales',
  counted: 'sum of their weights',
  meanSize: 'mean size of innovations, outliers almost in full',
  first: ['sizes of the first innovations', MIN_COUNT],
})

// The compiler knows constants of this module; imported ones are loaded at each use, which costs some 5 % of a step.
const KEEP = SCALE_KEEP
const LIMIT = OUTLIER_Z
const FEWEST = MIN_COUNT
const AT_EXPECTED = EXPECTED
const AT_READY = READY

/**
 * The statistic of a predictor's innovations.
 *
 * One closure, although long: measure, bounds and learning of a row read what `predict` found, without a record per row.
 */
export function residualStatistic(
  predictor: Predictor,
  { warmup, refuse = OUTLIER_Z }: PredictedOptions,
  { everyMs }: Pick<DetectorContext, 'everyMs'>,
): Statistic {
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  let numbers: Float64Array = new Float64Array(0)
  // Of the prediction: the value expected, the scale of ordinary innovations and of this one, its degrees of freedom.
  let expected = Number.NaN
  let unit = 1
  let scale = 1
  let dof = 1
  const { rescaled } = predictor

  /** Learns a value once there is a scale, with `counted` innovations behind it. Returns its weight. */
  const learnOrdinary = (key: number, timeMs: number, x: number, u: number, counted: number): number => {
    const at = key * INNOVATIONS.width
    const size = Math.abs(u)
    const by = Number.isFinite(x) ? shift.watch(key, u, x - expected, scale) : 0
    const weight = Number.isFinite(x) ? shift.weight(key) : 0
    // Beside an expectation that is itself absurd its floor is no scale.
    const learned = size > LIMIT && unit === minScale(expected) ? 0 : weight
    numbers[at + INNOVATIONS.absolute] =
      numbers[at + INNOVATIONS.absolute]! * KEEP + learned * Math.min(size, LIMIT) * unit
    numbers[at + INNOVATIONS.counted] = counted * KEEP + weight
    // Within a run of outliers it is the level that is in question, not the model.
    if (weight === 1) predictor.watch?.(key, u)
    if (by !== 0) predictor.move(key, by)
    if (size <= refuse || by !== 0) predictor.take(key, timeMs, x)
    else if (predictor.refuse && Number.isFinite(x) && shift.isShort(key)) predictor.refuse(key, timeMs, x)
    else predictor.take(key, timeMs, Number.NaN)
    if (rescaled !== undefined) rescale(numbers, at, rescaled)
    return weight
  }

  return {
    layout: {
      innovations: INNOVATIONS.field,
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
      const at = key * INNOVATIONS.width
      const seen = numbers[at + INNOVATIONS.seen]!
      if (everyMs !== undefined && seen > 0) {
        const lastMs = numbers[at + INNOVATIONS.lastMs]!
        const steps = Math.round((timeMs - lastMs) / everyMs) - 1
        if (steps > 0) predictor.skip(key, steps, lastMs + everyMs)
      }
      expected = seen > 0 ? predictor.expect(key, timeMs) : Number.NaN
      const counted = numbers[at + INNOVATIONS.counted]!
      const spread = predictor.spread?.(key) ?? 1
      unit = scaleOfSizes(
        numbers[at + INNOVATIONS.absolute]!,
        counted,
        expected,
        numbers[at + INNOVATIONS.meanSize]!,
      )
      scale = unit * spread
      dof = scaleDof(counted)
      prediction[AT_EXPECTED] = expected
      prediction[AT_READY] = seen >= warmup && counted >= FEWEST && !Number.isNaN(expected) ? 1 : 0
    },
    describe(key) {
      const at = key * INNOVATIONS.width
      const counted = numbers[at + INNOVATIONS.counted]!
      const known = seriesTraits(predictor.describe?.(key))
      if (counted < FEWEST) return known
      const { level } = known
      const sizes = numbers[at + INNOVATIONS.absolute]!
      const typical = numbers[at + INNOVATIONS.meanSize]!
      return { ...known, scale: scaleOfSizes(sizes, counted, Number.isNaN(level) ? 0 : level, typical) }
    },
    measure: x => (x - expected) / scale,
    logP: u => studentLogP(u, dof),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * studentPoint(-standardNormalQuantile(alpha / 2), dof),
    learn(key, timeMs, x, u) {
      const at = key * INNOVATIONS.width
      if (Number.isNaN(x) && numbers[at + INNOVATIONS.seen] === 0) return 0
      numbers[at + INNOVATIONS.lastMs] = timeMs
      if (Number.isNaN(x) || Number.isNaN(expected)) {
        predictor.take(key, timeMs, Number.isFinite(x) ? x : Number.NaN)
        if (rescaled !== undefined) rescale(numbers, at, rescaled)
        if (Number.isFinite(x)) numbers[at + INNOVATIONS.seen] = numbers[at + INNOVATIONS.seen]! + 1
        return 0
      }
      numbers[at + INNOVATIONS.seen] = numbers[at + INNOVATIONS.seen]! + 1
      const counted = numbers[at + INNOVATIONS.counted]!
      const absurd =
        counted < FEWEST && isAbsurd(numbers, at, counted, x - expected, expected, predictor.rough?.(key))
      if (Number.isFinite(x) && !absurd) {
        const size = Math.abs(x - expected) * (unit / scale)
        numbers[at + INNOVATIONS.meanSize] = nextMeanSize(numbers[at + INNOVATIONS.meanSize]!, size, counted)
      }
      if (counted >= FEWEST) return learnOrdinary(key, timeMs, x, u, counted)
      // Too early to call anything an outlier that is not absurd.
      if (Number.isFinite(x)) {
        learnFirst(numbers, at, Math.abs(x - expected), counted)
        predictor.take(key, timeMs, absurd ? Number.NaN : x)
      }
      return 0
    },
  }
}

const sizes = new Float64Array(MIN_COUNT)
/** An innovation of so many times the median size of those before it is absurd. */
const ABSURD = 1000
/** Fewest sizes whose median tells. */
const TELLING = 3

/**
 * Whether one of the first innovations is of a wholly other size than those before it: "no value" by a number, as a rule.
 * A predictor that took it in would take as long to forget it as it is large. When most of the first ones are such, they
 * are what the series is like.
 */
function isAbsurd(
  numbers: Float64Array,
  at: number,
  counted: number,
  off: number,
  expected: number,
  rough: number | undefined,
): boolean {
  if (!Number.isFinite(off)) return false
  if (counted < TELLING) {
    return rough !== undefined && Math.abs(off) > ABSURD * flooredScale(rough, minScale(expected))
  }
  const first = at + INNOVATIONS.first
  for (let i = 0; i < counted; i++) sizes[i] = numbers[first + i]!
  const typical = flooredScale(medianOf(sizes, counted), minScale(expected))
  return Math.abs(off) > ABSURD * typical
}

/** Keeps the size of one of the first innovations; all of them make the first scale. */
function learnFirst(numbers: Float64Array, at: number, size: number, counted: number): void {
  numbers[at + INNOVATIONS.first + counted] = size
  numbers[at + INNOVATIONS.counted] = counted + 1
  if (counted + 1 < MIN_COUNT) return
  const first = at + INNOVATIONS.first
  for (let i = 0; i < MIN_COUNT; i++) sizes[i] = numbers[first + i]!
  numbers[at + INNOVATIONS.absolute] = robustSum(sizes)
}

/** Takes the scale of a fit, if there is one. */
function rescale(numbers: Float64Array, at: number, fit: Rescaled): void {
  if (fit.errors === 0) return
  numbers[at + INNOVATIONS.counted] = fit.errors
  numbers[at + INNOVATIONS.absolute] = fit.errors * fit.meanSize
  numbers[at + INNOVATIONS.meanSize] = fit.meanSize
  fit.errors = 0
}
