/**
 * Theoretical autocovariances of a causal ARMA process with unit innovation variance, in O(r²) time and O(r) memory.
 *
 * y = θ(B)x with x the pure AR: the partial autocorrelations of φ give γ_x(0) = Π 1/(1 − r_k²) and, order by order,
 * γ_x(k) = Σ φ⁽ᵏ⁾_i γ_x(k − i); then γ_y(k) = Σ_i Σ_j θ_i θ_j γ_x(|k + i − j|). Brockwell & Davis, *Time Series:
 * Theory and Methods* (2nd ed.), §3.3 and §5.2.
 */
import { partialsFromAr } from '../numerics/partial-autocorrelations.ts'

/**
 * γ(0), …, γ(`maxLag`) of φ(B)y = θ(B)e with Var e = 1; `null` when φ is not stationary.
 *
 * @param phi dense autoregressive coefficients, `theta` dense moving-average coefficients
 */
export function unitAutocovariances(
  phi: Float64Array,
  theta: Float64Array,
  maxLag: number,
): Float64Array | null {
  const q = theta.length
  const x = arAutocovariances(phi, maxLag + q)
  if (x === null) return null
  if (q === 0) return x
  const lags: number[] = [0]
  const weights: number[] = [1]
  for (let j = 0; j < q; j++) {
    if (theta[j] !== 0) {
      lags.push(j + 1)
      weights.push(theta[j]!)
    }
  }
  const out = new Float64Array(maxLag + 1)
  for (let k = 0; k <= maxLag; k++) {
    let sum = 0
    for (let i = 0; i < lags.length; i++) {
      for (let j = 0; j < lags.length; j++) {
        sum += weights[i]! * weights[j]! * x[Math.abs(k + lags[i]! - lags[j]!)]!
      }
    }
    out[k] = sum
  }
  return out
}

function arAutocovariances(phi: Float64Array, maxLag: number): Float64Array | null {
  const p = phi.length
  const gamma = new Float64Array(Math.max(maxLag, p) + 1)
  if (p === 0) {
    gamma[0] = 1
    return gamma
  }
  const partials = partialsFromAr(phi)
  if (partials === null) return null
  let variance = 1
  for (let k = 0; k < p; k++) variance /= (1 - partials[k]!) * (1 + partials[k]!)
  if (!Number.isFinite(variance)) return null
  gamma[0] = variance
  const row = new Float64Array(p)
  for (let k = 0; k < p; k++) {
    const r = partials[k]!
    for (let i = 0, j = k - 1; i <= j; i++, j--) {
      const a = row[i]!
      const b = row[j]!
      row[i] = a - r * b
      if (i !== j) row[j] = b - r * a
    }
    row[k] = r
    let sum = 0
    for (let i = 0; i <= k; i++) sum += row[i]! * gamma[k - i]!
    gamma[k + 1] = sum
  }
  for (let k = p + 1; k <= maxLag; k++) {
    let sum = 0
    for (let i = 0; i < p; i++) sum += phi[i]! * gamma[k - 1 - i]!
    gamma[k] = sum
  }
  return gamma
}
