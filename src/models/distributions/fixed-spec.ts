/** A distribution as a detector: its name and parameters as plain data. */
import type { DetectorSpec } from '../../core/detector.ts'
import {
  type CalibratorName,
  calibration,
  checkNames,
  frozenCopy,
  type RandomisedSpec,
  randomisation,
  refuse,
} from '../spec-options.ts'
import type { Distribution, DistributionJSON } from './distribution.ts'

/** What `asDetector` of a distribution takes. */
export interface FixedDistributionOptions {
  /** How a statistic becomes a p-value. Default `'analytic'`: by the distribution. */
  calibrate?: CalibratorName
  /**
   * Whether p-values of whole numbers are randomised, so that they are uniform rather than conservative. Needs a
   * distribution of whole numbers (not `empirical`) and `calibrate: 'analytic'`. Default false.
   */
  randomised?: boolean
  /** Chooses the random numbers, 0 to 2³² − 1. Default 0. */
  seed?: number
}

/** A distribution that is known before the stream begins, for `detect`. */
export interface FixedDistributionSpec extends DetectorSpec, RandomisedSpec {
  readonly kind: 'fixed-distribution'
  readonly distribution: DistributionJSON
  readonly calibrate: CalibratorName
}

/** @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense */
export function fixedDistributionSpec(
  distribution: Pick<Distribution, 'name' | 'kind' | 'toJSON'>,
  options: FixedDistributionOptions,
  above: Function,
): FixedDistributionSpec {
  checkNames('asDetector', options, ['calibrate', 'randomised', 'seed'], above)
  const calibrate = calibration(options.calibrate ?? 'analytic', 'asDetector', above)
  const randomised = randomisation(options, 'asDetector', above)
  if (randomised.randomised && calibrate !== 'analytic') {
    refuse('p-values are randomised where the model is believed', calibrate, "calibrate: 'analytic'", above)
  }
  if (randomised.randomised && (distribution.kind !== 'discrete' || distribution.name === 'empirical')) {
    refuse(
      'only p-values of whole numbers are randomised',
      distribution.name,
      'poisson, negativeBinomial, binomial, geometric and bernoulli are distributions of whole numbers',
      above,
    )
  }
  return Object.freeze({
    kind: 'fixed-distribution',
    distribution: frozenCopy(distribution.toJSON()),
    calibrate,
    ...randomised,
  })
}
