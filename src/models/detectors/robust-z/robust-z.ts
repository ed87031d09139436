/**
 * The `robustZ` detector: each value against median and median absolute deviation of the last ones.
 *
 * u = (x − m) / (s·√(1 + v_n)),  m = median,  s = 1.4826·n/(n − 0.8)·(1 − 1/4ν)·median|x_i − m|
 *
 * The modified z-score (Iglewicz & Hoaglin 1993, *How to Detect and Handle Outliers*) by its predictive distribution. v_n
 * is the variance of a median of n (`slot-medians.ts`); n/(n − 0.8) makes the deviation unbiased (Croux & Rousseeuw 1992,
 * *Computational Statistics* 1). It tells as much of a normal scale as 0.3675 times as many squares (Rousseeuw & Croux
 * 1993, *Journal of the American Statistical Association* 88), so that the distribution is Student's with ν = 0.3675·n
 * degrees of freedom, and 1 − 1/4ν makes the square of s unbiased rather than s. Where half of the values are equal, the
 * scale is √(π/2) times the mean distance.
 *
 * All finite values enter the window: half of them would have to be outliers to matter. Twelve outliers to one side are a
 * new level at once (`level-shift.ts`): the window moves there.
 *
 * With a season each value is taken less its profile: the median of the last seven seasons at its place, of distances
 * from the level at the time.
 */
import { type DetectorFactory, seriesTraits } from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import {
  flooredScale,
  isOutlier,
  MAD_EFFICIENCY,
  MAD_TO_SIGMA,
  MIN_COUNT,
  medianOf,
  minScale,
  SQRT_HALF_PI,
} from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { openSeasonClock, type SeasonClock } from '../parts/season-clock.ts'
import { medianVariance, openSlotMedians } from '../parts/slot-medians.ts'
import { openSortedWindow, type SortedWindow } from '../parts/sorted-window.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { studentLogP, studentPoint } from '../parts/student.ts'

/** Values among which those of a new level are looked for when it is found. */
const RECENT = 24
/** Slots that a state may have, and seasons in a profile. */
const MAX_SLOTS = 10_080
const CYCLES = 7

const KEY = record({
  seen: 'finite values',
  phase: '0 before the first value, 1 in the first season, 2 after it',
  began: 'the step of the first value',
  level: 'the level of the first season',
})

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
  const season = clock && seasonProfile(clock)
  const prediction = new Float64Array(PREDICTION)
  let robust: Float64Array = new Float64Array(0)
  // Of the step: the value expected, its level, what the season adds to it, scale and degrees of freedom.
  let expected = Number.NaN
  let level = Number.NaN
  let seasonal = 0
  let scale = 1
  let dof = 1

  /** Learns a finite value after the first season. Returns its weight. */
  const learnValue = (key: number, x: number, u: number): number => {
    const ready = prediction[READY] === 1
    const by = ready ? shift.watch(key, u, x - expected, scale) : 0
    const weight = ready ? shift.weight(key) : 0
    values.add(key, x - seasonal)
    if (by !== 0) values.move(key, by, RECENT)
    else if (season) {
      if (!(ready && isOutlier(u))) season.add(key, x - level)
      else if (shift.isShort(key)) season.refuse(key, x - level)
    }
    return weight
  }

  return {
    layout: { robust: KEY.field, ...shift.layout, ...values.layout, ...season?.layout },
    prediction,
    bind(state) {
      robust = f64(state, 'robust')
      shift.bind(state)
      values.bind(state)
      season?.bind(state)
    },
    predict(key, timeMs) {
      const at = key * KEY.width
      values.look(key)
      const { count } = values
      level = values.median
      seasonal = 0
      if (season) {
        const step = season.locate(key, timeMs)
        if (robust[at + KEY.phase] === 1 && step - robust[at + KEY.began]! >= season.slots) {
          robust[at + KEY.level] = season.start(key)
          robust[at + KEY.phase] = 2
        }
        if (count === 0 && robust[at + KEY.phase] === 2) level = robust[at + KEY.level]!
        seasonal = season.usual(key)
      }
      expected = level + seasonal
      dof = MAD_EFFICIENCY * count
      scale = flooredScale(scaleOf(values, dof), minScale(expected))
      prediction[EXPECTED] = expected
      prediction[READY] = robust[at + KEY.seen]! >= warmup && count >= MIN_COUNT ? 1 : 0
    },
    describe(key) {
      values.look(key)
      const { count, median } = values
      return seriesTraits({
        level: median,
        scale: count < MIN_COUNT ? Number.NaN : scaleOf(values, MAD_EFFICIENCY * count),
        seasons: clock ? [clock.length] : [],
      })
    },
    measure: x => (x - expected) / scale,
    logP: u => studentLogP(u, dof),
    valueAt: u => expected + u * scale,
    bound: (side, alpha) => expected + side * scale * studentPoint(-standardNormalQuantile(alpha / 2), dof),
    learn(key, _timeMs, x, u) {
      const at = key * KEY.width
      const begun = robust[at + KEY.phase]! > 0
      let weight = 0
      if (Number.isFinite(x)) {
        robust[at + KEY.seen] = robust[at + KEY.seen]! + 1
        if (!begun) {
          if (season) robust[at + KEY.began] = season.step()
          robust[at + KEY.phase] = season ? 1 : 2
        }
        if (season && robust[at + KEY.phase] === 1) season.add(key, x)
        else weight = learnValue(key, x, u)
      }
      if (begun || Number.isFinite(x)) season?.pass(key)
      return weight
    },
  }
}

/** The scale of a prediction by the window: for a value beyond those in it. */
function scaleOf(values: SortedWindow, dof: number): number {
  const { count, distance } = values
  const wide = distance > 0 || count === 0 ? MAD_TO_SIGMA * distance : SQRT_HALF_PI * values.meanDistance()
  // Student's distribution needs a scale whose square, not itself, is right on average.
  const unit = ((wide * count) / (count - 0.8)) * (1 - 0.25 / dof)
  return unit * Math.sqrt(1 + medianVariance(count))
}

/** The profile of a season at the step that was located last. */
function seasonProfile(clock: SeasonClock) {
  const { slots } = clock
  const medians = openSlotMedians(slots, CYCLES)
  const sorted = new Float64Array(slots)
  const step = (): number => clock.season * slots + clock.slot
  return {
    slots,
    layout: { ...clock.layout, ...medians.layout },
    bind(state: StateTable) {
      clock.bind(state)
      medians.bind(state)
    },
    /** Finds the next step of a key: its number. */
    locate(key: number, timeMs: number): number {
      clock.locate(key, timeMs)
      return step()
    },
    step,
    /** What the season adds; 0 while nothing is known. */
    usual(key: number): number {
      const usual = medians.median(key, clock.slot)
      return Number.isNaN(usual) ? 0 : usual
    },
    /** Takes the level of the first season off its profile, and gives it. */
    start(key: number): number {
      let seen = 0
      for (let slot = 0; slot < slots; slot++) {
        const x = medians.median(key, slot)
        if (!Number.isNaN(x)) sorted[seen++] = x
      }
      const level = medianOf(sorted, seen)
      medians.move(key, -level)
      return level
    },
    add(key: number, x: number): void {
      medians.add(key, clock.slot, clock.season, x)
    },
    refuse(key: number, x: number): void {
      medians.refuse(key, clock.slot, clock.season, x)
    },
    pass(key: number): void {
      clock.pass(key, 1)
    },
  }
}
