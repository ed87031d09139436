/** Theoretical correlations and psi weights of an ARMA process. Brockwell & Davis §3.3–3.4. */
import { ModelError } from '../../core/errors.ts'
import { levinsonDurbin } from '../numerics/levinson-durbin.ts'
import { unitAutocovariances } from './autocovariance.ts'
import { psiOf } from './filter/gains.ts'

/** Coefficients of φ(B)x = θ(B)e; moving-average signs plus. */
export interface ArmaPolynomials {
  ar?: ArrayLike<number>
  ma?: ArrayLike<number>
}

function dense(list: ArrayLike<number> | undefined): Float64Array {
  return Float64Array.from(list ?? [])
}

/**
 * Autocovariances γ(0) … γ(maxLag) of a causal ARMA process with innovation variance `sigma2` (default 1).
 *
 * @throws ModelError `NON_STATIONARY` when the autoregressive part is not stationary.
 *
 * @example
 * armaAcov({ ar: [0.5] }, 1) // [1.333…, 0.666…]
 */
export function armaAcov(model: ArmaPolynomials, maxLag: number, sigma2 = 1): Float64Array {
  const gamma = unitAutocovariances(dense(model.ar), dense(model.ma), maxLag)
  if (gamma === null) {
    throw new ModelError('NON_STATIONARY', 'only a stationary autoregression has autocovariances', {
      hint: 'the roots of 1 − φ₁z − … must lie outside the unit circle',
    })
  }
  return gamma.subarray(0, maxLag + 1).map(value => value * sigma2)
}

/**
 * Autocorrelations of a causal ARMA process from lag 0 (always 1) to `maxLag`.
 *
 * @throws ModelError `NON_STATIONARY`.
 *
 * @example
 * armaAcf({ ar: [1, -0.25], ma: [1] }, 3) // [1, 0.875, 0.625, 0.40625], Brockwell & Davis Example 3.3.4
 */
export function armaAcf(model: ArmaPolynomials, maxLag: number): Float64Array {
  const gamma = armaAcov(model, maxLag)
  const scale = gamma[0]!
  return gamma.map(value => value / scale)
}

/**
 * Partial autocorrelations of a causal ARMA process from lag 1 (index 0) to `maxLag`.
 *
 * @throws ModelError `NON_STATIONARY`.
 *
 * @example
 * armaPacf({ ar: [0.7] }, 2) // [0.7, 0]
 */
export function armaPacf(model: ArmaPolynomials, maxLag: number): Float64Array {
  return levinsonDurbin(armaAcf(model, maxLag), maxLag).partials
}

/**
 * ψ₁ … ψ_count of x_t = e_t + ψ₁e_{t−1} + … (ψ₀ = 1 is left out, as in R's `ARMAtoMA`).
 *
 * @example
 * psiWeights({ ar: [1, -0.25], ma: [1] }, 3) // [2, 1.75, 1.25]
 */
export function psiWeights(model: ArmaPolynomials, count: number): Float64Array {
  return psiOf(dense(model.ar), dense(model.ma), count + 1).subarray(1)
}
