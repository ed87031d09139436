/** What users write for the `changePoint` detector: plain data, which `change-point.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { between, calibration, checkNames, whole } from '../../spec-options.ts'

/** What {@link changePoint} takes. */
export interface ChangePointOptions {
  /** Changes per value, 0 to 0.5: one over the expected length of a segment. Default 1/250. */
  hazard?: number
  /** Values before the first score. Default 50. */
  warmup?: number
  /** How the statistic becomes a p-value. Default `'analytic'`: segments are normal. */
  calibrate?: CalibratorName
}

/** The plain data of {@link changePoint}. */
export interface ChangePointSpec extends DetectorSpec {
  readonly kind: 'changePoint'
  readonly hazard: number
  readonly warmup: number
  readonly calibrate: CalibratorName
}

/**
 * Values that do not continue their segment: for levels that are constant and now and then jump.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * changePoint({ hazard: 1 / 1000 }).hazard // 0.001
 */
export function changePoint(options: ChangePointOptions = {}): ChangePointSpec {
  checkNames('changePoint', options, ['hazard', 'warmup', 'calibrate'], changePoint)
  return Object.freeze({
    kind: 'changePoint',
    hazard: between(options.hazard ?? 1 / 250, 'the hazard of changePoint()', 0, 0.5, changePoint),
    warmup: whole(options.warmup ?? 50, 'the warmup of changePoint()', 10, 1e9, changePoint),
    calibrate: calibration(options.calibrate ?? 'analytic', 'changePoint', changePoint),
  })
}
