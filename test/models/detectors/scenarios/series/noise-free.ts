/** Series without noise. Their unit is a part of their amplitude, or the resolution they are read with. */

import { between, HOUR_MS, MINUTE_MS, sine, sum } from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

export const NOISE_FREE: readonly SeriesKind[] = inGroup(
  'without noise',
  [
    { name: 'constant 0', everyMs: HOUR_MS, sigma: 1, still: true, open: () => sum({}) },
    {
      name: 'constant',
      everyMs: 5 * MINUTE_MS,
      sigma: 0.5,
      still: true,
      aboveZero: true,
      open: u => {
        const level = between(u, 5, 500)
        return sum({ mean: () => level })
      },
    },
    {
      name: 'sine by day, exact',
      everyMs: HOUR_MS,
      season: 24,
      // A tenth of the amplitude.
      sigma: 1,
      nights: true,
      open: u => sum({ course: sine(u, 24, 10) }),
    },
    {
      name: 'square wave by day, exact',
      everyMs: HOUR_MS,
      season: 24,
      // A tenth of the step.
      sigma: 6,
      nights: true,
      still: true,
      aboveZero: true,
      open: u => {
        const from = Math.floor(between(u, 2, 10))
        const to = Math.floor(between(u, 14, 22))
        const hour = (place: number) => ((place % 24) + 24) % 24
        return sum({ mean: () => 50, course: p => (hour(p) < from || hour(p) > to ? -30 : 30) })
      },
    },
    {
      name: '0, 10, 0, 10, …',
      everyMs: HOUR_MS,
      season: 2,
      sigma: 2,
      open: () => sum({ course: place => (place % 2) * 10 }),
    },
    {
      name: 'ramp, exact',
      everyMs: HOUR_MS,
      // Ten steps of it; a spike of ten is that of 100.
      sigma: 10,
      open: u => {
        const slope = between(u, 0.5, 1.5)
        return sum({ mean: ({ i }) => slope * i })
      },
    },
  ],
  { exact: true },
)
