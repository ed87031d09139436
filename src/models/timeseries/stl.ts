/**
 * Seasonal-trend decomposition by loess. Cleveland, Cleveland, McRae & Terpenning, *J. Official Statistics* 6 (1990)
 * 3–73; the defaults are R's `stl`.
 */

import { shownAs } from '../../core/display.ts'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, whole } from '../function-options.ts'
import { type SeriesInput, toCompleteSeries } from '../series-input.ts'
import { stlBundle } from './displays.ts'

/** Options of {@link stl}; windows are in points (odd), `seasonalWindow` in periods. */
export interface StlOptions {
  /** Season length in points. */
  period: number
  /** Loess window over the same phase of successive periods, or 'periodic' for one fixed cycle. Default 'periodic'. */
  seasonalWindow?: number | 'periodic'
  /** Loess window of the trend. Default: the smallest odd number ≥ 1.5·period/(1 − 1.5/seasonalWindow). */
  trendWindow?: number
  /** Loess window of the low-pass filter. Default: the smallest odd number ≥ period. */
  lowPassWindow?: number
  /** Degrees of the local polynomials. Defaults 0, 1 and 1. */
  seasonalDegree?: 0 | 1
  trendDegree?: 0 | 1
  lowPassDegree?: 0 | 1
  /** Points between two loess evaluations; those between are interpolated. Default: a tenth of the window. */
  seasonalJump?: number
  trendJump?: number
  lowPassJump?: number
  /** Downweight outliers: 15 outer and 1 inner iterations instead of 0 and 2. */
  robust?: boolean
  /** Iterations of each loop, instead of those that `robust` sets. */
  inner?: number
  outer?: number
}

const NAMES = [
  'period',
  ...['seasonalWindow', 'trendWindow', 'lowPassWindow'],
  ...['seasonalDegree', 'trendDegree', 'lowPassDegree'],
  ...['seasonalJump', 'trendJump', 'lowPassJump'],
  ...['robust', 'inner', 'outer'],
]

/** The three components; they add up to the series. */
export interface StlResult {
  seasonal: Float64Array
  trend: Float64Array
  remainder: Float64Array
  /** Robustness weights; 1 throughout unless `robust`. */
  weights: Float64Array
}

/**
 * Splits a series into a seasonal component, a trend and a remainder.
 *
 * @param series complete, in time order
 * @returns components as long as the series and in its units
 * @throws ModelError `STL_PERIOD` when the period is below 2 or the series is not longer than two periods;
 * `SERIES_MISSING` when a value is missing.
 *
 * @example
 * const { seasonal } = stl(Array.from({ length: 48 }, (_, t) => t + 5 * ((t % 4) - 1.5)), { period: 4 })
 * seasonal[0] // -7.64…
 */
export function stl(series: SeriesInput, options: StlOptions): StlResult {
  checkOptions('stl', options, NAMES, stl)
  const y = toCompleteSeries(series, 'stl()')
  const n = y.length
  const { period } = options
  if (!Number.isInteger(period) || period < 2 || n <= 2 * period) {
    throw new ModelError(
      'STL_PERIOD',
      `stl() needs a period ≥ 2 and more than two periods, got ${shown(period)} for ${n} points`,
      {
        hint: 'detectPeriod(series) suggests a period',
      },
    )
  }
  for (const name of WINDOWS) {
    const points = options[name]
    if (points === undefined || (name === 'seasonalWindow' && points === 'periodic')) continue
    whole(points, `${name} of stl()`, 1, Number.MAX_SAFE_INTEGER, stl)
  }
  const periodic = (options.seasonalWindow ?? 'periodic') === 'periodic'
  const seasonalWindow = oddAtLeast3(periodic ? 10 * n + 1 : (options.seasonalWindow as number))
  const trendWindow = oddAtLeast3(
    options.trendWindow ?? nextOdd(Math.ceil((1.5 * period) / (1 - 1.5 / seasonalWindow))),
  )
  const lowPassWindow = oddAtLeast3(options.lowPassWindow ?? nextOdd(period))
  const robust = options.robust ?? false
  const outer = options.outer ?? (robust ? 15 : 0)
  const inner = options.inner ?? (robust ? 1 : 2)
  const trendDegree = options.trendDegree ?? 1
  const seasonalSmoother: Smoother = {
    window: seasonalWindow,
    degree: periodic ? 0 : (options.seasonalDegree ?? 0),
    jump: options.seasonalJump ?? Math.ceil(seasonalWindow / 10),
  }
  const trendSmoother: Smoother = {
    window: trendWindow,
    degree: trendDegree,
    jump: options.trendJump ?? Math.ceil(trendWindow / 10),
  }
  const lowPass: Smoother = {
    window: lowPassWindow,
    degree: options.lowPassDegree ?? trendDegree,
    jump: options.lowPassJump ?? Math.ceil(lowPassWindow / 10),
  }
  const seasonal = new Float64Array(n)
  const trend = new Float64Array(n)
  const weights = new Float64Array(n).fill(1)
  const detrended = new Float64Array(n)
  const cycle = new Float64Array(n + 2 * period)
  for (let round = 0; ; round++) {
    const used = round === 0 ? null : weights
    for (let i = 0; i < inner; i++) {
      for (let t = 0; t < n; t++) detrended[t] = y[t]! - trend[t]!
      smoothCycles(detrended, period, seasonalSmoother, used, cycle)
      const low = movingAverage(movingAverage(movingAverage(cycle, period), period), 3)
      const smooth = new Float64Array(n)
      loess(low, lowPass, null, smooth)
      for (let t = 0; t < n; t++) seasonal[t] = cycle[period + t]! - smooth[t]!
      for (let t = 0; t < n; t++) detrended[t] = y[t]! - seasonal[t]!
      loess(detrended, trendSmoother, used, trend)
    }
    if (round >= outer) break
    robustnessWeights(y, seasonal, trend, weights)
  }
  if (periodic) {
    for (let phase = 0; phase < period; phase++) {
      let sum = 0
      let count = 0
      for (let t = phase; t < n; t += period) {
        sum += seasonal[t]!
        count++
      }
      for (let t = phase; t < n; t += period) seasonal[t] = sum / count
    }
  }
  const remainder = y.map((value, t) => value - seasonal[t]! - trend[t]!)
  const parts: StlResult = { seasonal, trend, remainder, weights }
  return shownAs(parts, () => stlBundle(parts, period))
}

interface Smoother {
  window: number
  degree: 0 | 1
  jump: number
}

function nextOdd(x: number): number {
  const rounded = Math.round(x)
  return rounded % 2 === 0 ? rounded + 1 : rounded
}

const WINDOWS = ['seasonalWindow', 'trendWindow', 'lowPassWindow'] as const

function oddAtLeast3(x: number): number {
  const whole = Math.max(3, Math.floor(x))
  return whole % 2 === 0 ? whole + 1 : whole
}

/** Smooths each phase over the periods and extends it by one period at both ends. */
function smoothCycles(
  x: Float64Array,
  period: number,
  smoother: Smoother,
  weights: Float64Array | null,
  out: Float64Array,
): void {
  const n = x.length
  for (let phase = 0; phase < period; phase++) {
    const k = Math.floor((n - 1 - phase) / period) + 1
    const values = new Float64Array(k)
    const own = weights ? new Float64Array(k) : null
    for (let i = 0; i < k; i++) {
      values[i] = x[i * period + phase]!
      if (own) own[i] = weights![i * period + phase]!
    }
    const smooth = new Float64Array(k)
    loess(values, smoother, own, smooth)
    const right = Math.min(smoother.window, k) - 1
    const left = Math.max(0, k - smoother.window)
    const before = fitAt(values, smoother, -1, 0, right, own)
    const after = fitAt(values, smoother, k, left, k - 1, own)
    out[phase] = Number.isNaN(before) ? smooth[0]! : before
    for (let i = 0; i < k; i++) out[(i + 1) * period + phase] = smooth[i]!
    out[(k + 1) * period + phase] = Number.isNaN(after) ? smooth[k - 1]! : after
  }
}

/** Loess at every point, evaluated every `jump` points and interpolated between. */
function loess(x: Float64Array, smoother: Smoother, weights: Float64Array | null, out: Float64Array): void {
  const n = x.length
  if (n < 2) {
    out[0] = x[0]!
    return
  }
  const { window } = smoother
  const jump = Math.max(1, Math.min(smoother.jump, n - 1))
  const half = (window + 1) / 2
  let left = 0
  let right = Math.min(window, n) - 1
  const at = (i: number) => {
    const value = fitAt(x, smoother, i, left, right, weights)
    out[i] = Number.isNaN(value) ? x[i]! : value
  }
  for (let i = 0; i < n; i += jump) {
    if (window < n) {
      left = Math.max(0, Math.min(i + 1 - half, n - window))
      right = left + window - 1
    }
    at(i)
  }
  if (jump === 1) return
  const last = Math.floor((n - 1) / jump) * jump
  for (let i = 0; i < last; i += jump) interpolate(out, i, i + jump)
  if (last === n - 1) return
  // The last point keeps the window of the last grid point.
  at(n - 1)
  interpolate(out, last, n - 1)
}

function interpolate(out: Float64Array, from: number, to: number): void {
  const slope = (out[to]! - out[from]!) / (to - from)
  for (let i = from + 1; i < to; i++) out[i] = out[from]! + slope * (i - from)
}

/** One local fit with tricube weights over [left, right]; NaN when every weight is 0. */
function fitAt(
  x: Float64Array,
  smoother: Smoother,
  at: number,
  left: number,
  right: number,
  weights: Float64Array | null,
): number {
  const n = x.length
  const { window, degree } = smoother
  let reach = Math.max(at - left, right - at)
  if (window > n) reach += Math.floor((window - n) / 2)
  const far = 0.999 * reach
  const near = 0.001 * reach
  const w = new Float64Array(right - left + 1)
  let total = 0
  for (let j = left; j <= right; j++) {
    const distance = Math.abs(j - at)
    if (distance > far) continue
    let weight = distance <= near ? 1 : (1 - (distance / reach) ** 3) ** 3
    if (weights) weight *= weights[j]!
    w[j - left] = weight
    total += weight
  }
  if (total <= 0) return Number.NaN
  for (let j = 0; j < w.length; j++) w[j]! /= total
  if (reach > 0 && degree > 0) {
    let center = 0
    for (let j = left; j <= right; j++) center += w[j - left]! * j
    let spread = 0
    for (let j = left; j <= right; j++) spread += w[j - left]! * (j - center) ** 2
    if (Math.sqrt(spread) > 0.001 * (n - 1)) {
      const slope = (at - center) / spread
      for (let j = left; j <= right; j++) w[j - left]! *= slope * (j - center) + 1
    }
  }
  let value = 0
  for (let j = left; j <= right; j++) value += w[j - left]! * x[j]!
  return value
}

function movingAverage(x: Float64Array, length: number): Float64Array {
  const out = new Float64Array(x.length - length + 1)
  let sum = 0
  for (let i = 0; i < length; i++) sum += x[i]!
  out[0] = sum / length
  for (let i = 1; i < out.length; i++) {
    sum += x[i + length - 1]! - x[i - 1]!
    out[i] = sum / length
  }
  return out
}

/** Bisquare weights of the remainder against six times its median absolute value. */
function robustnessWeights(
  y: Float64Array,
  seasonal: Float64Array,
  trend: Float64Array,
  weights: Float64Array,
): void {
  const n = y.length
  const size = y.map((value, t) => Math.abs(value - seasonal[t]! - trend[t]!))
  const sorted = size.slice().sort()
  const middle = Math.floor(n / 2)
  const scale = 3 * (sorted[middle]! + sorted[n - middle - 1]!)
  for (let t = 0; t < n; t++) {
    const r = size[t]!
    if (r <= 0.001 * scale) weights[t] = 1
    else weights[t] = r <= 0.999 * scale ? (1 - (r / scale) ** 2) ** 2 : 0
  }
}
