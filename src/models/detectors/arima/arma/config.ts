/** The spec of an `arma` detector, checked, in points of the series. */
import type { DetectorContext, DetectorSpec } from '../../../../core/detector.ts'
import { type CalibratorName, calibratorNames } from '../../../calibration/calibrator.ts'
import { specNumber, specWord } from '../../parts/check-spec.ts'
import { specPoints } from '../../parts/span.ts'
import { type RefitDelay, specRefitDelay } from '../deferred-fits.ts'
import { specRefitsOnDrift } from '../drift-monitor.ts'
import { type ArmaSeason, armaSeason } from './season.ts'

export interface ArmaConfig {
  readonly p: number
  readonly q: number
  readonly season: ArmaSeason
  readonly everyMs: number | undefined
  readonly calibrate: CalibratorName
  /** Position of the first fit. */
  readonly warmup: number
  /** Most points that a fit is made of. */
  readonly window: number
  /** Fewest observed points that a fit is made of. */
  readonly minPoints: number
  /** Most points between fits. */
  readonly refitEvery: number
  readonly refitDelay: RefitDelay
  readonly onDrift: boolean
}

/**
 * The configuration of a spec.
 *
 * @throws {ModelError} `DETECTOR_SPEC`; {@link PlanError} `DETECTOR_SEASON`, `DETECTOR_STEP`.
 */
export function armaConfig(spec: DetectorSpec, { everyMs }: DetectorContext): ArmaConfig {
  const p = specNumber(spec, 'p', 0, 16, true)
  const q = specNumber(spec, 'q', 0, 16, true)
  return {
    p,
    q,
    everyMs,
    window: specNumber(spec, 'window', 16, 1_000_000, true),
    calibrate: specWord(spec, 'calibrate', calibratorNames),
    season: armaSeason(spec.seasonMs == null ? 0 : specNumber(spec, 'seasonMs', 1, 1e13), everyMs),
    warmup: specPoints(spec, 'warmup', everyMs),
    minPoints: Math.max(32, 6 * (p + q + 1)),
    refitEvery: specPoints(spec, 'refitEvery', everyMs),
    refitDelay: specRefitDelay(spec),
    onDrift: specRefitsOnDrift(spec),
  }
}
