/**
 * Hannan–Rissanen: ARMA by two (or three) regressions. Hannan & Rissanen, *Biometrika* 69 (1982) 81–94; Brockwell &
 * Davis, *Introduction to Time Series and Forecasting*, §5.1.4.
 */

import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { checkOptions } from '../../function-options.ts'
import { cholesky, choleskySolve } from '../../numerics/cholesky.ts'
import { isInvertible, isStationary } from '../../numerics/partial-autocorrelations.ts'
import { checkSquares } from '../../numerics/unit-scale.ts'
import { type SeriesInput, toCompleteSeries } from '../../series-input.ts'
import { yuleWalker } from './yule-walker.ts'

/** Options of {@link hannanRissanen}. */
export interface HannanRissanenOptions {
  p: number
  q: number
  /** Subtract the sample mean. Default true. */
  demean?: boolean
  /** Order m of the long autoregression; default max(⌊log² n⌋, 2 max(p, q)), below n/2. */
  initialArOrder?: number
  /** Third regression, which removes the bias of the second; skipped where the second is not usable. Default true. */
  unbiased?: boolean
}

/** An ARMA estimate by regressions. */
export interface HannanRissanenEstimate {
  ar: Float64Array
  ma: Float64Array
  sigma2: number
  mean: number
}

/**
 * Hannan–Rissanen estimate of an ARMA(p, q): residuals of a long autoregression stand in for the shocks, and x_t is
 * regressed on its own lags and theirs. Not forced to be stationary or invertible.
 *
 * @param series complete, in time order
 * @param options `p` and `q`; the long autoregression and the third regression have defaults
 * @throws ModelError `ARMA_ORDER` when the orders do not fit the series; `SERIES_MISSING` when a value is missing;
 * `SERIES_CONSTANT`; `SERIES_SCALE`.
 *
 * @example
 * hannanRissanen([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7], { p: 1, q: 1 }).ma.length // 1
 */
export function hannanRissanen(series: SeriesInput, options: HannanRissanenOptions): HannanRissanenEstimate {
  checkOptions('hannanRissanen', options, ['p', 'q', 'demean', 'unbiased', 'initialArOrder'], hannanRissanen)
  const { p, q, demean = true, unbiased = true } = options
  for (const [name, order] of Object.entries({ p, q })) {
    if (!Number.isSafeInteger(order) || order < 0) {
      throw new ModelError('ARMA_ORDER', `hannanRissanen() needs a whole ${name} ≥ 0, got ${shown(order)}`, {
        hint: 'hannanRissanen(series, { p: 1, q: 1 })',
      })
    }
  }
  const x = toCompleteSeries(series, 'hannanRissanen()')
  checkSquares(x, 'hannanRissanen()')
  const n = x.length
  const mean = demean ? x.reduce((a, b) => a + b, 0) / n : 0
  for (let t = 0; t < n; t++) x[t]! -= mean
  const floor = Math.max(p, q)
  const m =
    options.initialArOrder ??
    Math.max(
      floor,
      Math.min(Math.max(Math.floor(Math.log(n) ** 2), 2 * floor), Math.floor(n / 2) - p - q - 1),
    )
  if (!Number.isInteger(m) || m < floor || n - m - q <= p + q) {
    throw new ModelError(
      'ARMA_ORDER',
      `hannanRissanen() needs more points for p = ${p}, q = ${q} by way of ${shown(m)} lags, got ${n}`,
      {
        hint: 'lower the orders or give a longer series',
      },
    )
  }
  const shocks = new Float64Array(n)
  if (q > 0) {
    const long = yuleWalker(x, { order: m, demean: false }).ar
    for (let t = m; t < n; t++) {
      let e = x[t]!
      for (let i = 0; i < m; i++) e -= long[i]! * x[t - 1 - i]!
      shocks[t] = e
    }
  }
  const start = q > 0 ? m + q : p
  const columns: Float64Array[] = []
  for (let i = 1; i <= p; i++) columns.push(lagged(x, i))
  for (let j = 1; j <= q; j++) columns.push(lagged(shocks, j))
  const { beta, sumOfSquares } = leastSquares(columns, x, start)
  let ar = beta.slice(0, p)
  let ma = beta.slice(p)
  const sigma2 = sumOfSquares / (n - start)
  if (unbiased && q > 0 && isStationary(ar) && isInvertible(ma)) {
    // Z, V and W of B&D: residuals at the estimate, and their derivatives with respect to φ and θ.
    const z = new Float64Array(n)
    const v = new Float64Array(n)
    const w = new Float64Array(n)
    for (let t = Math.max(p, q); t < n; t++) {
      let e = x[t]!
      for (let i = 0; i < p; i++) e -= ar[i]! * x[t - 1 - i]!
      for (let j = 0; j < q; j++) e -= ma[j]! * z[t - 1 - j]!
      z[t] = e
      let a = e
      for (let i = 0; i < p; i++) a += ar[i]! * v[t - 1 - i]!
      v[t] = a
      let b = e
      for (let j = 0; j < q; j++) b -= ma[j]! * w[t - 1 - j]!
      w[t] = b
    }
    const steps: Float64Array[] = []
    for (let i = 1; i <= p; i++) steps.push(lagged(v, i))
    for (let j = 1; j <= q; j++) steps.push(lagged(w, j))
    const correction = leastSquares(steps, z, Math.max(p, q) + Math.max(p, q)).beta
    const nextAr = ar.map((c, i) => c + correction[i]!)
    const nextMa = ma.map((c, j) => c + correction[p + j]!)
    if (isStationary(nextAr) && isInvertible(nextMa)) {
      ar = nextAr
      ma = nextMa
    }
  }
  return { ar, ma, sigma2, mean }
}

function lagged(x: Float64Array, lag: number): Float64Array {
  const out = new Float64Array(x.length)
  out.set(x.subarray(0, x.length - lag), lag)
  return out
}

/** Ordinary least squares of y on columns over [from, n). */
function leastSquares(columns: readonly Float64Array[], y: Float64Array, from: number) {
  const k = columns.length
  const normal = new Float64Array(k * k)
  const factor = new Float64Array(k * k)
  const beta = new Float64Array(k)
  for (let a = 0; a < k; a++) {
    for (let t = from; t < y.length; t++) beta[a]! += columns[a]![t]! * y[t]!
    for (let b = 0; b <= a; b++) {
      let sum = 0
      for (let t = from; t < y.length; t++) sum += columns[a]![t]! * columns[b]![t]!
      normal[a * k + b] = sum
      normal[b * k + a] = sum
    }
  }
  if (!cholesky(normal, factor, k)) {
    throw new ModelError(
      'ARMA_ORDER',
      'hannanRissanen() needs lags that differ, got a series over which they are collinear',
      {
        hint: 'lower the orders; a constant series cannot be fitted',
      },
    )
  }
  choleskySolve(factor, beta, k)
  let sumOfSquares = 0
  for (let t = from; t < y.length; t++) {
    let e = y[t]!
    for (let a = 0; a < k; a++) e -= beta[a]! * columns[a]![t]!
    sumOfSquares += e * e
  }
  return { beta, sumOfSquares }
}
