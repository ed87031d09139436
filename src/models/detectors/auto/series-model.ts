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
import { clockChangeBefore, goesByClock, isDecided, saysOf } from './clock-change.ts'
import { CountLaw } from './count-law.ts'
import { DemandLaw } from './demand-law.ts'
import { APART, APART_BEFORE, Exceedances, LEAST_EVENT, LOG_EVENT, ORDINARY } from './exceedances.ts'
import { HourOfDayScale } from './hour-of-day-scale.ts'
import { KEY } from './key-state.ts'
import { LocalVolatility } from './local-volatility.ts'
import { type Moment, newMoment } from './moment.ts'
import * as predictor from './predictor.ts'
import { PREDICTOR } from './predictor.ts'
import { aheadOf, forgetSeason, learnSeason, periodsOf, seasonalAt, shiftSeason } from './profile.ts'
import { Runs } from './runs.ts'
import { SeasonLost } from './season-lost.ts'
import { examine, isReset, KINDS } from './structure.ts'
import { Tails } from './tails.ts'
import { FLATLINE, GAP, join, joinNone, LOG_SPIKE_SHARE, PARTS, SEASON, type Union } from './union.ts'
import { hasHoursOfWeek, learnWeek, newWeek, weekAt } from './week.ts'
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
const INTERMITTENT = KINDS.indexOf('intermittent')
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
const HOUR_MS = 3_600_000
/** Of what has stood still a move counts for so many scales more than the least event at most. */
const STILL = 4
/** Beyond this, in units, nothing is learned: squares have to be numbers. */
const ABSURD = 1e120

/** Opens the model; its state is fields beside `key` and `profile`. */
export const openSeriesModel = (context: Pick<DetectorContext, 'alpha' | 'everyMs' | 'wants'>): SeriesModel =>
  new Model(context)

/** A class, whose methods exist once: closures of which several are made are compiled without what is constant. */
class Model implements SeriesModel {
  readonly tails = new Tails()
  readonly events = new Exceedances()
  readonly windows = new Windows()
  readonly stuck = new Runs('stuck', true)
  readonly silent = new Runs('silent', false)
  readonly seasonLost = new SeasonLost()
  readonly shift = openLevelShift()
  readonly hourly: HourOfDayScale
  readonly volatility = new LocalVolatility()
  readonly law = new CountLaw()
  readonly demand = new DemandLaw()
  readonly everyMs: number | undefined
  readonly logSpike: number
  /** Nearer values are no spikes, and nobody asks how near they are. */
  readonly ordinaryBelow: number
  readonly layout: StateLayout
  /** log p of the parts by themselves, and in view of the events that there have been. */
  readonly logs: Float64Array = new Float64Array(PARTS)
  readonly judged: Float64Array = new Float64Array(PARTS)
  numbers: Float64Array = new Float64Array(0)
  series: Float64Array = new Float64Array(0)
  profiles: (Float64Array | undefined)[] = []
  weeks: (Float64Array | undefined)[] = []
  /** The value at hand. */
  readonly now: Moment = newMoment()
  /** The window whose p-value is the least of those below 1; −1: there is none. */
  least = -1
  /** Whether neither windows nor the season have a p-value below 1. */
  usual = true
  repeats = false
  floored = false
  logP = 0
  reason = 0
  reasonLogP = 0
  expected: number = Number.NaN
  lower: number = Number.NaN
  upper: number = Number.NaN

  constructor({ alpha, everyMs, wants }: Pick<DetectorContext, 'alpha' | 'everyMs' | 'wants'>) {
    this.everyMs = everyMs
    this.hourly = new HourOfDayScale(everyMs)
    this.logSpike = Math.log(alpha) + LOG_SPIKE_SHARE
    this.ordinaryBelow = wants.pValues === 'all' ? 0 : this.tails.ordinaryBelow(this.logSpike)
    this.layout = Object.assign({ series: PREDICTOR.field }, ...this.parts().map(({ layout }) => layout))
  }

  parts() {
    const { tails, events, windows, stuck, silent, seasonLost, shift, hourly, volatility, demand } = this
    return [tails, events, windows, stuck, silent, seasonLost, shift, hourly, volatility, demand]
  }

  /** Bounds have changed: tails or rates of events are others. */
  forgetBounds(key: number): void {
    const at = key * KEY.width
    this.numbers[at + KEY.up] = 0
    this.numbers[at + KEY.down] = 0
  }

  /** How far a value may be off on a side, +1 or −1, in scales. */
  boundOf(key: number, side: number): number {
    const place = key * KEY.width + (side > 0 ? KEY.up : KEY.down)
    const known = this.numbers[place]!
    if (known !== 0) return known
    const byTails = this.tails.pointOf(key, side, this.logSpike)
    const bound = this.events.leastRarer(key, side, byTails, this.logSpike)
    this.numbers[place] = bound
    return bound
  }

  refresh(key: number): void {
    this.tails.refresh(key)
    this.events.refresh(key)
    const up = this.tails.pointFrom(key, 1, LOG_EVENT, LEAST_EVENT)
    // Demand is no event.
    const above = this.isDemand(key) ? Math.max(up, this.offOfDemand(key, LOG_EVENT)) : up
    this.events.tell(key, above, this.tails.pointFrom(key, -1, LOG_EVENT, LEAST_EVENT))
    this.numbers[key * KEY.width + KEY.untilRefresh] = REFRESH
    this.forgetBounds(key)
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
    this.floored = own < floor
    const ordinary = this.floored ? floor : own
    const usual = Math.max(ordinary * ofMoment, floor)
    const scale = usual * predictor.spread(this.series, at, usual)
    this.now.predicted = predicted
    this.now.scale = scale
    this.now.floor = floor
    const u = (this.now.y - predicted) / scale
    const hourScale = ofHour * (scale / (ordinary * ofMoment))
    const moment = scale / ordinary
    this.now.u = u
    this.now.hourScale = hourScale
    this.now.moment = moment
    this.now.ofHour = (u * moment) / hourScale
  }

  /** What the seasons of a key that has some add at a place and time. */
  seasonalOf(key: number, place: number, timeMs: number): number {
    const week = this.weeks[key]
    const profile = this.profiles[key]!
    const ofDay = seasonalAt(profile, place)
    return week ? ofDay + weekAt(week, timeMs + aheadOf(profile) * this.everyMs!) : ofDay
  }

  /** Learns what the hours of the week add: the level makes up for what they add more than before. */
  learnWeek(key: number, week: Float64Array): void {
    const { y, scale } = this.now
    const timeMs = this.now.timeMs + aheadOf(this.profiles[key]!) * this.everyMs!
    const more = learnWeek(week, timeMs, y + weekAt(week, timeMs), scale, this.everyMs!)
    if (more !== 0) predictor.move(this.series, key * PREDICTOR.width, -more)
  }

  /** After a change of clocks: measures by the season an hour moved, if that is nearer. */
  measureByClock(key: number, timeMs: number, profile: Float64Array, everyMs: number): void {
    const { at: changed, hours } = clockChangeBefore(timeMs)
    if (changed === 0 || Number.isNaN(this.now.u) || !goesByClock(profile[2]!, everyMs)) return
    const k = key * KEY.width
    if (this.numbers[k + KEY.clock] !== changed) {
      this.numbers[k + KEY.clock] = changed
      this.numbers[k + KEY.said] = 0
    }
    const said = this.numbers[k + KEY.said]!
    if (isDecided(said)) return
    const steps = (hours * HOUR_MS) / everyMs
    const { seasonal, u, place, scale } = this.now
    const moved = this.seasonalOf(key, place + steps, timeMs + hours * HOUR_MS)
    const uMoved = u + (seasonal - moved) / scale
    const says = said + saysOf(u, uMoved, steps)
    this.numbers[k + KEY.said] = says
    const moves = isDecided(says) && says > 0
    if (moves) shiftSeason(profile, steps)
    if (!moves && Math.abs(uMoved) >= Math.abs(u)) return
    this.now.place = moves ? place : place + steps
    this.now.y += seasonal - moved
    this.now.seasonal = moved
    this.measure(key, timeMs)
  }

  /** What all but the value itself say. */
  measureParts(key: number, learns: boolean): void {
    this.least = this.windows.take(key, this.now, this.floored, learns, this.logs)
    const profile = this.profiles[key]
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

  /** Whether the scale is that of a series that has stood still: how far a value is off says nothing. */
  isStill(key: number): boolean {
    return this.floored && this.numbers[key * KEY.width + KEY.still] === 1
  }

  /** log p of the value itself, as given, or of a counter as it has grown. */
  spikeOf(key: number, reading: number): number {
    const { u } = this.now
    if (Math.abs(u) < this.ordinaryBelow) return 0
    const log = this.tails.logP(key, u)
    const spike = Math.abs(u) < ORDINARY ? log : Math.max(log, this.logRate(key, u))
    return spike < UNUSUAL && this.isCounted(key) ? Math.max(spike, this.law.logP(reading)) : spike
  }

  /** log p of the value itself by what has come before. */
  logRate(key: number, u: number): number {
    if (u > 0 && this.isDemand(key)) {
      const byLaw = this.demand.logP(key, this.now)
      return this.events.haveComeAbove(key) ? Math.max(byLaw, this.events.logRate(key, u)) : byLaw
    }
    return this.events.logRate(key, u, this.isStill(key) ? STILL : Number.POSITIVE_INFINITY)
  }

  /** Whether the first values were mostly 0, by no season: what is above that is demand. */
  comesAtTimes(key: number): boolean {
    return this.numbers[key * KEY.width + KEY.kind] === INTERMITTENT && this.profiles[key] === undefined
  }

  /** Whether that is so, and the sizes of demand are known. */
  isDemand(key: number): boolean {
    return this.comesAtTimes(key) && this.demand.isKnown(key)
  }

  /** Whether the value at hand is judged as a count: by the law, which is set to it. */
  isCounted(key: number): boolean {
    const at = key * KEY.width
    const step = this.numbers[at + KEY.countStep]!
    return step !== 0 && this.law.set(step, this.now.center, this.now.scale * this.numbers[at + KEY.unit]!)
  }

  /** Joins log p of the value itself with that of the parts, in view of what has come before. */
  joinParts(key: number, spike: number): void {
    if (this.usual && !(this.logs[FLATLINE]! < 0) && !(this.logs[GAP]! < 0)) {
      joinNone(spike, this)
      return
    }
    for (let part = 0; part < PARTS; part++) {
      const log = this.logs[part]!
      this.judged[part] = log < UNUSUAL ? Math.max(log, this.events.logRateOf(key, part, log)) : log
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
    const changed = this.events.learn(key, this.now, this.logs, usual, apart)
    if (runs) return changed
    this.tails.learn(key, this.now.u)
    this.hourly.learn(this.now.u * this.now.moment, 1)
    this.volatility.learn(this.now.ofHour)
    if (this.comesAtTimes(key)) this.demand.learn(key, this.now)
    return changed
  }

  learnProfile(key: number, profile: Float64Array): void {
    const at = key * PREDICTOR.width
    if (!(Math.abs(this.now.u) <= predictor.REFUSE)) return
    const about = this.series[at + PREDICTOR.chosen] === 0
    const off = about
      ? this.now.y - this.series[at + PREDICTOR.level]! - this.series[at + PREDICTOR.drift]!
      : this.now.y - this.now.predicted
    const most =
      SEASON_CLIP *
      (about ? Math.max(predictor.deviationScale(this.series, at), this.now.scale) : this.now.scale)
    learnSeason(profile, this.now.place, off > most ? most : Math.max(off, -most))
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
    const profile = this.profiles[key]
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
    this.profiles = (state as unknown as { profile: (Float64Array | undefined)[] }).profile
    this.weeks = (state as unknown as { week: (Float64Array | undefined)[] }).week
    for (const part of this.parts()) part.bind(state)
  }

  examine(key: number, history: Float64Array, moved: boolean): boolean {
    const at = key * KEY.width
    const first = this.numbers[at + KEY.first]!
    const found = examine(history, this.everyMs, first)
    const known = this.profiles[key]
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
    this.profiles[key] = found.profile
    const week = found.profile && hasHoursOfWeek(found.profile[2]!, this.everyMs) ? newWeek() : undefined
    this.weeks[key] = week
    const s = key * PREDICTOR.width
    predictor.begin(this.series, s, found.level - found.drift, found.drift, found.noise)
    this.tails.begin(key)
    this.events.begin(key)
    this.demand.begin(key)
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
        if (i === SETTLED && found.kind !== CONSTANT) this.events.begin(key)
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
    if (this.isDemand(key)) this.events.forgetAbove(key)
    if (profile) {
      const visits = profile[4 + profile[3]!]!
      predictor.widen(this.series, s, visits > 1 ? Math.sqrt((visits + 1) / (visits - 1)) : 2)
    }
    this.refresh(key)
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
    const profile = this.profiles[key]
    this.now.timeMs = timeMs
    this.now.seasonal = profile ? this.seasonalOf(key, at, timeMs) : 0
    const inverse = 1 / this.numbers[k + KEY.unit]!
    this.now.y = reading * inverse - origin * inverse - this.now.seasonal
    this.measure(key, timeMs)
    if (profile && this.everyMs !== undefined) this.measureByClock(key, timeMs, profile, this.everyMs)
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
      this.joinParts(key, this.spikeOf(key, reading))
    }
    if (gap > 0) this.silent.learn(key, true, Math.min(gap, 4096))
  }

  describe(key: number): SeriesTraits {
    const at = key * KEY.width
    const unit = this.numbers[at + KEY.unit]!
    if (unit === 0) return seriesTraits()
    const origin = this.numbers[at + KEY.origin]!
    const { level, trend, scale } = predictor.describe(this.series, key * PREDICTOR.width)
    const isCounter = this.numbers[at + KEY.kind] === COUNTER
    const profile = this.profiles[key]
    const step = this.numbers[at + KEY.resolution]!
    return {
      kind: KINDS[this.numbers[at + KEY.kind]!]!,
      level: isCounter ? this.numbers[at + KEY.last]! : level * unit + origin,
      trend: isCounter ? level * unit + origin : trend * unit,
      seasons: profile ? periodsOf(profile).map(steps => ({ steps })) : [],
      scale: Math.max(scale, this.numbers[at + KEY.floor]!) * unit,
      // A step no larger than the rounding of the values is none that they were read with.
      resolution: step > 2 ** -36 * Math.max(1, Math.abs(origin / unit)) ? step * unit : Number.NaN,
    }
  }

  bound(key: number): void {
    const at = key * KEY.width
    const scaled = this.now.scale * this.numbers[at + KEY.unit]!
    let lower = this.now.center - this.reachOf(key, -1) * scaled
    let upper = this.now.center + this.reachOf(key, 1) * scaled
    if (this.isCounted(key)) {
      this.law.bound(this.logSpike)
      lower = Math.min(lower, this.law.lower)
      upper = Math.max(upper, this.law.upper)
    }
    this.lower = this.now.from + lower
    this.upper = this.now.from + upper
  }

  /** The same; NaN where no value is far enough off, as of what has not stood still for long enough. */
  reachOf(key: number, side: number): number {
    const none =
      this.isStill(key) && this.events.logRate(key, side * Number.POSITIVE_INFINITY, STILL) > this.logSpike
    if (none) return Number.NaN
    return side > 0 && this.isDemand(key) ? this.reachOfDemand(key) : this.boundOf(key, side)
  }

  /** How far demand whose p-value has this logarithm is off, in scales. */
  offOfDemand(key: number, logP: number): number {
    return (this.demand.pointOf(key, this.now, logP) - this.now.predicted) / this.now.scale
  }

  /** How far demand may be above what is expected, in scales. */
  reachOfDemand(key: number): number {
    const byTails = this.tails.pointOf(key, 1, this.logSpike)
    const least = Math.max(byTails, this.offOfDemand(key, this.logSpike))
    return this.events.haveComeAbove(key) ? this.events.leastRarer(key, 1, least, this.logSpike) : least
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
    if (this.learnMeasured(key, this.shift.weight(key) < 1 || by !== 0, APART)) this.forgetBounds(key)
    this.watchWindows(key)
    if (by !== 0) {
      predictor.move(this.series, s, by)
      this.windows.clear(key)
    } else if (predictor.goesOn(this.series, s, this.now)) {
      predictor.predict(this.series, s)
      this.now.predicted = predictor.predictedOf(this.series, s)
      this.now.u = (this.now.y - this.now.predicted) / this.now.scale
    }
    const profile = this.profiles[key]
    if (profile) this.learnProfile(key, profile)
    predictor.learn(this.series, s, this.now)
    const week = this.weeks[key]
    if (week) this.learnWeek(key, week)
    const left = this.numbers[k + KEY.untilRefresh]! - 1
    this.numbers[k + KEY.untilRefresh] = left
    if (left % predictor.REFIT === 0) predictor.refit(this.series, s)
    if (left <= 0) this.refresh(key)
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
