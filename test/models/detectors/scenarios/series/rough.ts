/** Tails that are heavy, values that are rounded, sizes of noise that change, rows that are missing. */

import {
  exponential as exponentialLaw,
  lognormal,
  studentT,
} from '../../../../../src/models/distributions/index.ts'
import { exponential, student } from '../../../generators/drawn-series.ts'
import { gaussian, type Uniform } from '../../simulate.ts'
import {
  anyOf,
  autoregressive,
  between,
  HOUR_MS,
  independent,
  MINUTE_MS,
  type Noise,
  peaks,
  repeating,
  sum,
  upperUnit,
  white,
} from '../parts.ts'
import { inGroup, type Opened, type SeriesKind } from '../scenario.ts'

const fromZero = (x: number): number => Math.max(0, x)

/** exp(s·N(0, 1)), times a level. */
const lognormalSigma = (s: number): number => Math.sqrt(lognormal({ meanLog: 0, sdLog: s }).variance)

export const TAILS: readonly SeriesKind[] = inGroup('heavy tails', { everyMs: HOUR_MS, sigma: 1 }, [
  {
    name: 't(3)',
    // In standard deviations, of which t(3) has √3.
    spike: upperUnit(studentT({ df: 3 })) / Math.sqrt(3),
    open: u => sum({ noise: independent(() => student(u, 3)) }),
  },
  {
    name: 't(5) in AR(1) 0.5',
    everyMs: 5 * MINUTE_MS,
    spike: upperUnit(studentT({ df: 5 })) / Math.sqrt(5 / 3),
    open: u => {
      let z = 0
      return sum({ mean: () => 20, noise: spread => (z = 0.5 * z + spread * student(u, 5)) })
    },
  },
  {
    name: 'Laplace',
    spike: Math.log(10_000) / Math.SQRT2 / 3.89,
    open: u => sum({ noise: independent(() => ((u() < 0.5 ? -1 : 1) * exponential(u)) / Math.SQRT2) }),
  },
  {
    name: 'lognormal 0.5',
    sigma: lognormalSigma(0.5),
    spike: upperUnit(lognormal({ meanLog: 0, sdLog: 0.5 })),
    room: 1,
    reading: fromZero,
    open: u => sum({ mean: () => 1, noise: independent(() => Math.exp(0.5 * gaussian(u)) - 1) }),
  },
  {
    name: 'lognormal 1, step not told',
    everyMs: undefined,
    sigma: lognormalSigma(1),
    spike: upperUnit(lognormal({ meanLog: 0, sdLog: 1 })),
    room: 1,
    reading: fromZero,
    open: u => sum({ mean: () => 1, noise: independent(() => Math.exp(gaussian(u)) - 1) }),
  },
  {
    name: 'exponential',
    spike: upperUnit(exponentialLaw({ rate: 1 })),
    room: 1,
    reading: fromZero,
    open: u => sum({ mean: () => 1, noise: independent(() => exponential(u) - 1) }),
  },
  {
    name: 'lognormal levels, AR(1) 0.8',
    everyMs: 5 * MINUTE_MS,
    // The level wanders by a factor of e^0.33 about 100.
    sigma: 25,
    spike: 170 / 3.89,
    room: 2,
    restless: true,
    open: u => {
      const z = autoregressive(u, 0.8, 0.2)
      return { next: ({ spread }) => 100 * Math.exp(z(spread)) }
    },
  },
  {
    name: 'one in a hundred ten times as far off',
    spike: (2.8 * 10) / 3.89,
    open: u => sum({ noise: independent(() => gaussian(u) * (u() < 0.01 ? 10 : 1)) }),
  },
])

/** As a sensor of a resolution reads it. */
const rounded =
  (resolution: number) =>
  (x: number): number =>
    Math.round(x / resolution) * resolution

export const ROUNDED: readonly SeriesKind[] = inGroup(
  'rounded values',
  { everyMs: 5 * MINUTE_MS, sigma: 1, reading: Math.round },
  [
    {
      name: 'whole numbers, AR(1) 0.9',
      still: true,
      open: u => sum({ mean: () => 20, noise: autoregressive(u, 0.9, 0.6) }),
    },
    // Sizes are in steps of the resolution.
    {
      name: 'whole numbers, hardly ever another',
      still: true,
      not: ['variance ÷4'],
      open: u => sum({ mean: () => 20, noise: white(u, 0.2) }),
    },
    {
      name: 'temperature in half degrees',
      still: true,
      season: 288,
      sigma: 0.5,
      reading: rounded(0.5),
      open: u => sum({ mean: () => 21, course: peaks(u, 288, 4), noise: autoregressive(u, 0.8, 0.15) }),
    },
    {
      name: 'hundredths, white noise',
      everyMs: HOUR_MS,
      sigma: 0.05,
      reading: rounded(0.01),
      open: u => sum({ mean: () => 3, noise: white(u, 0.05) }),
    },
    {
      name: 'tens, AR(1) 0.7, by minute',
      still: true,
      everyMs: MINUTE_MS,
      sigma: 10,
      farFromZero: true,
      reading: rounded(10),
      open: u => sum({ mean: () => 500, noise: autoregressive(u, 0.7, 10) }),
    },
    {
      name: 'whole numbers of a load, day, step not told',
      everyMs: undefined,
      season: 24,
      nights: true,
      open: u => sum({ mean: () => 40, course: peaks(u, 24, 15), noise: white(u) }),
    },
  ],
)

/** GARCH(1, 1) of variance 1 (Bollerslev 1986, *Journal of Econometrics* 31). */
function garch(u: Uniform): Noise {
  let [h, e] = [1, 0]
  return spread => {
    h = 0.05 + 0.15 * e * e + 0.8 * h
    e = Math.sqrt(h) * gaussian(u)
    return spread * e
  }
}

/** Something that changes between two states, each of which lasts for so many steps in the mean. */
function regimes(u: Uniform, calm: number, busy: number): () => boolean {
  let isBusy = false
  return () => {
    if (u() < 1 / (isBusy ? busy : calm)) isBusy = !isBusy
    return isBusy
  }
}

/** A job of a height at each full hour, under noise. */
function hourlyJobs(u: Uniform): Opened {
  const height = between(u, 8, 15)
  const phase = anyOf(u, 12)
  const course = repeating(12, place => (place === phase ? height : 0))
  return sum({ mean: () => 10, course, noise: autoregressive(u, 0.5) })
}

/** A job of two hours each night. */
function nightlyJob(u: Uniform): Opened {
  const from = anyOf(u, 264)
  const height = between(u, 10, 20)
  const course = repeating(288, place => (place >= from && place < from + 24 ? height : 0))
  return sum({ mean: () => 20, course, noise: white(u) })
}

/** Jobs at no certain time: one step in 100 is up to 20 too high, and nobody minds. */
function jobsAtAnyTime(u: Uniform): Opened {
  const z = autoregressive(u, 0.5)
  return {
    next: ({ spread }) => {
      const height = 5 + 15 * u()
      return z(spread) + (u() < 0.01 ? height : 0)
    },
  }
}

export const RESTLESS: readonly SeriesKind[] = inGroup(
  'restless',
  { everyMs: 5 * MINUTE_MS, sigma: 1, restless: true },
  [
    // Simulated: one in 20,000 is above 5.6.
    { name: 'volatility clusters', spike: 5.6 / 3.89, open: u => sum({ noise: garch(u) }) },
    {
      name: 'calm and noisy',
      // Of the noisy state, whose noise is three times that of the calm.
      spike: 3,
      sigma: 3,
      open: u => {
        const noisy = regimes(u, 200, 100)
        return sum({ mean: () => 50, noise: independent(() => gaussian(u) * (noisy() ? 3 : 1)) })
      },
    },
    {
      name: 'idle and busy',
      wanders: true,
      // The states are eight apart.
      sigma: 3,
      open: u => {
        const busy = regimes(u, 100, 40)
        const z = autoregressive(u, 0.5)
        return { next: ({ spread }) => (busy() ? 8 : 0) + z(spread) }
      },
    },
    {
      name: 'levels that jump',
      everyMs: HOUR_MS,
      wanders: true,
      // A jump as high comes once in 20,000 values.
      spike: 11 / 3.89,
      not: ['level +6σ', 'level −6σ'],
      open: u => {
        let level = 0
        return {
          next: ({ spread }) => {
            const by = 4 * gaussian(u)
            if (u() < 1 / 60) level += by
            return level + spread * gaussian(u)
          },
        }
      },
    },
    { name: 'jobs at any time', spike: 20 / 3.89, open: jobsAtAnyTime },
  ],
)

export const JOBS: readonly SeriesKind[] = inGroup('scheduled jobs', { everyMs: 5 * MINUTE_MS, sigma: 1 }, [
  { name: 'hourly job', season: 12, nights: true, open: hourlyJobs },
  { name: 'nightly job of two hours', season: 288, nights: true, open: nightlyJob },
])

/** Stretches without rows: so many steps long in the mean, one begins in so many. */
function holes(u: Uniform, apart: number, length: number): () => boolean {
  const absent = regimes(u, apart, length)
  return () => !absent()
}

export const INCOMPLETE: readonly SeriesKind[] = inGroup(
  'incomplete',
  { everyMs: HOUR_MS, sigma: 1, irregular: true },
  [
    {
      name: 'a tenth of the rows missing',
      open: u => ({ ...sum({ noise: autoregressive(u, 0.5) }), present: () => u() > 0.1 }),
    },
    {
      name: 'a tenth of the values missing',
      missingAs: 'NaN',
      open: u => ({ ...sum({ mean: () => 30, noise: autoregressive(u, 0.5) }), present: () => u() > 0.1 }),
    },
    {
      name: 'stretches missing',
      everyMs: 5 * MINUTE_MS,
      open: u => ({ ...sum({ mean: () => 30, noise: autoregressive(u, 0.7) }), present: holes(u, 150, 15) }),
    },
    {
      name: 'day with stretches missing',
      season: 24,
      nights: true,
      open: u => ({
        ...sum({ mean: () => 40, course: peaks(u, 24, between(u, 8, 15)), noise: white(u) }),
        present: holes(u, 200, 10),
      }),
    },
    {
      name: 'at any time, step not told',
      everyMs: undefined,
      open: u => ({
        ...sum({ mean: () => 5, noise: white(u) }),
        wait: () => 60_000 * exponential(u),
      }),
    },
    {
      name: 'AR(1) 0.7 at any time, step not told',
      everyMs: undefined,
      open: u => ({
        ...sum({ mean: () => 5, noise: autoregressive(u, 0.7) }),
        wait: () => 60_000 * exponential(u),
      }),
    },
  ],
)
