/** What users write for the `cusum` detector: plain data, which `cusum.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { calibration, checkNames, refuse, whole } from '../../spec-options.ts'

/** What {@link cusum} takes. */
export interface CusumOptions {
  /**
   * What is taken off each time, in standard deviations, 0.1 to 2: half of the shift that is to be found soonest.
   * Default 0.5.
   */
  slack?: number
  /** Values before the first score. Default 100. */
  warmup?: number
  /** How the larger sum becomes a p-value. Default `'analytic'`: the distribution of sums of normal values. */
  calibrate?: CalibratorName
}

/** The plain data of {@link cusum}. */
export interface CusumSpec extends DetectorSpec {
  readonly kind: 'cusum'
  readonly slack: number
  readonly warmup: number
  readonly calibrate: CalibratorName
}

export const MIN_SLACK = 0.1
export const MAX_SLACK = 2

/** A slack within its range. */
export function slackOf(value: unknown, what: string, above: Function): number {
  if (typeof value === 'number' && value >= MIN_SLACK && value <= MAX_SLACK) return value
  return refuse(
    `${what} needs ${MIN_SLACK} to ${MAX_SLACK} standard deviations`,
    value,
    'half of the shift that is to be found',
    above,
  )
}

/**
 * Sums of departures from a running mean, up and down: for small shifts that last.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * cusum({ slack: 0.25 }).slack // 0.25
 */
export function cusum(options: CusumOptions = {}): CusumSpec {
  checkNames('cusum', options, ['slack', 'warmup', 'calibrate'], cusum)
  return Object.freeze({
    kind: 'cusum',
    slack: slackOf(options.slack ?? 0.5, 'the slack of cusum()', cusum),
    warmup: whole(options.warmup ?? 100, 'the warmup of cusum()', 10, 1e9, cusum),
    calibrate: calibration(options.calibrate ?? 'analytic', 'cusum', cusum),
  })
}
