/**
 * Statistics of plain arrays: histograms, correlation, linear regression, clusters. Values that are null, undefined or
 * NaN are missing and do not count.
 *
 * Invariant: a result depends on the arguments alone; what draws random numbers takes a seed. May import `core/errors`
 * and `models/{series-input,numerics,distributions}`; simple-statistics for quantiles and correlations.
 */
export { type Correlation, type CorrelationOptions, correlation } from './correlation.ts'
export { type Histogram, type HistogramOptions, histogram } from './histogram.ts'
export { type KMeans, type KMeansOptions, kMeans, type Points } from './k-means.ts'
export {
  type LinearRegression,
  type LinearRegressionOptions,
  linearRegression,
  type RegressionTerm,
} from './linear-regression.ts'
export {
  type SavedStreamingKMeans,
  StreamingKMeans,
  type StreamingKMeansOptions,
  streamingKMeans,
} from './streaming-k-means.ts'
