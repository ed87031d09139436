/**
 * The model of a series: predicts a value, says how unusual it is and why, and learns it.
 *
 * All that is learned is learned within bounds: an outlier moves neither prediction nor scale, and next to nothing of the
 * tails. What lasts is followed: twelve outliers in a row to one side are a new level (`parts/level-shift.ts`); where a
 * window has said the same for twenty values with great certainty, what it speaks of is learned anew, from then on, and
 * windows begin again.
 */
import { type DetectorContext, REASONS, type SeriesTraits, seriesTraits } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { exponentOf } from '../../numerics/unit-scale.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { isOutlier, MEAN_SIZE } from '../parts/robust-scale.ts'
import { openCountLaw } from './count-law.ts'
import { LEAST_EVENT, LOG_EVENT, openExceedances } from './exceedances.ts'
import { hourOfDayScale } from './hour-of-day-scale.ts'
import { KEY } from './key-state.ts'
import { localVolatility } from './local-volatility.ts'
import { newMoment } from './moment.ts'
import * as predictor from './predictor.ts'
import { PREDICTOR } from './predictor.ts'
import { forgetSeason, learnSeason, periodsOf, seasonalAt } from './profile.ts'
import { openRuns } from './runs.ts'
import { openSeasonLost } from './season-lost.ts'
import { examine, isReset, KINDS } from './structure.ts'
import { openTails } from './tails.ts'
import { FLATLINE, GAP, join, LOG_SPIKE_SHARE, PARTS, SEASON, type Union } from './union.ts'
import { openWindows, WINDOW_COUNT, WINDOW_REASONS } from './windows.ts'

export interface SeriesModel extends Union {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** Looks at the first values of a key, at equal steps and NaN where there is none, and begins with what they say. */
  examine(key: number, history: Float64Array): void
  /** Predicts and scores a value, NaN if it is missing, `gap` steps without a row after the last: fills what is below. */
  score(key: number, place: number, timeMs: number, x: number, gap: number): void
  /** Fills the bounds of the value scored last. */
  bound(key: number): void
  /** Learns the value scored last. True where it makes a new level. */
  learn(key: number): boolean
  /** What has been recognised. Of a counter: its last reading, and as its trend what it grows by. */
  describe(key: number): SeriesTraits
  expected: number
  lower: number
  upper: number
}

const COUNTER = KINDS.indexOf('counter')
const CONSTANT = KINDS.indexOf('constant')
const NUMBERS = KINDS.indexOf('numbers')
const LEVEL = REASONS.indexOf('level')
const TREND = REASONS.indexOf('trend')
const VARIANCE = REASONS.indexOf('variance')
const DYNAMICS = REASONS.indexOf('dynamics')

/** Values between two looks at the tails, in fits of the autoregression. */
const REFRESH = 2 * predictor.REFIT
/** A window that says the same for so many values with this certainty speaks of what lasts. */
const LASTING = 20
const CERTAIN = Math.log(1e-6)
/** Nobody is told of a part with a larger p-value: its share of false alarms is too small. */
const UNUSUAL = Math.log(0.01)
/** Of the scale, which can be measured at once, less certainty will do. */
const CERTAIN_SCALE = Math.log(1e-4)
/** Values after which the predictor knows something. */
const SETTLED = 50
/** A scale that is followed is that of so many values. */
const SHORT = 32
/** What is learned anew has seen so many values. */
const ANEW = 10
/** The season is learned from values off by this many scales at most. */
const SEASON_CLIP = 3
/** Beyond this, in units, nothing is learned: squares have to be numbers. */
const ABSURD = 1e120

/** Opens the model; its state is fields beside `key` and `profile`. */
export function openSeriesModel({ alpha, everyMs }: Pick<DetectorContext, 'alpha' | 'everyMs'>): SeriesModel {
  const tails = openTails()
  const events = openExceedances()
  const windows = openWindows()
  const stuck = openRuns('stuck', true)
  const silent = openRuns('silent', false)
  const seasonLost = openSeasonLost()
  const shift = openLevelShift()
  const hourly = hourOfDayScale(everyMs)
  const volatility = localVolatility()
  const law = openCountLaw()
  const parts = [tails, events, windows, stuck, silent, seasonLost, shift, hourly, volatility]
  const logSpike = Math.log(alpha) + LOG_SPIKE_SHARE
  /** log p of the parts by themselves, and in view of the events that there have been. */
  const logs = new Float64Array(PARTS)
  const judged = new Float64Array(PARTS)
  let numbers: Float64Array = new Float64Array(0)
  let series: Float64Array = new Float64Array(0)
  let profiles: (Float64Array | undefined)[] = []
  /** The value at hand. */
  const now = newMoment()
  let repeats = false
  let floored = false
  let counted = false

  /** Looks again at bounds, after tails or rates of events have changed. */
  const refreshBounds = (key: number): void => {
    const at = key * KEY.width
    numbers[at + KEY.up] = events.leastRarer(key, 1, numbers[at + KEY.tailUp]!, logSpike)
    numbers[at + KEY.down] = events.leastRarer(key, -1, numbers[at + KEY.tailDown]!, logSpike)
  }

  const refresh = (key: number): void => {
    const at = key * KEY.width
    tails.refresh(key)
    events.refresh(key)
    const up = tails.pointFrom(key, 1, LOG_EVENT, LEAST_EVENT)
    events.tell(key, up, tails.pointFrom(key, -1, LOG_EVENT, LEAST_EVENT))
    numbers[at + KEY.tailUp] = tails.pointOf(key, 1, logSpike, numbers[at + KEY.tailUp]!)
    numbers[at + KEY.tailDown] = tails.pointOf(key, -1, logSpike, numbers[at + KEY.tailDown]!)
    numbers[at + KEY.untilRefresh] = REFRESH
    refreshBounds(key)
  }

  /** Predicts y, which is the value less its season, and measures how far it is off. */
  const measure = (key: number, timeMs: number): void => {
    const at = key * PREDICTOR.width
    predictor.predict(series, at)
    const predicted = predictor.predictedOf(series, at)
    const floor = numbers[key * KEY.width + KEY.floor]!
    const ofHour = hourly.at(key, timeMs)
    const ofMoment = ofHour * volatility.of(key)
    const own = predictor.scaleOf(series, at)
    floored = own < floor
    const ordinary = floored ? floor : own
    const usual = Math.max(ordinary * ofMoment, floor)
    const scale = usual * predictor.spread(series, at, usual)
    now.predicted = predicted
    now.scale = scale
    now.floor = floor
    const u = (now.y - predicted) / scale
    const hourScale = ofHour * (scale / (ordinary * ofMoment))
    const moment = scale / ordinary
    now.u = u
    now.hourScale = hourScale
    now.moment = moment
    now.ofHour = (u * moment) / hourScale
  }

  /** What all but the value itself say. */
  const measureParts = (key: number): void => {
    windows.take(key, now, floored, logs)
    const profile = profiles[key]
    logs[SEASON] = Number.NaN
    if (profile !== undefined) {
      const rest = now.y - series[key * PREDICTOR.width + PREDICTOR.level]!
      const most = SEASON_CLIP * Math.max(predictor.deviationScale(series, key * PREDICTOR.width), now.scale)
      const clipped = rest > most ? most : Math.max(rest, -most)
      if (Number.isFinite(rest)) logs[SEASON] = seasonLost.take(key, clipped, now.seasonal, profile[2]!)
    }
    logs[FLATLINE] = standsStill(key)
  }

  /** Takes what has come before into account. */
  const judgeParts = (key: number): void => {
    for (let part = 0; part < PARTS; part++) {
      const log = logs[part]!
      judged[part] = part <= SEASON && log < UNUSUAL ? Math.max(log, events.logRateOf(key, part, log)) : log
    }
  }

  /** log p of the run of equal values at hand: that of a series that never changes is nothing unusual. */
  const standsStill = (key: number): number =>
    repeats && numbers[key * KEY.width + KEY.kind] !== CONSTANT ? stuck.logP(key, stuck.length(key) + 1) : 0

  /**
   * Learns what is measured: in the order in which the next value asks for it. Of a run of outliers to one side, which is a
   * level, the first alone speaks of how far off ordinary values are.
   */
  const learnMeasured = (key: number, runs: boolean): boolean => {
    const changed = events.learn(key, now, logs)
    windows.learn(key, logs)
    if (runs) return changed
    tails.learn(key, now.u)
    hourly.learn(now.u * now.moment, 1)
    volatility.learn(now.ofHour)
    return changed
  }

  const learnProfile = (key: number, profile: Float64Array): void => {
    const at = key * PREDICTOR.width
    if (!(Math.abs(now.u) <= predictor.REFUSE)) return
    const about = series[at + PREDICTOR.chosen] === 0
    const off = about
      ? now.y - series[at + PREDICTOR.level]! - series[at + PREDICTOR.drift]!
      : now.y - now.predicted
    const most = SEASON_CLIP * (about ? Math.max(predictor.deviationScale(series, at), now.scale) : now.scale)
    learnSeason(profile, now.place, off > most ? most : Math.max(off, -most))
  }

  /** How far the level moves with the value at hand. */
  const watchLevel = (key: number): number => {
    if (isOutlier(now.u)) return shift.watch(key, now.u, now.y - now.predicted, now.scale)
    shift.ordinary(key)
    return 0
  }

  /** What lasts is learned anew. */
  const follow = (key: number, reason: number): void => {
    const at = key * PREDICTOR.width
    if (reason === LEVEL || reason === TREND) predictor.forgetLevel(series, at, ANEW)
    if (reason === VARIANCE) {
      // As large as it has been of late, which what comes corrects.
      predictor.rescale(series, at, windows.recentSize(key, SHORT) / MEAN_SIZE, ANEW)
    }
    if (reason === DYNAMICS) predictor.forgetScale(series, at, ANEW)
    if (reason === DYNAMICS) predictor.forgetDynamics(series, at, 3 * ANEW)
    const profile = profiles[key]
    if (profile) forgetSeason(profile, 1)
    windows.clear(key)
    seasonLost.clear(key)
  }

  /** Whether what windows say lasts. */
  const watchWindows = (key: number): void => {
    const at = key * KEY.width
    let least = 0
    for (let w = 1; w < WINDOW_COUNT; w++)
      if (logs[w]! < logs[least]! || Number.isNaN(logs[least]!)) least = w
    const certain = logs[least]! < (WINDOW_REASONS[least] === VARIANCE ? CERTAIN_SCALE : CERTAIN)
    if (!certain) {
      numbers[at + KEY.lasting] = Math.max(0, numbers[at + KEY.lasting]! - 1)
      return
    }
    numbers[at + KEY.lasting] = numbers[at + KEY.lasting]! + 1
    if (numbers[at + KEY.lasting]! < LASTING) return
    numbers[at + KEY.lasting] = 0
    follow(key, WINDOW_REASONS[least]!)
  }

  const model: SeriesModel = {
    layout: Object.assign({ series: PREDICTOR.field }, ...parts.map(({ layout }) => layout)),
    logP: 0,
    reason: 0,
    reasonLogP: 0,
    expected: Number.NaN,
    lower: Number.NaN,
    upper: Number.NaN,
    bind(state) {
      numbers = f64(state, 'key')
      series = f64(state, 'series')
      profiles = (state as unknown as { profile: (Float64Array | undefined)[] }).profile
      for (const part of parts) part.bind(state)
    },

    examine(key, history) {
      const at = key * KEY.width
      const first = numbers[at + KEY.first]!
      const found = examine(history, everyMs, first)
      const known = profiles[key]
      const periods = (profile: Float64Array | undefined) => (profile ? periodsOf(profile).join() : '')
      const same =
        numbers[at + KEY.unit] !== 0 &&
        (numbers[at + KEY.kind] === COUNTER) === (found.kind === COUNTER) &&
        periods(known) === periods(found.profile)
      if (same) return
      numbers[at + KEY.kind] = found.kind
      numbers[at + KEY.origin] = found.origin
      numbers[at + KEY.unit] = found.unit
      numbers[at + KEY.floor] = found.floor
      numbers[at + KEY.resolution] = found.resolution
      numbers[at + KEY.countStep] = found.countStep
      profiles[key] = found.profile
      const s = key * PREDICTOR.width
      predictor.begin(series, s, found.level - found.drift, found.drift, found.noise)
      tails.begin(key)
      events.begin(key)
      const { values, profile } = found
      // The clock of the hours is that of the places.
      for (let i = 0; i < values.length; i++) {
        now.place = first + i
        now.seasonal = profile ? seasonalAt(profile, now.place) : 0
        now.y = values[i]! - now.seasonal
        now.x = history[i]!
        repeats = i > 0 && now.x === history[i - 1]!
        measure(key, everyMs === undefined ? 0 : now.place * everyMs)
        silent.learn(key, Number.isNaN(now.x))
        if (!Number.isNaN(now.u)) {
          measureParts(key)
          // What is off before the predictor knows anything is no event.
          if (i === SETTLED) events.begin(key)
          learnMeasured(key, false)
          stuck.learn(key, repeats)
        }
        predictor.learn(series, s, now)
        if (i % predictor.REFIT === predictor.REFIT - 1) predictor.refit(series, s)
      }
      windows.clear(key)
      stuck.learnSoFar(key)
      if (profile) {
        const visits = profile[4 + profile[3]!]!
        predictor.widen(series, s, visits > 1 ? Math.sqrt((visits + 1) / (visits - 1)) : 2)
      }
      refresh(key)
    },

    score(key, at, timeMs, value, gap) {
      const k = key * KEY.width
      const s = key * PREDICTOR.width
      const origin = numbers[k + KEY.origin]!
      const last = numbers[k + KEY.last]!
      const isCounter = numbers[k + KEY.kind] === COUNTER
      now.x = value
      now.place = at
      if (gap > 0) predictor.skip(series, s, gap)
      const reading = isCounter
        ? gap > 0 || (now.x < last && isReset(last, now.x))
          ? Number.NaN
          : now.x - last
        : now.x
      if (numbers[k + KEY.kind] === CONSTANT && reading !== origin && Number.isFinite(reading)) {
        moved(key, reading)
      }
      const profile = profiles[key]
      now.seasonal = profile ? seasonalAt(profile, now.place) : 0
      const inverse = 1 / numbers[k + KEY.unit]!
      now.y = reading * inverse - origin * inverse - now.seasonal
      measure(key, timeMs)
      repeats = now.x === last
      now.from = isCounter ? last : 0
      now.center = (now.predicted + now.seasonal) * numbers[k + KEY.unit]! + origin
      model.expected = now.from + now.center
      const step = numbers[k + KEY.countStep]!
      counted = step !== 0 && law.set(step, now.center, now.scale * numbers[k + KEY.unit]!)
      const run = silent.length(key) + gap
      logs[GAP] = run > 0 && !Number.isNaN(now.x) ? silent.logP(key, run) : Number.NaN
      if (Number.isNaN(now.u)) {
        logs.fill(Number.NaN, 0, GAP)
        logs[FLATLINE] = standsStill(key)
        judged.set(logs)
        join(0, judged, model)
      } else {
        measureParts(key)
        judgeParts(key)
        const spike = Math.max(tails.logP(key, now.u), events.logRate(key, now.u))
        join(counted && spike < UNUSUAL ? Math.max(spike, law.logP(reading)) : spike, judged, model)
      }
      if (gap > 0) silent.learn(key, true, Math.min(gap, 4096))
    },

    describe(key) {
      const at = key * KEY.width
      const unit = numbers[at + KEY.unit]!
      if (unit === 0) return seriesTraits()
      const origin = numbers[at + KEY.origin]!
      const { level, trend, scale } = predictor.describe(series, key * PREDICTOR.width)
      const isCounter = numbers[at + KEY.kind] === COUNTER
      const profile = profiles[key]
      const step = numbers[at + KEY.resolution]!
      return {
        kind: KINDS[numbers[at + KEY.kind]!]!,
        level: isCounter ? numbers[at + KEY.last]! : level * unit + origin,
        trend: isCounter ? level * unit + origin : trend * unit,
        seasons: profile ? periodsOf(profile).map(steps => ({ steps })) : [],
        scale: Math.max(scale, numbers[at + KEY.floor]!) * unit,
        // A step no larger than the rounding of the values is none that they were read with.
        resolution: step > 2 ** -36 * Math.max(1, Math.abs(origin / unit)) ? step * unit : Number.NaN,
      }
    },

    bound(key) {
      const at = key * KEY.width
      const scaled = now.scale * numbers[at + KEY.unit]!
      let lower = now.center - numbers[at + KEY.down]! * scaled
      let upper = now.center + numbers[at + KEY.up]! * scaled
      if (counted) {
        law.bound(logSpike)
        lower = Math.min(lower, law.lower)
        upper = Math.max(upper, law.upper)
      }
      model.lower = now.from + lower
      model.upper = now.from + upper
    },

    learn(key) {
      const k = key * KEY.width
      const s = key * PREDICTOR.width
      silent.learn(key, Number.isNaN(now.x))
      if (!Number.isNaN(now.x)) stuck.learn(key, repeats)
      if (Number.isNaN(now.u) || !(Math.abs(now.y) < ABSURD)) {
        predictor.pass(series, s)
        return false
      }
      const by = watchLevel(key)
      if (learnMeasured(key, shift.weight(key) < 1 || by !== 0)) refreshBounds(key)
      watchWindows(key)
      if (by !== 0) {
        predictor.move(series, s, by)
        windows.clear(key)
      } else if (predictor.goesOn(series, s, now)) {
        predictor.predict(series, s)
        now.predicted = predictor.predictedOf(series, s)
        now.u = (now.y - now.predicted) / now.scale
      }
      const profile = profiles[key]
      if (profile) learnProfile(key, profile)
      predictor.learn(series, s, now)
      const left = numbers[k + KEY.untilRefresh]! - 1
      numbers[k + KEY.untilRefresh] = left
      if (left % predictor.REFIT === 0) predictor.refit(series, s)
      if (left <= 0) refresh(key)
      return by !== 0
    },
  }

  /** A series that has been constant moves for the first time: all it has learned is 0, in whatever unit. */
  function moved(key: number, reading: number): void {
    const at = key * KEY.width
    const origin = numbers[at + KEY.origin]!
    const by = reading / 2 - origin / 2
    numbers[at + KEY.unit] = 2 ** Math.max(-1000, Math.min(1000, exponentOf(by) - 8))
    const largest = Math.abs(origin) / numbers[at + KEY.unit]!
    numbers[at + KEY.floor] = Math.max(2 ** -20, largest * 2 ** -46)
    numbers[at + KEY.kind] = NUMBERS
  }

  return model
}
