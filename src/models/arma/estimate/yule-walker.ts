/** Autoregression from the sample autocovariances. Brockwell & Davis §8.1, solved by Durbin–Levinson. */

import { levinsonDurbin } from '../../numerics/levinson-durbin.ts'
import type { SeriesInput } from '../../series-input.ts'
import { acov } from '../../timeseries/acf.ts'
import { type ArEstimate, type ArOptions, prepareAr, selectOrder } from './autoregression.ts'

/**
 * Yule–Walker estimate: the coefficients solve Σ φ_i γ̂(j − i) = γ̂(j), with lagged products of the centred series (not
 * of its differences). Always stationary. `sigma2` is γ̂(0) − Σ φ_i γ̂(i); R's `var.pred` is that times n/(n − p − 1).
 *
 * @param options a fixed `order` (or just the number), or `maxOrder` for the least AIC; null and NaN are missing values
 * @throws ModelError `AR_ORDER` when the order is not below the number of points; `SERIES_TYPE`; `SERIES_CONSTANT`; `SERIES_SCALE`.
 *
 * @example
 * yuleWalker([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0], { order: 2, demean: false }).ar // [0.923…, −0.061…] for 1 … 11
 */
export function yuleWalker(series: SeriesInput, options?: ArOptions | number): ArEstimate {
  const { x, used, mean, top, chosen } = prepareAr(series, options, 'yuleWalker()')
  const gamma = acov(x, { maxLag: top, demean: false })
  const { partials, variances, orders } = levinsonDurbin(gamma, top)
  const { order, aicDifference } = selectOrder(variances, used, chosen)
  const ar = order === 0 ? new Float64Array(0) : orders[order - 1]!
  return { order, ar, sigma2: variances[order]!, mean, partials, aicDifference, n: used }
}
