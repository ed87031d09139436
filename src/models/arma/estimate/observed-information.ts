/**
 * Standard errors from the observed information: second differences of the concentrated log-likelihood in the ARMA
 * coefficients, and the block inverse for the regression coefficients that were concentrated out.
 */

import { cholesky, choleskySolve, invertPositive } from '../../numerics/cholesky.ts'
import type { ParameterLayout } from '../coefficients.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'
import { type Transform, transformJacobian } from './parameter-transform.ts'

/** Uncertainty of the free ARMA coefficients, and what it adds to that of the regression coefficients. */
export interface Curvature {
  /** Inverse observed information of the free ARMA coefficients, row-major; null when it is not positive. */
  covariance: Float64Array | null
  /** (∂β̂/∂φ) Var φ̂ (∂β̂/∂φ)' for each regression coefficient. */
  betaVariance: Float64Array
}

/** Step along each direction, in standard deviations; shorter where the surface bends within that. */
const STEP = 0.02

/** Rough covariance of the free raw coefficients, from the search: what makes difference steps fit the surface. */
export function roughCovariance(
  inverseHessian: Float64Array,
  transform: Transform,
  x: Float64Array,
  armaCount: number,
  free: readonly number[],
  n: number,
): Float64Array {
  const k = free.length
  const T = transformJacobian(transform, x, armaCount, free, new Float64Array(armaCount))
  const out = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      let s = 0
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) s += T[a * k + i]! * inverseHessian[i * k + j]! * T[b * k + j]!
      }
      out[a * k + b] = s / n
    }
  }
  return out
}

/**
 * The observed information at the optimum. Differences are taken along the columns of a Cholesky factor of the rough
 * covariance, where the surface is nearly a sphere: along single coefficients they would be too long for a model near
 * a unit root and lost in rounding for a well determined one. Repeated with the covariance just found if the rough one
 * was off.
 */
export function observedInformation(
  at: (arma: Float64Array) => number,
  problem: LikelihoodProblem,
  arma: Float64Array,
  free: readonly number[],
  rough: Float64Array,
): Curvature {
  const k = free.length
  if (k === 0) return { covariance: new Float64Array(0), betaVariance: new Float64Array(problem.beta.length) }
  let directions = factorOf(rough, k) ?? diagonalOf(rough, k)
  let step = STEP
  let result = alongDirections(at, problem, arma, free, directions, step)
  for (let attempt = 0; attempt < 5 && !(result.sphere < 4); attempt++) {
    // Not positive: nothing but the curvature along each axis is known; else use what was found.
    directions = (result.covariance && factorOf(result.covariance, k)) ?? diagonalOf(result.axes, k)
    if (attempt > 0 && result.covariance === null) step *= 0.2
    result = alongDirections(at, problem, arma, free, directions, step)
  }
  return result
}

function factorOf(covariance: Float64Array, k: number): Float64Array | null {
  const factor = new Float64Array(k * k)
  for (let a = 0; a < k; a++)
    if (!(covariance[a * (k + 1)]! > 0 && covariance[a * (k + 1)]! < 0.25)) return null
  return cholesky(covariance, factor, k) ? factor : null
}

function diagonalOf(covariance: Float64Array, k: number): Float64Array {
  const out = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    const variance = covariance[a * (k + 1)]!
    out[a * (k + 1)] = variance > 0 ? Math.min(0.3, Math.max(1e-9, Math.sqrt(variance))) : 0.01
  }
  return out
}

function alongDirections(
  at: (arma: Float64Array) => number,
  problem: LikelihoodProblem,
  arma: Float64Array,
  free: readonly number[],
  L: Float64Array,
  step: number,
): Curvature & { sphere: number; axes: Float64Array } {
  const k = free.length
  const m = problem.beta.length
  const base = at(arma)
  const trial = arma.slice()
  const h = new Float64Array(k).fill(step)
  const up = new Float64Array(k)
  const down = new Float64Array(k)
  const slopes = new Float64Array(m * k)
  const moved = (a: number, da: number, b: number, db: number): number => {
    for (let i = 0; i < k; i++) trial[free[i]!] = arma[free[i]!]! + da * L[i * k + a]! + db * L[i * k + b]!
    return at(trial)
  }
  const D = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let attempt = 0; attempt < 8; attempt++) {
      up[a] = moved(a, h[a]!, a, 0)
      for (let c = 0; c < m; c++) slopes[c * k + a] = problem.beta[c]!
      down[a] = moved(a, -h[a]!, a, 0)
      for (let c = 0; c < m; c++) slopes[c * k + a] = (slopes[c * k + a]! - problem.beta[c]!) / (2 * h[a]!)
      if (Number.isFinite(up[a]!) && Number.isFinite(down[a]!)) break
      h[a]! *= 0.2
    }
    D[a * (k + 1)] = (problem.used * (up[a]! + down[a]! - 2 * base)) / (h[a]! * h[a]!)
  }
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      const both = moved(a, h[a]!, b, h[b]!) + moved(a, -h[a]!, b, -h[b]!)
      const mixed =
        (problem.used * (both + 2 * base - up[a]! - down[a]! - up[b]! - down[b]!)) / (2 * h[a]! * h[b]!)
      D[a * k + b] = mixed
      D[b * k + a] = mixed
    }
  }
  at(arma)
  let sphere = 0
  const axes = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    const d = D[a * (k + 1)]!
    const ratio = d > 0 ? Math.max(d, 1 / d) : Number.POSITIVE_INFINITY
    sphere = Math.max(sphere, ratio)
    let scale = 0
    for (let i = 0; i < k; i++) scale = Math.max(scale, Math.abs(L[i * k + a]!))
    // The variance along the direction, assigned to the coefficient it moves most (itself, for diagonal directions).
    axes[a * (k + 1)] = d > 0 ? (scale * scale) / d : scale * scale
  }
  const inverse = invertPositive(D, k)
  if (inverse === null)
    return { covariance: null, betaVariance: new Float64Array(m), sphere: Number.POSITIVE_INFINITY, axes }
  const covariance = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      let s = 0
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) s += L[a * k + i]! * inverse[i * k + j]! * L[b * k + j]!
      covariance[a * k + b] = s
    }
  }
  const betaVariance = new Float64Array(m)
  for (let c = 0; c < m; c++) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++)
        betaVariance[c]! += slopes[c * k + i]! * inverse[i * k + j]! * slopes[c * k + j]!
    }
  }
  return { covariance, betaVariance, sphere, axes }
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
  const { covariance, betaVariance } = curvature
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
    errors[slots[c]!] = Math.sqrt(sigma2 * unit[c]! + betaVariance[c]!)
  }
  return errors
}
