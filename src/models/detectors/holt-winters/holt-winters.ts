/**
 * The `holtWinters` detector: each value against level, slope and season, smoothed exponentially.
 *
 * ŷ = l + φb + s_i;  with e = y − ŷ:  l ← l + φb + αe,  b ← φb + αβe,  s_i ← s_i + γ(1 − α)e
 *
 * Additive Holt–Winters in error-correction form (Winters 1960, *Management Science* 6; Hyndman & Athanasopoulos,
 * *Forecasting: Principles and Practice*, 3rd ed., §8.3–8.5). Weights fall from those of a least squares line (Brookner,
 * *Tracking and Kalman Filtering Made Easy*, §1.2.10) and of a mean to the given ones, so that the first values do not
 * weigh more than others for long.
 *
 * Two seasons start it: the slope is the median change from one to the other, the season the mean of both, the level the
 * median of what is left. After missing values the uncertainty of level and slope grows as the model says, X in units of
 * σ²: X ← F X Fᵀ + g gᵀ with F = (1 φ; 0 φ), g = (α, αβ); the next value weighs the more for it (the gain of the Kalman
 * filter: Durbin & Koopman, *Time Series Analysis by State Space Methods*, §4.3).
 */
import type { DetectorFactory, SeriesTraits } from '../../../core/detector.ts'
import { record } from '../../../core/record.ts'
import { specFlag, specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { flooredScale, medianOf, minScale } from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { openSeasonClock, type SeasonClock } from '../parts/season-clock.ts'

/** Slots that a state may have. */
const MAX_SLOTS = 20_160
/** Missing steps that widen a prediction; more change nothing. */
const MAX_STEPS = 10_000
/** Two values of a slot that are so many typical changes apart are not of one season. */
const ABSURD = 1000
/** A smaller uncertainty, in units of σ², is none. */
const NEGLIGIBLE = 1e-10

const SMOOTH = record({
  level: 'level, unit of the values',
  slope: 'slope per step',
  count: 'values learned, the starting ones included; 0 before the start',
  begun: '1 once a value has come',
  began: 'the step it came at',
  ll: 'variance of the level beyond that of a series without gaps, in units of σ²',
  lb: 'covariance of level and slope',
  bb: 'variance of the slope',
  rough: 'typical change of a slot from the first season to the second, less the slope',
})
const SLOT = record({
  seasonal: 'what the season adds here; before the start the value in the first season',
  visits: 'values learned; before the start the value in the second season',
  last: 'the season of the last value',
  refused: '1 when an outlier has come since',
})

interface Smoothing {
  readonly trend: boolean
  /** φ, 0 without a trend. */
  readonly damped: number
  readonly alpha: number
  /** αβ, 0 without a trend. */
  readonly slopeWeight: number
  /** γ(1 − α). */
  readonly seasonWeight: number
}

/**
 * Opens the `holtWinters` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_STEP`,
 *   `DETECTOR_SEASON` for a season that does not fit the series.
 */
export const openHoltWinters: DetectorFactory = (spec, context) => {
  const trend = specFlag(spec, 'trend')
  const damped = specNumber(spec, 'damped', 0, 1)
  const alpha = specNumber(spec, 'alpha', 0, 1)
  const beta = specNumber(spec, 'beta', 0, 1)
  const gamma = specNumber(spec, 'gamma', 0, 1)
  const smoothing: Smoothing = {
    trend,
    damped: trend ? damped : 0,
    alpha,
    slopeWeight: trend ? alpha * beta : 0,
    seasonWeight: gamma * (1 - alpha),
  }
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const clock = spec.season === null ? undefined : openSeasonClock(spec, context.everyMs, MAX_SLOTS)
  const warmup =
    spec.warmup === null ? Math.max(100, 3 * (clock?.slots ?? 0)) : specNumber(spec, 'warmup', 10, 1e9, true)
  const predictor = clock ? seasonalPredictor(smoothing, clock) : trendPredictor(smoothing)
  return scoreWith(residualStatistic(predictor, { warmup }, context), calibrate, context)
}

/** Level and slope alone. */
function trendPredictor(smoothing: Smoothing): Predictor {
  let smooth: Float64Array = new Float64Array(0)
  let expected = Number.NaN
  return {
    layout: { smooth: SMOOTH.field },
    bind(state) {
      smooth = f64(state, 'smooth')
    },
    expect(key) {
      const at = key * SMOOTH.width
      expected = smooth[at + SMOOTH.count] === 0 ? Number.NaN : trendOf(smoothing, smooth, at)
      return expected
    },
    spread: key => Math.sqrt(1 + uncertaintyOf(smoothing, smooth, key * SMOOTH.width)),
    take(key, _timeMs, x) {
      const at = key * SMOOTH.width
      if (smooth[at + SMOOTH.count]! > 0) step(smoothing, smooth, at, x - expected)
      else if (!Number.isNaN(x)) {
        smooth[at + SMOOTH.level] = x
        smooth[at + SMOOTH.count] = 1
      }
    },
    describe: key => lineOf(smoothing, smooth, key * SMOOTH.width),
    skip(key, steps) {
      skipSteps(smoothing, smooth, key * SMOOTH.width, steps)
    },
    move(key, by) {
      smooth[key * SMOOTH.width + SMOOTH.level] = smooth[key * SMOOTH.width + SMOOTH.level]! + by
    },
  }
}

/** Level and slope of a key, once it has begun. */
const lineOf = ({ trend }: Smoothing, smooth: Float64Array, at: number): Partial<SeriesTraits> =>
  smooth[at + SMOOTH.count] === 0
    ? {}
    : { level: smooth[at + SMOOTH.level]!, ...(trend && { trend: smooth[at + SMOOTH.slope]! }) }

/** Level, slope and season: the members of a predictor around the step at hand. What works on the numbers of a key is below. */
function seasonalPredictor(smoothing: Smoothing, clock: SeasonClock): Predictor {
  const { slots } = clock
  const { seasonWeight } = smoothing
  const seasonsWidth = slots * SLOT.width
  let smooth: Float64Array = new Float64Array(0)
  let seasonals: Float64Array = new Float64Array(0)
  // Of the step looked at last: its slot's place, and the value expected.
  let place = 0
  let expected = Number.NaN

  const locate = (key: number, timeMs: number): void => {
    clock.locate(key, timeMs)
    place = key * seasonsWidth + clock.slot * SLOT.width
  }
  /** The step that was located, counted from the first season of the clock. */
  const stepNow = (): number => clock.season * slots + clock.slot

  /** Keeps a value of the first two seasons. */
  const collect = (key: number, x: number): void => {
    const at = key * SMOOTH.width
    if (smooth[at + SMOOTH.begun] === 0) {
      if (Number.isNaN(x)) return
      smooth[at + SMOOTH.begun] = 1
      smooth[at + SMOOTH.began] = stepNow()
      seasonals.fill(Number.NaN, key * seasonsWidth, (key + 1) * seasonsWidth)
    }
    const inFirst = stepNow() - smooth[at + SMOOTH.began]! < slots
    seasonals[place + (inFirst ? SLOT.seasonal : SLOT.visits)] = x
  }

  return {
    layout: {
      smooth: SMOOTH.field,
      seasonals: record({ slots: [SLOT, slots] }).field,
      ...clock.layout,
    },
    bind(state) {
      smooth = f64(state, 'smooth')
      seasonals = f64(state, 'seasonals')
      clock.bind(state)
    },
    expect(key, timeMs) {
      const at = key * SMOOTH.width
      locate(key, timeMs)
      if (smooth[at + SMOOTH.count] === 0) {
        expected = Number.NaN
        if (stepNow() - smooth[at + SMOOTH.began]! < 2 * slots) return expected
        start(smoothing, smooth, at, seasonals.subarray(key * seasonsWidth, (key + 1) * seasonsWidth))
      }
      expected = trendOf(smoothing, smooth, at) + seasonals[place + SLOT.seasonal]!
      return expected
    },
    spread(key) {
      const at = key * SMOOTH.width
      let more = uncertaintyOf(smoothing, smooth, at)
      if (smooth[at + SMOOTH.count]! > 0) {
        const missed = clock.season - seasonals[place + SLOT.last]! - 1
        if (missed > 0) more += missed * seasonWeight * seasonWeight
      }
      return Math.sqrt(1 + more)
    },
    take(key, timeMs, x) {
      const at = key * SMOOTH.width
      locate(key, timeMs)
      if (smooth[at + SMOOTH.count] === 0) collect(key, x)
      else {
        const e = x - expected
        step(smoothing, smooth, at, e)
        if (!Number.isNaN(e)) learnSlot(seasonals, place, e, seasonWeight, clock.season)
      }
      clock.pass(key, 1)
    },
    refuse(key, timeMs, x) {
      locate(key, timeMs)
      step(smoothing, smooth, key * SMOOTH.width, Number.NaN)
      refuseSlot(seasonals, place, x, expected, clock.season)
      clock.pass(key, 1)
    },
    describe: key => ({ ...lineOf(smoothing, smooth, key * SMOOTH.width), seasons: [clock.length] }),
    rough: key => smooth[key * SMOOTH.width + SMOOTH.rough]!,
    skip(key, steps) {
      clock.pass(key, steps)
      skipSteps(smoothing, smooth, key * SMOOTH.width, steps)
    },
    move(key, by) {
      smooth[key * SMOOTH.width + SMOOTH.level] = smooth[key * SMOOTH.width + SMOOTH.level]! + by
    },
  }
}

/** Level and slope of the next step. */
const trendOf = ({ damped }: Smoothing, smooth: Float64Array, at: number): number =>
  smooth[at + SMOOTH.level]! + damped * smooth[at + SMOOTH.slope]!

/** The variance that gaps add to a prediction, in units of σ². */
function uncertaintyOf({ damped }: Smoothing, smooth: Float64Array, at: number): number {
  if (!(smooth[at + SMOOTH.ll]! > 0)) return 0
  return gapVariance(damped, smooth[at + SMOOTH.ll]!, smooth[at + SMOOTH.lb]!, smooth[at + SMOOTH.bb]!)
}

const gapVariance = (damped: number, ll: number, lb: number, bb: number): number =>
  ll + 2 * damped * lb + damped * damped * bb

/** Takes a step with the error e of its prediction; NaN for a missing value. */
function step(smoothing: Smoothing, smooth: Float64Array, at: number, e: number): void {
  const { alpha, damped, slopeWeight } = smoothing
  const slope = damped * smooth[at + SMOOTH.slope]!
  const ll = smooth[at + SMOOTH.ll]!
  smooth[at + SMOOTH.level] = smooth[at + SMOOTH.level]! + slope
  smooth[at + SMOOTH.slope] = slope
  const missing = Number.isNaN(e)
  if (!missing && !(ll > 0)) {
    learn(smoothing, smooth, at, e, alpha, slopeWeight)
    return
  }
  const lb = smooth[at + SMOOTH.lb]!
  const bb = smooth[at + SMOOTH.bb]!
  const total = 1 + gapVariance(damped, ll, lb, bb)
  const cross = damped * (lb + damped * bb)
  const gainLevel = (total - 1 + alpha) / total
  const gainSlope = (cross + slopeWeight) / total
  const share = missing ? 0 : total
  const nextLL = total - 1 + alpha * alpha - share * gainLevel * gainLevel
  smooth[at + SMOOTH.lb] = cross + alpha * slopeWeight - share * gainLevel * gainSlope
  smooth[at + SMOOTH.bb] = damped * damped * bb + slopeWeight * slopeWeight - share * gainSlope * gainSlope
  smooth[at + SMOOTH.ll] = nextLL
  if (missing) return
  if (nextLL < NEGLIGIBLE) smooth[at + SMOOTH.ll] = smooth[at + SMOOTH.lb] = smooth[at + SMOOTH.bb] = 0
  learn(smoothing, smooth, at, e, gainLevel, gainSlope)
}

/** Corrects level and slope by the error e, with these gains, or those of a least squares line while they are larger. */
function learn(
  { trend }: Smoothing,
  smooth: Float64Array,
  at: number,
  e: number,
  gainLevel: number,
  gainSlope: number,
): void {
  const n = smooth[at + SMOOTH.count]! + 1
  smooth[at + SMOOTH.count] = n
  const early = trend ? (2 * (2 * n - 1)) / (n * (n + 1)) : 1 / n
  smooth[at + SMOOTH.level] = smooth[at + SMOOTH.level]! + Math.max(gainLevel, early) * e
  if (trend) {
    smooth[at + SMOOTH.slope] = smooth[at + SMOOTH.slope]! + Math.max(gainSlope, 6 / (n * (n + 1))) * e
  }
}

function skipSteps(smoothing: Smoothing, smooth: Float64Array, at: number, steps: number): void {
  if (smooth[at + SMOOTH.count] === 0) return
  for (let i = Math.min(steps, MAX_STEPS); i > 0; i--) step(smoothing, smooth, at, Number.NaN)
}

/** Corrects what the season adds in a slot by the error e. */
function learnSlot(seasonals: Float64Array, place: number, e: number, weight: number, season: number): void {
  const visits = seasonals[place + SLOT.visits]! + 1
  seasonals[place + SLOT.visits] = visits
  seasonals[place + SLOT.seasonal] = seasonals[place + SLOT.seasonal]! + Math.max(weight, 1 / visits) * e
  seasonals[place + SLOT.last] = season
  seasonals[place + SLOT.refused] = 0
}

/** Takes an outlier. The second in a row, with ordinary neighbours, is how the season is now. */
function refuseSlot(
  seasonals: Float64Array,
  place: number,
  x: number,
  expected: number,
  season: number,
): void {
  if (seasonals[place + SLOT.refused] === 1) {
    seasonals[place + SLOT.seasonal] = seasonals[place + SLOT.seasonal]! + x - expected
    seasonals[place + SLOT.visits] = 1
    seasonals[place + SLOT.last] = season
  }
  seasonals[place + SLOT.refused] = 1 - seasonals[place + SLOT.refused]!
}

/** Level, slope and season from the first two seasons of a key, which `seasonals` holds. */
function start({ trend }: Smoothing, smooth: Float64Array, at: number, seasonals: Float64Array): void {
  const slots = seasonals.length / SLOT.width
  const scratch = new Float64Array(slots)
  const change = trend ? medianChange(seasonals, scratch) : 0
  const slope = change / slots
  const rough = medianChange(seasonals, scratch, change)
  const middle = medianValue(seasonals)
  const began = smooth[at + SMOOTH.began]!
  const firstSlot = ((began % slots) + slots) % slots
  const end = began + 2 * slots - 1
  let seen = 0
  for (let slot = 0; slot < slots; slot++) {
    const i = slot * SLOT.width
    const step = began + ((slot - firstSlot + slots) % slots)
    const first = seasonals[i + SLOT.seasonal]! + slope * (end - step)
    const second = seasonals[i + SLOT.visits]! + slope * (end - step - slots)
    const value = slotStart(first, second, middle, ABSURD * flooredScale(rough, minScale(middle)))
    seasonals[i + SLOT.seasonal] = value
    seasonals[i + SLOT.visits] = (Number.isNaN(first) ? 0 : 1) + (Number.isNaN(second) ? 0 : 1)
    seasonals[i + SLOT.last] = Math.floor((step + slots) / slots)
    seasonals[i + SLOT.refused] = 0
    if (!Number.isNaN(value)) scratch[seen++] = value
  }
  const level = medianOf(scratch, seen)
  for (let i = SLOT.seasonal; i < seasonals.length; i += SLOT.width) {
    seasonals[i] = Number.isNaN(seasonals[i]!) ? 0 : seasonals[i]! - level
  }
  smooth[at + SMOOTH.level] = level
  smooth[at + SMOOTH.slope] = slope
  smooth[at + SMOOTH.count] = 2 * slots
  smooth[at + SMOOTH.rough] = rough
}

/** A slot by its values in the two seasons: their mean, or the likelier one where they are absurdly far apart. */
function slotStart(first: number, second: number, middle: number, far: number): number {
  if (Number.isNaN(first)) return second
  if (Number.isNaN(second)) return first
  if (Math.abs(first - second) <= far) return 0.5 * first + 0.5 * second
  return Math.abs(first - middle) < Math.abs(second - middle) ? first : second
}

/** The median of both seasons; 0 where nothing came. */
function medianValue(seasonals: Float64Array): number {
  const values = new Float64Array((2 * seasonals.length) / SLOT.width)
  let seen = 0
  for (let i = 0; i < seasonals.length; i += SLOT.width) {
    for (const x of [seasonals[i + SLOT.seasonal]!, seasonals[i + SLOT.visits]!])
      if (!Number.isNaN(x)) values[seen++] = x
  }
  return seen > 0 ? medianOf(values, seen) : 0
}

/**
 * The median change of a slot from the first season to the second, or its median size beside the change `usual`; 0 when no
 * slot has both.
 */
function medianChange(seasonals: Float64Array, scratch: Float64Array, usual?: number): number {
  let pairs = 0
  for (let i = 0; i < seasonals.length; i += SLOT.width) {
    const change = seasonals[i + SLOT.visits]! - seasonals[i + SLOT.seasonal]!
    if (!Number.isNaN(change)) scratch[pairs++] = usual === undefined ? change : Math.abs(change - usual)
  }
  return pairs > 0 ? medianOf(scratch, pairs) : 0
}
