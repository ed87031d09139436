/** The scenarios: every series, by its group. */
import { scenarioSeries } from './draw.ts'
import type { ScenarioSeries } from './scenario.ts'
import { COUNTERS, COUNTS, SPARSE } from './series/counts.ts'
import { LEVELS, TRENDS } from './series/levels.ts'
import { NOISE_FREE } from './series/noise-free.ts'
import { INCOMPLETE, JOBS, RESTLESS, ROUNDED, TAILS } from './series/rough.ts'
import { SEASONS } from './series/seasons.ts'

export { judgedFrom, onsetOf } from './draw.ts'
export { FAULTS, RECOVERED_AFTER } from './faults.ts'
export * from './scenario.ts'

export const SERIES: readonly ScenarioSeries[] = [
  ...LEVELS,
  ...TRENDS,
  ...SEASONS,
  ...NOISE_FREE,
  ...COUNTS,
  ...SPARSE,
  ...COUNTERS,
  ...TAILS,
  ...ROUNDED,
  ...JOBS,
  ...RESTLESS,
  ...INCOMPLETE,
].map(scenarioSeries)
