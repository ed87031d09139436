/**
 * The fit of the `arima` detector: a seasonal ARIMA model of a window by conditional sum of squares
 * (`arma/estimate/css.ts`), on the differenced series with its outliers pulled in, shrunk into the stationary and invertible
 * region.
 *
 * The first fit of a key is two: outliers of the first are replaced by their predictions before the second.
 */
import { cssFit } from '../../arma/estimate/css.ts'
import { type CssWorkspace, cssWorkspace } from '../../arma/estimate/css-workspace.ts'
import { differencing, expandAr, expandMa, multiplyAr } from '../../arma/lag-polynomial.ts'
import { MAD_TO_SIGMA, medianOf } from '../parts/robust-scale.ts'
import type { SeasonalOrders } from './orders.ts'
import { shrinkSeasonal } from './stationary-region.ts'
import { clipLimit, MAX_REPLACED, REPLACED } from './window-scale.ts'

const FIRST_ITERATIONS = 20
const NEXT_ITERATIONS = 5

/** Room for fits, the window at hand, and what its last fit came to. */
export interface SeasonalFit {
  readonly orders: SeasonalOrders
  /** Differencing coefficients, autoregressive signs. */
  readonly delta: Float64Array
  readonly css: CssWorkspace
  /** Lags of φ* and θ* whose coefficients need not be 0, ascending. */
  readonly arLags: Int32Array
  readonly maLags: Int32Array
  /** The window, oldest first: filled by the caller, without missing values. */
  readonly series: Float64Array
  /** Errors of the window by the coefficients at hand, after {@link cleanWindow} and {@link scoreWindow}; room before. */
  readonly errors: Float64Array
  readonly scratch: Float64Array
  /** φ, θ, Φ, Θ: what a fit starts from and what it comes to. */
  readonly params: Float64Array
  /** Coefficients of {@link arLags} and {@link maLags}. */
  readonly ar: Float64Array
  readonly ma: Float64Array
  /** μ, and c = μ φ(1)Φ(1). */
  centre: number
  constant: number
}

/** All sums of one term of each: the lags of a product of polynomials, without 0. */
function lagsOf(...factors: readonly (readonly number[])[]): Int32Array {
  let sums = new Set([0])
  for (const lags of factors) sums = new Set([...sums].flatMap(sum => lags.map(lag => sum + lag)))
  sums.delete(0)
  return Int32Array.from(sums).sort()
}

const upTo = (n: number, by: number): number[] => Array.from({ length: n + 1 }, (_, i) => i * by)

/** Room for windows of up to `capacity` points. */
export function seasonalFit(orders: SeasonalOrders, capacity: number): SeasonalFit {
  const { p, d, q, P, D, Q, period } = orders
  const arLags = lagsOf(upTo(p, 1), upTo(P, period), upTo(d, 1), upTo(D, period))
  const maLags = lagsOf(upTo(q, 1), upTo(Q, period))
  const css = cssWorkspace({
    capacity,
    ...{ p, q, seasonalP: P, seasonalQ: Q, period },
    constant: false,
  })
  return {
    ...{ orders, css, arLags, maLags },
    delta: differencing(d, D, period),
    series: new Float64Array(capacity),
    errors: new Float64Array(capacity),
    scratch: new Float64Array(capacity),
    params: css.params,
    ar: new Float64Array(arLags.length),
    ma: new Float64Array(maLags.length),
    centre: 0,
    constant: 0,
  }
}

/** Fits the first `length` points of the window, and cleans them the first time. */
export function learnWindow(fit: SeasonalFit, length: number, first: boolean): void {
  estimate(fit, length, first ? FIRST_ITERATIONS : NEXT_ITERATIONS)
  if (!first) return
  cleanWindow(fit, length)
  estimate(fit, length, FIRST_ITERATIONS)
}

/** Takes parameters and μ of another fit. */
export function adoptParameters(fit: SeasonalFit, fitted: Float64Array): void {
  const { params } = fit
  params.set(fitted.subarray(0, params.length))
  fit.centre = fitted[params.length]!
  expand(fit)
}

/** Least squares on the differenced series, from the parameters at hand. */
function estimate(fit: SeasonalFit, length: number, iterations: number): void {
  const { orders, delta, css, series, errors: differenced, scratch, params } = fit
  const withMean = orders.constant || delta.length === 0
  const n = length - delta.length
  for (let t = 0; t < n; t++) {
    let w = series[t + delta.length]!
    for (let i = 0; i < delta.length; i++) {
      if (delta[i] !== 0) w -= delta[i]! * series[t + delta.length - 1 - i]!
    }
    differenced[t] = w
    scratch[t] = w
  }
  const middle = withMean ? medianOf(scratch, n) : 0
  for (let t = 0; t < n; t++) scratch[t] = Math.abs(differenced[t]! - middle)
  const most = clipLimit(medianOf(scratch, n))
  const limit = most > 0 ? most : Infinity
  let centre = 0
  for (let t = 0; t < n; t++) {
    differenced[t] = Math.max(middle - limit, Math.min(middle + limit, differenced[t]!))
    centre += differenced[t]! / n
  }
  if (!withMean) centre = 0
  fit.centre = centre
  for (let t = 0; t < n; t++) differenced[t] = differenced[t]! - centre
  if (params.length > 0) cssFit(css, differenced, n, iterations)
  shrinkSeasonal(params, orders)
  expand(fit)
}

/** φ*, θ* and c of the parameters at hand. */
function expand(fit: SeasonalFit): void {
  const { params, arLags, maLags, ar, ma } = fit
  const { p, q, P, period } = fit.orders
  const phi = expandAr(params.subarray(0, p), params.subarray(p + q, p + q + P), period)
  const full = multiplyAr(phi, fit.delta)
  const theta = expandMa(params.subarray(p, p + q), params.subarray(p + q + P), period)
  for (let i = 0; i < arLags.length; i++) ar[i] = full[arLags[i]! - 1] ?? 0
  for (let j = 0; j < maLags.length; j++) ma[j] = theta[maLags[j]! - 1] ?? 0
  let rest = 1
  for (const coefficient of phi) rest -= coefficient
  fit.constant = fit.centre * rest
}

/** Longest lag of φ*: errors begin after it. */
const reachOf = ({ arLags }: SeasonalFit): number => arLags.at(-1) ?? 0

/** The error of series[t], from those before it. */
function errorAt({ series, errors, arLags, maLags, ar, ma, constant }: SeasonalFit, t: number): number {
  let e = series[t]! - constant
  for (let i = 0; i < arLags.length; i++) e -= ar[i]! * series[t - arLags[i]!]!
  for (let j = 0; j < maLags.length; j++) {
    if (t >= maLags[j]!) e -= ma[j]! * errors[t - maLags[j]!]!
  }
  return e
}

/** Brings the errors up to date. */
export function scoreWindow(fit: SeasonalFit, length: number): void {
  const reach = reachOf(fit)
  for (let t = 0; t < length; t++) fit.errors[t] = t < reach ? 0 : errorAt(fit, t)
}

/** Replaces outliers of the window by their predictions. */
export function cleanWindow(fit: SeasonalFit, length: number): void {
  const { series, errors, scratch } = fit
  const reach = reachOf(fit)
  scoreWindow(fit, length)
  for (let t = reach; t < length; t++) scratch[t - reach] = Math.abs(errors[t]!)
  const limit = REPLACED * MAD_TO_SIGMA * medianOf(scratch, length - reach)
  let replaced = 0
  for (let t = reach; t < length; t++) {
    const e = errorAt(fit, t)
    if (limit > 0 && Math.abs(e) > limit && replaced < MAX_REPLACED) {
      series[t] = series[t]! - e
      errors[t] = 0
      replaced++
    } else {
      errors[t] = e
      replaced = 0
    }
  }
}

const HEADER = 9

/** What {@link seasonalFitOf} takes: orders, whether it is the first fit, parameters to start from, and the window. */
export function seasonalFitInput(
  { p, d, q, P, D, Q, period, constant }: SeasonalOrders,
  first: boolean,
  params: Float64Array,
  series: Float64Array,
): Float64Array {
  const input = new Float64Array(HEADER + params.length + series.length)
  input.set([p, d, q, P, D, Q, period, constant ? 1 : 0, first ? 1 : 0])
  input.set(params, HEADER)
  input.set(series, HEADER + params.length)
  return input
}

/** φ, θ, Φ, Θ and μ: what {@link adoptParameters} takes. */
export function seasonalFitOf(input: Float64Array): Float64Array {
  const [p, d, q, P, D, Q, period, constant, first] = input as unknown as readonly number[]
  const orders = { p: p!, d: d!, q: q!, P: P!, D: D!, Q: Q!, period: period!, constant: constant === 1 }
  const count = p! + q! + P! + Q!
  const series = input.subarray(HEADER + count)
  const fit = seasonalFit(orders, series.length)
  fit.params.set(input.subarray(HEADER, HEADER + count))
  fit.series.set(series)
  learnWindow(fit, series.length, first === 1)
  return Float64Array.of(...fit.params, fit.centre)
}
