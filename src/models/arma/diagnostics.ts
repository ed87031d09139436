/**
 * Residual checks. Ljung & Box, *Biometrika* 65 (1978) 297–303; Jarque & Bera, *Economics Letters* 6 (1980) 255–259.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, MAX_LAGS, oneOf, whole } from '../function-options.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'
import { gammaUpper } from '../special/incomplete-gamma.ts'
import { acf } from '../timeseries/acf.ts'
import { pacf } from '../timeseries/pacf.ts'

/** A test statistic with its chi-squared distribution. */
export interface PortmanteauTest {
  statistic: number
  df: number
  pValue: number
  /** Autocorrelations used. */
  lag: number
}

/** What {@link residualDiagnostics} reports. */
export interface Diagnostics {
  /** No autocorrelation left, against autocorrelation up to `lag`. */
  ljungBox: PortmanteauTest
  /** Normality, against skewness or heavy tails. */
  jarqueBera: { statistic: number; df: 2; pValue: number; skewness: number; kurtosis: number }
  /** Residual autocorrelations from lag 0. */
  acf: Float64Array
  /** Residual partial autocorrelations from lag 1. */
  pacf: Float64Array
}

/**
 * Box–Pierce or Ljung–Box test of no autocorrelation up to `lag`.
 *
 * @param series values in time order; null or NaN is a missing value
 * @param options `lag` (default 1) and `type` (default `'ljung-box'`); `fitted`, the number of ARMA coefficients estimated
 * on the series, is subtracted from the degrees of freedom (default 0)
 * @throws ModelError `TEST_LAG` when lag is not a whole number in [1, n) or not above `fitted`.
 *
 * @example
 * portmanteau([1, -1, 2, -2, 1, -1], { lag: 1 }).statistic > 0 // true
 */
export function portmanteau(
  series: SeriesInput,
  options: { lag?: number; fitted?: number; type?: 'ljung-box' | 'box-pierce' } = {},
): PortmanteauTest {
  const x = toSeries(series, 'portmanteau()')
  const n = x.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0)
  checkOptions('portmanteau', options, ['lag', 'fitted', 'type'], portmanteau)
  const { lag = 1 } = options
  const fitted = whole(options.fitted ?? 0, 'fitted of portmanteau()', 0, MAX_LAGS, portmanteau)
  const words = ['ljung-box', 'box-pierce'] as const
  const type = oneOf(options.type ?? 'ljung-box', 'type of portmanteau()', words, portmanteau)
  if (!Number.isInteger(lag) || lag < 1 || lag >= x.length || lag <= fitted) {
    throw new ModelError('TEST_LAG', `portmanteau() needs ${fitted} < lag < ${x.length}, got ${shown(lag)}`, {
      hint: 'about 10 lags, or two seasons',
    })
  }
  const r = acf(x, { maxLag: lag })
  let sum = 0
  for (let k = 1; k <= lag; k++) sum += type === 'ljung-box' ? r[k]! ** 2 / (n - k) : r[k]! ** 2
  const statistic = type === 'ljung-box' ? n * (n + 2) * sum : n * sum
  const df = lag - fitted
  return { statistic, df, pValue: gammaUpper(df / 2, statistic / 2), lag }
}

/** Ljung–Box, Jarque–Bera and the correlations of residuals (NaN skipped). */
export function residualDiagnostics(
  residuals: Float64Array,
  options: { lag?: number; fitted: number; period: number },
): Diagnostics {
  const x = trim(residuals)
  const n = x.length
  const fallback =
    options.period > 1 ? Math.min(2 * options.period, Math.floor(n / 5)) : Math.min(10, Math.floor(n / 5))
  const lag = Math.min(Math.max(options.lag ?? fallback, options.fitted + 1), Math.max(1, n - 1))
  const ljungBox = portmanteau(x, { lag, fitted: Math.min(options.fitted, lag - 1) })
  let count = 0
  let mean = 0
  for (const value of x) {
    if (Number.isNaN(value)) continue
    count++
    mean += value
  }
  mean /= count
  let m2 = 0
  let m3 = 0
  let m4 = 0
  for (const value of x) {
    if (Number.isNaN(value)) continue
    const d = value - mean
    m2 += d * d
    m3 += d * d * d
    m4 += d * d * d * d
  }
  m2 /= count
  m3 /= count
  m4 /= count
  const skewness = m3 / m2 ** 1.5
  const kurtosis = m4 / (m2 * m2)
  const statistic = (count / 6) * (skewness ** 2 + (kurtosis - 3) ** 2 / 4)
  const maxLag = Math.min(n - 1, Math.max(lag, Math.floor(10 * Math.log10(n))))
  return {
    ljungBox,
    jarqueBera: { statistic, df: 2, pValue: Math.exp(-statistic / 2), skewness, kurtosis },
    acf: acf(x, { maxLag }),
    pacf: pacf(x, { maxLag }),
  }
}

/** Without the leading points that have no residual. */
function trim(residuals: Float64Array): Float64Array {
  const start = residuals.findIndex(value => !Number.isNaN(value))
  return start > 0 ? residuals.subarray(start) : residuals
}
