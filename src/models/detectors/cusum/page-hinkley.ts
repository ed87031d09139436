/**
 * The `pageHinkley` detector: departures from the mean of all values so far, less a tolerance, summed; strange when the
 * sum is far above the least it has been (Page 1954, *Biometrika* 41; Hinkley 1971, *Biometrika* 58).
 *
 * With m_t = Σ (x_i − mean_i − δ) the test looks at m_t − min m, which is a CUSUM of slack δ: it rises and falls as m
 * does, and is 0 where m has its minimum. So this is `cusum` in both directions, but for its mean: that of every value
 * since the level last moved, none forgotten. Small tolerances need it: a mean that forgets wanders, and sums take the
 * way of it for a shift.
 */
import type { DetectorFactory, DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { calibration, checkNames, whole } from '../../spec-options.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { slackOf, specSlack } from './cusum.ts'
import { openSums } from './statistic.ts'

/** What {@link pageHinkley} takes. */
export interface PageHinkleyOptions {
  /** Departures that are tolerated, in standard deviations, 0.1 to 2. Default 0.2. */
  delta?: number
  /** Nothing is scored before so many values. Default 100. */
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

/** Opens the `pageHinkley` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openPageHinkley: DetectorFactory = (spec, context) =>
  openSums(
    {
      slack: specSlack(spec, 'delta'),
      memory: Number.POSITIVE_INFINITY,
      warmup: specNumber(spec, 'warmup', 10, 1e9, true),
      calibrate: specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail']),
    },
    context,
  )
