/**
 * How often to difference before an ARMA model is fitted: seasonally where the season is strong, then until a KPSS test
 * no longer rejects stationarity. Kwiatkowski, Phillips, Schmidt & Shin, *J. Econometrics* 54 (1992) 159–178; Wang,
 * Smith & Hyndman (2006) for the strength of a season.
 */
import { difference } from '../../timeseries/difference.ts'
import { stl } from '../../timeseries/stl.ts'

/** A season stronger than this is differenced away. */
const STRONG_SEASON = 0.64

/** Upper 5 % point of the KPSS level statistic. */
const KPSS_LEVEL_5 = 0.463

/** KPSS statistic for stationarity around a level, Bartlett window of ⌊3√n/13⌋ lags. */
export function kpssLevel(x: Float64Array): number {
  const n = x.length
  const mean = x.reduce((a, b) => a + b, 0) / n
  const lags = Math.floor((3 * Math.sqrt(n)) / 13)
  const covariance = (lag: number) => {
    let sum = 0
    for (let t = lag; t < n; t++) sum += (x[t]! - mean) * (x[t - lag]! - mean)
    return sum / n
  }
  let longRun = covariance(0)
  for (let s = 1; s <= lags; s++) longRun += 2 * (1 - s / (lags + 1)) * covariance(s)
  let partial = 0
  let sum = 0
  for (let t = 0; t < n; t++) {
    partial += x[t]! - mean
    sum += partial * partial
  }
  return sum / (n * n * longRun)
}

/** 1 − Var(remainder)/Var(season + remainder) of an STL decomposition, in [0, 1]. */
export function seasonalStrength(x: Float64Array, period: number): number {
  const { seasonal, remainder } = stl(x, { period, seasonalWindow: 11 })
  const both = seasonal.map((value, t) => value + remainder[t]!)
  const total = variance(both)
  return total > 0 ? Math.max(0, Math.min(1, 1 - variance(remainder) / total)) : 0
}

/** Seasonal and plain differences a series asks for. */
export function chooseDifferences(
  series: Float64Array,
  period: number,
  limits: { d?: number | undefined; seasonalD?: number | undefined; maxD: number; maxSeasonalD: number },
): { d: number; seasonalD: number } {
  let x = filled(series)
  let seasonalD = limits.seasonalD ?? 0
  if (limits.seasonalD === undefined && period > 1 && x.length > 2 * period && limits.maxSeasonalD > 0) {
    seasonalD = seasonalStrength(x, period) > STRONG_SEASON ? 1 : 0
  }
  if (seasonalD > 0) x = difference(x, { lag: period, times: seasonalD })
  let d = limits.d ?? 0
  if (limits.d === undefined) {
    while (d < limits.maxD && x.length > 4 && variance(x) > 0 && kpssLevel(x) > KPSS_LEVEL_5) {
      x = difference(x)
      d++
    }
  }
  return { d, seasonalD }
}

function variance(x: Float64Array): number {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (x.length - 1)
}

/** Missing values by straight lines between their neighbours: good enough to choose d. */
function filled(series: Float64Array): Float64Array {
  const x = series.slice()
  let last = -1
  for (let t = 0; t < x.length; t++) {
    if (Number.isNaN(x[t]!)) continue
    for (let s = last + 1; s < t; s++) {
      x[s] = last < 0 ? x[t]! : x[last]! + ((x[t]! - x[last]!) * (s - last)) / (t - last)
    }
    last = t
  }
  if (last >= 0) for (let s = last + 1; s < x.length; s++) x[s] = x[last]!
  return x
}
