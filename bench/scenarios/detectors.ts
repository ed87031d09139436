/** The detectors that the scenarios are given to, each as a user who knows what the series is would write it. */
import type { DetectorSpec } from '../../src/core/detector.ts'
import {
  arima,
  arma,
  auto,
  changePoint,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  pageHinkley,
  robustZ,
  seasonalNaive,
} from '../../src/models/detectors/index.ts'
import type { SeriesKind } from '../../test/models/detectors/scenarios/index.ts'

export interface ScenarioDetector {
  readonly name: string
  /** Undefined where nobody would take it for the series. */
  spec(series: SeriesKind): DetectorSpec | undefined
}

const always = (name: string, spec: DetectorSpec): ScenarioDetector => ({ name, spec: () => spec })
const ofSeason = (name: string, spec: (season: number) => DetectorSpec): ScenarioDetector => ({
  name,
  spec: ({ season, everyMs }) => (season && season > 1 && everyMs !== undefined ? spec(season) : undefined),
})
const ofCounts = (name: string, spec: DetectorSpec): ScenarioDetector => ({
  name,
  spec: ({ counts }) => (counts === undefined ? undefined : spec),
})

export const SCENARIO_DETECTORS: readonly ScenarioDetector[] = [
  always('auto', auto()),
  always('robustZ', robustZ()),
  ofSeason('robustZ of the season', season => robustZ({ season })),
  ofSeason('seasonalNaive', season => seasonalNaive({ season })),
  ofSeason('holtWinters', season => holtWinters({ season })),
  always('ewma', ewma()),
  always('arma(2, 1)', arma({ p: 2, q: 1 })),
  always('arima(0, 1, 1)', arima({ order: [0, 1, 1] })),
  always('fitted normal', fitted('normal')),
  ofCounts('fitted poisson', fitted('poisson')),
  ofCounts('counts', counts({ season: 'none', warmup: 100 })),
  always('cusum', cusum()),
  always('pageHinkley', pageHinkley()),
  always('changePoint', changePoint()),
  always('kMeansDistance', kMeansDistance()),
]
