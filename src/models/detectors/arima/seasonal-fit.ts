/**
 * The fit of the `arima` detector: a seasonal ARIMA model of a window by conditional sum of squares (`arma/css.ts`), on
 * the differenced series with its strays pulled in, drawn inside the stationary and invertible region.
 *
 * The first fit of a key is two: what is strange to the first is replaced by its prediction before the second.
 */
import { cssFit } from '../../arma/estimate/css.ts'
import { cssWorkspace } from '../../arma/estimate/css-workspace.ts'
import { differencing, expandAr, expandMa, multiplyAr } from '../../arma/lag-polynomial.ts'
import type { SeasonalOrders } from './orders.ts'
import { shrinkSeasonal } from './stationary-region.ts'

const FIRST_ITERATIONS = 20
const NEXT_ITERATIONS = 5
/** Values of the first window so far from their prediction, in scales, are replaced; not more than so many in a row. */
const REPLACED = 4
const MAX_REPLACED = 3
const MAD_TO_SIGMA = 1.4826

export interface SeasonalFit {
  /** Lags of φ* and θ* whose coefficients need not be 0, ascending. */
  readonly arLags: Int32Array
  readonly maLags: Int32Array
  /** The window, oldest first: filled by the caller, without missing values. */
  readonly series: Float64Array
  /** Errors of the window by the coefficients at hand, after {@link clean} and {@link score}. */
  readonly errors: Float64Array
  /** φ, θ, Φ, Θ: what a fit starts from and what it comes to. */
  readonly params: Float64Array
  /** Coefficients of {@link arLags} and {@link maLags}. */
  readonly ar: Float64Array
  readonly ma: Float64Array
  /** μ, and c = μ φ(1)Φ(1). */
  readonly centre: number
  readonly constant: number
  /** Fits the first `length` points of the window, and cleans them the first time. */
  learn(length: number, first: boolean): void
  /** Takes parameters and μ of another fit. */
  adopt(fitted: Float64Array): void
  /** Replaces what is strange in the window by its prediction. */
  clean(length: number): void
  /** Brings {@link errors} up to date. */
  score(length: number): void
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
  const { p, d, q, P, D, Q, period, constant } = orders
  const delta = differencing(d, D, period)
  const arLags = lagsOf(upTo(p, 1), upTo(P, period), upTo(d, 1), upTo(D, period))
  const maLags = lagsOf(upTo(q, 1), upTo(Q, period))
  const arReach = arLags.at(-1) ?? 0
  const count = p + q + P + Q
  const fit = cssWorkspace({
    capacity,
    ...{ p, q, seasonalP: P, seasonalQ: Q, period },
    constant: false,
  })
  const { params } = fit
  const series = new Float64Array(capacity)
  const differenced = new Float64Array(capacity)
  const sizes = new Float64Array(capacity)
  const ar = new Float64Array(arLags.length)
  const ma = new Float64Array(maLags.length)
  let centre = 0
  let shift = 0

  /** Least squares on the differenced series, from the parameters at hand. */
  const estimate = (length: number, iterations: number): void => {
    const n = length - delta.length
    for (let t = 0; t < n; t++) {
      let w = series[t + delta.length]!
      for (let i = 0; i < delta.length; i++) {
        if (delta[i] !== 0) w -= delta[i]! * series[t + delta.length - 1 - i]!
      }
      differenced[t] = w
    }
    const middle = constant || delta.length === 0 ? medianOf(differenced, n) : 0
    for (let t = 0; t < n; t++) sizes[t] = Math.abs(differenced[t]! - middle)
    const most = 5 * MAD_TO_SIGMA * sortedMedian(n)
    const limit = most > 0 ? most : Infinity
    centre = 0
    for (let t = 0; t < n; t++) {
      differenced[t] = Math.max(middle - limit, Math.min(middle + limit, differenced[t]!))
      centre += differenced[t]! / n
    }
    if (!(constant || delta.length === 0)) centre = 0
    for (let t = 0; t < n; t++) differenced[t] = differenced[t]! - centre
    if (count > 0) cssFit(fit, differenced, n, iterations)
    shrinkSeasonal(params, orders)
    expand()
  }

  const medianOf = (values: Float64Array, n: number): number => {
    sizes.set(values.subarray(0, n))
    return sortedMedian(n)
  }
  const sortedMedian = (n: number): number => {
    const sorted = sizes.subarray(0, n).sort()
    return 0.5 * (sorted[(n - 1) >> 1]! + sorted[n >> 1]!)
  }

  /** φ*, θ* and c of the parameters at hand. */
  const expand = (): void => {
    const phi = expandAr(params.subarray(0, p), params.subarray(p + q, p + q + P), period)
    const full = multiplyAr(phi, delta)
    const theta = expandMa(params.subarray(p, p + q), params.subarray(p + q + P, count), period)
    for (let i = 0; i < arLags.length; i++) ar[i] = full[arLags[i]! - 1] ?? 0
    for (let j = 0; j < maLags.length; j++) ma[j] = theta[maLags[j]! - 1] ?? 0
    let rest = 1
    for (const coefficient of phi) rest -= coefficient
    shift = centre * rest
  }

  /** The error of series[t], from those before it. */
  const errorAt = (t: number): number => {
    let e = series[t]! - shift
    for (let i = 0; i < arLags.length; i++) e -= ar[i]! * series[t - arLags[i]!]!
    for (let j = 0; j < maLags.length; j++) {
      if (t >= maLags[j]!) e -= ma[j]! * differenced[t - maLags[j]!]!
    }
    return e
  }

  const score = (length: number): void => {
    for (let t = 0; t < length; t++) differenced[t] = t < arReach ? 0 : errorAt(t)
  }

  const clean = (length: number): void => {
    const counted = length - arReach
    score(length)
    for (let t = 0; t < counted; t++) sizes[t] = Math.abs(differenced[t + arReach]!)
    const limit = REPLACED * MAD_TO_SIGMA * sortedMedian(counted)
    let replaced = 0
    for (let t = arReach; t < length; t++) {
      const e = errorAt(t)
      if (limit > 0 && Math.abs(e) > limit && replaced < MAX_REPLACED) {
        series[t] = series[t]! - e
        differenced[t] = 0
        replaced++
      } else {
        differenced[t] = e
        replaced = 0
      }
    }
  }

  return {
    ...{ arLags, maLags, series, errors: differenced, params, ar, ma, clean, score },
    get centre() {
      return centre
    },
    get constant() {
      return shift
    },
    learn(length, first) {
      estimate(length, first ? FIRST_ITERATIONS : NEXT_ITERATIONS)
      if (!first) return
      clean(length)
      estimate(length, FIRST_ITERATIONS)
    },
    adopt(fitted) {
      params.set(fitted.subarray(0, count))
      centre = fitted[count]!
      expand()
    },
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

/** φ, θ, Φ, Θ and μ: what {@link SeasonalFit.adopt} takes. */
export function seasonalFitOf(input: Float64Array): Float64Array {
  const [p, d, q, P, D, Q, period, constant, first] = input as unknown as readonly number[]
  const orders = { p: p!, d: d!, q: q!, P: P!, D: D!, Q: Q!, period: period!, constant: constant === 1 }
  const count = p! + q! + P! + Q!
  const series = input.subarray(HEADER + count)
  const fit = seasonalFit(orders, series.length)
  fit.params.set(input.subarray(HEADER, HEADER + count))
  fit.series.set(series)
  fit.learn(series.length, first === 1)
  return Float64Array.of(...fit.params, fit.centre)
}
