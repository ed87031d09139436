/**
 * The public face of the ARIMA family: `arima(series, options)` fits, `arima({ order, seasonal })` is a spec, and its
 * companions make models in other ways.
 */
import { checkOptions } from '../function-options.ts'
import { type SeriesInput, toColumns, toSeries } from '../series-input.ts'
import { ArimaFit, fromJSON, type GivenCoefficients, withCoefficients } from './arima-fit.ts'
import type { ArimaEstimate } from './estimate/estimate.ts'
import { type ArimaFitOptions, estimateArima } from './estimate/fit.ts'
import { type FitAsyncOptions, fitInWorker } from './estimate/fit-async.ts'
import { type FilterState, stateAfter } from './filter/filter-state.ts'
import { type OnlineArima, restoreOnline } from './filter/online.ts'
import type { SavedOnline } from './filter/saved-state.ts'
import type { CompiledModel } from './model.ts'
import { ARIMA_NAMES, type ArimaSpec, type ArimaSpecOptions, arimaSpecOf } from './spec.ts'

/** @internal Wraps an estimate that was made from this series. */
export function fitOf(estimate: ArimaEstimate, series: SeriesInput, options: ArimaFitOptions): ArimaFit {
  return new ArimaFit(estimate, endOfSeries(series, options))
}

/** @internal The filter state after a series, computed when it is first needed. */
export function endOfSeries(
  series: SeriesInput,
  options: ArimaFitOptions,
): (model: CompiledModel) => FilterState {
  const y = toSeries(series, 'arima()')
  const columns = toColumns(options.xreg, y.length, 'arima()')
  return model => {
    const row = new Float64Array(columns.length)
    return stateAfter(model, y, t => {
      for (let c = 0; c < row.length; c++) row[c] = columns[c]![t]!
      return row
    })
  }
}

/** The call signatures and companions of {@link arima}. */
export interface ArimaFunction {
  (series: SeriesInput, options?: ArimaFitOptions): ArimaFit
  (options: ArimaSpecOptions): ArimaSpec
  /**
   * The same fit off the main thread. `signal` stops it, `progress` is called once per iteration; the thread is gone
   * when the promise settles.
   *
   * @throws ModelError as `arima`; rejects with the signal's reason when aborted.
   *
   * @example
   * const fit = await arima.fitAsync([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5], { order: [1, 0, 0] })
   */
  fitAsync(series: SeriesInput, options?: FitAsyncOptions): Promise<ArimaFit>
  /**
   * A model with the given coefficients, without a fit; everything but the likelihood works.
   *
   * @example
   * arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 10, sigma2: 2 }).forecast(1).mean // [10]
   */
  withCoefficients(given: GivenCoefficients): ArimaFit
  /**
   * Reads back what `JSON.stringify(fit)` wrote.
   *
   * @throws ModelError `ARIMA_JSON` when it is something else.
   *
   * @example
   * arima.fromJSON(JSON.parse(JSON.stringify(arima.withCoefficients({ ar: [0.6] })))).coefficients.ar // [0.6]
   */
  fromJSON(json: unknown): ArimaFit
  /** Companions of the online form. */
  online: {
    /**
     * Goes on from `online.save()`.
     *
     * @throws ModelError `ONLINE_STATE` when it is something else.
     *
     * @example
     * const saved = arima.withCoefficients({ ar: [0.6] }).online().save()
     * arima.online.restore(saved).update(1).mean // 0
     */
    restore(saved: SavedOnline): OnlineArima
  }
}

/** What a fit takes; a spec is taken as it is. */
const FIT_NAMES = ['kind', ...ARIMA_NAMES, 'xreg', 'fixed', 'progress']

/**
 * Fits a seasonal ARIMA model with regressors by exact maximum likelihood, missing values included; or, without a
 * series, returns the frozen spec of one.
 *
 * Model: φ(B)Φ(Bˢ)(1−B)ᵈ(1−Bˢ)ᴰ(y_t − mean − drift·t − Σβx_t) = θ(B)Θ(Bˢ)e_t, moving-average signs plus. Box, Jenkins
 * & Reinsel, ch. 9; the likelihood is that of the differenced series (Brockwell & Davis §9.6), with a diffuse start
 * only where the first values are missing.
 *
 * @param series values in time order; null or NaN is a missing value
 * @param options `order` [p, d, q], `seasonal`, `constant` (default: d + D = 0), `xreg`, `fixed`, `method`
 * @throws ModelError `ARIMA_ORDER`, `ARIMA_CONSTANT`, `ARIMA_METHOD`, `ARIMA_FIXED`, `MODEL_OPTION`, `SERIES_TYPE`,
 * `SERIES_TOO_SHORT`, `SERIES_CONSTANT`, `SERIES_SCALE`, `XREG_SHAPE`, `XREG_MISSING`, `XREG_COLLINEAR`, `NON_STATIONARY`.
 *
 * @example
 * const fit = arima([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9], { order: [1, 0, 0] })
 * fit.coefficients.mean // 2.1598…
 */
export const arima: ArimaFunction = Object.assign(
  ((first: SeriesInput | ArimaSpecOptions, options?: ArimaFitOptions) => {
    if (Array.isArray(first) || ArrayBuffer.isView(first) || options !== undefined) {
      const series = first as SeriesInput
      const given = options ?? {}
      checkOptions('arima', given, FIT_NAMES, arima)
      return fitOf(estimateArima(series, given), series, given)
    }
    return arimaSpecOf('arima', first, [], given => (given as ArimaSpecOptions).order, arima)
  }) as {
    (series: SeriesInput, options?: ArimaFitOptions): ArimaFit
    (options: ArimaSpecOptions): ArimaSpec
  },
  {
    fitAsync: async (series: SeriesInput, options: FitAsyncOptions = {}) => {
      checkOptions('arima.fitAsync', options, [...FIT_NAMES, 'signal'], arima.fitAsync)
      const kept = toSeries(series, 'arima.fitAsync()')
      return fitOf(await fitInWorker(kept, options), kept, options)
    },
    withCoefficients,
    fromJSON,
    online: { restore: restoreOnline },
  },
)
