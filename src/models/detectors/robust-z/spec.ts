/** What users write for the `robustZ` detector: plain data, which `robust-z.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { calibration, checkNames, type Span, type SpanSpec, span, whole } from '../../spec-options.ts'

/** What {@link robustZ} takes. */
export interface RobustZOptions {
  /** Values that median and deviation are of, 20 to 100000. Default 200. */
  window?: number
  /** Length of a season whose profile is taken off first: a duration, `'1d'`, which needs a series with a known step; or a number of points. Default none. */
  season?: Span
  /** Values before the first score. Default 100, and three seasons at least. */
  warmup?: number
  /** How a statistic becomes a p-value. Default `'tail'`. */
  calibrate?: CalibratorName
}

/** The plain data of {@link robustZ}. */
export interface RobustZSpec extends DetectorSpec {
  readonly kind: 'robustZ'
  readonly window: number
  readonly season: SpanSpec | null
  /** null: 100, and three seasons at least. */
  readonly warmup: number | null
  readonly calibrate: CalibratorName
}

/**
 * Each value in median absolute deviations from the median of the last ones: for series with many outliers, whose values
 * do not depend on one another but for their level and season.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * robustZ({ season: '1d' }).window // 200
 */
export function robustZ(options: RobustZOptions = {}): RobustZSpec {
  checkNames('robustZ', options, ['window', 'season', 'warmup', 'calibrate'], robustZ)
  const { window = 200, season, warmup, calibrate = 'tail' } = options
  return Object.freeze({
    kind: 'robustZ',
    window: whole(window, 'the window of robustZ()', 20, 100_000, robustZ),
    season: season === undefined ? null : span(season, 'the season of robustZ()', robustZ),
    warmup: warmup === undefined ? null : whole(warmup, 'the warmup of robustZ()', 10, 1e9, robustZ),
    calibrate: calibration(calibrate, 'robustZ', robustZ),
  })
}
