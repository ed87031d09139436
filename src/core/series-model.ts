/**
 * The contract of models that are fitted to whole series, by the verbs `fit` and `forecast`. A model is described by
 * plain JSON, part of the plan, and opened in a shard by the registry entry of its `kind`.
 */

/** A model as data: `{ kind: 'arima', order: [1, 0, 0], … }`, `{ kind: 'distribution', name: 'poisson' }`. */
export interface SeriesModelSpec {
  readonly kind: string
  readonly [parameter: string]: unknown
}

/** What a fit says. Numbers that there are not, or that are not finite, are NaN. */
export interface FittedModel {
  readonly logLik: number
  readonly aic: number
  readonly bic: number
  /** Innovation variance, in squared units of the series. */
  readonly sigma2: number
  /** The fitted model: what the model's own `fromJSON` reads. */
  readonly json: string
}

/** The next values of a series, one entry a step, in units of the series. */
export interface SeriesForecast {
  readonly mean: ArrayLike<number>
  readonly standardError: ArrayLike<number>
  readonly lower: ArrayLike<number>
  readonly upper: ArrayLike<number>
}

/**
 * Fits and forecasts. `values` are in order, NaN where one is missing; what cannot be fitted to them is a `ModelError`.
 */
export interface SeriesModel {
  fit(values: Float64Array): FittedModel
  /** Absent: the model has no order in time. `level` is the coverage of the bounds. */
  forecast?(values: Float64Array, steps: number, level: number): SeriesForecast
}

export type SeriesModelRegistry = Readonly<Record<string, (spec: SeriesModelSpec) => SeriesModel>>
