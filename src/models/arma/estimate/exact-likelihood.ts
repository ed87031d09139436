/**
 * The exact Gaussian likelihood of a regression with ARIMA errors, with σ² and the regression coefficients
 * concentrated out.
 *
 * The filter whitens the series and every regression column with the same gains; generalised least squares on the
 * whitened columns gives β, and the weighted sum of squares S and Σ log F_t give
 *
 *     log L = −n/2 (log(2π S/n) + 1) − ½ Σ log F_t.
 *
 * Brockwell & Davis §8.7; Harvey, *Forecasting, Structural Time Series Models*, §3.4. Without missing values the
 * columns come differenced and the Chandrasekhar gains are used as they are made; with missing values they come
 * undifferenced and pass through the excess-covariance filter, of which differencing is a part.
 */
import { excessVariance, observe, skip, startAfterDifferencing } from '../filter/excess-state.ts'
import { type GainRecursion, startGains, stepGains } from '../filter/gains.ts'
import { steadyResiduals } from '../filter/steady-filter.ts'
import { multiplyAr, type SparseLags, sparse } from '../lag-polynomial.ts'
import { whitenFrom } from './excess-whitening.ts'

/** Data and buffers of one likelihood; `columns[0]` is the series, the others are regressors. */
export interface LikelihoodProblem {
  readonly n: number
  readonly columns: Float64Array[]
  /** Index of a column that is 1 throughout (the mean), or −1. */
  readonly constantColumn: number
  /** True when the series has missing values: columns are then undifferenced. */
  readonly gaps: boolean
  /** Differencing coefficients the filter has to apply itself (with gaps), else empty. */
  readonly delta: Float64Array
  /** Whitened columns; after an evaluation `whitened[0]` holds standardised residuals v/√F before regression. */
  readonly whitened: Float64Array[]
  /** F_t of each point; `Infinity` where a point is missing or only starts the differencing. */
  readonly F: Float64Array
  readonly prediction: Float64Array
  readonly beta: Float64Array
  readonly normal: Float64Array
  readonly factor: Float64Array
  /** Points that entered the sum. */
  used: number
  sumLogF: number
  sumOfSquares: number
  /** From this point on F is `steadyF`. */
  steadyFrom: number
  steadyF: number
}

/** Allocates a problem around columns; nothing is copied. */
export function likelihoodProblem(
  columns: Float64Array[],
  options: { constantColumn?: number; gaps?: boolean; delta?: Float64Array } = {},
): LikelihoodProblem {
  const n = columns[0]!.length
  const k = columns.length - 1
  return {
    n,
    columns,
    constantColumn: options.constantColumn ?? -1,
    gaps: options.gaps ?? false,
    delta: options.delta ?? new Float64Array(0),
    whitened: columns.map(() => new Float64Array(n)),
    F: new Float64Array(n),
    prediction: new Float64Array(0),
    beta: new Float64Array(k),
    normal: new Float64Array(k * k),
    factor: new Float64Array(k * k),
    used: 0,
    sumLogF: 0,
    sumOfSquares: 0,
    steadyFrom: n,
    steadyF: 1,
  }
}

/**
 * Evaluates ½(log(S/n) + Σ log F / n) at the expanded polynomials; `Infinity` outside the stationary region. Leaves
 * β, S, Σ log F and the whitened columns in the problem.
 */
export function concentratedObjective(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
): number {
  const gains = startGains(phi, theta)
  if (gains === null) return Number.POSITIVE_INFINITY
  if (problem.gaps) whitenWithGaps(problem, phi, theta, gains)
  else whiten(problem, phi, theta, gains)
  if (!regress(problem)) return Number.POSITIVE_INFINITY
  const { used, sumOfSquares, sumLogF } = problem
  const value = 0.5 * (Math.log(sumOfSquares / used) + sumLogF / used)
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}

/** The log-likelihood that belongs to a value of {@link concentratedObjective}. */
export function logLikelihoodOf(objective: number, used: number): number {
  return -used * (objective + 0.5 * (1 + Math.log(2 * Math.PI)))
}

function whiten(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
  gains: GainRecursion,
): void {
  const { n, columns, whitened, F } = problem
  const ar = sparse(phi)
  const count = columns.length
  const m = gains.m
  // Predictions of the start-up points plus the m that still depend on their shocks.
  const ahead = columns.map(() => new Float64Array(Math.min(n, 64) + m + 1))
  let room = ahead[0]!.length - m - 1
  let product = 1
  let sumLogF = 0
  const H = gains.H
  const arTerms = ar.lags.length
  let t = 0
  for (; t < n && !gains.steady; t++) {
    if (t >= room) {
      room = Math.min(n, 4 * room)
      for (let c = 0; c < count; c++) {
        const longer = new Float64Array(room + m + 1)
        longer.set(ahead[c]!)
        ahead[c] = longer
      }
    }
    const f = gains.F
    F[t] = f
    product *= f
    if (product > 1e100) {
      sumLogF += Math.log(product)
      product = 1
    }
    for (let c = 0; c < count; c++) {
      const pred = ahead[c]!
      const x = columns[c]![t]!
      const v = x - pred[t]!
      whitened[c]![t] = v
      for (let i = 0; i < arTerms; i++) pred[t + ar.lags[i]!]! += ar.coefficients[i]! * x
      const w = v / f
      const at = t + 1
      for (let i = 0; i < m; i++) pred[at + i]! += H[i]! * w
    }
    stepGains(gains)
  }
  sumLogF += Math.log(product)
  const start = t
  problem.steadyFrom = start
  problem.steadyF = 1
  if (start < n) {
    const exact = Math.abs(gains.F - 1) < 1e-9
    const steadyF = exact ? 1 : gains.F
    const ma = sparse(exact ? theta : gains.H.map(h => h / gains.F))
    problem.steadyF = steadyF
    sumLogF += (n - start) * Math.log(steadyF)
    F.fill(steadyF, start)
    const transition = Math.min(n, start + m)
    for (let c = 0; c < count; c++) {
      const pred = ahead[c]!
      const x = columns[c]!
      const out = whitened[c]!
      if (pred.length < transition + m + 1) {
        const longer = new Float64Array(transition + m + 1)
        longer.set(pred)
        ahead[c] = longer
      }
      scatter(x, out, ahead[c]!, start, transition, ar, ma)
      if (c === problem.constantColumn) steadyConstant(out, x, transition, n, m, ar, ma)
      else steadyResiduals(x, out, transition, n, ar, ma)
      if (steadyF !== 1) {
        const scale = 1 / Math.sqrt(steadyF)
        for (let s = start; s < n; s++) out[s]! *= scale
      }
    }
  }
  for (let s = 0; s < start; s++) {
    const scale = 1 / Math.sqrt(F[s]!)
    for (let c = 0; c < count; c++) whitened[c]![s]! *= scale
  }
  problem.used = n
  problem.sumLogF = sumLogF
}

/** Steady gains while shocks of the start-up still reach the predictions. */
function scatter(
  x: Float64Array,
  out: Float64Array,
  pred: Float64Array,
  from: number,
  to: number,
  ar: SparseLags,
  ma: SparseLags,
): void {
  for (let t = from; t < to; t++) {
    const value = x[t]!
    const v = value - pred[t]!
    out[t] = v
    for (let i = 0; i < ar.lags.length; i++) pred[t + ar.lags[i]!]! += ar.coefficients[i]! * value
    for (let i = 0; i < ma.lags.length; i++) pred[t + ma.lags[i]!]! += ma.coefficients[i]! * v
  }
}

/** The constant's residuals settle; from there on they are filled instead of computed. */
function steadyConstant(
  out: Float64Array,
  x: Float64Array,
  from: number,
  n: number,
  m: number,
  ar: SparseLags,
  ma: SparseLags,
): void {
  const block = Math.max(64, 2 * m)
  for (let at = from; at < n; at += block) {
    const to = Math.min(n, at + block)
    steadyResiduals(x, out, at, to, ar, ma)
    let settled = to - at > m
    const last = out[to - 1]!
    for (let t = to - 1 - m; settled && t < to; t++) {
      if (t >= 0 && Math.abs(out[t]! - last) > 1e-16 * Math.abs(last)) settled = false
    }
    if (settled) {
      out.fill(last, to)
      return
    }
  }
}

function whitenWithGaps(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
  gains: GainRecursion,
): void {
  const { n, columns, whitened, F, delta } = problem
  const full = multiplyAr(phi, delta)
  const nd = delta.length
  const m = Math.max(full.length, gains.m)
  const y = columns[0]!
  const state = startAfterDifferencing(
    m,
    delta,
    full,
    columns.map((column, c) => (c === 0 ? column.subarray(0, nd) : maskLike(column, y, nd))),
  )
  const values = new Float64Array(columns.length)
  let used = 0
  let sumLogF = 0
  for (let t = 0; t < Math.min(nd, n); t++) {
    F[t] = Number.POSITIVE_INFINITY
    for (const out of whitened) out[t] = 0
  }
  let t = nd
  for (; t < n && state.diffuse.length > 0; t++) {
    if (Number.isNaN(y[t]!)) {
      F[t] = Number.POSITIVE_INFINITY
      for (const out of whitened) out[t] = 0
      skip(state, full, gains.H, gains.F)
    } else {
      const f = gains.F + excessVariance(state)
      F[t] = f
      const scale = Number.isFinite(f) ? 1 / Math.sqrt(f) : 0
      for (let c = 0; c < columns.length; c++) {
        values[c] = columns[c]![t]!
        whitened[c]![t] = scale === 0 ? 0 : (values[c]! - (m > 0 ? state.means[c]![0]! : 0)) * scale
      }
      if (scale > 0) {
        used++
        if (f !== 1) sumLogF += Math.log(f)
      }
      observe(state, full, gains.H, gains.F, values)
    }
    stepGains(gains)
  }
  const rest = whitenFrom(problem, state, t, full, theta, gains)
  problem.steadyFrom = n
  problem.used = used + rest.used
  problem.sumLogF = sumLogF + rest.sumLogF
}

/** A regressor counts as absent where the series is: its value there multiplies a parameter that is integrated out. */
function maskLike(column: Float64Array, y: Float64Array, length: number): Float64Array {
  const out = column.slice(0, length)
  for (let t = 0; t < length; t++) if (Number.isNaN(y[t]!)) out[t] = 0
  return out
}

/** Generalised least squares on the whitened columns; false when the regressors are collinear. */
function regress(problem: LikelihoodProblem): boolean {
  const { n, whitened, beta, normal, factor } = problem
  const k = beta.length
  const y = whitened[0]!
  if (k === 0) {
    let sum = 0
    for (let t = 0; t < n; t++) sum += y[t]! * y[t]!
    problem.sumOfSquares = sum
    return true
  }
  for (let a = 0; a < k; a++) {
    const x = whitened[a + 1]!
    let dot = 0
    for (let t = 0; t < n; t++) dot += x[t]! * y[t]!
    beta[a] = dot
    for (let b = 0; b <= a; b++) {
      const other = whitened[b + 1]!
      let sum = 0
      for (let t = 0; t < n; t++) sum += x[t]! * other[t]!
      normal[a * k + b] = sum
      normal[b * k + a] = sum
    }
  }
  if (!cholesky(normal, factor, k)) return false
  choleskySolve(factor, beta, k)
  let sum = 0
  if (k === 1) {
    const x = whitened[1]!
    const b = beta[0]!
    for (let t = 0; t < n; t++) {
      const r = y[t]! - b * x[t]!
      sum += r * r
    }
  } else {
    for (let t = 0; t < n; t++) {
      let r = y[t]!
      for (let a = 0; a < k; a++) r -= beta[a]! * whitened[a + 1]![t]!
      sum += r * r
    }
  }
  problem.sumOfSquares = sum
  return true
}

/** Lower Cholesky factor of a k × k matrix (row-major); false when it is not safely positive definite. */
export function cholesky(matrix: Float64Array, factor: Float64Array, k: number): boolean {
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let s = matrix[a * k + b]!
      for (let c = 0; c < b; c++) s -= factor[a * k + c]! * factor[b * k + c]!
      if (a === b) {
        if (!(s > 1e-13 * matrix[a * k + a]!)) return false
        factor[a * k + a] = Math.sqrt(s)
      } else {
        factor[a * k + b] = s / factor[b * k + b]!
      }
    }
  }
  return true
}

/** Solves L Lᵀ x = b in place. */
export function choleskySolve(factor: Float64Array, x: Float64Array, k: number): void {
  for (let a = 0; a < k; a++) {
    let s = x[a]!
    for (let c = 0; c < a; c++) s -= factor[a * k + c]! * x[c]!
    x[a] = s / factor[a * k + a]!
  }
  for (let a = k - 1; a >= 0; a--) {
    let s = x[a]!
    for (let c = a + 1; c < k; c++) s -= factor[c * k + a]! * x[c]!
    x[a] = s / factor[a * k + a]!
  }
}
