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
 * columns come differenced (`whiten.ts`); with missing values they come undifferenced, and differencing is part of the
 * filter (`whiten-with-gaps.ts`).
 */
import { cholesky, choleskySolve } from '../../numerics/cholesky.ts'
import { startGains } from '../filter/gains.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'
import { whiten } from './whiten.ts'
import { whitenWithGaps } from './whiten-with-gaps.ts'

/**
 * Evaluates ½(log(S/n) + Σ log F / n) at the expanded polynomials; `Infinity` outside the stationary region. Leaves
 * β, S, Σ log F and the whitened columns in the problem.
 */
export function concentratedObjective(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
): number {
  if (problem.gaps) {
    const gains = startGains(phi, theta)
    if (gains === null) return Number.POSITIVE_INFINITY
    whitenWithGaps(problem, phi, theta, gains)
  } else if (!whiten(problem, phi, theta)) return Number.POSITIVE_INFINITY
  if (!regress(problem)) return Number.POSITIVE_INFINITY
  const { used, sumOfSquares, sumLogF } = problem
  const value = 0.5 * (Math.log(sumOfSquares / used) + sumLogF / used)
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}

/** The log-likelihood that belongs to a value of {@link concentratedObjective}. */
export function logLikelihoodOf(objective: number, used: number): number {
  return -used * (objective + 0.5 * (1 + Math.log(2 * Math.PI)))
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
