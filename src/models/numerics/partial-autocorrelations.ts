/**
 * The one-to-one map between stationary AR(p) polynomials and p partial autocorrelations in (−1, 1), which is how
 * stationarity is imposed. Barndorff-Nielsen & Schou (1973); Monahan, *Biometrika* 71 (1984) 403–404.
 */

/** Durbin–Levinson upwards: coefficients of the AR whose partial autocorrelations are given. */
export function arFromPartials(
  partials: ArrayLike<number>,
  out: Float64Array = new Float64Array(partials.length),
): Float64Array {
  const p = partials.length
  for (let k = 0; k < p; k++) {
    const r = partials[k]!
    // Updates i and its mirror k−1−i together, so that no copy of the lower order is needed.
    for (let i = 0, j = k - 1; i <= j; i++, j--) {
      const a = out[i]!
      const b = out[j]!
      out[i] = a - r * b
      if (i !== j) out[j] = b - r * a
    }
    out[k] = r
  }
  return out
}

/**
 * Durbin–Levinson downwards. The polynomial is stationary exactly when every partial autocorrelation is inside
 * (−1, 1); the result is `null` otherwise.
 */
export function partialsFromAr(
  ar: ArrayLike<number>,
  out: Float64Array = new Float64Array(ar.length),
): Float64Array | null {
  const p = ar.length
  for (let i = 0; i < p; i++) out[i] = ar[i]!
  for (let k = p - 1; k >= 0; k--) {
    const r = out[k]!
    if (!(Math.abs(r) < 1)) return null
    const scale = 1 / ((1 - r) * (1 + r))
    for (let i = 0, j = k - 1; i <= j; i++, j--) {
      const a = out[i]!
      const b = out[j]!
      out[i] = (a + r * b) * scale
      if (i !== j) out[j] = (b + r * a) * scale
    }
  }
  return out
}

/** True when 1 − φ₁z − … has all its roots outside the unit circle. */
export function isStationary(ar: ArrayLike<number>): boolean {
  return partialsFromAr(ar) !== null
}

/** True when 1 + θ₁z + … has all its roots outside the unit circle. */
export function isInvertible(ma: ArrayLike<number>): boolean {
  return isStationary(Float64Array.from(ma, c => -c))
}

/**
 * The transpose of {@link arFromPartials}: from derivatives of a function in the coefficients to those in the partial
 * autocorrelations.
 */
export function partialsGradient(
  partials: ArrayLike<number>,
  coefficientGradient: ArrayLike<number>,
  out: Float64Array = new Float64Array(partials.length),
): Float64Array {
  const p = partials.length
  const rows: Float64Array[] = []
  for (let k = 0; k < p; k++) rows.push(arFromPartials(Array.from({ length: k }, (_, i) => partials[i]!)))
  const bar = Float64Array.from(coefficientGradient)
  for (let k = p - 1; k >= 0; k--) {
    const r = partials[k]!
    const row = rows[k]!
    let sum = bar[k]!
    for (let i = 0; i < k; i++) sum -= bar[i]! * row[k - 1 - i]!
    out[k] = sum
    for (let i = 0, j = k - 1; i <= j; i++, j--) {
      const a = bar[i]!
      const b = bar[j]!
      bar[i] = a - r * b
      if (i !== j) bar[j] = b - r * a
    }
  }
  return out
}
