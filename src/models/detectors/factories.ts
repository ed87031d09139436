/**
 * What users write to name a detector: options, checked, and plain data. A file here is light: it imports no runtime, no
 * fit and no special function.
 */

export type { FixedArimaOptions, FixedArimaSpec } from '../arma/fixed-spec.ts'
export {
  type ArimaMethod,
  type ArimaOrder,
  type ArimaSpec,
  type ArimaSpecOptions,
  ar,
  arima,
  arma,
  ma,
  type SeasonalOrder,
} from '../arma/spec.ts'
export type { FixedDistributionOptions, FixedDistributionSpec } from '../distributions/fixed-spec.ts'
export type { CalibratorName, Span, SpanSpec } from '../spec-options.ts'
export {
  type HoltWintersSpec,
  type HoltWintersSpecOptions,
  holtWinters,
} from '../timeseries/holt-winters-spec.ts'
export { type AutoOptions, type AutoSpec, auto } from './auto/spec.ts'
export { type ChangePointOptions, type ChangePointSpec, changePoint } from './change-point/spec.ts'
export { type CountSeason, type CountsOptions, type CountsSpec, counts } from './counts/spec.ts'
export { type PageHinkleyOptions, type PageHinkleySpec, pageHinkley } from './cusum/page-hinkley-spec.ts'
export { type CusumOptions, type CusumSpec, cusum } from './cusum/spec.ts'
export { type EwmaOptions, type EwmaSpec, ewma } from './ewma/spec.ts'
export {
  type FamilyFactory,
  type FittedFamily,
  type FittedOptions,
  type FittedProfile,
  type FittedSpec,
  fitted,
} from './fitted/spec.ts'
export {
  type KMeansDistanceOptions,
  type KMeansDistanceSpec,
  kMeansDistance,
} from './k-means-distance/spec.ts'
export { type RobustZOptions, type RobustZSpec, robustZ } from './robust-z/spec.ts'
export { type SeasonalNaiveOptions, type SeasonalNaiveSpec, seasonalNaive } from './seasonal-naive/spec.ts'
