/**
 * What a series shows without an ARMA model: correlations, periodogram, period, differences, decomposition, smoothing.
 *
 * Invariant: functions of plain arrays; the same numbers in, the same numbers out, to the bit. May import `core/errors`,
 * `models/{series-input,spec-options,numerics,special}` and types of `models/calibration`.
 */

export { type AcfOptions, acf, acov } from './acf.ts'
export { detectPeriod } from './detect-period.ts'
export { difference } from './difference.ts'
export {
  type HoltWintersForecast,
  type HoltWintersModel,
  type HoltWintersOptions,
  holtWinters,
} from './holt-winters.ts'
export type { HoltWintersSpec, HoltWintersSpecOptions } from './holt-winters-spec.ts'
export { pacf } from './pacf.ts'
export { type Periodogram, periodogram } from './periodogram.ts'
export { type StlOptions, type StlResult, stl } from './stl.ts'
