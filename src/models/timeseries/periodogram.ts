/** The periodogram at the Fourier frequencies. Brockwell & Davis §10.1. */

import { checkOptions } from '../function-options.ts'
import { fft } from '../numerics/fft.ts'
import { scaledBy, timesPowerOfTwo, unitExponent } from '../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'

/** Power by frequency. */
export interface Periodogram {
  /** j/n for j = 1 … ⌊n/2⌋, in cycles per point. */
  frequency: Float64Array
  /** |Σ x_t e^{−2πi t j/n}|²/n, in squared units of the series. */
  power: Float64Array
}

/**
 * Raw periodogram of the centred series; missing values count as the mean.
 *
 * @param options `detrend`: remove a straight line instead of the mean
 * @throws ModelError `SERIES_TYPE`.
 *
 * @example
 * periodogram([1, -1, 1, -1]).power // [0, 4]: everything at half a cycle per point
 */
export function periodogram(series: SeriesInput, options: { detrend?: boolean } = {}): Periodogram {
  checkOptions('periodogram', options, ['detrend'], periodogram)
  const given = toSeries(series, 'periodogram()')
  const unit = unitExponent(given)
  const x = centred(scaledBy(given, -unit), options.detrend ?? false)
  const n = x.length
  const im = new Float64Array(n)
  fft(x, im)
  const half = Math.floor(n / 2)
  const frequency = new Float64Array(half)
  const power = new Float64Array(half)
  for (let j = 1; j <= half; j++) {
    frequency[j - 1] = j / n
    power[j - 1] = timesPowerOfTwo((x[j]! * x[j]! + im[j]! * im[j]!) / n, 2 * unit)
  }
  return { frequency, power }
}

/** Minus the mean or the least-squares line of the observed values; missing becomes 0. */
export function centred(x: Float64Array, detrend: boolean): Float64Array {
  let count = 0
  let sumX = 0
  let sumT = 0
  x.forEach((value, t) => {
    if (Number.isNaN(value)) return
    count++
    sumX += value
    sumT += t
  })
  const meanX = sumX / count
  const meanT = sumT / count
  let covariance = 0
  let spread = 0
  x.forEach((value, t) => {
    if (Number.isNaN(value)) return
    covariance += (t - meanT) * (value - meanX)
    spread += (t - meanT) ** 2
  })
  const slope = detrend && spread > 0 ? covariance / spread : 0
  return x.map((value, t) => (Number.isNaN(value) ? 0 : value - meanX - slope * (t - meanT)))
}
