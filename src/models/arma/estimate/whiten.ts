/**
 * Whitening of a complete series and its regressors: standardised innovations of the exact filter. Gains follow the
 * Chandrasekhar recursion of `filter/gains.ts` until they are steady; from there on an ARMA recursion with constant
 * coefficients remains. M of that recursion is −1/F throughout, so that a step is
 *
 *     s = l/F,   F ← F − s l,   H_i ← H_i − s L_{i+1},   L_i ← L_{i+1} − s H_i,   l = L₁.
 *
 * H and L of every point are kept where there is room for them: the gradient (`likelihood-gradient.ts`) goes back over them.
 */
import { CONVERGED } from '../filter/gains.ts'
import { steadyResiduals } from '../filter/steady-filter.ts'
import type { SparseLags } from '../lag-polynomial.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'
import { type StartWorkspace, startOfGains, startWorkspace } from './start-of-gains.ts'

/** Gains are kept up to this many numbers each. */
const MAX_TRACE = 1 << 21

/** Buffers of {@link whiten}, and what it leaves for the gradient. */
export interface Whitening {
  start: StartWorkspace
  m: number
  /** H and L of the points before the gains are steady, and of the first steady one: m numbers each. */
  H: Float64Array
  L: Float64Array
  /** Whether they are all there, or only those of the last two points. */
  traced: boolean
  /** Predictions so far of each column; all zero between evaluations. */
  ahead: Float64Array[]
  /** Autoregressive lags, and the moving-average ones of the steady part. */
  ar: SparseLags
  ma: SparseLags
  /** The steady gains are θ itself. */
  exact: boolean
}

const NOTHING: SparseLags = { lags: new Int32Array(0), coefficients: new Float64Array(0) }

/** Buffers that grow with use. */
export function whitening(columns: number): Whitening {
  return {
    start: startWorkspace(0, 0),
    m: 0,
    H: new Float64Array(0),
    L: new Float64Array(0),
    traced: true,
    ahead: Array.from({ length: columns }, () => new Float64Array(0)),
    ar: NOTHING,
    ma: NOTHING,
    exact: true,
  }
}

/**
 * Whitens every column into `problem.whitened`, and leaves F_t, Σ log F and the points used in the problem; false when φ is
 * not stationary.
 */
export function whiten(problem: LikelihoodProblem, phi: Float64Array, theta: Float64Array): boolean {
  const { n, columns, whitened, F, whitening: w } = problem
  if (!begin(w, n, phi, theta)) return false
  w.ar = sparseOf(phi, w.ar)
  const rest = startUp(problem)
  const start = problem.steadyFrom
  if (start < n) steadyState(problem, theta, rest)
  for (const ahead of w.ahead) ahead.fill(0, 0, Math.min(n, start + w.m) + w.m + 1)
  for (let s = 0; s < start; s++) {
    const scale = 1 / Math.sqrt(F[s]!)
    for (let c = 0; c < columns.length; c++) whitened[c]![s]! *= scale
  }
  problem.used = n
  return true
}

/** Gains of the first point; false when there are none. */
function begin(w: Whitening, n: number, phi: Float64Array, theta: Float64Array): boolean {
  const p = phi.length
  const q = theta.length
  const m = Math.max(p, q)
  const { phi: roomP, theta: roomQ } = w.start
  if (p > roomP.length || q > roomQ.length) {
    w.start = startWorkspace(Math.max(p, roomP.length), Math.max(q, roomQ.length))
  }
  w.m = m
  w.traced = (n + 1) * m <= MAX_TRACE
  const rows = w.traced ? Math.min(n, 64) + 1 : 2
  if (w.H.length < rows * m) {
    w.H = new Float64Array(rows * m)
    w.L = new Float64Array(rows * m)
  }
  const F = startOfGains(w.start, phi, theta, w.H, w.L)
  w.start.F = F
  return F > 0
}

/** The points before the gains are steady, not yet divided by √F; returns F of the first steady one. */
function startUp(problem: LikelihoodProblem): number {
  const { n, columns, whitened, F: variances, whitening: w } = problem
  const { m, traced } = w
  const { lags, coefficients } = w.ar
  const arTerms = lags.length
  let F = w.start.F
  let product = 1
  let sumLogF = 0
  let t = 0
  let steady = m === 0
  for (; t < n && !steady; t++) {
    const at = traced ? t * m : (t & 1) * m
    const next = traced ? at + m : m - at
    makeRoom(w, next + m, t + m + 2, n)
    variances[t] = F
    product *= F
    if (product > 1e100) {
      sumLogF += Math.log(product)
      product = 1
    }
    const { H, L } = w
    for (let c = 1; c < columns.length; c++) {
      const ahead = w.ahead[c]!
      const x = columns[c]![t]!
      const v = x - ahead[t]!
      whitened[c]![t] = v
      for (let i = 0; i < arTerms; i++) ahead[t + lags[i]!]! += coefficients[i]! * x
      const weight = v / F
      for (let i = 0; i < m; i++) ahead[t + 1 + i]! += H[at + i]! * weight
    }
    const ahead = w.ahead[0]!
    const x = columns[0]![t]!
    const v = x - ahead[t]!
    whitened[0]![t] = v
    for (let i = 0; i < arTerms; i++) ahead[t + lags[i]!]! += coefficients[i]! * x
    const nextF = step(H, L, at, next, m, F, ahead, t + 1, v / F)
    const l = L[next]!
    steady = l * l < CONVERGED * nextF * nextF && isNegligible(L, next, m, nextF)
    F = nextF
  }
  problem.steadyFrom = t
  problem.sumLogF = sumLogF + Math.log(product)
  return F
}

/**
 * The gains after those at `at`, to `next`; returns F. In the same pass the shock, `weight` times F, enters the predictions
 * of one column.
 */
function step(
  H: Float64Array,
  L: Float64Array,
  at: number,
  next: number,
  m: number,
  F: number,
  ahead: Float64Array,
  from: number,
  weight: number,
): number {
  const l = L[at]!
  const s = l / F
  const last = m - 1
  for (let i = 0; i < last; i++) {
    const h = H[at + i]!
    const above = L[at + i + 1]!
    H[next + i] = h - s * above
    L[next + i] = above - s * h
    ahead[from + i]! += h * weight
  }
  const h = H[at + last]!
  H[next + last] = h
  L[next + last] = -s * h
  ahead[from + last]! += h * weight
  return F - s * l
}

/** What is left to come for the gains is lost in their rounding. */
function isNegligible(L: Float64Array, at: number, m: number, F: number): boolean {
  const bound = CONVERGED * F * F
  for (let i = 0; i < m; i++) if (!(L[at + i]! * L[at + i]! < bound)) return false
  return true
}

function makeRoom(w: Whitening, gains: number, points: number, n: number): void {
  if (w.H.length < gains) {
    const length = Math.min((n + 1) * w.m, 4 * gains)
    w.H = lengthened(w.H, length)
    w.L = lengthened(w.L, length)
  }
  if (w.ahead[0]!.length >= points) return
  const length = Math.min(n + w.m + 2, 4 * points)
  for (let c = 0; c < w.ahead.length; c++) w.ahead[c] = lengthened(w.ahead[c]!, length)
}

/** The points from `problem.steadyFrom` on, standardised; adds their log F. */
function steadyState(problem: LikelihoodProblem, theta: Float64Array, F: number): void {
  const { n, columns, whitened, F: variances, steadyFrom: start, whitening: w } = problem
  const { m, ar } = w
  w.exact = Math.abs(F - 1) < 1e-9
  const steadyF = w.exact ? 1 : F
  const at = (w.traced ? start : start & 1) * m
  w.ma = sparseOf(w.exact ? theta : w.H.subarray(at, at + m).map(h => h / F), w.ma)
  problem.steadyF = steadyF
  problem.sumLogF += (n - start) * Math.log(steadyF)
  variances.fill(steadyF, start)
  const transition = Math.min(n, start + m)
  makeRoom(w, 0, transition + m + 1, n)
  for (let c = 0; c < columns.length; c++) {
    const x = columns[c]!
    const out = whitened[c]!
    scatter(x, out, w.ahead[c]!, start, transition, ar, w.ma)
    if (c === problem.constantColumn) steadyConstant(out, x, transition, n, m, ar, w.ma)
    else steadyResiduals(x, out, transition, n, ar, w.ma)
    if (steadyF !== 1) {
      const scale = 1 / Math.sqrt(steadyF)
      for (let s = start; s < n; s++) out[s]! *= scale
    }
  }
}

function lengthened(vector: Float64Array, length: number): Float64Array {
  if (vector.length >= length) return vector
  const out = new Float64Array(length)
  out.set(vector)
  return out
}

/** The non-zero terms of a dense polynomial, in the arrays of `before` where they fit. */
function sparseOf(dense: Float64Array, before: SparseLags): SparseLags {
  let terms = 0
  for (let j = 0; j < dense.length; j++) if (dense[j] !== 0) terms++
  const same = before.lags.length === terms && before !== NOTHING
  const lags = same ? before.lags : new Int32Array(terms)
  const coefficients = same ? before.coefficients : new Float64Array(terms)
  let i = 0
  for (let j = 0; j < dense.length; j++) {
    if (dense[j] === 0) continue
    lags[i] = j + 1
    coefficients[i++] = dense[j]!
  }
  return same ? before : { lags, coefficients }
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
