/**
 * Descriptions of a series that need no model: correlations, spectra, differences, seasons, smoothing. Pure functions
 * of arrays; may import `models/arma` for polynomials.
 */

export { type ArmaPolynomials, armaAcf, armaAcov, armaPacf, psiWeights } from '../arma/theory.ts'
export { type AcfOptions, acf, acov } from './acf.ts'
export { detectPeriod } from './detect-period.ts'
export { difference } from './difference.ts'
export { type HoltWintersModel, type HoltWintersOptions, holtWinters } from './holt-winters.ts'
export type { HoltWintersSpec, HoltWintersSpecOptions } from './holt-winters-spec.ts'
export { pacf } from './pacf.ts'
export { type Periodogram, periodogram } from './periodogram.ts'
export { type StlOptions, type StlResult, stl } from './stl.ts'
