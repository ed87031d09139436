/** The models that operators and expressions run on. `core` does not know them: whoever opens a shard hands them in. */

import type { DetectorRegistry } from './detector.ts'
import type { OpenDistribution } from './distribution.ts'
import type { SeriesModelRegistry } from './series-model.ts'

export interface Models {
  /** Opens detectors by kind. */
  readonly detectors: DetectorRegistry
  /** Opens distributions by name. */
  readonly distributions: OpenDistribution
  /** Opens models of whole series by kind. */
  readonly series: SeriesModelRegistry
}
