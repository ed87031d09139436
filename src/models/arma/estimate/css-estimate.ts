/** Conditional least squares as an estimator of its own: see `css.ts` for the recursion and its source. */

import { ModelError } from '../../../core/errors.ts'
import { checkOptions } from '../../function-options.ts'
import { checkSquares } from '../../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../../series-input.ts'
import { ARIMA_NAMES } from '../spec.ts'
import { cssFit } from './css.ts'
import { cssWorkspace } from './css-workspace.ts'
import { type ArimaFitOptions, estimateArima } from './fit.ts'

/** What {@link css} returns. */
export interface CssEstimate {
  ar: number[]
  ma: number[]
  /** Seasonal coefficients; empty for a plain ARMA. */
  sar: number[]
  sma: number[]
  /** Process mean; 0 when there is none. */
  mean: number
  /** Sum of squares divided by the residuals counted. */
  sigma2: number
  /** One per point; the conditioning ones are 0 by definition, missing points are 0 or NaN. */
  residuals: Float64Array
  /** R's part log-likelihood: −n/2 (log σ² + 1 + log 2π), n the observed points less those used by differencing. */
  partLogLik: number
  /** Points behind `partLogLik`. */
  n: number
  converged: boolean
}

const NAMES = ['p', 'q', 'kind', ...ARIMA_NAMES, 'xreg', 'fixed', 'progress']

/**
 * ARMA by conditional least squares: fast, deterministic, the usual start for maximum likelihood. Conventions as R's
 * `arima(method = "CSS")`. Box, Jenkins & Reinsel §7.1.2.
 *
 * @param series values in time order; null or NaN is a missing value
 * @param options `p` and `q` for a plain ARMA, or `order`, `seasonal`, `fixed` … as `arima` takes them
 * @throws ModelError `CSS_SHAPE` for bad orders, `SERIES_TOO_SHORT` when there are fewer points than parameters, `SERIES_SCALE`, and
 * what `arima` throws when `order` is given.
 *
 * @example
 * css([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5], { p: 1 }).ar.length // 1
 */
export function css(
  series: SeriesInput,
  options: { p?: number; q?: number; constant?: boolean } | Omit<ArimaFitOptions, 'method'>,
): CssEstimate {
  checkOptions('css', options, NAMES, css)
  if ('order' in options && options.order !== undefined) {
    const fit = estimateArima(series, { ...options, method: 'css' })
    const { ar, ma, sar, sma, mean = 0 } = fit.coefficients
    const { sigma2, residuals, logLik, n, converged } = fit
    return {
      ar: [...ar],
      ma: [...ma],
      sar: [...sar],
      sma: [...sma],
      mean,
      sigma2,
      residuals,
      partLogLik: logLik,
      n,
      converged,
    }
  }
  const { p = 0, q = 0, constant = true } = options as { p?: number; q?: number; constant?: boolean }
  const values = toSeries(series, 'css()')
  checkSquares(values, 'css()')
  const length = values.length
  const workspace = cssWorkspace({ capacity: length, p, q, constant })
  let sum = 0
  let observed = 0
  for (const x of values) {
    if (Number.isNaN(x)) continue
    sum += x
    observed++
  }
  if (observed <= p + q + (constant ? 1 : 0)) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `css() needs more observed points than parameters, got ${observed} points for p = ${p}, q = ${q}`,
      { hint: 'lower the orders or give a longer series' },
    )
  }
  if (constant) workspace.params[p + q] = sum / observed
  cssFit(workspace, values, length)
  const { params, sigma2 } = workspace
  return {
    ar: Array.from(params.subarray(0, p)),
    ma: Array.from(params.subarray(p, p + q)),
    sar: [],
    sma: [],
    mean: constant ? params[p + q]! : 0,
    sigma2,
    residuals: workspace.residuals,
    partLogLik: -0.5 * observed * (Math.log(sigma2) + 1 + Math.log(2 * Math.PI)),
    n: observed,
    converged: workspace.converged,
  }
}
