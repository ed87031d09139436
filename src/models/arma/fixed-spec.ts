/** An ARIMA model with its coefficients as a detector: its definition as plain data. */
import type { DetectorSpec } from '../../core/detector.ts'
import { type CalibratorName, calibration, checkNames, frozenCopy, refuse } from '../spec-options.ts'
import type { ArimaDefinition } from './model.ts'

/** What `asDetector` of an ARIMA model takes. */
export interface FixedArimaOptions {
  /** How a statistic becomes a p-value. Default `'analytic'`: by the model. */
  calibrate?: CalibratorName
}

/** An ARIMA model that is known before the stream begins, for `detect`. */
export interface FixedArimaSpec extends DetectorSpec {
  readonly kind: 'fixed-arima'
  /** Orders, coefficients and σ². */
  readonly model: ArimaDefinition
  readonly calibrate: CalibratorName
}

/** @throws {ModelError} `DETECTOR_OPTION` for a model with regressors, or an option that makes no sense */
export function fixedArimaSpec(
  { spec, coefficients, sigma2 }: ArimaDefinition,
  options: FixedArimaOptions,
  above: Function,
): FixedArimaSpec {
  checkNames('asDetector', options, ['calibrate'], above)
  if (coefficients.xreg.length > 0) {
    refuse('a detector has no regressors', coefficients.xreg.length, 'fit the model without xreg', above)
  }
  return Object.freeze({
    kind: 'fixed-arima',
    model: frozenCopy({ spec, coefficients, sigma2 }),
    calibrate: calibration(options.calibrate ?? 'analytic', 'asDetector', above),
  })
}
