/**
 * Correlation of two series: Pearson's r, or Spearman's ρ, which is Pearson's r of the ranks.
 *
 *     t = r·√((n − 2)/(1 − r²)) follows Student's distribution with n − 2 degrees of freedom where there is no correlation
 *     artanh r is about normal with variance 1/(n − 3)
 *
 * Source: R. A. Fisher (1915, 1921); M. G. Kendall, Rank Correlation Methods (1970), ch. 1 and 3. The coefficients are
 * simple-statistics', which takes means by compensated sums.
 */

import { sampleCorrelation, sampleRankCorrelation } from 'simple-statistics'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { normal } from '../distributions/normal.ts'
import { studentT } from '../distributions/student-t.ts'
import { checkOptions } from '../function-options.ts'
import { scaledBy, unitExponent } from '../numerics/unit-scale.ts'
import type { SeriesInput } from '../series-input.ts'
import { checkLevel, completePairs } from './pairs.ts'

/** What {@link correlation} takes besides the series. */
export interface CorrelationOptions {
  /** `'pearson'`: how well a line fits; `'spearman'`: how well any monotone curve does. Default: `'pearson'`. */
  readonly method?: 'pearson' | 'spearman'
  /** The level of the confidence interval. Default 0.95. */
  readonly level?: number
}

/** The correlation of two series and its uncertainty. */
export interface Correlation {
  readonly method: 'pearson' | 'spearman'
  /** From −1 to 1; NaN where a series is constant, or with fewer than two pairs. */
  readonly estimate: number
  /** Complete pairs. */
  readonly n: number
  /** The two-sided p-value of "there is none": exact for pairs of normal values, else approximate; NaN for n < 3. */
  readonly pValue: number
  /** Bounds of Fisher's approximate confidence interval; NaN for n < 4. */
  readonly lower: number
  readonly upper: number
}

/**
 * The correlation of two series, pair by pair.
 *
 * @param x and `y`: values in any units; null, undefined and NaN are missing, and their pair does not count
 * @throws {ModelError} `PAIR_LENGTH` when the series differ in length; `SERIES_TYPE` for what is no array of finite
 * numbers; `CORRELATION_METHOD`; `LEVEL`
 * @example
 * correlation([1, 2, 3, 4], [2, 4, 5, 9]).estimate // 0.96476…
 * correlation([1, 2, 3, 4], [1, 10, 100, 1000], { method: 'spearman' }).estimate // 1
 */
export function correlation(x: SeriesInput, y: SeriesInput, options: CorrelationOptions = {}): Correlation {
  checkOptions('correlation', options, ['method', 'level'], correlation)
  const { method = 'pearson', level = 0.95 } = options
  checkLevel('correlation()', level)
  const coefficient = method === 'pearson' ? sampleCorrelation : sampleRankCorrelation
  if (method !== 'pearson' && method !== 'spearman') {
    throw new ModelError(
      'CORRELATION_METHOD',
      `correlation() takes 'pearson' or 'spearman', got ${shown(method)}`,
      {
        hint: "method: 'pearson' or 'spearman'",
      },
    )
  }
  const pairs = completePairs('correlation()', x, y)
  const n = pairs.x.length
  // Of any size; ranks are what they are.
  const inUnit = (values: Float64Array) => Array.from(scaledBy(values, -unitExponent(values)))
  const raw = n < 2 ? Number.NaN : coefficient(inUnit(pairs.x), inUnit(pairs.y))
  const estimate = Math.max(-1, Math.min(1, raw))
  const t = estimate * Math.sqrt((n - 2) / ((1 - estimate) * (1 + estimate)))
  const pValue = n < 3 || Number.isNaN(t) ? Number.NaN : 2 * studentT({ df: n - 2 }).sf(Math.abs(t))
  const halfWidth = n < 4 ? Number.NaN : normal({ mean: 0, sd: 1 }).isf((1 - level) / 2) / Math.sqrt(n - 3)
  const center = Math.atanh(estimate)
  return Object.freeze({
    method,
    estimate,
    n,
    pValue,
    lower: Math.tanh(center - halfWidth),
    upper: Math.tanh(center + halfWidth),
  })
}
