/** Theoretical correlations and psi weights of an ARMA process. Brockwell & Davis §3.3–3.4. */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, MAX_LAGS, whole } from '../function-options.ts'
import { levinsonDurbin } from '../numerics/levinson-durbin.ts'
import { isArrayLike } from '../series-input.ts'
import { unitAutocovariances } from './autocovariance.ts'
import { psiOf } from './filter/gains.ts'

/** Coefficients of φ(B)x = θ(B)e; moving-average signs plus. */
export interface ArmaPolynomials {
  ar?: ArrayLike<number>
  ma?: ArrayLike<number>
}

/** Both polynomials. @throws ModelError `ARIMA_COEFFICIENTS`, `MODEL_OPTION` */
function polynomials(model: ArmaPolynomials, above: Function): { ar: Float64Array; ma: Float64Array } {
  checkOptions(above.name, model, ['ar', 'ma'], above)
  return { ar: dense(model.ar, 'ar', above), ma: dense(model.ma, 'ma', above) }
}

function dense(list: ArrayLike<number> = [], name: string, above: Function): Float64Array {
  const numbers = isArrayLike(list) ? Array.from(list) : [Number.NaN]
  if (numbers.every(x => Number.isFinite(x))) return Float64Array.from(numbers)
  throw new ModelError('ARIMA_COEFFICIENTS', `${name} must hold finite numbers, got ${shown(list)}`, {
    hint: `${above.name}({ ar: [0.5], ma: [0.3] }, 10)`,
    above,
  })
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
  return autocovariances(model, maxLag, sigma2, armaAcov)
}

function autocovariances(
  model: ArmaPolynomials,
  maxLag: number,
  sigma2: number,
  above: Function,
): Float64Array {
  const { ar, ma } = polynomials(model, above)
  const [variance] = dense([sigma2], 'sigma2', above) as unknown as [number]
  const gamma = unitAutocovariances(ar, ma, whole(maxLag, 'maxLag', 0, MAX_LAGS, above))
  if (gamma === null) {
    throw new ModelError(
      'NON_STATIONARY',
      `${above.name}() needs a stationary autoregression, got ${shown([...ar])}`,
      {
        hint: 'the roots of 1 − φ₁z − … must lie outside the unit circle',
      },
    )
  }
  return gamma.subarray(0, maxLag + 1).map(value => value * variance)
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
  const gamma = autocovariances(model, maxLag, 1, armaAcf)
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
  const { ar, ma } = polynomials(model, psiWeights)
  return psiOf(ar, ma, whole(count, 'count', 0, MAX_LAGS, psiWeights) + 1).subarray(1)
}
