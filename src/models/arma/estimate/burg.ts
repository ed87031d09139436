/** Burg's algorithm. Brockwell & Davis, *Introduction to Time Series and Forecasting* (2nd ed.), §5.1.2. */
import { ModelError } from '../../../core/errors.ts'
import type { SeriesInput } from '../../series-input.ts'
import { type ArEstimate, type ArOptions, prepareAr, selectOrder } from './autoregression.ts'

/** {@link ArEstimate} with Burg's two variances. */
export interface BurgEstimate extends ArEstimate {
  /** σ² of the Levinson recursion γ̂(0) Π(1 − r²): what R's `ar.burg` reports by default. */
  recursionSigma2: number
}

/**
 * Burg estimate: each partial autocorrelation minimises the forward plus backward prediction errors. Always
 * stationary, better than Yule–Walker in short series. `sigma2` is the mean squared forward and backward error.
 *
 * @param series complete, in time order
 * @param options a fixed `order` (or just the number), or `maxOrder` for the least AIC
 * @throws ModelError `AR_ORDER` when the order is not below the number of points; `SERIES_MISSING` when a value is missing;
 * `SERIES_CONSTANT`; `SERIES_SCALE`.
 *
 * @example
 * burg([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], { order: 2, demean: false }).ar // [1.9669…, −0.9893…]
 */
export function burg(series: SeriesInput, options?: ArOptions | number): BurgEstimate {
  const { x, mean, top, chosen } = prepareAr(series, options, 'burg()')
  const n = x.length
  const missing = x.findIndex(Number.isNaN)
  if (missing >= 0) {
    throw new ModelError(
      'SERIES_MISSING',
      `burg() needs a series without gaps, got a missing value at ${missing}`,
      {
        hint: 'yuleWalker() and arima() handle missing values',
      },
    )
  }
  const forward = x.slice()
  const backward = x.slice()
  const partials = new Float64Array(top)
  const variances = new Float64Array(top + 1)
  const recursion = new Float64Array(top + 1)
  const orders: Float64Array[] = []
  let power = 0
  for (const value of x) power += value * value
  variances[0] = power / n
  recursion[0] = power / n
  let row = new Float64Array(0)
  for (let k = 0; k < top; k++) {
    let dot = 0
    let energy = 0
    for (let t = k + 1; t < n; t++) {
      const f = forward[t]!
      const b = backward[t - 1]!
      dot += f * b
      energy += f * f + b * b
    }
    const r = energy > 0 ? (2 * dot) / energy : 0
    partials[k] = r
    let errors = 0
    for (let t = n - 1; t > k; t--) {
      const f = forward[t]!
      const b = backward[t - 1]!
      forward[t] = f - r * b
      backward[t] = b - r * f
      errors += forward[t]! ** 2 + backward[t]! ** 2
    }
    const next = new Float64Array(k + 1)
    for (let j = 0; j < k; j++) next[j] = row[j]! - r * row[k - 1 - j]!
    next[k] = r
    row = next
    orders.push(row)
    variances[k + 1] = errors / (2 * (n - k - 1))
    recursion[k + 1] = recursion[k]! * (1 - r) * (1 + r)
  }
  const { order, aicDifference } = selectOrder(recursion, n, chosen)
  const ar = order === 0 ? new Float64Array(0) : orders[order - 1]!
  return {
    order,
    ar,
    sigma2: variances[order]!,
    recursionSigma2: recursion[order]!,
    mean,
    partials,
    aicDifference,
    n,
  }
}
