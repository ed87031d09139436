/**
 * Whitening of a complete series and its regressors: standardised innovations of the exact filter. Gains follow the
 * Chandrasekhar recursion until they are steady; from there on an ARMA recursion with constant coefficients remains.
 */
import { type GainRecursion, stepGains } from '../filter/gains.ts'
import { steadyResiduals } from '../filter/steady-filter.ts'
import { type SparseLags, sparse } from '../lag-polynomial.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'

/**
 * Whitens every column into `problem.whitened`, and leaves F_t, Σ log F and the points used in the problem.
 *
 * @param gains at point 0; used up
 */
export function whiten(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
  gains: GainRecursion,
): void {
  const { n, columns, whitened, F } = problem
  const ar = sparse(phi)
  // Predictions of the start-up points plus the m that still depend on their shocks.
  const ahead = columns.map(() => new Float64Array(Math.min(n, 64) + gains.m + 1))
  problem.sumLogF = startUp(problem, ar, gains, ahead)
  const start = problem.steadyFrom
  if (start < n) steadyState(problem, ar, theta, gains, ahead)
  for (let s = 0; s < start; s++) {
    const scale = 1 / Math.sqrt(F[s]!)
    for (let c = 0; c < columns.length; c++) whitened[c]![s]! *= scale
  }
  problem.used = n
}

/** The points before the gains are steady, not yet divided by √F; returns their Σ log F. */
function startUp(
  problem: LikelihoodProblem,
  ar: SparseLags,
  gains: GainRecursion,
  ahead: Float64Array[],
): number {
  const { n, columns, whitened, F } = problem
  const count = columns.length
  const { m, H } = gains
  const { lags, coefficients } = ar
  const arTerms = lags.length
  let room = ahead[0]!.length - m - 1
  let product = 1
  let sumLogF = 0
  let t = 0
  for (; t < n && !gains.steady; t++) {
    if (t >= room) {
      room = Math.min(n, 4 * room)
      for (let c = 0; c < count; c++) ahead[c] = lengthened(ahead[c]!, room + m + 1)
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
      for (let i = 0; i < arTerms; i++) pred[t + lags[i]!]! += coefficients[i]! * x
      const w = v / f
      const at = t + 1
      for (let i = 0; i < m; i++) pred[at + i]! += H[i]! * w
    }
    stepGains(gains)
  }
  problem.steadyFrom = t
  problem.steadyF = 1
  return sumLogF + Math.log(product)
}

/** The points from `problem.steadyFrom` on, standardised; adds their log F. */
function steadyState(
  problem: LikelihoodProblem,
  ar: SparseLags,
  theta: Float64Array,
  gains: GainRecursion,
  ahead: readonly Float64Array[],
): void {
  const { n, columns, whitened, F, steadyFrom: start } = problem
  const { m } = gains
  const exact = Math.abs(gains.F - 1) < 1e-9
  const steadyF = exact ? 1 : gains.F
  const ma = sparse(exact ? theta : gains.H.map(h => h / gains.F))
  problem.steadyF = steadyF
  problem.sumLogF += (n - start) * Math.log(steadyF)
  F.fill(steadyF, start)
  const transition = Math.min(n, start + m)
  for (let c = 0; c < columns.length; c++) {
    const x = columns[c]!
    const out = whitened[c]!
    scatter(x, out, lengthened(ahead[c]!, transition + m + 1), start, transition, ar, ma)
    if (c === problem.constantColumn) steadyConstant(out, x, transition, n, m, ar, ma)
    else steadyResiduals(x, out, transition, n, ar, ma)
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
