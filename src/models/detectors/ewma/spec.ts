/** What users write for the `ewma` detector: plain data, which `ewma.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { between, calibration, checkNames, whole } from '../../spec-options.ts'

/** What {@link ewma} takes. */
export interface EwmaOptions {
  /** What the newest value weighs in the mean, 0 to 1. Default 0.1: about the last twenty values. */
  smoothing?: number
  /** Values before the first score. Default 100. */
  warmup?: number
  /** How a standardised innovation becomes a p-value. Default `'tail'`. */
  calibrate?: CalibratorName
}

/** The plain data of {@link ewma}. */
export interface EwmaSpec extends DetectorSpec {
  readonly kind: 'ewma'
  readonly smoothing: number
  readonly warmup: number
  readonly calibrate: CalibratorName
}

/**
 * Each value against the exponentially weighted mean of those before it: for levels that wander slowly, without
 * season.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * ewma({ smoothing: 0.2 }).smoothing // 0.2
 */
export function ewma(options: EwmaOptions = {}): EwmaSpec {
  checkNames('ewma', options, ['smoothing', 'warmup', 'calibrate'], ewma)
  return Object.freeze({
    kind: 'ewma',
    smoothing: between(options.smoothing ?? 0.1, 'the smoothing of ewma()', 0, 1, ewma),
    warmup: whole(options.warmup ?? 100, 'the warmup of ewma()', 10, 1e9, ewma),
    calibrate: calibration(options.calibrate ?? 'tail', 'ewma', ewma),
  })
}
