/** What Yule–Walker and Burg share: options, order selection by AIC and the shape of the result. */

import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { checkOptions } from '../../function-options.ts'
import { checkSquares } from '../../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../../series-input.ts'

/** Options of an autoregressive estimator; a bare number is `order`. */
export interface ArOptions {
  /** Fixed order; without it the order with the least AIC up to `maxOrder`. */
  order?: number
  /** Default min(n − 1, 10·log₁₀ n), n the points that are not missing. */
  maxOrder?: number
  /** Subtract the sample mean. Default true. */
  demean?: boolean
}

/** An autoregressive estimate. */
export interface ArEstimate {
  order: number
  ar: Float64Array
  /** Innovation variance, not inflated for the number of coefficients. */
  sigma2: number
  /** Sample mean; 0 when `demean` is false. */
  mean: number
  /** Partial autocorrelations from lag 1 to the highest order tried. */
  partials: Float64Array
  /** AIC minus its least value, for orders 0, 1, …. */
  aicDifference: Float64Array
  /** Points of the series that are not missing. */
  n: number
}

/** A series with its mean removed and the highest order to try. */
export function prepareAr(series: SeriesInput, given: ArOptions | number | undefined, caller: string) {
  const options: ArOptions = typeof given === 'number' ? { order: given } : (given ?? {})
  checkOptions(caller, options, ['order', 'maxOrder', 'demean'])
  const x = toSeries(series, caller)
  checkSquares(x, caller)
  const n = x.length
  const used = x.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0)
  const top = options.order ?? options.maxOrder ?? Math.min(n - 1, Math.floor(10 * Math.log10(used)))
  if (!Number.isInteger(top) || top < 0 || top >= n) {
    throw new ModelError('AR_ORDER', `${caller} needs a whole order in [0, ${n}), got ${shown(top)}`, {
      hint: 'the order must be below the number of points',
    })
  }
  let mean = 0
  if (options.demean !== false) {
    for (const value of x) if (!Number.isNaN(value)) mean += value
    mean /= used
    for (let t = 0; t < n; t++) x[t]! -= mean
  }
  checkVaries(x, mean, caller)
  return { x, used, mean, top, chosen: options.order, demean: options.demean !== false }
}

/** Refuses a series that is its mean throughout: it has no autocorrelations. */
export function checkVaries(centred: Float64Array, mean: number, caller: string): void {
  if (centred.some(x => Math.abs(x) > 1e-13 * Math.abs(mean))) return
  throw new ModelError('SERIES_CONSTANT', `${caller} needs a series that varies, got one value throughout`, {
    hint: 'there is no variance to model',
  })
}

/** Picks the order of least AIC = n log σ²_k + 2k, unless it is given. */
export function selectOrder(variances: Float64Array, n: number, chosen: number | undefined) {
  const aicDifference = variances.map((v, k) => n * Math.log(v) + 2 * k)
  const least = aicDifference.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  for (let k = 0; k < aicDifference.length; k++) aicDifference[k]! -= least
  return { order: chosen ?? aicDifference.indexOf(0), aicDifference }
}
