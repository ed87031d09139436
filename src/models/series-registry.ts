/** The models that the verbs `fit` and `forecast` know, by the `kind` of their spec. A new one is an entry of the table. */
import type { FittedModel, SeriesModel, SeriesModelRegistry, SeriesModelSpec } from '../core/series-model.ts'
import type { ArimaFit } from './arma/arima-fit.ts'
import type { AutoArimaOptions } from './arma/auto-arima.ts'
import type { ArimaSpec } from './arma/spec.ts'

/** Each loads its model. */
const table: Readonly<Record<string, () => Promise<(spec: SeriesModelSpec) => SeriesModel>>> = {
  /** Seasonal ARIMA, by exact maximum likelihood or conditional least squares. */
  async arima() {
    const { arima } = await import('./arma/arima.ts')
    return spec => {
      const { order, seasonal, constant, method } = spec as unknown as ArimaSpec
      return arimaModel(values => arima(values, { order, seasonal, constant, method }))
    }
  },

  /** Seasonal ARIMA of the orders that a search chooses for each series. */
  async autoArima() {
    const { autoArima } = await import('./arma/auto-arima.ts')
    return spec => arimaModel(values => autoArima(values, spec as unknown as AutoArimaOptions))
  },

  /** A family of distributions: values are a sample, their order does not matter. */
  async distribution() {
    const { fitFamily } = await import('./distributions/from-json.ts')
    return ({ name }) => ({
      fit(values): FittedModel {
        // Sorted, so that sums do not depend on the order of rows.
        const { distribution, logLik, aic, bic } = fitFamily(name as string, values.toSorted())
        return { logLik, aic, bic, sigma2: Number.NaN, json: JSON.stringify(distribution) }
      },
    })
  },
}

/** What `fit` and `forecast` ask of an ARIMA model, however it is fitted. */
const arimaModel = (fitTo: (values: Float64Array) => ArimaFit): SeriesModel => ({
  fit(values): FittedModel {
    const fit = fitTo(values)
    const { logLik, aic, bic, sigma2 } = fit
    // Residuals are as long as the series and can be had from it; what forecasts and filters need is kept.
    const json = JSON.stringify({ ...fit.toJSON(), residuals: [], standardizedResiduals: [] })
    return { logLik, aic, bic, sigma2, json }
  },
  forecast(values, steps, level) {
    const { mean, standardError, lower, upper } = fitTo(values).forecast(steps, { level })
    return { mean, standardError, lower: lower[0]!, upper: upper[0]! }
  },
})

/**
 * Loads the models of some kinds. The registry has the names of all, so that whoever misses one can say which there are;
 * those that were not asked for do not open. Kinds that there are not are passed over.
 */
export async function loadSeriesModels(kinds: Iterable<string>): Promise<SeriesModelRegistry> {
  const wanted = new Set(kinds)
  const entries = Object.entries(table).map(async ([kind, load]) => {
    return [kind, wanted.has(kind) ? await load() : () => notLoaded(kind)] as const
  })
  return Object.freeze(Object.fromEntries(await Promise.all(entries)))
}

function notLoaded(kind: string): never {
  throw new RangeError(`the ${kind} model of series was not loaded`)
}
