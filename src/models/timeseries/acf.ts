/**
 * Sample autocovariances and autocorrelations, biased (divided by n) so that the sequence is positive definite.
 * Brockwell & Davis §7.2. With missing values, products run over the observed pairs and are divided by the number of
 * pairs plus the lag, as R's `na.pass` does.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions } from '../function-options.ts'
import { scaledBy, timesPowerOfTwo, unitExponent } from '../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'

/** Options of {@link acf}, {@link acov} and `pacf`; a bare number is `maxLag`. */
export interface AcfOptions {
  /** Highest lag; default 10·log₁₀(n), at most n − 1. */
  maxLag?: number
  /** Subtract the mean of the observed values. Default true. */
  demean?: boolean
}

/**
 * Autocovariances γ̂(0) … γ̂(maxLag), in squared units of the series.
 *
 * @param series values in time order; null or NaN is a missing value
 * @throws ModelError `ACF_LAG` when maxLag is not a whole number ≥ 0; `SERIES_TOO_SHORT` when nothing is observed.
 *
 * @example
 * acov([1, 2, 3], { maxLag: 1 }) // [0.6666…, 0]
 */
export function acov(series: SeriesInput, options: AcfOptions | number = {}): Float64Array {
  const named = optionsOf(options)
  const given = toSeries(series, 'acf()')
  const unit = unitExponent(given)
  const out = scaledAutocovariances(scaledBy(given, -unit), named)
  return unit === 0 ? out : out.map(value => timesPowerOfTwo(value, 2 * unit))
}

function optionsOf(given: AcfOptions | number): AcfOptions {
  const options: AcfOptions = typeof given === 'number' ? { maxLag: given } : given
  checkOptions('acf', options, ['maxLag', 'demean'], acf)
  return options
}

/** Of values of an ordinary size, which it overwrites. */
function scaledAutocovariances(x: Float64Array, options: AcfOptions): Float64Array {
  const n = x.length
  let count = 0
  let mean = 0
  for (const value of x) {
    if (Number.isNaN(value)) continue
    count++
    mean += value
  }
  if (count === 0) {
    throw new ModelError('SERIES_TOO_SHORT', 'acf() needs at least one observed value', {
      hint: n === 0 ? 'the series is empty' : 'every value is missing',
    })
  }
  const { maxLag: asked = Math.floor(10 * Math.log10(n)) } = options
  if (!Number.isInteger(asked) || asked < 0) {
    throw new ModelError('ACF_LAG', `acf() needs a whole maxLag ≥ 0, got ${shown(asked)}`, {
      hint: 'acf(series, { maxLag: 24 })',
    })
  }
  const maxLag = Math.min(asked, n - 1)
  mean = options.demean === false ? 0 : mean / count
  const gaps = count < n
  for (let t = 0; t < n; t++) x[t]! -= mean
  const out = new Float64Array(maxLag + 1)
  for (let k = 0; k <= maxLag; k++) {
    let sum = 0
    let pairs = n - k
    if (gaps) {
      pairs = 0
      for (let t = k; t < n; t++) {
        const product = x[t]! * x[t - k]!
        if (Number.isNaN(product)) continue
        sum += product
        pairs++
      }
    } else {
      for (let t = k; t < n; t++) sum += x[t]! * x[t - k]!
    }
    out[k] = pairs > 0 ? sum / (pairs + k) : Number.NaN
  }
  return out
}

/**
 * Autocorrelations from lag 0 (always 1) to `maxLag`; NaN for a constant series.
 *
 * @param series values in time order; null or NaN is a missing value
 * @throws ModelError as {@link acov}.
 *
 * @example
 * acf([1, 2, 3, 4, 5], { maxLag: 2 }) // [1, 0.4, -0.1]
 */
export function acf(series: SeriesInput, options: AcfOptions | number = {}): Float64Array {
  const named = optionsOf(options)
  const x = toSeries(series, 'acf()')
  const out = scaledAutocovariances(scaledBy(x, -unitExponent(x)), named)
  const scale = out[0]!
  for (let k = 0; k < out.length; k++) out[k] = out[k]! / scale
  return out
}
