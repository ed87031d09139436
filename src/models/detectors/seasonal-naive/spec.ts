/** What users write for the `seasonalNaive` detector: plain data, which `seasonal-naive.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { calibration, checkNames, type Span, type SpanSpec, span, whole } from '../../spec-options.ts'

/** What {@link seasonalNaive} takes. */
export interface SeasonalNaiveOptions {
  /** Length of a season: a duration, `'1d'`, which needs a series with a known step; or a number of points. */
  season: Span
  /** Seasons whose median is expected, 1 to 52. Default 5; 1 is the value one season before. */
  cycles?: number
  /** Values before the first score. Default two seasons, and 100 at least. */
  warmup?: number
  /** How a standardised innovation becomes a p-value. Default `'tail'`. */
  calibrate?: CalibratorName
}

/** The plain data of {@link seasonalNaive}. */
export interface SeasonalNaiveSpec extends DetectorSpec {
  readonly kind: 'seasonalNaive'
  readonly season: SpanSpec
  readonly cycles: number
  /** null: two seasons, and 100 at least. */
  readonly warmup: number | null
  readonly calibrate: CalibratorName
}

/**
 * Each value against those of the last seasons at the same place: for series whose days, or weeks, are alike.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * seasonalNaive({ season: '1w' }).cycles // 5
 */
export function seasonalNaive(options: SeasonalNaiveOptions): SeasonalNaiveSpec {
  checkNames('seasonalNaive', options, ['season', 'cycles', 'warmup', 'calibrate'], seasonalNaive)
  const { season, cycles = 5, warmup, calibrate = 'tail' } = options
  return Object.freeze({
    kind: 'seasonalNaive',
    season: span(season, 'the season of seasonalNaive()', seasonalNaive),
    cycles: whole(cycles, 'the cycles of seasonalNaive()', 1, 52, seasonalNaive),
    warmup:
      warmup === undefined ? null : whole(warmup, 'the warmup of seasonalNaive()', 10, 1e9, seasonalNaive),
    calibrate: calibration(calibrate, 'seasonalNaive', seasonalNaive),
  })
}
