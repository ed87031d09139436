/**
 * Lag polynomials in the two sign conventions of this folder: autoregressive 1 − φ₁B − … and moving average
 * 1 + θ₁B + …, dense (index j−1 holds lag j) or sparse (only the lags that are not zero).
 */

/** The non-zero terms of a lag polynomial, without its leading 1. */
export interface SparseLags {
  readonly lags: Int32Array
  readonly coefficients: Float64Array
}

/** φ(B)Φ(Bˢ) as φ*₁ … φ*_{p+Ps}: autoregressive signs. */
export function expandAr(ar: ArrayLike<number>, sar: ArrayLike<number>, period: number): Float64Array {
  return expand(ar, sar, period, -1)
}

/** θ(B)Θ(Bˢ) as θ*₁ … θ*_{q+Qs}: moving-average signs. */
export function expandMa(ma: ArrayLike<number>, sma: ArrayLike<number>, period: number): Float64Array {
  return expand(ma, sma, period, 1)
}

function expand(plain: ArrayLike<number>, seasonal: ArrayLike<number>, period: number, sign: number) {
  const out = new Float64Array(plain.length + seasonal.length * period)
  for (let J = 0; J <= seasonal.length; J++) {
    for (let j = 0; j <= plain.length; j++) {
      if (J + j === 0) continue
      const a = j === 0 ? 1 : plain[j - 1]!
      const b = J === 0 ? 1 : seasonal[J - 1]!
      out[j + J * period - 1]! += j > 0 && J > 0 ? sign * a * b : a * b
    }
  }
  return out
}

/** δ₁ … of (1 − B)ᵈ(1 − Bˢ)ᴰ = 1 − δ₁B − …, autoregressive signs; empty when d + D is 0. */
export function differencing(d: number, seasonalD: number, period: number): Float64Array {
  let full: number[] = [1]
  const times = (lag: number) => {
    const next = [...full, ...Array<number>(lag).fill(0)]
    for (let i = 0; i < full.length; i++) next[i + lag]! -= full[i]!
    full = next
  }
  for (let i = 0; i < d; i++) times(1)
  for (let i = 0; i < seasonalD; i++) times(period)
  return Float64Array.from(full.slice(1), c => (c === 0 ? 0 : -c))
}

/** The product of two autoregressive polynomials, (1 − a₁B − …)(1 − b₁B − …), in the same signs. */
export function multiplyAr(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length)
  for (let i = 0; i < a.length; i++) out[i]! += a[i]!
  for (let j = 0; j < b.length; j++) {
    out[j]! += b[j]!
    for (let i = 0; i < a.length; i++) out[i + j + 1]! -= a[i]! * b[j]!
  }
  return out
}

/** The non-zero terms of a dense polynomial. */
export function sparse(dense: Float64Array): SparseLags {
  const lags: number[] = []
  for (let j = 0; j < dense.length; j++) if (dense[j] !== 0) lags.push(j + 1)
  return { lags: Int32Array.from(lags), coefficients: Float64Array.from(lags, lag => dense[lag - 1]!) }
}
