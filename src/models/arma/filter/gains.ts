/**
 * The gains of the exact innovations filter of a causal ARMA process, by a Chandrasekhar-type recursion.
 *
 * With m = max(p, q), the filter at point t (from 0) is
 *
 *     y_t = prediction_t + v_t,   Var v_t = σ² F_t,
 *     prediction_t = Σ_j φ_j y_{t−j} + Σ_j θ⁽ᵗ⁻ʲ⁾_j v_{t−j},
 *
 * an ARMA recursion whose moving-average coefficients θ⁽ᵗ⁾ belong to the shock's own date and tend to θ as F_t tends
 * to 1. The stationary start makes the covariance increments rank one, L M Lᵀ, so no covariance matrix exists:
 *
 *     H₀ = F₀ θ⁽⁰⁾,  L₀ = H₀ + φ F₀,  M₀ = −1/F₀
 *     F ← F + M l²,  H_i ← H_i + M l L_{i+1},  L_i ← L_{i+1} − θ⁽ᵗ⁾_i l,  M ← M F_t / F_{t+1},   l = L₁, θ⁽ᵗ⁾ = H/F
 *
 * O(m) time per point and O(m) memory. Morf, Sidhu & Kailath, *IEEE Trans. AC* 19 (1974) 315–323; Pearlman,
 * *Biometrika* 67 (1980) 232–233. The matrix P_t − RRᵀ only shrinks (in the positive semidefinite order), so once
 * F_t − 1 is negligible the gain remains the steady one: see {@link CONVERGED}.
 */
import { unitAutocovariances } from '../autocovariance.ts'

/** Increment of the covariance, relative to F, below which gains are steady. */
export const CONVERGED = 1e-15

/** A running Chandrasekhar recursion; `H`/`F` are the gains of point `t`. */
export interface GainRecursion {
  readonly m: number
  /** Point the current gains belong to. */
  t: number
  /** Innovation variance over σ². */
  F: number
  /** F θ⁽ᵗ⁾, m long. */
  readonly H: Float64Array
  /** m + 1 long, the last element always 0. */
  readonly L: Float64Array
  M: number
  /** From here on the gains do not change. */
  steady: boolean
}

/** Starts the recursion; `null` when φ is not stationary. */
export function startGains(phi: Float64Array, theta: Float64Array): GainRecursion | null {
  const p = phi.length
  const q = theta.length
  const m = Math.max(p, q)
  const gamma = unitAutocovariances(phi, theta, m)
  if (gamma === null) return null
  const F = gamma[0]!
  const L = new Float64Array(m + 1)
  const psi = q > 0 ? psiOf(phi, theta, q) : null
  for (let j = 1; j <= p; j++) {
    const c = phi[j - 1]!
    if (c !== 0) for (let i = 0; i < j; i++) L[i]! += c * gamma[j - i - 1]!
  }
  for (let j = 1; j <= q; j++) {
    const c = theta[j - 1]!
    if (c !== 0) for (let i = 0; i < j; i++) L[i]! += c * psi![j - i - 1]!
  }
  const H = new Float64Array(m)
  for (let i = 0; i < m; i++) H[i] = L[i]! - (i < p ? phi[i]! * F : 0)
  return { m, t: 0, F, H, L, M: -1 / F, steady: m === 0 }
}

/** ψ₀ … ψ_{count−1} of θ(B)/φ(B). */
export function psiOf(phi: Float64Array, theta: Float64Array, count: number): Float64Array {
  const psi = new Float64Array(count)
  if (count > 0) psi[0] = 1
  for (let j = 1; j < count; j++) {
    let sum = j <= theta.length ? theta[j - 1]! : 0
    const reach = Math.min(j, phi.length)
    for (let i = 1; i <= reach; i++) sum += phi[i - 1]! * psi[j - i]!
    psi[j] = sum
  }
  return psi
}

/** Moves to the next point's gains. */
export function stepGains(g: GainRecursion): void {
  g.t++
  if (g.steady) return
  const { m, H, L } = g
  const l = L[0]!
  if (l === 0) {
    for (let i = 0; i < m; i++) L[i] = L[i + 1]!
    return
  }
  const scale = l / g.F
  const increment = g.M * l
  let largest = 0
  for (let i = 0; i < m; i++) {
    const h = H[i]!
    const next = L[i + 1]!
    const value = next - scale * h
    H[i] = h + increment * next
    L[i] = value
    const size = Math.abs(value)
    if (size > largest) largest = size
  }
  const F = g.F + increment * l
  g.M *= g.F / F
  g.F = F
  if (largest * largest * -g.M < CONVERGED * F) g.steady = true
}
