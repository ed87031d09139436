/** The Durbin–Levinson recursion. Brockwell & Davis, Proposition 5.2.1. */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { isArrayLike } from '../series-input.ts'

/** Every order of the recursion up to the last. */
export interface LevinsonDurbin {
  /** Coefficients of the highest order, lag 1 first. */
  ar: Float64Array
  /** Prediction variance of the highest order. */
  sigma2: number
  /** Partial autocorrelations from lag 1. */
  partials: Float64Array
  /** Prediction variances of orders 0, 1, …. */
  variances: Float64Array
  /** Coefficients of orders 1, 2, …: `orders[k − 1]` has k entries. */
  orders: Float64Array[]
}

/**
 * Solves the Yule–Walker equations of every order up to `order` from autocovariances (or autocorrelations, with
 * variances relative to γ(0)).
 *
 * @param autocovariances γ(0), …, γ(order) at least
 * @throws ModelError `AR_ORDER` when there are fewer autocovariances than the order needs.
 *
 * @example
 * levinsonDurbin([1, 0.5, 0.25], 2).ar // [0.5, 0]
 */
export function levinsonDurbin(autocovariances: ArrayLike<number>, order?: number): LevinsonDurbin {
  if (!isArrayLike(autocovariances) || !Array.from(autocovariances).every(x => typeof x === 'number')) {
    throw new ModelError(
      'SERIES_TYPE',
      `levinsonDurbin() needs an array of numbers, got ${shown(autocovariances)}`,
      {
        hint: 'acov(series, { maxLag: order })',
      },
    )
  }
  const p = order ?? autocovariances.length - 1
  if (!Number.isInteger(p) || p < 0 || p >= autocovariances.length) {
    throw new ModelError(
      'AR_ORDER',
      `levinsonDurbin() needs order + 1 autocovariances, got ${autocovariances.length} for ${shown(p)}`,
      {
        hint: 'acov(series, { maxLag: order })',
      },
    )
  }
  const partials = new Float64Array(p)
  const variances = new Float64Array(p + 1)
  const orders: Float64Array[] = []
  let row = new Float64Array(0)
  let v = autocovariances[0]!
  variances[0] = v
  for (let k = 0; k < p; k++) {
    let sum = autocovariances[k + 1]!
    for (let j = 0; j < k; j++) sum -= row[j]! * autocovariances[k - j]!
    const r = sum / v
    const next = new Float64Array(k + 1)
    for (let j = 0; j < k; j++) next[j] = row[j]! - r * row[k - 1 - j]!
    next[k] = r
    partials[k] = r
    row = next
    v *= (1 - r) * (1 + r)
    variances[k + 1] = v
    orders.push(row)
  }
  return { ar: row, sigma2: v, partials, variances, orders }
}
