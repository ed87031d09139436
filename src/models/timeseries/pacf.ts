/** Sample partial autocorrelations: Durbin–Levinson on the autocorrelations. Brockwell & Davis §3.4. */
import { levinsonDurbin } from '../numerics/levinson-durbin.ts'
import type { SeriesInput } from '../series-input.ts'
import { type AcfOptions, acf } from './acf.ts'

/**
 * Partial autocorrelations from lag 1 (index 0) to `maxLag`.
 *
 * @param series values in time order; null or NaN is a missing value
 * @throws ModelError as `acf`.
 *
 * @example
 * pacf([1, 2, 3, 4, 5], { maxLag: 2 }) // [0.4, -0.3095238095238095]
 */
export function pacf(series: SeriesInput, options: AcfOptions | number = {}): Float64Array {
  const r = acf(series, options)
  return levinsonDurbin(r, r.length - 1).partials
}
