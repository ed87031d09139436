/**
 * The `changePoint` detector: a series cut into segments of constant level and scale, and each value scored as one more
 * of its segment (Adams & MacKay 2007, arXiv:0710.3742; `run-lengths.ts` has the model).
 */
import type { DetectorFactory, DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { between, calibration, checkNames, whole } from '../../spec-options.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { scoreWith } from '../parts/scorer.ts'
import { runLengths } from './run-lengths.ts'

/** What {@link changePoint} takes. */
export interface ChangePointOptions {
  /** Changes a value, 0 to 0.5: one over the length of a segment that is expected. Default 1/250. */
  hazard?: number
  /** Nothing is scored before so many values. Default 50. */
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
 * Values that do not go on as their segment did: for levels that stand still and now and then jump.
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

/** Opens the `changePoint` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openChangePoint: DetectorFactory = (spec, context) => {
  const hazard = specNumber(spec, 'hazard', Number.MIN_VALUE, 0.5)
  const warmup = specNumber(spec, 'warmup', 10, 1e9, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  return scoreWith(runLengths(hazard, warmup, calibrate === 'analytic'), calibrate, context)
}
