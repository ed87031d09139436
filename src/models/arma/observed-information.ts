/**
 * Standard errors from the observed information: second differences of the concentrated log-likelihood in the ARMA
 * coefficients, and the block inverse for the regression coefficients that were concentrated out.
 */
import type { ParameterLayout } from './coefficients.ts'
import { cholesky, choleskySolve, type LikelihoodProblem } from './exact-likelihood.ts'
import { invertPositive } from './minimize.ts'
import { type Transform, transformJacobian } from './parameter-transform.ts'

/** Second differences of the log-likelihood at the optimum, and how β̂ moves with the ARMA coefficients. */
export interface Curvature {
  /** Inverse observed information of the free ARMA coefficients; null when it is not positive. */
  covariance: Float64Array | null
  /** ∂β̂_c/∂(free coefficient a), row-major by c. */
  betaSlopes: Float64Array
  /** Diagonal of the observed information. */
  diagonal: Float64Array
}

/** Rough standard errors of the raw coefficients: the yardstick for difference steps. */
export function rawSpread(
  inverseHessian: Float64Array,
  transform: Transform,
  x: Float64Array,
  armaCount: number,
  free: readonly number[],
  n: number,
): Float64Array {
  const k = free.length
  const T = transformJacobian(transform, x, armaCount, free, new Float64Array(armaCount))
  return Float64Array.from({ length: k }, (_, a) => {
    let s = 0
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) s += T[a * k + i]! * inverseHessian[i * k + j]! * T[a * k + j]!
    return Math.min(0.3, Math.max(1e-9, Math.sqrt(Math.max(s, 0) / n)))
  })
}

export function observedInformation(
  at: (arma: Float64Array) => number,
  problem: LikelihoodProblem,
  arma: Float64Array,
  free: readonly number[],
  spread: Float64Array,
): Curvature {
  const k = free.length
  const m = problem.beta.length
  const betaSlopes = new Float64Array(m * k)
  if (k === 0) return { covariance: new Float64Array(0), betaSlopes, diagonal: new Float64Array(0) }
  const base = at(arma)
  const trial = arma.slice()
  const h = new Float64Array(k)
  const up = new Float64Array(k)
  const down = new Float64Array(k)
  const information = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    const i = free[a]!
    h[a] = 0.003 * spread[a]!
    for (let attempt = 0; attempt < 8; attempt++) {
      trial[i] = arma[i]! + h[a]!
      up[a] = at(trial)
      for (let c = 0; c < m; c++) betaSlopes[c * k + a] = problem.beta[c]!
      trial[i] = arma[i]! - h[a]!
      down[a] = at(trial)
      for (let c = 0; c < m; c++)
        betaSlopes[c * k + a] = (betaSlopes[c * k + a]! - problem.beta[c]!) / (2 * h[a]!)
      trial[i] = arma[i]!
      if (Number.isFinite(up[a]!) && Number.isFinite(down[a]!)) break
      h[a]! *= 0.2
    }
    information[a * k + a] = (up[a]! + down[a]! - 2 * base) / (h[a]! * h[a]!)
  }
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      const i = free[a]!
      const j = free[b]!
      trial[i] = arma[i]! + h[a]!
      trial[j] = arma[j]! + h[b]!
      const plus = at(trial)
      trial[i] = arma[i]! - h[a]!
      trial[j] = arma[j]! - h[b]!
      const minus = at(trial)
      trial[i] = arma[i]!
      trial[j] = arma[j]!
      const mixed = (plus + minus + 2 * base - up[a]! - down[a]! - up[b]! - down[b]!) / (2 * h[a]! * h[b]!)
      information[a * k + b] = mixed
      information[b * k + a] = mixed
    }
  }
  for (let i = 0; i < information.length; i++) information[i]! *= problem.used
  const diagonal = Float64Array.from({ length: k }, (_, a) => information[a * (k + 1)]!)
  return { covariance: invertPositive(information, k), betaSlopes, diagonal }
}

/** Square roots of the diagonal of the inverse observed information; 0 for what was held, NaN where it is not positive. */
export function standardErrors(
  layout: ParameterLayout,
  problem: LikelihoodProblem,
  slots: readonly number[],
  free: readonly number[],
  curvature: Curvature,
  sigma2: number,
): Float64Array {
  const errors = new Float64Array(layout.count)
  const k = free.length
  const { covariance, betaSlopes } = curvature
  free.forEach((slot, a) => {
    errors[slot] = covariance ? Math.sqrt(covariance[a * k + a]!) : Number.NaN
  })
  const m = slots.length
  if (m === 0) return errors
  // Var β̂ = σ²(X'V⁻¹X)⁻¹ + (∂β̂/∂φ) Var φ̂ (∂β̂/∂φ)': the block inverse of the joint information.
  cholesky(problem.normal, problem.factor, m)
  for (let c = 0; c < m; c++) {
    const unit = new Float64Array(m)
    unit[c] = 1
    choleskySolve(problem.factor, unit, m)
    let variance = sigma2 * unit[c]!
    for (let a = 0; a < k && covariance; a++) {
      for (let b = 0; b < k; b++)
        variance += betaSlopes[c * k + a]! * covariance[a * k + b]! * betaSlopes[c * k + b]!
    }
    errors[slots[c]!] = Math.sqrt(variance)
  }
  return errors
}
