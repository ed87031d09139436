/** Every detector by the `kind` of its spec. A new one is a file and a line here. */
import type { DetectorRegistry } from '../../core/detector.ts'
import { openArima } from './arima.ts'
import { openAuto } from './auto.ts'
import { openCounts } from './counts.ts'
import { openEwma } from './ewma.ts'
import { openGivenArima } from './given-arima.ts'
import { openGivenDistribution } from './given-distribution.ts'
import { openHoltWinters } from './holt-winters.ts'
import { openRobustZ } from './robust-z.ts'
import { openSeasonalNaive } from './seasonal-naive.ts'

export const detectors: DetectorRegistry = Object.freeze({
  arima: openArima,
  auto: openAuto,
  counts: openCounts,
  ewma: openEwma,
  'given-arima': openGivenArima,
  'given-distribution': openGivenDistribution,
  holtWinters: openHoltWinters,
  robustZ: openRobustZ,
  seasonalNaive: openSeasonalNaive,
})
