/** Tails that are heavy, values that are rounded, sizes of noise that change, rows that are missing. */
import { student } from '../../../generators/drawn-series.ts'
import { gaussian } from '../../simulate.ts'
import { autoregressive, HOUR_MS, MINUTE_MS, sum } from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

export const ROUGH: readonly SeriesKind[] = inGroup('rough', [
  {
    name: 't(3)',
    everyMs: HOUR_MS,
    sigma: 1,
    // One in 20,000 is above 16.2 of its standard deviation.
    spike: 16.2 / 3.89,
    open: u => sum({ noise: spread => spread * student(u, 3) }),
  },
  {
    name: 'whole numbers of a sensor',
    everyMs: 5 * MINUTE_MS,
    sigma: 1,
    reading: Math.round,
    still: true,
    open: u => sum({ mean: () => 20, noise: autoregressive(u, 0.9, 0.6) }),
  },
  {
    name: 'a tenth missing',
    everyMs: HOUR_MS,
    sigma: 1,
    irregular: true,
    open: u => {
      const noise = autoregressive(u, 0.5)
      return { next: ({ spread }) => noise(spread), present: () => u() > 0.1 }
    },
  },
  {
    name: 'volatility clusters',
    everyMs: 5 * MINUTE_MS,
    sigma: 1,
    spike: 9 / 3.89,
    restless: true,
    open: u => {
      let h = 1
      let e = 0
      return {
        next: ({ spread }) => {
          h = 0.05 + 0.15 * e * e + 0.8 * h
          e = Math.sqrt(h) * gaussian(u)
          return e * spread
        },
      }
    },
  },
])
