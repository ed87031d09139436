/** Lagged differences. Box, Jenkins & Reinsel §4.1. */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions } from '../function-options.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'

/**
 * x_t − x_{t−lag}, applied `times` times; `lag · times` points shorter. A missing value makes every difference it
 * enters NaN.
 *
 * @param options `lag` (default 1; a bare number is the lag), `times` (default 1)
 * @returns in units of the series
 * @throws ModelError `DIFFERENCE_LAG` when lag is not a whole number ≥ 1, or times not one ≥ 0; `SERIES_TYPE`.
 *
 * @example
 * difference([1, 4, 9, 16], { times: 2 }) // [2, 2]
 */
export function difference(
  series: SeriesInput,
  options: { lag?: number; times?: number } | number = {},
): Float64Array {
  const named: { lag?: number; times?: number } = typeof options === 'number' ? { lag: options } : options
  checkOptions('difference', named, ['lag', 'times'], difference)
  const { lag = 1, times = 1 } = named
  if (!Number.isInteger(lag) || lag < 1 || !Number.isInteger(times) || times < 0) {
    throw new ModelError(
      'DIFFERENCE_LAG',
      `difference() needs a whole lag ≥ 1 and times ≥ 0, got ${shown(lag)} and ${shown(times)}`,
      {
        hint: 'difference(series, { lag: 12 })',
      },
    )
  }
  let x = toSeries(series, 'difference()')
  for (let i = 0; i < times && x.length > 0; i++) {
    const next = new Float64Array(Math.max(0, x.length - lag))
    for (let t = 0; t < next.length; t++) next[t] = x[t + lag]! - x[t]!
    x = next
  }
  return x
}
