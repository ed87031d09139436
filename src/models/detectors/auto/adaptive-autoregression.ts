/**
 * A predictor that needs no settings: a calendar profile, and an autoregression of what is left.
 *
 * A value is level + profile + d. The level is an exponentially weighted mean of a thousand values, the profile that of
 * `calendar-profile.ts`. d is autoregressive of order 8 at most: Yule–Walker by exponentially weighted lagged products
 * (Brockwell & Davis, §8.1), solved every 32 values, without the partial autocorrelations at the end of the recursion that
 * are less than two standard errors from 0. Missing values, and outliers, are their prediction, unless the series goes
 * along with an outlier.
 */
import type { DetectorContext } from '../../../core/detector.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import type { Predictor } from '../parts/residual-statistic.ts'
import { openCalendarProfile } from './calendar-profile.ts'

export interface AdaptiveAutoregression extends Predictor {
  /** The distances of a value from the level, and from level and profile, as predicted last. */
  fromLevel(x: number): number
  fromProfile(x: number): number
  /** Effective sample size of one value, for a mean, of the series predicted last: 1 without autocorrelation. */
  effectiveSize(): number
}

const ORDER = 8
/** Values that level and lagged products remember. */
const MEMORY = 1024
const REFIT = 32
const MAX_PARTIAL = 0.9995
/** More missing values in a row add nothing to the spread. */
const MAX_GAP = 64

const SERIES = record({
  seen: 'values and missing ones since the first value',
  level: 'weighted mean, unit of the values',
  noise: 'running variance of d',
  gap: 'missing values, outliers among them, just before',
  outliers: 'outliers, and missing values among them, just before',
  past: ['last values of d, newest first; outliers by their prediction', ORDER],
  rawPast: ['the same with outliers as they were', ORDER],
  products: ['weighted mean products of d with itself and with those before it, from lag 0', ORDER + 1],
  coefficients: ['autoregressive coefficients', ORDER],
})

/**
 * Opens the predictor. Without `everyMs`, or with steps longer than six hours, there is no profile.
 *
 * One closure, although long: it is the members of a predictor around the prediction at hand. What works on the numbers
 * of a key is below.
 */
export function adaptiveAutoregression({
  everyMs,
}: Pick<DetectorContext, 'everyMs'>): AdaptiveAutoregression {
  const profile = openCalendarProfile(everyMs)
  let series: Float64Array = new Float64Array(0)
  // Of the prediction: the key's place, its level, what the profile adds, and the value expected.
  let place = 0
  let level = 0
  let seasonal = 0
  let predicted = Number.NaN

  /** Learns a value, or NaN and the outlier that stands there. */
  const learn = (key: number, timeMs: number, value: number, outlier: number): void => {
    const at = key * SERIES.width
    const seen = series[at + SERIES.seen]!
    const rawD = outlier - level - seasonal
    let x = value
    let accepted = 0
    if (wentAlong(series, at, rawD, outlier - predicted)) {
      series.copyWithin(at + SERIES.past, at + SERIES.rawPast, at + SERIES.rawPast + ORDER)
      accepted = series[at + SERIES.outliers]!
      x = outlier
    }
    const missing = Number.isNaN(x)
    if (seen === 0) {
      if (missing) return
      series[at + SERIES.level] = level = x
      seasonal = 0
      predicted = x
    }
    const distance = (missing ? predicted : x) - level
    const d = distance - seasonal
    series[at + SERIES.gap] = missing ? series[at + SERIES.gap]! + 1 : 0
    if (!missing) {
      const weight = Math.max(1 / MEMORY, 1 / (seen + 1))
      series[at + SERIES.level] = level + weight * d
      series[at + SERIES.noise] = series[at + SERIES.noise]! + weight * (d * d - series[at + SERIES.noise]!)
      profile.learn(key, timeMs, distance)
      addProducts(series, at, d, accepted, weight)
    }
    remember(series, at, d, missing, missing ? rawD : Number.NaN)
    series[at + SERIES.seen] = seen + 1
    if ((seen + 1) % REFIT === 0) {
      profile.refit(key, series[at + SERIES.noise]!)
      fitCoefficients(series, at)
    }
  }

  const expect = (key: number, timeMs: number): number => {
    const at = key * SERIES.width
    place = at
    if (series[at + SERIES.seen] === 0) return (predicted = Number.NaN)
    level = series[at + SERIES.level]!
    seasonal = profile.at(key, timeMs, series[at + SERIES.noise]!)
    return (predicted = level + seasonal + predictFrom(series, at, at + SERIES.past))
  }

  return {
    layout: { series: SERIES.field, ...profile.layout },
    bind(state) {
      series = f64(state, 'series')
      profile.bind(state)
    },
    expect,
    spread: key => spreadAfterGap(series, key * SERIES.width),
    take: (key, timeMs, x) => learn(key, timeMs, x, Number.NaN),
    refuse: (key, timeMs, x) => learn(key, timeMs, Number.NaN, x),
    skip(key, steps, timeMs) {
      // After as many steps as it remembers the prediction is level and profile: more change nothing.
      const most = Math.min(steps, MEMORY)
      for (let j = 0; j < most; j++) {
        const stepMs = timeMs + j * (everyMs ?? 0)
        expect(key, stepMs)
        learn(key, stepMs, Number.NaN, Number.NaN)
      }
    },
    move(key, by) {
      const at = key * SERIES.width
      series[at + SERIES.level] = level = series[at + SERIES.level]! + by
      predicted += by
      series.copyWithin(at + SERIES.rawPast, at + SERIES.past, at + SERIES.past + ORDER)
      series[at + SERIES.outliers] = 0
    },
    fromLevel: x => x - level,
    fromProfile: x => x - level - seasonal,
    effectiveSize() {
      const variance = series[place + SERIES.products]!
      const correlation = variance > 0 ? series[place + SERIES.products + 1]! / variance : 0
      return correlation > 0 ? Math.max(0, (1 - correlation) / (1 + correlation)) : 1
    },
  }
}

/**
 * Whether the series went along with the outliers before: the second one in a row is nearer to what follows from them as
 * they were than to its prediction, from which it is `miss` away. False without an outlier, `rawD` NaN.
 */
function wentAlong(series: Float64Array, at: number, rawD: number, miss: number): boolean {
  if (!(series[at + SERIES.outliers]! > 0)) return false
  return Math.abs(rawD - predictFrom(series, at, at + SERIES.rawPast)) < 0.5 * Math.abs(miss)
}

/** The next d by the past that begins at `past`. */
function predictFrom(series: Float64Array, at: number, past: number): number {
  let d = 0
  for (let k = 0; k < ORDER; k++) d += series[at + SERIES.coefficients + k]! * series[past + k]!
  return d
}

/** Adds the products of d, and before it those of the outliers that are accepted after all. */
function addProducts(series: Float64Array, at: number, d: number, accepted: number, weight: number): void {
  const past = at + SERIES.past
  for (let j = Math.min(accepted, ORDER) - 1; j >= 0; j--) {
    addLagged(series, at, series[past + j]!, past + j + 1, ORDER - 1 - j, weight)
  }
  addLagged(series, at, d, past, ORDER, weight)
}

/** Adds the products of one value with itself and with the `lags` values before it, which begin at `past`. */
function addLagged(
  series: Float64Array,
  at: number,
  d: number,
  past: number,
  lags: number,
  weight: number,
): void {
  const products = at + SERIES.products
  series[products] = series[products]! + weight * (d * d - series[products]!)
  for (let k = 1; k <= lags; k++) {
    const product = d * series[past + k - 1]!
    series[products + k] = series[products + k]! + weight * (product - series[products + k]!)
  }
}

/** Puts a step into both pasts. `rawD` is NaN where no outlier was refused. */
function remember(series: Float64Array, at: number, d: number, missing: boolean, rawD: number): void {
  const refused = !Number.isNaN(rawD)
  const outliers = series[at + SERIES.outliers]!
  if (refused) push(series, at + SERIES.rawPast, rawD)
  else if (missing && outliers > 0) {
    push(series, at + SERIES.rawPast, predictFrom(series, at, at + SERIES.rawPast))
  }
  push(series, at + SERIES.past, d)
  // Without outliers both pasts are the same.
  if (!missing || (outliers === 0 && !refused)) {
    series.copyWithin(at + SERIES.rawPast, at + SERIES.past, at + SERIES.past + ORDER)
    series[at + SERIES.outliers] = 0
  } else {
    series[at + SERIES.outliers] = outliers + 1
  }
}

function push(series: Float64Array, past: number, d: number): void {
  series.copyWithin(past + 1, past, past + ORDER - 1)
  series[past] = d
}

const row = new Float64Array(ORDER)
const next = new Float64Array(ORDER)

/** Solves the Yule–Walker equations by the Levinson–Durbin recursion. */
function fitCoefficients(series: Float64Array, at: number): void {
  const products = at + SERIES.products
  const least = 2 / Math.sqrt(Math.min(series[at + SERIES.seen]!, MEMORY))
  let v = series[products]!
  let order = 0
  const coefficients = series.subarray(at + SERIES.coefficients, at + SERIES.coefficients + ORDER).fill(0)
  for (let k = 0; k < ORDER && v > 0; k++) {
    let sum = series[products + k + 1]!
    for (let j = 0; j < k; j++) sum -= row[j]! * series[products + k - j]!
    // With weights that fall with age, products of a random walk exceed its squares: it stays just stationary.
    const partial = Math.max(-MAX_PARTIAL, Math.min(sum / v, MAX_PARTIAL))
    for (let j = 0; j < k; j++) next[j] = row[j]! - partial * row[k - 1 - j]!
    next[k] = partial
    row.set(next)
    v *= (1 - partial) * (1 + partial)
    if (Math.abs(partial) > least) {
      order = k + 1
      coefficients.set(row.subarray(0, order))
    }
    if (Math.abs(partial) === MAX_PARTIAL) break
  }
}

const psis = new Float64Array(MAX_GAP + 1)

/** Standard deviation of the error after a gap, in that of one step: by the psi weights (Brockwell & Davis, §3.3). */
function spreadAfterGap(series: Float64Array, at: number): number {
  const gap = Math.min(series[at + SERIES.gap]!, MAX_GAP)
  if (gap === 0) return 1
  const coefficients = at + SERIES.coefficients
  let variance = 1
  for (let j = 1; j <= gap; j++) {
    let psi = 0
    for (let k = 1; k <= Math.min(j, ORDER); k++) {
      psi += series[coefficients + k - 1]! * (j === k ? 1 : psis[j - k]!)
    }
    psis[j] = psi
    variance += psi * psi
  }
  return Math.sqrt(variance)
}
