/**
 * Residuals of an ARMA recursion with constant coefficients: the inner loop of every long fit. The autoregressive
 * part has no dependency between points and runs first; the moving-average part is a chain whose latency
 * decides the time per point, so short chains are kept in registers.
 */
import type { SparseLags } from '../lag-polynomial.ts'

/**
 * out_t = x_t − Σ φ_i x_{t−i} − Σ θ_j out_{t−j} for t in [from, to). All lags must reach no further back than index 0
 * of `x` and to valid residuals in `out`.
 */
export function steadyResiduals(
  x: Float64Array,
  out: Float64Array,
  from: number,
  to: number,
  ar: SparseLags,
  ma: SparseLags,
): void {
  autoregress(x, out, from, to, ar.lags, ar.coefficients, ar.lags.length)
  feedBack(out, from, to, ma.lags, ma.coefficients, ma.lags.length)
}

/** out_t ← out_t − Σ c_j out_{t−lag_j} in place, for t in [from, to); every lag must reach a valid index. */
export function feedBack(
  out: Float64Array,
  from: number,
  to: number,
  lags: Int32Array,
  c: Float64Array,
  terms: number,
): void {
  if (terms === 0 || from >= to) return
  if (terms === 1 && lags[0] === 1) {
    const a = c[0]!
    let e1 = out[from - 1]!
    for (let t = from; t < to; t++) {
      e1 = out[t]! - a * e1
      out[t] = e1
    }
    return
  }
  if (terms === 2 && lags[0] === 1 && lags[1] === 2) {
    const a = c[0]!
    const b = c[1]!
    let e1 = out[from - 1]!
    let e2 = out[from - 2]!
    for (let t = from; t < to; t++) {
      const e = out[t]! - b * e2 - a * e1
      e2 = e1
      e1 = e
      out[t] = e
    }
    return
  }
  if (terms === 3) {
    const [l0, l1, l2] = lags as unknown as [number, number, number]
    const [c0, c1, c2] = c as unknown as [number, number, number]
    for (let t = from; t < to; t++)
      out[t] = out[t]! - c2 * out[t - l2]! - c1 * out[t - l1]! - c0 * out[t - l0]!
    return
  }
  for (let t = from; t < to; t++) {
    let e = out[t]!
    for (let j = 0; j < terms; j++) e -= c[j]! * out[t - lags[j]!]!
    out[t] = e
  }
}

/** out_t = x_t − Σ c_i x_{t−lag_i} for t in [from, to); every lag must reach a valid index. */
export function autoregress(
  x: Float64Array,
  out: Float64Array,
  from: number,
  to: number,
  lags: Int32Array,
  c: Float64Array,
  terms: number,
): void {
  if (terms === 1) {
    const l0 = lags[0]!
    const c0 = c[0]!
    for (let t = from; t < to; t++) out[t] = x[t]! - c0 * x[t - l0]!
  } else if (terms === 2) {
    const l0 = lags[0]!
    const l1 = lags[1]!
    const c0 = c[0]!
    const c1 = c[1]!
    for (let t = from; t < to; t++) out[t] = x[t]! - c0 * x[t - l0]! - c1 * x[t - l1]!
  } else {
    for (let t = from; t < to; t++) {
      let e = x[t]!
      for (let i = 0; i < terms; i++) e -= c[i]! * x[t - lags[i]!]!
      out[t] = e
    }
  }
}
