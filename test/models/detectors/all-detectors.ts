import { loadDetectors } from '../../../src/models/detectors/index.ts'

/** Every detector, loaded, by its kind. */
export const detectors = await loadDetectors()
