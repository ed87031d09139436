/** What users write to name a detector. A file here is light: it imports no fits and no special functions of size. */
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
export type { CalibratorName } from '../calibration/calibrator.ts'
export type { Span, SpanSpec } from '../spec-options.ts'
export {
  type HoltWintersSpec,
  type HoltWintersSpecOptions,
  holtWinters,
} from '../timeseries/holt-winters-spec.ts'
export { type AutoOptions, type AutoSpec, auto } from './auto/auto.ts'
export { type ChangePointOptions, type ChangePointSpec, changePoint } from './change-point/change-point.ts'
export * from './counts/spec.ts'
export { type CusumOptions, type CusumSpec, cusum } from './cusum/cusum.ts'
export { type PageHinkleyOptions, type PageHinkleySpec, pageHinkley } from './cusum/page-hinkley.ts'
export { type EwmaOptions, type EwmaSpec, ewma } from './ewma.ts'
export {
  type FamilyFactory,
  type FittedFamily,
  type FittedOptions,
  type FittedProfile,
  type FittedSpec,
  fitted,
} from './fitted/spec.ts'
export { type GivenArimaSpec, type GivenDistributionSpec, type GivenOptions, given } from './fixed/spec.ts'
export {
  type KMeansDistanceOptions,
  type KMeansDistanceSpec,
  kMeansDistance,
} from './k-means-distance.ts'
export { type RobustZOptions, type RobustZSpec, robustZ } from './robust-z.ts'
export { type SeasonalNaiveOptions, type SeasonalNaiveSpec, seasonalNaive } from './seasonal-naive.ts'
