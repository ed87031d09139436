/** The models that plans may name: what a shard is opened with. */
import type { Models } from '../core/models.ts'
import { detectors } from './detectors/index.ts'
import { distributionFromJSON } from './distributions/index.ts'
import { series } from './series.ts'

export const models: Models = Object.freeze({ detectors, distributions: distributionFromJSON, series })
