/** Whole numbers: counts of what happens, and counters that add them up. */
import { countNumber, gaussian, type Uniform } from '../../simulate.ts'
import { HOUR_MS, MINUTE_MS } from '../parts.ts'
import { inGroup, type Opened, type SeriesKind } from '../scenario.ts'

/** Counts of a mean and variance mean + φ·mean². */
const independent =
  (mean: number, phi = 0) =>
  (u: Uniform): Opened => ({
    next: ({ rate }) => countNumber(u, mean * rate, phi),
  })

const wholeFromZero = (x: number): number => Math.max(0, Math.round(x))

export const COUNTS: readonly SeriesKind[] = inGroup('counts', [
  {
    name: 'Poisson 5',
    everyMs: HOUR_MS,
    counts: 5,
    sigma: Math.sqrt(5),
    // One in 20,000 is above 15.
    spike: 10.5 / 3.89,
    room: 2,
    reading: wholeFromZero,
    open: independent(5),
  },
  {
    name: 'Poisson 50',
    everyMs: HOUR_MS,
    counts: 50,
    sigma: Math.sqrt(50),
    room: 7,
    aboveZero: true,
    reading: wholeFromZero,
    open: independent(50),
  },
])

export const COUNTERS: readonly SeriesKind[] = inGroup('counters', [
  {
    name: 'counter',
    everyMs: 5 * MINUTE_MS,
    sigma: 10,
    counter: true as const,
    open: (u: Uniform): Opened => {
      let total = 0
      return {
        next: ({ rate, spread }) =>
          (total += Math.max(0, Math.round(100 * rate + 10 * spread * gaussian(u)))),
        lose: counts => {
          total -= counts
        },
      }
    },
  },
])
