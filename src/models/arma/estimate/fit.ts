/**
 * Estimation: data in, plain numbers out. The regression coefficients and σ² are concentrated out of the exact
 * likelihood, so the search runs over the ARMA coefficients alone: autoregressive blocks through their partial
 * autocorrelations (stationary by construction), moving-average blocks freely, reflected into the invertible region
 * afterwards: the likelihood is symmetric across that boundary, and an optimum on it (a season removed twice) is then
 * an ordinary smooth maximum.
 */
import { ModelError } from '../../../core/errors.ts'
import { checkSquares } from '../../numerics/unit-scale.ts'
import { type RegressorInput, type SeriesInput, toColumns, toSeries } from '../../series-input.ts'
import { type FixedCoefficients, type ParameterLayout, parameterLayout } from '../coefficients.ts'
import { type ArimaSpec, type ArimaSpecOptions, arimaSpec } from '../spec.ts'
import { cssStart } from './css-start.ts'
import { type ArimaEstimate, countFixed, freeIndices } from './estimate.ts'
import { finishCss } from './fit-css.ts'
import { type PreparedData, prepare } from './fit-data.ts'
import { fitLikelihood } from './fit-likelihood.ts'
import type { FitProgress } from './likelihood-search.ts'

/** Options of a fit: the spec's and the data's. */
export interface ArimaFitOptions extends ArimaSpecOptions {
  /** Regressors, known at every point. */
  xreg?: RegressorInput | null
  /** Coefficients to hold. */
  fixed?: FixedCoefficients | null
  /** Called once per iteration of the likelihood search. */
  progress?: (progress: FitProgress) => void
}

/** Fits an ARIMA model; see `arima` for the public form. */
export function estimateArima(series: SeriesInput, options: ArimaFitOptions = {}): ArimaEstimate {
  const { order = [0, 0, 0], seasonal = null, constant, method = 'css-ml', season = null } = options
  const spec = arimaSpec({
    ...{ order, seasonal, method, season },
    ...(constant === undefined ? {} : { constant }),
  })
  const y = toSeries(series, 'arima()')
  const xreg = toColumns(options.xreg, y.length, 'arima()')
  for (const values of [y, ...xreg]) checkSquares(values, 'arima()')
  checkReach(spec, y.length)
  const layout = parameterLayout(spec, xreg.length, options.fixed)
  const data = prepare(spec, layout, y, xreg)
  const free = freeIndices(layout)
  checkEnough(layout, data)
  const start = cssStart(layout, data.w, data.differenced)
  return spec.method === 'css'
    ? finishCss(spec, layout, data, start, free)
    : fitLikelihood(spec, layout, data, start, free, options.progress)
}

/** Refuses models with as many coefficients as points. */
export function checkEnough(layout: ParameterLayout, data: PreparedData): void {
  if (data.observed > layout.count - countFixed(layout)) return
  throw new ModelError(
    'SERIES_TOO_SHORT',
    `arima() needs more usable points than coefficients, got ${data.observed} for ${layout.count}`,
    { hint: 'lower the orders, or give a longer series' },
  )
}

/** Refuses orders that no series of this length can carry, before anything of their size is allocated. */
export function checkReach(spec: ArimaSpec, length: number): void {
  const [p, d, q] = spec.order
  const [P, D, Q] = spec.seasonal?.order ?? [0, 0, 0]
  const period = spec.seasonal?.period ?? 1
  const left = length - d - D * period
  if (left < 1) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `arima() needs more than ${d + D * period} observed points, got ${length}`,
      { hint: 'differencing uses up d + D·period points' },
    )
  }
  if (p + q + P + Q >= left || (P + Q > 0 && period >= left)) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `arima() needs more points for lags of [${p}, ${q}] and [${P}, ${Q}] seasons of ${period}, got ${left}`,
      { hint: 'lower the orders, or give a longer series' },
    )
  }
}
