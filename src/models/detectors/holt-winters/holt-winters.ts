/**
 * The `holtWinters` detector: each value against level, slope and season, smoothed exponentially.
 *
 * ŷ = l + φb + s_i;  with e = y − ŷ:  l ← l + φb + αe,  b ← φb + αβe,  s_i ← s_i + γ(1 − α)e
 *
 * Additive Holt–Winters in error-correction form (Winters 1960, *Management Science* 6; Hyndman & Athanasopoulos,
 * *Forecasting: Principles and Practice*, 3rd ed., §8.3–8.5). Weights fall from those of a least squares line (Brookner,
 * *Tracking and Kalman Filtering Made Easy*, §1.2.10) and of a mean to the given ones, so that the start does not weigh
 * for ever.
 *
 * Two seasons start it: the slope is the median change from one to the other, the season the mean of both, the level the
 * median of what is left. After missing values level and slope are as uncertain as the model says, X in units of σ²:
 * X ← F X Fᵀ + g gᵀ with F = (1 φ; 0 φ), g = (α, αβ); the next value weighs more by as much (the gain of the Kalman
 * filter: Durbin & Koopman, *Time Series Analysis by State Space Methods*, §4.3).
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { specFlag, specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { medianOf } from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { openSeasonClock, type SeasonClock } from '../parts/season-clock.ts'

/** Slots that a state may have. */
const MAX_SLOTS = 20_160
/** Missing steps that widen a prediction; more are as many. */
const MAX_STEPS = 10_000
/** Uncertainty, in units of σ², that is none. */
const NEGLIGIBLE = 1e-10

// Places in `smooth`.
const LEVEL = 0
const SLOPE = 1
/** Values learned from, the starting ones included; 0 before the start. */
const COUNT = 2
/** 1 once a value has come, and the step it came at. */
const BEGUN = 3
const BEGAN = 4
/** Covariance of level and slope beyond that of a series without gaps: of the level, of both, of the slope. */
const LL = 5
const LB = 6
const BB = 7
const WIDTH = 8

// Places in a slot. Before the start: its values in the first season and in the second.
const SEASONAL = 0
const SECOND = 1
/** Values learned from. */
const VISITS = 1
/** The season of the last. */
const LAST = 2
/** 1 when a strange one has come since. */
const REFUSED = 3
const SLOT_WIDTH = 4

interface Smoothing {
  readonly trend: boolean
  readonly damped: number
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
}

/**
 * Opens the `holtWinters` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_STEP`,
 *   `DETECTOR_SEASON` for a season that does not fit the series.
 */
export const openHoltWinters: DetectorFactory = (spec, context) => {
  const smoothing: Smoothing = {
    trend: specFlag(spec, 'trend'),
    damped: specNumber(spec, 'damped', 0, 1),
    alpha: specNumber(spec, 'alpha', 0, 1),
    beta: specNumber(spec, 'beta', 0, 1),
    gamma: specNumber(spec, 'gamma', 0, 1),
  }
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const clock = spec.season === null ? undefined : openSeasonClock(spec, context.everyMs, MAX_SLOTS)
  const warmup =
    spec.warmup === null ? Math.max(100, 3 * (clock?.slots ?? 0)) : specNumber(spec, 'warmup', 10, 1e9, true)
  return scoreWith(
    residualStatistic(smoothingPredictor(smoothing, clock), { warmup }, context),
    calibrate,
    context,
  )
}

function smoothingPredictor(smoothing: Smoothing, clock: SeasonClock | undefined): Predictor {
  const { trend, alpha } = smoothing
  const damped = trend ? smoothing.damped : 0
  const slopeWeight = trend ? alpha * smoothing.beta : 0
  const seasonWeight = smoothing.gamma * (1 - alpha)
  const slots = clock?.slots ?? 1
  const scratch = new Float64Array(slots)
  let smooth: Float64Array = new Float64Array(0)
  let seasonals: Float64Array = new Float64Array(0)
  /** Of the step looked at last: its slot's place, and what it expects. */
  let place = 0
  let expected = Number.NaN

  /** Finds the step's place in the season. */
  const locate = (key: number, timeMs: number): void => {
    if (!clock) return
    clock.locate(key, timeMs)
    place = (key * slots + clock.slot) * SLOT_WIDTH
  }
  const stepNow = (): number => clock!.season * slots + clock!.slot

  /** Level, slope and season from the first two seasons of a key. */
  const start = (key: number): void => {
    const at = key * WIDTH
    const from = key * slots * SLOT_WIDTH
    let pairs = 0
    for (let i = from; i < from + slots * SLOT_WIDTH; i += SLOT_WIDTH) {
      const change = seasonals[i + SECOND]! - seasonals[i]!
      if (!Number.isNaN(change)) scratch[pairs++] = change
    }
    const slope = trend && pairs > 0 ? medianOf(scratch, pairs) / slots : 0
    const began = smooth[at + BEGAN]!
    const firstSlot = ((began % slots) + slots) % slots
    const end = began + 2 * slots - 1
    let seen = 0
    for (let slot = 0; slot < slots; slot++) {
      const i = from + slot * SLOT_WIDTH
      const step = began + ((slot - firstSlot + slots) % slots)
      const first = seasonals[i]! + slope * (end - step)
      const second = seasonals[i + SECOND]! + slope * (end - step - slots)
      const value = Number.isNaN(first) ? second : Number.isNaN(second) ? first : 0.5 * (first + second)
      seasonals[i + SEASONAL] = value
      seasonals[i + VISITS] = (Number.isNaN(first) ? 0 : 1) + (Number.isNaN(second) ? 0 : 1)
      seasonals[i + LAST] = Math.floor((step + slots) / slots)
      seasonals[i + REFUSED] = 0
      if (!Number.isNaN(value)) scratch[seen++] = value
    }
    const level = medianOf(scratch, seen)
    for (let i = from; i < from + slots * SLOT_WIDTH; i += SLOT_WIDTH) {
      seasonals[i] = Number.isNaN(seasonals[i]!) ? 0 : seasonals[i]! - level
    }
    smooth[at + LEVEL] = level
    smooth[at + SLOPE] = slope
    smooth[at + COUNT] = 2 * slots
  }

  /** Keeps a value of the first two seasons. */
  const collect = (key: number, x: number): void => {
    const at = key * WIDTH
    if (!clock) {
      if (Number.isNaN(x)) return
      smooth[at + LEVEL] = x
      smooth[at + COUNT] = 1
      return
    }
    if (smooth[at + BEGUN] === 0) {
      if (Number.isNaN(x)) return
      smooth[at + BEGUN] = 1
      smooth[at + BEGAN] = stepNow()
      const from = key * slots * SLOT_WIDTH
      seasonals.fill(Number.NaN, from, from + slots * SLOT_WIDTH)
    }
    seasonals[place + (stepNow() - smooth[at + BEGAN]! < slots ? SEASONAL : SECOND)] = x
  }

  /** What is uncertain of a prediction because of gaps, in units of σ². */
  const uncertainty = (at: number): number =>
    smooth[at + LL]! + 2 * damped * smooth[at + LB]! + damped * damped * smooth[at + BB]!

  /** A step with the error e of its prediction; NaN for a missing value. */
  const step = (key: number, e: number): void => {
    const at = key * WIDTH
    const slope = damped * smooth[at + SLOPE]!
    const ll = smooth[at + LL]!
    const lb = smooth[at + LB]!
    const bb = smooth[at + BB]!
    const missing = Number.isNaN(e)
    smooth[at + LEVEL] = smooth[at + LEVEL]! + slope
    smooth[at + SLOPE] = slope
    if (missing || ll > 0) {
      const total = 1 + uncertainty(at)
      const cross = damped * (lb + damped * bb)
      const gainLevel = (total - 1 + alpha) / total
      const gainSlope = (cross + slopeWeight) / total
      const share = missing ? 0 : total
      const nextLL = total - 1 + alpha * alpha - share * gainLevel * gainLevel
      smooth[at + LB] = cross + alpha * slopeWeight - share * gainLevel * gainSlope
      smooth[at + BB] = damped * damped * bb + slopeWeight * slopeWeight - share * gainSlope * gainSlope
      smooth[at + LL] = nextLL
      if (!missing && nextLL < NEGLIGIBLE) smooth[at + LL] = smooth[at + LB] = smooth[at + BB] = 0
      if (missing) return
      learn(at, e, gainLevel, gainSlope)
    } else learn(at, e, alpha, slopeWeight)
  }

  const learn = (at: number, e: number, gainLevel: number, gainSlope: number): void => {
    const n = smooth[at + COUNT]! + 1
    smooth[at + COUNT] = n
    const early = trend ? (2 * (2 * n - 1)) / (n * (n + 1)) : 1 / n
    smooth[at + LEVEL] = smooth[at + LEVEL]! + Math.max(gainLevel, early) * e
    if (trend) smooth[at + SLOPE] = smooth[at + SLOPE]! + Math.max(gainSlope, 6 / (n * (n + 1))) * e
  }

  return {
    layout: {
      smooth: { kind: 'f64', width: WIDTH },
      ...(clock ? { seasonals: { kind: 'f64', width: slots * SLOT_WIDTH }, ...clock.layout } : {}),
    },
    bind(state: StateTable) {
      smooth = f64(state, 'smooth')
      if (!clock) return
      seasonals = f64(state, 'seasonals')
      clock.bind(state)
    },
    expect(key, timeMs) {
      const at = key * WIDTH
      locate(key, timeMs)
      if (smooth[at + COUNT] === 0) {
        expected = Number.NaN
        if (!clock || stepNow() - smooth[at + BEGAN]! < 2 * slots) return expected
        start(key)
      }
      expected =
        smooth[at + LEVEL]! + damped * smooth[at + SLOPE]! + (clock ? seasonals[place + SEASONAL]! : 0)
      return expected
    },
    spread(key) {
      const at = key * WIDTH
      let more = smooth[at + LL]! > 0 ? uncertainty(at) : 0
      if (clock && smooth[at + COUNT]! > 0) {
        const missed = clock.season - seasonals[place + LAST]! - 1
        if (missed > 0) more += missed * seasonWeight * seasonWeight
      }
      return Math.sqrt(1 + more)
    },
    take(key, timeMs, x) {
      locate(key, timeMs)
      if (smooth[key * WIDTH + COUNT] === 0) collect(key, x)
      else {
        const e = x - expected
        step(key, e)
        if (clock && !Number.isNaN(e)) {
          const visits = seasonals[place + VISITS]! + 1
          seasonals[place + VISITS] = visits
          seasonals[place + SEASONAL] = seasonals[place + SEASONAL]! + Math.max(seasonWeight, 1 / visits) * e
          seasonals[place + LAST] = clock.season
          seasonals[place + REFUSED] = 0
        }
      }
      clock?.pass(key, 1)
    },
    refuse(key, timeMs, x) {
      locate(key, timeMs)
      step(key, Number.NaN)
      if (clock) {
        // Strange again after a season, and not its neighbours: so the season is now.
        if (seasonals[place + REFUSED] === 1) {
          seasonals[place + SEASONAL] = seasonals[place + SEASONAL]! + x - expected
          seasonals[place + VISITS] = 1
          seasonals[place + LAST] = clock.season
        }
        seasonals[place + REFUSED] = 1 - seasonals[place + REFUSED]!
        clock.pass(key, 1)
      }
    },
    skip(key, steps) {
      clock?.pass(key, steps)
      if (smooth[key * WIDTH + COUNT] === 0) return
      for (let i = Math.min(steps, MAX_STEPS); i > 0; i--) step(key, Number.NaN)
    },
    move(key, by) {
      smooth[key * WIDTH + LEVEL] = smooth[key * WIDTH + LEVEL]! + by
    },
  }
}
