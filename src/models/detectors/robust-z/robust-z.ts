/**
 * The `robustZ` detector: each value against median and median absolute deviation of the last ones.
 *
 * u = (x − m) / (s·√(1 + v_n)),  m = median,  s = 1.4826·n/(n − 0.8)·(1 − 1/4ν)·median|x_i − m|
 *
 * The modified z-score (Iglewicz & Hoaglin 1993, *How to Detect and Handle Outliers*) by its predictive distribution: v_n is the
 * variance of a median of n (`slot-medians.ts`); n/(n − 0.8) makes the deviation unbiased (Croux & Rousseeuw 1992,
 * *Computational Statistics* 1); it tells as much of a normal scale as 0.3675 times as many squares (Rousseeuw & Croux
 * 1993, *Journal of the American Statistical Association* 88), so that the distribution is Student's with ν = 0.3675·n degrees of
 * freedom, and 1 − 1/4ν makes the square of s unbiased rather than s. Where half of the values are alike, the scale is
 * √(π/2) times the mean distance.
 *
 * All finite values enter the window: half of them would have to be strange to matter. Twelve strange ones to one side
 * are a new level at once (`level-shift.ts`): the window moves there.
 *
 * With a season each value is taken less its profile: the median of the last seven seasons at its place, of distances
 * from the level of the time.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import {
  flooredScale,
  isOutlier,
  leastScale,
  MAD_EFFICIENCY,
  MAD_TO_SIGMA,
  MIN_COUNT,
  medianOf,
  SQRT_HALF_PI,
} from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { openSeasonClock, type SeasonClock } from '../parts/season-clock.ts'
import { medianVariance, openSlotMedians } from '../parts/slot-medians.ts'
import { openSortedWindow } from '../parts/sorted-window.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { studentLogP, studentPoint } from '../parts/student.ts'

/** Values among which those of a new level are looked for when it is found. */
const RECENT = 24
/** Slots that a state may have, and seasons that a profile is of. */
const MAX_SLOTS = 10_080
const CYCLES = 7

// Places in `robust`.
const SEEN = 0
/** 0 before the first value, 1 in the first season, 2 after it. */
const PHASE = 1
/** The step of the first value. */
const BEGAN = 2
/** The level of the first season. */
const LEVEL = 3
const WIDTH = 4

/**
 * Opens the `robustZ` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_STEP`,
 *   `DETECTOR_SEASON` for a season that does not fit the series.
 */
export const openRobustZ: DetectorFactory = (spec, context) => {
  const window = specNumber(spec, 'window', 20, 100_000, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const clock = spec.season === null ? undefined : openSeasonClock(spec, context.everyMs, MAX_SLOTS)
  const warmup =
    spec.warmup === null ? Math.max(100, 3 * (clock?.slots ?? 0)) : specNumber(spec, 'warmup', 10, 1e9, true)
  return scoreWith(robustStatistic(window, clock, warmup), calibrate, context)
}

function robustStatistic(window: number, clock: SeasonClock | undefined, warmup: number): Statistic {
  const values = openSortedWindow(window)
  const shift = openLevelShift()
  const slots = clock?.slots ?? 1
  const profile = clock && openSlotMedians(slots, CYCLES)
  const sorted = new Float64Array(slots)
  const prediction = new Float64Array(PREDICTION)
  let robust: Float64Array = new Float64Array(0)
  let expected = Number.NaN
  /** Of the step: its level, what its place in the season adds, scale and degrees of freedom. */
  let level = Number.NaN
  let seasonal = 0
  let scale = 1
  let dof = 1

  /** The level of the first season of a key; its profile is what is left. */
  const start = (key: number): void => {
    let seen = 0
    for (let slot = 0; slot < slots; slot++) {
      const x = profile!.median(key, slot)
      if (!Number.isNaN(x)) sorted[seen++] = x
    }
    const median = medianOf(sorted, seen)
    profile!.move(key, -median)
    robust[key * WIDTH + LEVEL] = median
    robust[key * WIDTH + PHASE] = 2
  }

  return {
    layout: {
      robust: { kind: 'f64', width: WIDTH },
      ...shift.layout,
      ...values.layout,
      ...clock?.layout,
      ...profile?.layout,
    },
    prediction,
    bind(state) {
      robust = f64(state, 'robust')
      shift.bind(state)
      values.bind(state)
      clock?.bind(state)
      profile?.bind(state)
    },
    predict(key, timeMs) {
      const at = key * WIDTH
      values.look(key)
      const { count } = values
      level = values.median
      seasonal = 0
      if (clock) {
        clock.locate(key, timeMs)
        const step = clock.season * slots + clock.slot
        if (robust[at + PHASE] === 1 && step - robust[at + BEGAN]! >= slots) start(key)
        if (count === 0 && robust[at + PHASE] === 2) level = robust[at + LEVEL]!
        const usual = profile!.median(key, clock.slot)
        if (!Number.isNaN(usual)) seasonal = usual
      }
      expected = level + seasonal
      const wide =
        values.distance > 0 || count === 0
          ? MAD_TO_SIGMA * values.distance
          : SQRT_HALF_PI * values.meanDistance()
      dof = MAD_EFFICIENCY * count
      // Student's distribution wants a scale whose square, not itself, is right on average.
      const unit = ((wide * count) / (count - 0.8)) * (1 - 0.25 / dof)
      scale = flooredScale(unit * Math.sqrt(1 + medianVariance(count)), leastScale(expected))
      prediction[EXPECTED] = expected
      prediction[READY] = robust[at + SEEN]! >= warmup && count >= MIN_COUNT ? 1 : 0
    },
    measure: x => (x - expected) / scale,
    logP: u => studentLogP(u, dof),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * studentPoint(-standardNormalQuantile(alpha / 2), dof),
    learn(key, _timeMs, x, u) {
      const at = key * WIDTH
      const begun = robust[at + PHASE]! > 0
      let trust = 0
      if (Number.isFinite(x)) {
        robust[at + SEEN] = robust[at + SEEN]! + 1
        if (!begun && clock) robust[at + BEGAN] = clock.season * slots + clock.slot
        if (!begun) robust[at + PHASE] = clock ? 1 : 2
        if (clock && robust[at + PHASE] === 1) profile!.add(key, clock.slot, clock.season, x)
        else {
          let by = 0
          let strange = false
          if (prediction[READY] === 1) {
            by = shift.watch(key, u, x - expected, scale)
            trust = shift.weight(key)
            strange = isOutlier(u) && by === 0
          }
          values.add(key, x - seasonal)
          if (by !== 0) values.move(key, by, RECENT)
          if (clock && by === 0) {
            if (!strange) profile!.add(key, clock.slot, clock.season, x - level)
            else if (shift.isShort(key)) profile!.refuse(key, clock.slot, clock.season, x - level)
          }
        }
      }
      if (begun || Number.isFinite(x)) clock?.pass(key, 1)
      return trust
    },
  }
}
