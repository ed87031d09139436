/** Moving average by the innovations algorithm. Brockwell & Davis, Proposition 5.2.2 and §8.3. */

import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { checkOptions } from '../../function-options.ts'
import { checkSquares } from '../../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../../series-input.ts'
import { acov } from '../../timeseries/acf.ts'
import { checkVaries } from './autoregression.ts'

/** A moving-average estimate. */
export interface MaEstimate {
  ma: Float64Array
  sigma2: number
  /** Sample mean; 0 when `demean` is false. */
  mean: number
}

/**
 * Innovations estimate of an MA(q): the last row θ_{m,1} … θ_{m,q} of the innovations algorithm on the sample
 * autocovariances, m ≥ q iterations (default q). Consistent when m grows with the series.
 *
 * @param series values in time order; null or NaN is a missing value
 * @param options `order` (or just the number), `iterations` m, `demean`
 * @throws ModelError `MA_ORDER` when the order or m does not fit the series; `SERIES_TYPE`; `SERIES_CONSTANT`; `SERIES_SCALE`.
 *
 * @example
 * innovationsMa([1, -0.5, 0.8, -1.2, 0.3, 0.9, -0.4], 1).ma.length // 1
 */
export function innovationsMa(
  series: SeriesInput,
  options: { order: number; iterations?: number; demean?: boolean } | number,
): MaEstimate {
  const given = typeof options === 'number' ? { order: options } : options
  checkOptions('innovationsMa', given, ['order', 'iterations', 'demean'], innovationsMa)
  const {
    order: q,
    iterations,
    demean = true,
  }: { order: number; iterations?: number; demean?: boolean } = given
  const x = toSeries(series, 'innovationsMa()')
  const m = iterations ?? q
  const n = x.length
  if (!Number.isInteger(q) || q < 0 || !Number.isInteger(m) || m < q || m >= n) {
    throw new ModelError(
      'MA_ORDER',
      `innovationsMa() needs 0 ≤ order ≤ iterations < ${n}, got ${shown(q)} and ${shown(m)}`,
      {
        hint: 'innovationsMa(series, { order: 2, iterations: 20 })',
      },
    )
  }
  checkSquares(x, 'innovationsMa()')
  let mean = 0
  if (demean) {
    const seen = x.filter(value => !Number.isNaN(value))
    mean = seen.reduce((a, b) => a + b, 0) / seen.length
    for (let t = 0; t < n; t++) x[t]! -= mean
  }
  checkVaries(x, mean, 'innovationsMa()')
  const gamma = acov(x, { maxLag: m, demean: false })
  const { rows, variances } = innovationsAlgorithm(gamma, m)
  return { ma: rows[m]!.slice(0, q), sigma2: variances[m]!, mean }
}

/** Rows θ_{k,1} … θ_{k,k} and variances v_k for k = 0 … m of a stationary process with the given autocovariances. */
export function innovationsAlgorithm(gamma: Float64Array, m: number) {
  const rows: Float64Array[] = [new Float64Array(0)]
  const variances = new Float64Array(m + 1)
  variances[0] = gamma[0]!
  for (let n = 1; n <= m; n++) {
    const row = new Float64Array(n)
    let v = gamma[0]!
    for (let k = 0; k < n; k++) {
      let sum = gamma[n - k]!
      for (let j = 0; j < k; j++) sum -= rows[k]![k - j - 1]! * row[n - j - 1]! * variances[j]!
      const value = sum / variances[k]!
      row[n - k - 1] = value
      v -= value * value * variances[k]!
    }
    rows.push(row)
    variances[n] = v
  }
  return { rows, variances }
}
