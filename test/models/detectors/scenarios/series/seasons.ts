/** Seasons: by hours, days and weeks, several at once, by the clock on the wall. */

import type { Uniform } from '../../simulate.ts'
import {
  anyOf,
  autoregressive,
  between,
  type Course,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  office,
  peaks,
  repeating,
  sine,
  sum,
  white,
} from '../parts.ts'
import { inGroup, type Opened, type SeriesKind } from '../scenario.ts'

/** A day of so many steps whose weekends are so many times as high, above the lowest of the day. */
function week(u: Uniform, day: number, amplitude: number, weekends: number): Course {
  const ofDay = peaks(u, day, amplitude)
  return repeating(7 * day, place => (ofDay(place) + amplitude) * (place >= 5 * day ? weekends : 1))
}

/** Values whose noise is a part of their level: the unit is it at a level of 1. */
function multiplicative(u: Uniform, season: number, part: number, growth = 0): Opened {
  const ofDay = peaks(u, season, 1)
  const factor = (place: number) => Math.exp(0.7 * ofDay(place))
  const noise = white(u)
  return {
    course: factor,
    scale: factor,
    next: ({ i, place, amplitude, spread }) =>
      Math.exp(growth * i) * (1 + amplitude * (factor(place) - 1)) + part * factor(place) * noise(spread),
  }
}

/** A season whose amplitude comes and goes slowly, by a fifth. */
function breathing(u: Uniform): Opened {
  const ofDay = peaks(u, 24, 10)
  const phase = 2 * Math.PI * u()
  const noise = white(u)
  return {
    course: ofDay,
    next: ({ i, place, amplitude, spread }) =>
      60 + amplitude * (1 + 0.2 * Math.sin(phase + i / 300)) * ofDay(place) + noise(spread),
  }
}

/** Rows at night come half of the time. */
function halfNights(u: Uniform): Opened {
  const ofDay = sine(u, 24, 8)
  const opened = sum({ mean: () => 40, course: ofDay, noise: white(u) })
  return { ...opened, present: ({ place }) => u() < (ofDay(place) < -4 ? 0.5 : 1) }
}

const daily = (u: Uniform, season: number): Opened =>
  sum({ mean: () => 40, course: peaks(u, season, between(u, 6, 15)), noise: white(u) })

export const SEASONS: readonly SeriesKind[] = inGroup('seasons', { everyMs: HOUR_MS, sigma: 1, season: 24 }, [
  { name: 'day, hourly', nights: true, open: u => daily(u, 24) },
  {
    name: 'day, hourly, little noise',
    sigma: 0.5,
    nights: true,
    farFromZero: true,
    open: u => sum({ mean: () => 30, course: sine(u, 24, between(u, 12, 18)), noise: white(u, 0.5) }),
  },
  {
    name: 'day, hourly, hardly any noise',
    sigma: 0.01,
    nights: true,
    farFromZero: true,
    open: u => sum({ mean: () => 30, course: peaks(u, 24, between(u, 5, 15)), noise: white(u, 0.01) }),
  },
  {
    name: 'day, hourly, small',
    open: u => sum({ course: sine(u, 24, between(u, 1, 2)), noise: white(u) }),
  },
  {
    name: 'day, hourly, AR(1) 0.6',
    nights: true,
    open: u =>
      sum({ mean: () => 40, course: peaks(u, 24, between(u, 8, 15)), noise: autoregressive(u, 0.6) }),
  },
  { name: 'day, hourly, step not told', everyMs: undefined, nights: true, open: u => daily(u, 24) },
  {
    name: 'day, 5 min',
    everyMs: 5 * MINUTE_MS,
    season: 288,
    nights: true,
    open: u =>
      sum({ mean: () => 40, course: peaks(u, 288, between(u, 8, 15)), noise: autoregressive(u, 0.5) }),
  },
  {
    name: 'day, 5 min, little noise',
    everyMs: 5 * MINUTE_MS,
    season: 288,
    sigma: 0.2,
    nights: true,
    farFromZero: true,
    open: u => sum({ mean: () => 40, course: sine(u, 288, between(u, 8, 15)), noise: white(u, 0.2) }),
  },
  {
    name: 'day, quarters of an hour',
    everyMs: 15 * MINUTE_MS,
    season: 96,
    nights: true,
    open: u => daily(u, 96),
  },
  { name: 'hour, by minute', everyMs: MINUTE_MS, season: 60, nights: true, open: u => daily(u, 60) },
  {
    name: 'hour, 5 min',
    everyMs: 5 * MINUTE_MS,
    season: 12,
    nights: true,
    open: u => sum({ mean: () => 40, course: sine(u, 12, between(u, 5, 12)), noise: white(u) }),
  },
  {
    name: 'day, by minute',
    everyMs: MINUTE_MS,
    season: 1440,
    known: 3 * 1440,
    nights: true,
    open: u => sum({ mean: () => 40, course: sine(u, 1440, between(u, 8, 15)), noise: white(u) }),
  },
  {
    name: 'week, daily',
    everyMs: DAY_MS,
    season: 7,
    nights: true,
    open: u => {
      const ofDay = Array.from({ length: 7 }, (_, i) => (i < 5 ? between(u, 4, 8) : between(u, -8, -4)))
      return sum({ mean: () => 40, course: repeating(7, place => ofDay[place]!), noise: white(u) })
    },
  },
  {
    name: 'day and week, hourly',
    season: 168,
    day: 24,
    nights: true,
    open: u => {
      const [ofDay, ofWeek] = [sine(u, 24, between(u, 6, 10)), sine(u, 168, between(u, 3, 6))]
      return sum({ mean: () => 40, course: place => ofDay(place) + ofWeek(place), noise: white(u) })
    },
  },
  {
    name: 'weekends low, hourly',
    season: 168,
    day: 24,
    nights: true,
    open: u => sum({ mean: () => 20, course: week(u, 24, between(u, 8, 15), 0.4), noise: white(u) }),
  },
  {
    name: 'weekends low, 5 min',
    everyMs: 5 * MINUTE_MS,
    season: 2016,
    day: 288,
    known: 3 * 2016,
    nights: true,
    open: u => sum({ mean: () => 20, course: week(u, 288, between(u, 8, 15), 0.5), noise: white(u) }),
  },
  {
    name: 'day by the clock, summer time begins',
    summerTime: true,
    startMs: Date.UTC(2001, 1, 5),
    nights: true,
    open: u => daily(u, 24),
  },
  {
    name: 'office hours by the clock, summer time ends',
    summerTime: true,
    startMs: Date.UTC(2001, 8, 3),
    nights: true,
    open: u => sum({ mean: () => 40, course: office(u, 24, between(u, 10, 30)), noise: white(u) }),
  },
  { name: 'nights half filled', irregular: true, nights: true, open: halfNights },
  {
    name: 'business hours alone',
    season: 10,
    startMs: Date.UTC(2001, 0, 1, 8),
    irregular: true,
    nights: true,
    open: u => {
      let step = 0
      return {
        ...sum({ mean: () => 40, course: sine(u, 10, between(u, 4, 8)), noise: white(u) }),
        // From 8 to 17 o'clock, then on to the next morning.
        wait: () => (++step % 10 === 0 ? 15 : 1) * HOUR_MS,
      }
    },
  },
  {
    name: 'day, multiplicative',
    sigma: 0.05,
    nights: true,
    open: u => multiplicative(u, 24, 0.05),
  },
  {
    name: 'day, multiplicative, growing',
    everyMs: HOUR_MS,
    sigma: 0.05,
    nights: true,
    open: u => multiplicative(u, 24, 0.05, between(u, 1e-4, 4e-4)),
  },
  {
    name: 'day on a ramp',
    nights: true,
    open: u => {
      const slope = between(u, 0.02, 0.2)
      return sum({
        mean: ({ i }) => 40 + slope * i,
        course: peaks(u, 24, between(u, 6, 15)),
        noise: white(u),
      })
    },
  },
  {
    name: 'day on a random walk',
    wanders: true,
    nights: true,
    open: u => sum({ course: peaks(u, 24, between(u, 8, 15)), noise: autoregressive(u, 1) }),
  },
  { name: 'day whose amplitude changes slowly', nights: true, open: breathing },
  {
    name: 'day, noisier by day',
    nights: true,
    open: u => {
      const ofDay = sine(u, 24, 10)
      const scale: Course = place => 1 + ofDay(place) / 15
      return sum({ mean: () => 40, course: ofDay, noise: white(u), scale })
    },
  },
  {
    name: 'square wave by day, noise',
    nights: true,
    open: u => sum({ mean: () => 40, course: office(u, 24, between(u, 10, 40)), noise: white(u) }),
  },
  {
    name: 'season of 37, step not told',
    everyMs: undefined,
    season: 37,
    nights: true,
    open: u => daily(u, 37),
  },
  {
    name: 'two hours of the day alone',
    nights: true,
    open: u => {
      const from = anyOf(u, 22)
      return sum({
        mean: () => 10,
        course: repeating(24, place => (place === from || place === from + 1 ? 12 : 0)),
        noise: white(u),
      })
    },
  },
])
