/** A level and noise: at any scale, far from zero or about it. */

import { autoregressive, between, HOUR_MS, MINUTE_MS, sum, white } from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

export const LEVELS: readonly SeriesKind[] = inGroup('levels', [
  { name: 'white noise', everyMs: HOUR_MS, sigma: 1, open: u => sum({ noise: white(u) }) },
  {
    name: 'level 50',
    everyMs: HOUR_MS,
    sigma: 1,
    aboveZero: true,
    open: u => sum({ mean: () => 50, noise: white(u) }),
  },
  {
    name: 'level 1e9, noise 1',
    everyMs: 5 * MINUTE_MS,
    sigma: 1,
    aboveZero: true,
    open: u => sum({ mean: () => 1e9, noise: white(u) }),
  },
  {
    name: 'AR(1) 0.8',
    everyMs: HOUR_MS,
    sigma: 1,
    open: u => sum({ noise: autoregressive(u, 0.8) }),
  },
])

/** Slopes up and down, and levels that wander. */
export const TRENDS: readonly SeriesKind[] = inGroup('trends and walks', [
  {
    name: 'ramp up',
    everyMs: HOUR_MS,
    sigma: 1,
    open: u => {
      const slope = between(u, 0.02, 0.5)
      return sum({ mean: ({ i }) => slope * i, noise: white(u) })
    },
  },
  {
    name: 'ramp down',
    everyMs: HOUR_MS,
    sigma: 1,
    open: u => {
      const slope = between(u, 0.02, 0.5)
      return sum({ mean: ({ i }) => 100 - slope * i, noise: white(u) })
    },
  },
  {
    name: 'random walk',
    everyMs: HOUR_MS,
    sigma: 1,
    wanders: true,
    open: u => sum({ noise: autoregressive(u, 1) }),
  },
])
