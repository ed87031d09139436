/**
 * The ARMA family on plain arrays: specs, fits, forecasts, online filters and the classical estimators.
 *
 * Invariant: a fitted model is numbers; every filter of it, batch or online, in one piece or chunked, gives the same
 * predictions. May import `core/errors`, `models/special` and `models/timeseries`.
 */

export * from '../timeseries/index.ts'
export { ArimaFit, type ArimaFunction, type ArimaJson, arima, type GivenCoefficients } from './arima.ts'
export { type AutoArimaCandidate, AutoArimaFit, type AutoArimaOptions, autoArima } from './auto-arima.ts'
export type { ArEstimate, ArOptions } from './autoregression.ts'
export { type BurgEstimate, burg } from './burg.ts'
export type { ArimaCoefficients, FixedCoefficients } from './coefficients.ts'
export {
  type CssShape,
  type CssWorkspace,
  cssConditioning,
  cssFit,
  cssObjective,
  cssResiduals,
  cssWorkspace,
} from './css.ts'
export { type CssEstimate, css } from './css-estimate.ts'
export { type Diagnostics, type PortmanteauTest, portmanteau } from './diagnostics.ts'
export type { ArimaFitOptions, FitProgress } from './fit.ts'
export type { FitAsyncOptions } from './fit-async.ts'
export type { Forecast, ForecastOptions } from './forecast.ts'
export { type HannanRissanenEstimate, type HannanRissanenOptions, hannanRissanen } from './hannan-rissanen.ts'
export { innovationsMa, type MaEstimate } from './innovations-ma.ts'
export { KeyedOnlineArima, keyedOnline, type SavedKeyed, type SeriesKey } from './keyed-online.ts'
export { type LevinsonDurbin, levinsonDurbin } from './levinson-durbin.ts'
export type { ArimaDefinition } from './model.ts'
export { OnlineArima, type OnlineColumns, type OnlineStep, type SavedOnline } from './online.ts'
export type { RegressorInput, SeriesInput } from './series-input.ts'
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
export { yuleWalker } from './yule-walker.ts'
