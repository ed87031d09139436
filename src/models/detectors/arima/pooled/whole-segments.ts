/**
 * Sums of squares of segments without missing values: they have the same gains, and the same whitened column of ones, so that
 * both are worked out once per evaluation of the likelihood.
 */
import { startGains, stepGains } from '../../../arma/filter/gains.ts'
import { type SparseLags, sparse } from '../../../arma/lag-polynomial.ts'

export interface WholeSegments {
  /** Whether each segment has a mean. */
  readonly withMean: boolean
  /** Σ log F_t up to a place, and with a mean the logarithm of the information on it. */
  readonly logs: Float64Array
  /** 1 / F_t. */
  readonly inverse: Float64Array
  /** Whitened ones over F, and the sums of their squares. */
  readonly weights: Float64Array
  readonly information: Float64Array
  /** Gains until they are steady, by rows of m. */
  gains: Float64Array
  m: number
  steadyFrom: number
  ar: SparseLags
  ma: SparseLags
  /** What the values passed say of those ahead. */
  ahead: Float64Array
  /** Of the last pass: sum of squared innovations over F, and Σ v w. */
  squares: number
  product: number
}

/** Room for segments of up to `longest` values. */
export function wholeSegments(longest: number, withMean: boolean): WholeSegments {
  const none = sparse(new Float64Array(0))
  return {
    withMean,
    logs: new Float64Array(longest),
    inverse: new Float64Array(longest),
    weights: new Float64Array(longest),
    information: new Float64Array(longest),
    gains: new Float64Array(0),
    ...{ m: 0, steadyFrom: 0, ar: none, ma: none },
    ahead: new Float64Array(0),
    // Doubles from the start, so that a write allocates nothing.
    ...{ squares: Number.NaN, product: Number.NaN },
  }
}

/** Works out gains and whitened ones of a model; false outside the stationary region. */
export function prepareSegments(whole: WholeSegments, phi: Float64Array, theta: Float64Array): boolean {
  const { logs, inverse } = whole
  const longest = logs.length
  const recursion = startGains(phi, theta)
  if (recursion === null) return false
  const { m } = recursion
  whole.ar = sparse(phi)
  whole.m = m
  if (whole.ahead.length < longest + m + 1) whole.ahead = new Float64Array(longest + m + 1)
  if (whole.gains.length < longest * m) whole.gains = new Float64Array(longest * m)
  let sum = 0
  let t = 0
  for (; t < longest && !recursion.steady; t++) {
    inverse[t] = 1 / recursion.F
    whole.gains.set(recursion.H, t * m)
    sum += Math.log(recursion.F)
    logs[t] = sum
    stepGains(recursion)
  }
  whole.steadyFrom = t
  whole.ma = sparse(recursion.H.map(h => h / recursion.F))
  for (; t < longest; t++) {
    inverse[t] = 1 / recursion.F
    sum += Math.log(recursion.F)
    logs[t] = sum
  }
  if (whole.withMean) whitenOnes(whole)
  return true
}

/** The whitened column of ones, and the information on a mean. */
function whitenOnes(whole: WholeSegments): void {
  const { logs, inverse, weights, information } = whole
  const longest = logs.length
  whiten(whole, new Float64Array(longest).fill(1), weights)
  let total = 0
  for (let i = 0; i < longest; i++) {
    total += weights[i]! * weights[i]! * inverse[i]!
    weights[i] = weights[i]! * inverse[i]!
    information[i] = total
    logs[i] = logs[i]! + Math.log(total)
  }
}

/** What is left of a segment by generalised least squares. */
export function segmentSquares(whole: WholeSegments, values: Float64Array): number {
  whiten(whole, values)
  if (!whole.withMean) return whole.squares
  return whole.squares - (whole.product * whole.product) / whole.information[values.length - 1]!
}

/** Runs the filter over a column: `squares` and `product` are its. Innovations are written to `out` where it is given. */
function whiten(whole: WholeSegments, x: Float64Array, out?: Float64Array): void {
  const { inverse, weights, gains, ar, ma, m, ahead } = whole
  const n = x.length
  const from = Math.min(n, whole.steadyFrom)
  ahead.fill(0, 0, n + m + 1)
  let squares = 0
  let product = 0
  for (let t = 0; t < n; t++) {
    const value = x[t]!
    const v = value - ahead[t]!
    for (let i = 0; i < ar.lags.length; i++) {
      const at = t + ar.lags[i]!
      ahead[at] = ahead[at]! + ar.coefficients[i]! * value
    }
    if (t < from) {
      const scaled = v * inverse[t]!
      for (let i = 0; i < m; i++) ahead[t + 1 + i] = ahead[t + 1 + i]! + gains[t * m + i]! * scaled
    } else {
      for (let i = 0; i < ma.lags.length; i++) {
        const at = t + ma.lags[i]!
        ahead[at] = ahead[at]! + ma.coefficients[i]! * v
      }
    }
    squares += v * v * inverse[t]!
    product += v * weights[t]!
    if (out) out[t] = v
  }
  whole.squares = squares
  whole.product = product
}
