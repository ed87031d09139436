/**
 * A calendar profile: what the hours of the day, and the hours of the week, add to the level of a series.
 *
 * Each hour has a mean with exponential forgetting, shrunk towards 0 as far as the hours differ by no more than noise
 * makes them (James & Stein 1961, *Proc. 4th Berkeley Symposium* 1). Between the middles of two hours the profile is a
 * line.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

export interface CalendarProfile {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** What the profile adds at a time; `noise` is the variance of a value around level and profile. */
  at(key: number, timeMs: number, noise: number): number
  /** Learns the distance of a value from the level. */
  learn(key: number, timeMs: number, distance: number): void
  /** Looks again at how far hours differ beyond noise. */
  refit(key: number, noise: number): void
}

const HOUR_MS = 3_600_000
const DAY = 24
const WEEK = 168
/** Visits of an hour that its mean remembers. */
const MAX_VISITS = 40

const HOUR = record({ mean: 'mean distance', visits: 'effective number of visits' })
const HOURS = record({
  daySignal: 'variance of the true means of the hours of the day; 0 while they are not believed to differ',
  weekSignal: 'and of the hours of the week, beyond those of the day',
  day: [HOUR, DAY],
  week: [HOUR, WEEK],
})

/** Opens the profile. Without `everyMs`, or with steps longer than six hours, it is 0. */
export function openCalendarProfile(everyMs: number | undefined): CalendarProfile {
  if (everyMs === undefined || everyMs > 6 * HOUR_MS) {
    return { layout: {}, bind() {}, at: () => 0, learn() {}, refit() {} }
  }
  /** An hour is one visit, however many values it has. */
  const visit = Math.min(1, everyMs / HOUR_MS)
  let hours: Float64Array = new Float64Array(0)

  return {
    layout: { hours: HOURS.field },
    bind(state) {
      hours = f64(state, 'hours')
    },
    at(key, timeMs, noise) {
      const at = key * HOURS.width
      const daySignal = hours[at + HOURS.daySignal]!
      const weekSignal = hours[at + HOURS.weekSignal]!
      if (daySignal === 0 && weekSignal === 0) return 0
      const middle = timeMs / HOUR_MS - 0.5
      const hour = Math.floor(middle)
      const late = middle - hour
      let sum = 0
      for (let side = 0; side < 2; side++) {
        const ofDay = shrunkMean(hours, dayPlace(at, hour + side), daySignal, noise)
        const ofWeek = shrunkMean(hours, weekPlace(at, hour + side), weekSignal, noise)
        sum += (side === 0 ? 1 - late : late) * (ofDay + ofWeek)
      }
      return sum
    },
    learn(key, timeMs, distance) {
      const at = key * HOURS.width
      const hour = Math.floor(timeMs / HOUR_MS)
      const ofDay = dayPlace(at, hour)
      visitHour(hours, ofDay, visit, distance)
      visitHour(hours, weekPlace(at, hour), visit, distance - hours[ofDay + HOUR.mean]!)
    },
    refit(key, noise) {
      const at = key * HOURS.width
      hours[at + HOURS.daySignal] = signalOf(hours, at + HOURS.day, DAY, noise)
      hours[at + HOURS.weekSignal] = signalOf(hours, at + HOURS.week, WEEK, noise)
    },
  }
}

const dayPlace = (at: number, hour: number): number =>
  at + HOURS.day + HOUR.width * (hour - DAY * Math.floor(hour / DAY))
const weekPlace = (at: number, hour: number): number =>
  at + HOURS.week + HOUR.width * (hour - WEEK * Math.floor(hour / WEEK))

/** The mean of an hour, shrunk towards 0 by what noise may have made of it. */
function shrunkMean(hours: Float64Array, place: number, signal: number, noise: number): number {
  const visits = hours[place + HOUR.visits]!
  return visits === 0 || signal === 0 ? 0 : (hours[place + HOUR.mean]! * signal) / (signal + noise / visits)
}

function visitHour(hours: Float64Array, place: number, visit: number, distance: number): void {
  const visits = Math.min(hours[place + HOUR.visits]! + visit, MAX_VISITS)
  const mean = hours[place + HOUR.mean]!
  hours[place + HOUR.visits] = visits
  hours[place + HOUR.mean] = mean + (visit / visits) * (distance - mean)
}

/** Variance of the true means of some hours, by what their estimates vary beyond noise. */
function signalOf(hours: Float64Array, place: number, count: number, noise: number): number {
  let seen = 0
  let squares = 0
  let errors = 0
  for (let h = place; h < place + count * HOUR.width; h += HOUR.width) {
    const visits = hours[h + HOUR.visits]!
    if (visits < 2) continue
    const mean = hours[h + HOUR.mean]!
    seen++
    squares += mean * mean
    errors += noise / visits
  }
  // Half of the hours, and twice what noise makes: a profile that is not there costs more than one not yet believed.
  return seen < count / 2 || squares < 2 * errors ? 0 : (squares - errors) / seen
}
