/**
 * The ARMA family on plain arrays: specs, fits, forecasts, online filters and the classical estimators.
 *
 * `model.ts` is a fitted model as numbers, `filter/` runs it over data, `estimate/` finds its coefficients; `arima.ts` and
 * `auto-arima.ts` are what users call.
 *
 * Invariant: every filter of a fitted model, batch or online, in one piece or chunked, gives the same predictions. May
 * import `core/errors` and the folders of `models` but for `detectors`.
 */

export { type LevinsonDurbin, levinsonDurbin } from '../numerics/levinson-durbin.ts'
export type { RegressorInput, SeriesInput } from '../series-input.ts'
export { type ArimaFunction, arima } from './arima.ts'
export { ArimaFit, type ArimaJson, type GivenCoefficients } from './arima-fit.ts'
export {
  type AutoArimaCandidate,
  AutoArimaFit,
  type AutoArimaFunction,
  type AutoArimaOptions,
  autoArima,
} from './auto-arima.ts'
export type { AutoArimaSpec, AutoArimaSpecOptions } from './auto-arima-spec.ts'
export type { ArimaCoefficients, FixedCoefficients } from './coefficients.ts'
export { type Diagnostics, type PortmanteauTest, portmanteau } from './diagnostics.ts'
export type { ArEstimate, ArOptions } from './estimate/autoregression.ts'
export { type BurgEstimate, burg } from './estimate/burg.ts'
export { cssFit, cssObjective, cssResiduals } from './estimate/css.ts'
export { type CssEstimate, css } from './estimate/css-estimate.ts'
export {
  type CssDimensions,
  type CssWorkspace,
  cssConditioning,
  cssWorkspace,
} from './estimate/css-workspace.ts'
export type { ArimaFitOptions } from './estimate/fit.ts'
export type { FitAsyncOptions } from './estimate/fit-async.ts'
export {
  type HannanRissanenEstimate,
  type HannanRissanenOptions,
  hannanRissanen,
} from './estimate/hannan-rissanen.ts'
export { innovationsMa, type MaEstimate } from './estimate/innovations-ma.ts'
export type { FitProgress } from './estimate/likelihood-search.ts'
export { yuleWalker } from './estimate/yule-walker.ts'
export type { Forecast, ForecastOptions } from './filter/forecast.ts'
export { KeyedOnlineArima, keyedOnline, type SavedKeyed } from './filter/keyed-online.ts'
export type { SeriesKey } from './filter/keyed-states.ts'
export { OnlineArima, type OnlineColumns, type OnlineStep } from './filter/online.ts'
export type { SavedOnline, SavedState } from './filter/saved-state.ts'
export type { FixedArimaOptions, FixedArimaSpec } from './fixed-spec.ts'
export type { ArimaDefinition } from './model.ts'
export {
  type ArimaMethod,
  type ArimaOrder,
  type ArimaSpec,
  type ArimaSpecOptions,
  ar,
  arma,
  ma,
  type SeasonalOrder,
} from './spec.ts'
export { type ArmaPolynomials, armaAcf, armaAcov, armaPacf, psiWeights } from './theory.ts'
