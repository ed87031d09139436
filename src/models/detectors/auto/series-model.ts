/**
 * The model of a series: predicts a value, says how unusual it is and why, and learns it.
 *
 * All that is learned is learned within bounds: an outlier moves neither prediction nor scale, and next to nothing of the
 * tails. What lasts is followed: twelve outliers in a row to one side are a new level (`parts/level-shift.ts`); where a
 * window has said the same for twenty values with great certainty, what it speaks of is learned anew, from then on, and
 * windows begin again.
 */
import { type DetectorContext, REASONS, type SeriesTraits } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { exponentOf } from '../../numerics/unit-scale.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { isOutlier, MEAN_SIZE } from '../parts/robust-scale.ts'
import { APART, APART_BEFORE, LOG_EVENT } from './exceedances.ts'
import { HourOfDayScale } from './hour-of-day-scale.ts'
import { KEY } from './key-state.ts'
import { LocalVolatility } from './local-volatility.ts'
import { type Moment, newMoment } from './moment.ts'
import * as predictor from './predictor.ts'
import { PREDICTOR } from './predictor.ts'
import { forgetSeason, periodsOf, seasonalAt } from './profile.ts'
import { Runs } from './runs.ts'
import { SeasonLost } from './season-lost.ts'
import { SEASON_CLIP, Seasonality } from './seasonality.ts'
import { Spike, UNUSUAL } from './spike.ts'
import { examine, isReset, KINDS } from './structure.ts'
import { traitsOf } from './traits.ts'
import { FLATLINE, GAP, join, joinNone, PARTS, SEASON, type Union } from './union.ts'
import { learnWeek } from './week.ts'
import { WINDOW_REASONS, Windows } from './windows.ts'

export interface SeriesModel extends Union {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /**
   * Looks at the first values of a key, at equal steps and NaN where there is none, and begins with what they say: of values
   * whose level has `moved` only if that is a season. Returns whether it was.
   */
  examine(key: number, history: Float64Array, moved: boolean): boolean
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

/** A window that says the same for so many values with this certainty speaks of what lasts. */
const LASTING = 20
const CERTAIN = Math.log(1e-6)
/** Of the scale, which can be measured at once, less certainty will do. */
const CERTAIN_SCALE = Math.log(1e-4)
/** Values after which the predictor knows something. */
const SETTLED = 50
/** A scale that is followed is that of so many values. */
const SHORT = 32
/** What is learned anew has seen so many values. */
const ANEW = 10
/** Beyond this, in units, nothing is learned: squares have to be numbers. */
const ABSURD = 1e120

/** Opens the model; its state is fields beside `key`, `profile` and `week`. */
export const openSeriesModel = (context: Pick<DetectorContext, 'alpha' | 'everyMs' | 'wants'>): SeriesModel =>
  new Model(context)

/** A class, whose methods exist once: closures of which several are made are compiled without what is constant. */
class Model implements SeriesModel {
  /** The value at hand. */
  readonly now: Moment = newMoment()
  readonly spike: Spike
  readonly seasonality: Seasonality
  readonly windows = new Windows()
  readonly stuck = new Runs('stuck', true)
  readonly silent = new Runs('silent', false)
  readonly seasonLost = new SeasonLost()
  readonly shift = openLevelShift()
  readonly hourly: HourOfDayScale
  readonly volatility = new LocalVolatility()
  readonly everyMs: number | undefined
  readonly layout: StateLayout
  /** log p of the parts by themselves, and in view of the events that there have been. */
  readonly logs: Float64Array = new Float64Array(PARTS)
  readonly judged: Float64Array = new Float64Array(PARTS)
  numbers: Float64Array = new Float64Array(0)
  series: Float64Array = new Float64Array(0)
  /** The window whose p-value is the least of those below 1; −1: there is none. */
  least = -1
  /** Whether neither windows nor the season have a p-value below 1. */
  usual = true
  repeats = false
  logP = 0
  reason = 0
  reasonLogP = 0
  expected: number = Number.NaN
  lower: number = Number.NaN
  upper: number = Number.NaN

  constructor(context: Pick<DetectorContext, 'alpha' | 'everyMs' | 'wants'>) {
    const { everyMs } = context
    this.everyMs = everyMs
    this.spike = new Spike(context, this.now)
    this.seasonality = new Seasonality(everyMs, this.now)
    this.hourly = new HourOfDayScale(everyMs)
    this.layout = Object.assign({ series: PREDICTOR.field }, ...this.parts().map(({ layout }) => layout))
  }

  parts() {
    const { windows, stuck, silent, seasonLost, shift, hourly, volatility } = this
    const { tails, events, demand } = this.spike
    return [tails, events, windows, stuck, silent, seasonLost, shift, hourly, volatility, demand]
  }

  /** Predicts y, which is the value less its season, and measures how far it is off. */
  measure(key: number, timeMs: number): void {
    const at = key * PREDICTOR.width
    predictor.predict(this.series, at)
    const predicted = predictor.predictedOf(this.series, at)
    const floor = this.numbers[key * KEY.width + KEY.floor]!
    const ofHour = this.hourly.at(key, timeMs)
    const ofMoment = ofHour * this.volatility.of(key)
    const own = predictor.scaleOf(this.series, at)
    const floored = own < floor
    const ordinary = floored ? floor : own
    const usual = Math.max(ordinary * ofMoment, floor)
    const scale = usual * predictor.spread(this.series, at, usual)
    this.now.predicted = predicted
    this.now.scale = scale
    this.now.floor = floor
    this.now.floored = floored ? 1 : 0
    const u = (this.now.y - predicted) / scale
    const hourScale = ofHour * (scale / (ordinary * ofMoment))
    const moment = scale / ordinary
    this.now.u = u
    this.now.hourScale = hourScale
    this.now.moment = moment
    this.now.ofHour = (u * moment) / hourScale
  }

  /** What all but the value itself say. */
  measureParts(key: number, learns: boolean): void {
    this.least = this.windows.take(key, this.now, this.now.floored === 1, learns, this.logs)
    const profile = this.seasonality.profiles[key]
    this.logs[SEASON] = Number.NaN
    if (profile !== undefined) {
      const rest = this.now.y - this.series[key * PREDICTOR.width + PREDICTOR.level]!
      const most =
        SEASON_CLIP * Math.max(predictor.deviationScale(this.series, key * PREDICTOR.width), this.now.scale)
      const clipped = rest > most ? most : Math.max(rest, -most)
      if (Number.isFinite(rest))
        this.logs[SEASON] = this.seasonLost.take(key, clipped, this.now.seasonal, profile[2]!)
    }
    this.usual = this.least < 0 && !(this.logs[SEASON]! < 0)
    this.logs[FLATLINE] = this.standsStill(key)
  }

  /** Joins log p of the value itself with that of the parts, in view of what has come before. */
  joinParts(key: number, spike: number): void {
    if (this.usual && !(this.logs[FLATLINE]! < 0) && !(this.logs[GAP]! < 0)) {
      joinNone(spike, this)
      return
    }
    for (let part = 0; part < PARTS; part++) {
      const log = this.logs[part]!
      this.judged[part] = log < UNUSUAL ? Math.max(log, this.spike.events.logRateOf(key, part, log)) : log
    }
    join(spike, this.judged, this)
  }

  /** log p of the run of equal values at hand: that of a series that never changes is nothing unusual. */
  standsStill(key: number): number {
    return this.repeats && this.numbers[key * KEY.width + KEY.kind] !== CONSTANT
      ? this.stuck.logP(key, this.stuck.length(key) + 1)
      : 0
  }

  /**
   * Learns what is measured: in the order in which the next value asks for it. Of a run of outliers to one side, which is a
   * level, the first alone speaks of how far off ordinary values are. `apart`: see exceedances.ts.
   */
  learnMeasured(key: number, runs: boolean, apart: number): boolean {
    const usual = this.usual && !(this.logs[FLATLINE]! < LOG_EVENT) && !(this.logs[GAP]! < LOG_EVENT)
    const changed = this.spike.events.learn(key, this.now, this.logs, usual, apart)
    if (runs) return changed
    this.spike.tails.learn(key, this.now.u)
    this.hourly.learn(this.now.u * this.now.moment, 1)
    this.volatility.learn(this.now.ofHour)
    if (this.spike.comesAtTimes(key)) this.spike.demand.learn(key, this.now)
    return changed
  }

  /** How far the level moves with the value at hand. */
  watchLevel(key: number): number {
    if (isOutlier(this.now.u))
      return this.shift.watch(key, this.now.u, this.now.y - this.now.predicted, this.now.scale)
    this.shift.ordinary(key)
    return 0
  }

  /** What lasts is learned anew. */
  follow(key: number, reason: number): void {
    const at = key * PREDICTOR.width
    if (reason === LEVEL || reason === TREND) predictor.forgetLevel(this.series, at, ANEW)
    if (reason === VARIANCE) {
      // As large as it has been of late, which what comes corrects.
      predictor.rescale(this.series, at, this.windows.recentSize(key, SHORT) / MEAN_SIZE, ANEW)
    }
    if (reason === DYNAMICS) predictor.forgetScale(this.series, at, ANEW)
    if (reason === DYNAMICS) predictor.forgetDynamics(this.series, at, 3 * ANEW)
    const profile = this.seasonality.profiles[key]
    if (profile) forgetSeason(profile, 1)
    this.windows.clear(key)
    this.seasonLost.clear(key)
  }

  /** Whether what windows say lasts. */
  watchWindows(key: number): void {
    const at = key * KEY.width
    const { least } = this
    const certain =
      least >= 0 && this.logs[least]! < (WINDOW_REASONS[least] === VARIANCE ? CERTAIN_SCALE : CERTAIN)
    if (!certain) {
      this.numbers[at + KEY.lasting] = Math.max(0, this.numbers[at + KEY.lasting]! - 1)
      return
    }
    this.numbers[at + KEY.lasting] = this.numbers[at + KEY.lasting]! + 1
    if (this.numbers[at + KEY.lasting]! < LASTING) return
    this.numbers[at + KEY.lasting] = 0
    this.follow(key, WINDOW_REASONS[least]!)
  }

  bind(state: StateTable): void {
    this.numbers = f64(state, 'key')
    this.series = f64(state, 'series')
    this.spike.bind(state)
    this.seasonality.bind(state)
    for (const part of this.parts()) part.bind(state)
  }

  examine(key: number, history: Float64Array, moved: boolean): boolean {
    const at = key * KEY.width
    const first = this.numbers[at + KEY.first]!
    const found = examine(history, this.everyMs, first)
    const known = this.seasonality.profiles[key]
    const periods = (profile: Float64Array | undefined) => (profile ? periodsOf(profile).join() : '')
    const same =
      this.numbers[at + KEY.unit] !== 0 &&
      (this.numbers[at + KEY.kind] === COUNTER) === (found.kind === COUNTER) &&
      periods(known) === periods(found.profile)
    if (moved && !found.profile) return false
    if (same) return true
    this.numbers[at + KEY.kind] = found.kind
    this.numbers[at + KEY.origin] = found.origin
    this.numbers[at + KEY.unit] = found.unit
    this.numbers[at + KEY.floor] = found.floor
    this.numbers[at + KEY.resolution] = found.resolution
    this.numbers[at + KEY.still] = found.kind === CONSTANT ? 1 : 0
    this.numbers[at + KEY.countStep] = found.countStep
    this.seasonality.begin(key, found.profile)
    const week = this.seasonality.weeks[key]
    const s = key * PREDICTOR.width
    predictor.begin(this.series, s, found.level - found.drift, found.drift, found.noise)
    this.spike.begin(key)
    const { values, profile } = found
    this.logs[GAP] = Number.NaN
    // The clock of the hours is that of the places.
    for (let i = 0; i < values.length; i++) {
      this.now.place = first + i
      this.now.seasonal = profile ? seasonalAt(profile, this.now.place) : 0
      this.now.y = values[i]! - this.now.seasonal
      this.now.x = history[i]!
      this.repeats = i > 0 && this.now.x === history[i - 1]!
      this.measure(key, this.everyMs === undefined ? 0 : this.now.place * this.everyMs)
      this.silent.learn(key, Number.isNaN(this.now.x))
      if (!Number.isNaN(this.now.u)) {
        this.measureParts(key, true)
        // What is off before the predictor knows anything is no event.
        if (i === SETTLED && found.kind !== CONSTANT) this.spike.events.begin(key)
        this.learnMeasured(key, false, APART_BEFORE)
        this.stuck.learn(key, this.repeats)
      }
      predictor.learn(this.series, s, this.now)
      if (week && !Number.isNaN(this.now.u)) {
        learnWeek(week, this.now.place * this.everyMs!, this.now.y, this.now.scale, this.everyMs!)
      }
      if (i % predictor.REFIT === predictor.REFIT - 1) predictor.refit(this.series, s)
    }
    this.windows.clear(key)
    this.stuck.learnSoFar(key)
    // Demand of an ordinary size has been off by as many scales as an event.
    if (this.spike.isDemand(key)) this.spike.events.forgetAbove(key)
    if (profile) {
      const visits = profile[4 + profile[3]!]!
      predictor.widen(this.series, s, visits > 1 ? Math.sqrt((visits + 1) / (visits - 1)) : 2)
    }
    this.spike.refresh(key)
    return true
  }

  score(key: number, at: number, timeMs: number, value: number, gap: number): void {
    const k = key * KEY.width
    const s = key * PREDICTOR.width
    const origin = this.numbers[k + KEY.origin]!
    const last = this.numbers[k + KEY.last]!
    const isCounter = this.numbers[k + KEY.kind] === COUNTER
    this.now.x = value
    this.now.place = at
    if (gap > 0) predictor.skip(this.series, s, gap)
    const reading = isCounter
      ? gap > 0 || (this.now.x < last && isReset(last, this.now.x))
        ? Number.NaN
        : this.now.x - last
      : this.now.x
    if (this.numbers[k + KEY.kind] === CONSTANT && reading !== origin && Number.isFinite(reading)) {
      this.moved(key, reading)
    }
    const profile = this.seasonality.profiles[key]
    this.now.timeMs = timeMs
    this.now.seasonal = profile ? this.seasonality.at(key, at, timeMs) : 0
    const inverse = 1 / this.numbers[k + KEY.unit]!
    this.now.y = reading * inverse - origin * inverse - this.now.seasonal
    this.measure(key, timeMs)
    if (profile && this.everyMs !== undefined) {
      const moves = this.seasonality.movesByClock(key, timeMs, profile, this.everyMs)
      if (moves) this.measure(key, timeMs)
    }
    this.repeats = this.now.x === last
    this.now.from = isCounter ? last : 0
    this.now.center = (this.now.predicted + this.now.seasonal) * this.numbers[k + KEY.unit]! + origin
    this.expected = this.now.from + this.now.center
    const run = this.silent.length(key) + gap
    this.logs[GAP] = run > 0 && !Number.isNaN(this.now.x) ? this.silent.logP(key, run) : Number.NaN
    if (Number.isNaN(this.now.u)) {
      this.logs.fill(Number.NaN, 0, GAP)
      this.logs[FLATLINE] = this.standsStill(key)
      this.usual = true
      this.joinParts(key, 0)
    } else {
      this.measureParts(key, Math.abs(this.now.y) < ABSURD)
      this.joinParts(key, this.spike.spikeOf(key, reading))
    }
    if (gap > 0) this.silent.learn(key, true, Math.min(gap, 4096))
  }

  describe(key: number): SeriesTraits {
    return traitsOf(key, this.numbers, this.series, this.seasonality.profiles[key])
  }

  bound(key: number): void {
    const at = key * KEY.width
    const scaled = this.now.scale * this.numbers[at + KEY.unit]!
    let lower = this.now.center - this.spike.reachOf(key, -1) * scaled
    let upper = this.now.center + this.spike.reachOf(key, 1) * scaled
    if (this.spike.isCounted(key)) {
      this.spike.law.bound(this.spike.logSpike)
      lower = Math.min(lower, this.spike.law.lower)
      upper = Math.max(upper, this.spike.law.upper)
    }
    this.lower = this.now.from + lower
    this.upper = this.now.from + upper
  }

  learn(key: number): boolean {
    const k = key * KEY.width
    const s = key * PREDICTOR.width
    this.silent.learn(key, Number.isNaN(this.now.x))
    if (!Number.isNaN(this.now.x)) this.stuck.learn(key, this.repeats)
    if (Number.isNaN(this.now.u) || !(Math.abs(this.now.y) < ABSURD)) {
      predictor.pass(this.series, s)
      return false
    }
    const by = this.watchLevel(key)
    if (this.learnMeasured(key, this.shift.weight(key) < 1 || by !== 0, APART)) this.spike.forgetBounds(key)
    this.watchWindows(key)
    if (by !== 0) {
      predictor.move(this.series, s, by)
      this.windows.clear(key)
    } else if (predictor.goesOn(this.series, s, this.now)) {
      predictor.predict(this.series, s)
      this.now.predicted = predictor.predictedOf(this.series, s)
      this.now.u = (this.now.y - this.now.predicted) / this.now.scale
    }
    const profile = this.seasonality.profiles[key]
    if (profile) this.seasonality.learnProfile(key, profile)
    predictor.learn(this.series, s, this.now)
    const week = this.seasonality.weeks[key]
    if (week) this.seasonality.learnWeek(key, week)
    const left = this.numbers[k + KEY.untilRefresh]! - 1
    this.numbers[k + KEY.untilRefresh] = left
    if (left % predictor.REFIT === 0) predictor.refit(this.series, s)
    if (left <= 0) this.spike.refresh(key)
    return by !== 0
  }

  /** A series that has been constant moves for the first time: all it has learned is 0, in whatever unit. */
  moved(key: number, reading: number): void {
    const at = key * KEY.width
    const origin = this.numbers[at + KEY.origin]!
    const by = reading / 2 - origin / 2
    this.numbers[at + KEY.unit] = 2 ** Math.max(-1000, Math.min(1000, exponentOf(by) - 8))
    const largest = Math.abs(origin) / this.numbers[at + KEY.unit]!
    this.numbers[at + KEY.floor] = Math.max(2 ** -20, largest * 2 ** -46)
    this.numbers[at + KEY.kind] = NUMBERS
  }
}
