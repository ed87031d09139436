/** The seasons of keys that have some: what they add to the level, by place and by hour of the week, and how that is learned. */
import type { StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'
import { clockChangeBefore, goesByClock, isDecided, saysOf } from './clock-change.ts'
import { KEY } from './key-state.ts'
import type { Moment } from './moment.ts'
import * as predictor from './predictor.ts'
import { PREDICTOR } from './predictor.ts'
import { aheadOf, learnSeason, seasonalAt, shiftSeason } from './profile.ts'
import { hasHoursOfWeek, learnWeek, newWeek, weekAt } from './week.ts'

const HOUR_MS = 3_600_000
/** The season is learned from values off by this many scales at most. */
export const SEASON_CLIP = 3

/** Works on the value at hand, which is `now`. */
export class Seasonality {
  readonly now: Moment
  readonly everyMs: number | undefined
  numbers: Float64Array = new Float64Array(0)
  series: Float64Array = new Float64Array(0)
  profiles: (Float64Array | undefined)[] = []
  weeks: (Float64Array | undefined)[] = []

  constructor(everyMs: number | undefined, now: Moment) {
    this.everyMs = everyMs
    this.now = now
  }

  bind(state: StateTable): void {
    const arrays = state as unknown as Record<'profile' | 'week', (Float64Array | undefined)[]>
    this.numbers = f64(state, 'key')
    this.series = f64(state, 'series')
    this.profiles = arrays.profile
    this.weeks = arrays.week
  }

  /** A key has these seasons, or none. */
  begin(key: number, profile: Float64Array | undefined): void {
    this.profiles[key] = profile
    this.weeks[key] = profile && hasHoursOfWeek(profile[2]!, this.everyMs) ? newWeek() : undefined
  }

  /** What the seasons of a key that has some add at a place and time. */
  at(key: number, place: number, timeMs: number): number {
    const week = this.weeks[key]
    const profile = this.profiles[key]!
    const ofDay = seasonalAt(profile, place)
    return week ? ofDay + weekAt(week, timeMs + aheadOf(profile) * this.everyMs!) : ofDay
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

  /** Learns what the hours of the week add: the level makes up for what they add more than before. */
  learnWeek(key: number, week: Float64Array): void {
    const { y, scale } = this.now
    const timeMs = this.now.timeMs + aheadOf(this.profiles[key]!) * this.everyMs!
    const more = learnWeek(week, timeMs, y + weekAt(week, timeMs), scale, this.everyMs!)
    if (more !== 0) predictor.move(this.series, key * PREDICTOR.width, -more)
  }

  /**
   * After a change of clocks: takes the season an hour moved for that of the value at hand, if that is nearer. Returns whether
   * it is: then it has to be measured anew.
   */
  movesByClock(key: number, timeMs: number, profile: Float64Array, everyMs: number): boolean {
    const { at: changed, hours } = clockChangeBefore(timeMs)
    if (changed === 0 || Number.isNaN(this.now.u) || !goesByClock(profile[2]!, everyMs)) return false
    const k = key * KEY.width
    if (this.numbers[k + KEY.clock] !== changed) {
      this.numbers[k + KEY.clock] = changed
      this.numbers[k + KEY.said] = 0
    }
    const said = this.numbers[k + KEY.said]!
    if (isDecided(said)) return false
    const steps = (hours * HOUR_MS) / everyMs
    const { seasonal, u, place, scale } = this.now
    const moved = this.at(key, place + steps, timeMs + hours * HOUR_MS)
    const uMoved = u + (seasonal - moved) / scale
    const says = said + saysOf(u, uMoved, steps)
    this.numbers[k + KEY.said] = says
    const moves = isDecided(says) && says > 0
    if (moves) shiftSeason(profile, steps)
    if (!moves && Math.abs(uMoved) >= Math.abs(u)) return false
    this.now.place = moves ? place : place + steps
    this.now.y += seasonal - moved
    this.now.seasonal = moved
    return true
  }
}
