/** The models that the verbs `fit` and `forecast` know, by the `kind` of their spec. A new one is a line here. */
import type { FittedModel, SeriesModel, SeriesModelRegistry } from '../core/series-model.ts'
import { arima } from './arma/arima.ts'
import type { ArimaSpec } from './arma/spec.ts'
import { fitFamily } from './distributions/from-json.ts'

/** Seasonal ARIMA, by exact maximum likelihood or conditional least squares. */
function openArima({ order, seasonal, constant, method }: ArimaSpec): SeriesModel {
  const options = { order, seasonal, constant, method }
  return {
    fit(values): FittedModel {
      const fit = arima(values, options)
      const { logLik, aic, bic, sigma2 } = fit
      // Residuals are as long as the series and can be had from it; what forecasts and filters need is kept.
      const json = JSON.stringify({ ...fit.toJSON(), residuals: [], standardizedResiduals: [] })
      return { logLik, aic, bic, sigma2, json }
    },
    forecast(values, steps, level) {
      const { mean, standardError, lower, upper } = arima(values, options).forecast(steps, { level })
      return { mean, standardError, lower: lower[0]!, upper: upper[0]! }
    },
  }
}

/** A family of distributions: values are a sample, their order does not matter. */
const openFamily = (name: string): SeriesModel => ({
  fit(values): FittedModel {
    // Sorted, so that sums do not depend on the order of rows.
    const { distribution, logLik, aic, bic } = fitFamily(name, values.toSorted())
    return { logLik, aic, bic, sigma2: Number.NaN, json: JSON.stringify(distribution) }
  },
})

export const series: SeriesModelRegistry = Object.freeze({
  arima: spec => openArima(spec as unknown as ArimaSpec),
  distribution: ({ name }) => openFamily(name as string),
})
