/** The scenarios: every series, by its group. */
import { scenarioSeries } from './draw.ts'
import type { ScenarioSeries } from './scenario.ts'
import { COUNTERS, COUNTS } from './series/counts.ts'
import { LEVELS, TRENDS } from './series/levels.ts'
import { NOISE_FREE } from './series/noise-free.ts'
import { ROUGH } from './series/rough.ts'
import { SEASONS } from './series/seasons.ts'

export { onsetOf } from './draw.ts'
export { FAULTS } from './faults.ts'
export * from './scenario.ts'

export const SERIES: readonly ScenarioSeries[] = [
  ...LEVELS,
  ...TRENDS,
  ...SEASONS,
  ...NOISE_FREE,
  ...COUNTERS,
  ...COUNTS,
  ...ROUGH,
].map(scenarioSeries)
