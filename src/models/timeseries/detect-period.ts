/**
 * Season length from the data: candidates from the periodogram of the detrended series, confirmed and refined on the
 * autocorrelation function, which has no grid of n/j. Vlachos, Yu & Castelli, *SIAM SDM* (2005) 449–460. A season of
 * many harmonics has no line that stands out: its correlation comes back after a trough, and again at twice the lag.
 */
import { checkOptions, MAX_LAGS, whole } from '../function-options.ts'
import { scaledBy, unitExponent } from '../numerics/unit-scale.ts'
import { type SeriesInput, toSeries } from '../series-input.ts'
import { acf } from './acf.ts'
import { centred, periodogram } from './periodogram.ts'

/**
 * The season length in points that the data support best, or 1 when there is none.
 *
 * @param series values in time order; null or NaN is a missing value
 * @param options `maxPeriod` (default a third of the series), `minPeriod` (default 2)
 * @throws ModelError `SERIES_TYPE`, `MODEL_OPTION`.
 *
 * @example
 * detectPeriod(Array.from({ length: 60 }, (_, t) => Math.sin((2 * Math.PI * t) / 12))) // 12
 */
export function detectPeriod(
  series: SeriesInput,
  options: { minPeriod?: number; maxPeriod?: number } = {},
): number {
  checkOptions('detectPeriod', options, ['minPeriod', 'maxPeriod'], detectPeriod)
  const given = toSeries(series, 'detectPeriod()')
  const x = scaledBy(given, -unitExponent(given))
  const n = x.length
  const minPeriod = whole(options.minPeriod ?? 2, 'minPeriod', 1, MAX_LAGS, detectPeriod)
  const longest = Math.floor(n / 3)
  const maxPeriod = whole(options.maxPeriod ?? longest, 'maxPeriod', 0, Number.MAX_SAFE_INTEGER, detectPeriod)
  if (n < 8 || maxPeriod < minPeriod) return 1
  const flat = detrended(x)
  if (flat.every(value => value === 0)) return 1
  const { power } = periodogram(flat)
  const total = power.reduce((a, b) => a + b, 0)
  const average = total / power.length
  const limit = Math.min(n - 1, Math.max(maxPeriod + 2, Math.ceil(1.5 * maxPeriod)))
  const r = acf(flat, { maxLag: limit, demean: false })
  const noise = 2 / Math.sqrt(n)
  let best = 1
  let bestScore = 0
  // Unbiased correlation, so that a multiple of the period gains nothing from being longer.
  const unbiased = (lag: number) => (r[lag]! * n) / (n - lag)
  const consider = (lag: number) => {
    const score = unbiased(lag)
    if (score > bestScore * 1.05 + 0.01 || (score > bestScore * 0.95 && lag < best)) {
      best = lag
      bestScore = score
    }
  }
  const isPeak = (lag: number) => {
    const left = lag > 1 ? r[lag - 1]! : r[0]!
    const right = lag + 1 < r.length ? r[lag + 1]! : Number.NEGATIVE_INFINITY
    return lag === 2 ? r[2]! > r[1]! && r[2]! >= right : r[lag]! > left && r[lag]! >= right
  }
  const order = Array.from(power.keys()).sort((a, b) => power[b]! - power[a]!)
  for (const j of order.slice(0, 12)) {
    // White noise passes 3 log(n) averages about once in n² lines.
    if (power[j]! < 3 * Math.log(n) * 0.5 * average) break
    const low = Math.max(minPeriod, Math.floor(n / (j + 2)))
    const high = Math.min(limit, j === 0 ? maxPeriod : Math.ceil(n / j))
    for (let lag = low; lag <= high && lag <= maxPeriod; lag++) {
      if (isPeak(lag) && r[lag]! >= Math.max(noise, 0.1)) consider(lag)
    }
  }
  const returning: number[] = []
  let trough = r[0]!
  let top = 0
  for (let lag = 1; lag <= maxPeriod && 2 * lag < r.length; lag++) {
    const again = unbiased(lag)
    if (lag >= minPeriod && trough <= 0.5 * again && again >= 0.5 && isPeak(lag)) {
      if (unbiased(2 * lag) >= 0.6 * again) {
        returning.push(lag)
        top = Math.max(top, again)
      }
    }
    trough = Math.min(trough, again)
  }
  // The shortest of those that come near the best: its multiples are no longer seasons. Then the best around it.
  const first = returning.find(lag => unbiased(lag) >= 0.85 * top)
  if (first !== undefined) {
    let chosen = first
    for (const lag of returning) if (lag <= 1.1 * first && unbiased(lag) > unbiased(chosen)) chosen = lag
    const multiple = best > 1 && chosen % best === 0
    if (!multiple || unbiased(chosen) > 1.25 * bestScore) consider(chosen)
  }
  return best
}

/** Removes a line, then what a long moving average still sees, so that trends do not pose as seasons. */
function detrended(x: Float64Array): Float64Array {
  const line = centred(x, true)
  const n = line.length
  let rough = 0
  let power = 0
  for (let t = 0; t < n; t++) {
    power += line[t]! ** 2
    if (t > 0) rough += (line[t]! - line[t - 1]!) ** 2
  }
  // Durbin–Watson far below 2 with a slow wander: difference instead.
  if (rough > 0.02 * power) return line
  const out = new Float64Array(n - 1)
  for (let t = 0; t + 1 < n; t++) out[t] = line[t + 1]! - line[t]!
  return out
}
