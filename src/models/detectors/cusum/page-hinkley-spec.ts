/** What users write for the `pageHinkley` detector: plain data, which `page-hinkley.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { calibration, checkNames, whole } from '../../spec-options.ts'
import { slackOf } from './spec.ts'

/** What {@link pageHinkley} takes. */
export interface PageHinkleyOptions {
  /** Departures that are tolerated, in standard deviations, 0.1 to 2. Default 0.2. */
  delta?: number
  /** Values before the first score. Default 100. */
  warmup?: number
  /** How the larger sum becomes a p-value. Default `'analytic'`: the distribution of sums of normal values. */
  calibrate?: CalibratorName
}

/** The plain data of {@link pageHinkley}. */
export interface PageHinkleySpec extends DetectorSpec {
  readonly kind: 'pageHinkley'
  readonly delta: number
  readonly warmup: number
  readonly calibrate: CalibratorName
}

/**
 * The test of Page and Hinkley, up and down: for small shifts of a level that else stands still.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * pageHinkley().delta // 0.2
 */
export function pageHinkley(options: PageHinkleyOptions = {}): PageHinkleySpec {
  checkNames('pageHinkley', options, ['delta', 'warmup', 'calibrate'], pageHinkley)
  return Object.freeze({
    kind: 'pageHinkley',
    delta: slackOf(options.delta ?? 0.2, 'the delta of pageHinkley()', pageHinkley),
    warmup: whole(options.warmup ?? 100, 'the warmup of pageHinkley()', 10, 1e9, pageHinkley),
    calibrate: calibration(options.calibrate ?? 'analytic', 'pageHinkley', pageHinkley),
  })
}
