/** Every detector by the `kind` of its spec. A new one is a file and a line here. */
import type { DetectorRegistry } from '../../core/detector.ts'
import { openArima } from './arima/arima.ts'
import { openAuto } from './auto/auto.ts'
import { openChangePoint } from './change-point/change-point.ts'
import { openCounts } from './counts/counts.ts'
import { openCusum } from './cusum/cusum.ts'
import { openPageHinkley } from './cusum/page-hinkley.ts'
import { openEwma } from './ewma/ewma.ts'
import { openFitted } from './fitted/fitted.ts'
import { openGivenArima } from './fixed/arima.ts'
import { openGivenDistribution } from './fixed/distribution.ts'
import { openHoltWinters } from './holt-winters/holt-winters.ts'
import { openKMeansDistance } from './k-means-distance/k-means-distance.ts'
import { openRobustZ } from './robust-z/robust-z.ts'
import { openSeasonalNaive } from './seasonal-naive/seasonal-naive.ts'

export const detectors: DetectorRegistry = Object.freeze({
  arima: openArima,
  auto: openAuto,
  changePoint: openChangePoint,
  counts: openCounts,
  cusum: openCusum,
  ewma: openEwma,
  fitted: openFitted,
  'given-arima': openGivenArima,
  'given-distribution': openGivenDistribution,
  holtWinters: openHoltWinters,
  kMeansDistance: openKMeansDistance,
  pageHinkley: openPageHinkley,
  robustZ: openRobustZ,
  seasonalNaive: openSeasonalNaive,
})
