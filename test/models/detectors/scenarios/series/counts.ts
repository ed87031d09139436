/** Whole numbers and shares of them: counts of what happens, demand, states, and counters that add up. */

import { binomial, negativeBinomial, poisson } from '../../../../../src/models/distributions/index.ts'
import { countNumber, gaussian, type Uniform } from '../../simulate.ts'
import {
  anyOf,
  around,
  between,
  DAY_MS,
  HOUR_MS,
  lowerUnit,
  MINUTE_MS,
  office,
  peaks,
  repeating,
  sine,
  upperUnit,
} from '../parts.ts'
import { inGroup, type Opened, type SeriesKind, type Step } from '../scenario.ts'

const wholeFromZero = (x: number): number => Math.max(0, Math.round(x))

/** Counts of a mean, and of variance mean + φ·mean². What cannot be predicted can be spread, as all noise can. */
function counted(u: Uniform, mean: (step: Step) => number, phi = 0): Opened['next'] {
  return step => {
    const now = mean(step) * step.rate
    return now + step.spread * (countNumber(u, now, phi) - now)
  }
}

/** Counts whose distribution is always the same. */
function steady(mean: number, phi = 0): Pick<SeriesKind, 'counts' | 'sigma' | 'spike' | 'room' | 'open'> {
  const sigma = Math.sqrt(mean + phi * mean * mean)
  const spike = upperUnit(phi > 0 ? negativeBinomial({ size: 1 / phi, mean }) : poisson({ rate: mean }))
  return {
    counts: mean,
    sigma,
    spike,
    room: mean / spike,
    open: u => ({ next: counted(u, () => mean, phi) }),
  }
}

/** Counts whose mean has a course; the unit of sizes is that of a mean of 1. */
function seasonalCounts(u: Uniform, course: (place: number) => number, phi = 0): Opened {
  const at = (place: number) => Math.max(1e-3, course(place))
  return {
    course: at,
    // Small means have longer tails than their standard deviation says.
    scale: place => Math.sqrt(at(place) + phi * at(place) ** 2) + 0.5,
    next: counted(u, ({ place, amplitude }) => Math.max(1e-3, 40 + amplitude * (at(place) - 40)), phi),
  }
}

/** Nothing in most steps, and now and then something of a size. */
function intermittent(u: Uniform, chance: number, size: () => number): Opened {
  return {
    next: ({ rate }) => {
      const demand = size()
      return u() < chance * rate ? demand : 0
    },
  }
}

/** A share of so many trials. */
const share = (u: Uniform, trials: number, p: number): Opened => ({
  next: ({ spread }) => {
    let successes = 0
    for (let i = 0; i < trials; i++) if (u() < p) successes++
    return p + spread * (successes / trials - p)
  },
})

export const COUNTS: readonly SeriesKind[] = inGroup(
  'counts',
  { everyMs: HOUR_MS, sigma: 1, reading: wholeFromZero },
  [
    { name: 'Poisson 0.5', ...steady(0.5), still: true },
    { name: 'Poisson 5', ...steady(5) },
    { name: 'Poisson 50', ...steady(50), farFromZero: true },
    { name: 'Poisson 300, 5 min', everyMs: 5 * MINUTE_MS, ...steady(300), farFromZero: true },
    { name: 'Poisson 20, step not told', everyMs: undefined, ...steady(20) },
    { name: 'overdispersed 2', ...steady(2, 1), still: true },
    { name: 'overdispersed 20', ...steady(20, 0.2) },
    { name: 'overdispersed 200, by day', everyMs: DAY_MS, ...steady(200, 0.01), farFromZero: true },
    {
      name: 'counts by day and night',
      room: 3,
      season: 24,
      nights: true,
      open: u => {
        const ofDay = sine(u, 24, 25)
        return seasonalCounts(u, place => 40 + ofDay(place))
      },
    },
    {
      name: 'counts, silent at night',
      room: 0,
      season: 24,
      nights: true,
      still: true,
      open: u => {
        const on = office(u, 24, 80)
        return seasonalCounts(u, place => 40 + on(place))
      },
    },
    {
      name: 'counts by day, overdispersed, 5 min',
      room: 0,
      everyMs: 5 * MINUTE_MS,
      season: 288,
      open: u => {
        const ofDay = sine(u, 288, 25)
        return seasonalCounts(u, place => 40 + ofDay(place), 0.05)
      },
    },
    {
      name: 'counts by weekday',
      room: 0,
      everyMs: DAY_MS,
      season: 7,
      nights: true,
      open: u => {
        const low = between(u, 5, 12)
        return seasonalCounts(
          u,
          repeating(7, place => (place < 5 ? 55 : low)),
        )
      },
    },
    {
      name: 'counts that grow',
      sigma: 10,
      farFromZero: true,
      open: u => {
        const rate = between(u, 2e-4, 6e-4)
        return { next: counted(u, ({ i }) => 100 * Math.exp(rate * i)) }
      },
    },
  ],
)

/** What is asked for now and then, shares, and states. */
export const SPARSE: readonly SeriesKind[] = inGroup(
  'demand, shares and states',
  { everyMs: HOUR_MS, sigma: 1 },
  [
    {
      name: 'intermittent demand',
      counts: 0.8,
      // Sizes of 1 + Poisson(3): one in 20,000 is above 12.
      spike: 12 / 3.89,
      room: 0,
      still: true,
      open: u => intermittent(u, 0.2, () => 1 + countNumber(u, 3, 0)),
    },
    {
      name: 'lumpy demand, by day',
      everyMs: DAY_MS,
      counts: 0.5,
      sigma: 10,
      // Sizes of median 10 and a factor of e^0.5: with a tenth of the steps one in 20,000 is above 52.
      spike: 52 / 3.89,
      room: 0,
      still: true,
      open: u => intermittent(u, 0.1, () => 10 * Math.exp(0.5 * gaussian(u))),
    },
    {
      name: 'share of 100, near 1',
      sigma: Math.sqrt((0.98 * 0.02) / 100),
      spike: lowerUnit(binomial({ trials: 100, p: 0.98 })) / 100,
      headroom: 2,
      farFromZero: true,
      still: true,
      reading: x => Math.min(1, Math.max(0, x)),
      open: u => share(u, 100, 0.98),
    },
    {
      name: 'share of 100, a third',
      sigma: Math.sqrt((0.3 * 0.7) / 100),
      room: 6,
      headroom: 15,
      farFromZero: true,
      reading: x => Math.min(1, Math.max(0, x)),
      open: u => share(u, 100, 0.3),
    },
    {
      name: 'heads and tails',
      // Values are 0 and 1: a spike of six is a value of 6 or 7.
      open: u => ({ next: () => (u() < 0.5 ? 1 : 0) }),
      not: ['variance ×4', 'variance ÷4'],
    },
    {
      name: '0, seldom 1',
      counts: 0.02,
      still: true,
      open: u => intermittent(u, 0.02, () => 1),
    },
    {
      name: 'on and off at random',
      everyMs: 5 * MINUTE_MS,
      still: true,
      wanders: true,
      open: u => {
        let on = 0
        return {
          next: () => {
            if (u() < 1 / 60) on = 1 - on
            return on
          },
        }
      },
    },
  ],
)

/** A counter that grows by so much in a step, begins where it likes, and may begin again. */
function counter(u: Uniform, grows: (step: Step) => number, { from = 0, resets = 0 } = {}): Opened {
  let total = from
  return {
    next: step => {
      const by = Math.max(0, Math.round(grows(step)))
      if (resets > 0 && u() < resets) total = 0
      total += by
      return total
    },
  }
}

/** A hundred in a step, more or less ten. */
const hundred =
  (u: Uniform) =>
  ({ rate, spread }: Step): number =>
    rate * (100 + 10 * spread * gaussian(u))

const wrapped = (x: number, size: number): number => x - size * Math.floor(x / size)

export const COUNTERS: readonly SeriesKind[] = inGroup(
  'counters',
  // The unit is that of what it grows by.
  { everyMs: 5 * MINUTE_MS, sigma: 10, counter: 100 },
  [
    { name: 'counter', open: u => counter(u, hundred(u)) },
    { name: 'counter, step not told', everyMs: undefined, open: u => counter(u, hundred(u), { from: 1e6 }) },
    { name: 'counter that begins again', open: u => counter(u, hundred(u), { resets: 1 / 400 }) },
    {
      name: 'counter of 16 bits',
      reading: x => wrapped(x, 65_536),
      open: u => counter(u, hundred(u), { from: anyOf(u, 65_536) }),
    },
    {
      name: 'counter of 32 bits',
      reading: x => wrapped(x, 2 ** 32),
      // It wraps once in each series, somewhere.
      open: u => counter(u, hundred(u), { from: 2 ** 32 - Math.round(between(u, 0, 260_000)) }),
    },
    {
      name: 'counter, more by day',
      everyMs: HOUR_MS,
      season: 24,
      open: u => {
        const ofDay = peaks(u, 24, 40)
        return counter(
          u,
          ({ rate, place, spread }) => rate * (100 + ofDay(place) + 10 * spread * gaussian(u)),
        )
      },
    },
    {
      name: 'counter, exact',
      everyMs: HOUR_MS,
      exact: true,
      open: u => {
        const by = anyOf(u, 50) + 75
        return counter(u, ({ rate }) => by * rate)
      },
    },
    {
      name: 'counter, seldom',
      everyMs: MINUTE_MS,
      counter: 0.2,
      sigma: Math.sqrt(0.2),
      spike: 4 / 3.89,
      open: u => counter(u, ({ rate }) => countNumber(u, 0.2 * rate, 0), { from: 3000 }),
    },
    {
      name: 'counter of bytes',
      counter: 1e6,
      // A factor of e^0.4 about a median of a million: one in 20,000 is above 4.7 million.
      sigma: 4.5e5,
      spike: 3.6e6 / 3.89,
      open: u =>
        counter(u, ({ rate, spread }) => rate * 1e6 * Math.exp(0.4 * spread * gaussian(u)), {
          resets: 1 / 1500,
          from: around(u, 1e9, 1e12),
        }),
    },
  ],
)
