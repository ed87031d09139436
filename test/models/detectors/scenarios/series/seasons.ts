/** Seasons: by hours, days and weeks, several at once, by the clock on the wall. */

import { autoregressive, between, HOUR_MS, MINUTE_MS, peaks, sine, sum, white } from '../parts.ts'
import { inGroup, type SeriesKind } from '../scenario.ts'

export const SEASONS: readonly SeriesKind[] = inGroup('seasons', [
  {
    name: 'day, hourly',
    everyMs: HOUR_MS,
    season: 24,
    sigma: 1,
    nights: true,
    open: u => sum({ mean: () => 40, course: peaks(u, 24, between(u, 6, 15)), noise: white(u) }),
  },
  {
    name: 'day, hourly, little noise',
    everyMs: HOUR_MS,
    season: 24,
    sigma: 0.5,
    nights: true,
    aboveZero: true,
    open: u => sum({ mean: () => 30, course: sine(u, 24, between(u, 12, 18)), noise: white(u, 0.5) }),
  },
  {
    name: 'day, 5 min',
    everyMs: 5 * MINUTE_MS,
    season: 288,
    sigma: 1,
    nights: true,
    open: u =>
      sum({ mean: () => 40, course: peaks(u, 288, between(u, 6, 15)), noise: autoregressive(u, 0.5) }),
  },
  {
    name: 'day, hourly, step not told',
    everyMs: undefined,
    season: 24,
    sigma: 1,
    nights: true,
    open: u => sum({ mean: () => 40, course: peaks(u, 24, between(u, 6, 15)), noise: white(u) }),
  },
])
