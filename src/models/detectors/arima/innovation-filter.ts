/**
 * One-step prediction of a zero-mean ARMA(p, q) series with missing values, exactly, in innovations form.
 *
 * The state is x_t = (z_{t|t−1}, z_{t+1|t−1}, … , z_{t+m−1|t−1}), m = max(p, q, 1): predictions of the next m values.
 * With T the companion matrix of φ and g = (ψ_1 … ψ_m), x_{t+1} = T x_t + g e_t and z_t = x_t[0] + e_t (Aoki, *State
 * Space Modeling of Time Series*, §4; ψ weights: Brockwell & Davis §3.3). `excess` X is the covariance of x_t due to
 * values not seen, in units of σ²: the prediction error has variance σ²(1 + X_00), the gain is (T X_·0 + g) / (1 + X_00),
 * and X ← T X Tᵀ + g gᵀ − gain gainᵀ (1 + X_00), where the last term is left out for a missing value. As long as all
 * is seen X is 0 and a step costs O(p + q).
 *
 * Arrays are shared by all keys; a key's part begins at an offset. Model parameters of a key: φ_1…φ_p, then g_1…g_m.
 */

const NEGLIGIBLE = 1e-10

/** Order of the filter. */
export const filterOrder = (p: number, q: number): number => Math.max(p, q, 1)

const rows = new Float64Array(64 * 64)
const gain = new Float64Array(64)

/** Writes the ψ weights g_1 … g_m of φ (at `phiAt`) and θ to `model[gainAt…]`. */
export function writeGains(
  model: Float64Array,
  phiAt: number,
  p: number,
  theta: ArrayLike<number>,
  thetaAt: number,
  q: number,
  gainAt: number,
  m: number,
): void {
  for (let j = 1; j <= m; j++) {
    let psi = j <= q ? theta[thetaAt + j - 1]! : 0
    for (let i = 1; i <= p && i <= j; i++) {
      psi += model[phiAt + i - 1]! * (i === j ? 1 : model[gainAt + j - i - 1]!)
    }
    model[gainAt + j - 1] = psi
  }
}

/** θ_j, from φ and the ψ weights: the inverse of `writeGains`. */
export function movingAverage(model: Float64Array, modelAt: number, p: number, j: number): number {
  let theta = model[modelAt + p + j - 1]!
  for (let i = 1; i <= p && i <= j; i++) {
    theta -= model[modelAt + i - 1]! * (i === j ? 1 : model[modelAt + p + j - i - 1]!)
  }
  return theta
}

/** x ← T x + push · g, with X = 0 before and after: the common case. */
export function advance(
  x: Float64Array,
  at: number,
  m: number,
  model: Float64Array,
  modelAt: number,
  p: number,
  push: number,
): void {
  const gainAt = modelAt + p
  if (m === 1) {
    x[at] = (p === 1 ? model[modelAt]! * x[at]! : 0) + model[gainAt]! * push
    return
  }
  let last = 0
  for (let i = 1; i <= p; i++) last += model[modelAt + i - 1]! * x[at + m - i]!
  for (let i = 0; i < m - 1; i++) x[at + i] = x[at + i + 1]! + model[gainAt + i]! * push
  x[at + m - 1] = last + model[gainAt + m - 1]! * push
}

/**
 * A step with unseen values behind it or now. `seen` is 1 for a value taken in full, 0 for a missing one, between for
 * one taken in part; `miss` is the prediction error to learn from, in full. Returns whether any excess is left.
 */
export function advanceUncertain(
  x: Float64Array,
  at: number,
  excess: Float64Array,
  excessAt: number,
  m: number,
  model: Float64Array,
  modelAt: number,
  p: number,
  miss: number,
  seen: number,
): boolean {
  if (m === 2) return advanceTwo(x, at, excess, excessAt, model, modelAt, p, miss, seen)
  const gainAt = modelAt + p
  // rows = T X
  for (let j = 0; j < m; j++) {
    let last = 0
    for (let i = 1; i <= p; i++) last += model[modelAt + i - 1]! * excess[excessAt + (m - i) * m + j]!
    for (let i = 0; i < m - 1; i++) rows[i * m + j] = excess[excessAt + (i + 1) * m + j]!
    rows[(m - 1) * m + j] = last
  }
  const variance = 1 + excess[excessAt]!
  for (let i = 0; i < m; i++) gain[i] = (rows[i * m]! + model[gainAt + i]!) / variance
  // X = (T X) Tᵀ + g gᵀ − seen · gain gainᵀ · variance
  let left = 0
  for (let i = 0; i < m; i++) {
    let last = 0
    for (let k = 1; k <= p; k++) last += model[modelAt + k - 1]! * rows[i * m + m - k]!
    for (let j = 0; j < m; j++) {
      const moved = j < m - 1 ? rows[i * m + j + 1]! : last
      const next = moved + model[gainAt + i]! * model[gainAt + j]! - seen * gain[i]! * gain[j]! * variance
      excess[excessAt + i * m + j] = next
    }
    left += Math.abs(excess[excessAt + i * m + i]!)
  }
  let last = 0
  for (let i = 1; i <= p; i++) last += model[modelAt + i - 1]! * x[at + m - i]!
  for (let i = 0; i < m - 1; i++) x[at + i] = x[at + i + 1]! + gain[i]! * miss * seen
  x[at + m - 1] = last + gain[m - 1]! * miss * seen
  if (left > NEGLIGIBLE) {
    if (excess[excessAt]! < 0) excess[excessAt] = 0
    return true
  }
  for (let j = 0; j < m * m; j++) excess[excessAt + j] = 0
  return false
}

/** {@link advanceUncertain} written out for m = 2, where T = (0 1; φ_2 φ_1): ARMA(2, 1) and its like. */
function advanceTwo(
  x: Float64Array,
  at: number,
  excess: Float64Array,
  excessAt: number,
  model: Float64Array,
  modelAt: number,
  p: number,
  miss: number,
  seen: number,
): boolean {
  const phi1 = p > 0 ? model[modelAt]! : 0
  const phi2 = p > 1 ? model[modelAt + 1]! : 0
  const g1 = model[modelAt + p]!
  const g2 = model[modelAt + p + 1]!
  const x00 = excess[excessAt]!
  const x01 = excess[excessAt + 1]!
  const x11 = excess[excessAt + 3]!
  // T X has the rows (x01 x11) and (r0 r1).
  const r0 = phi2 * x00 + phi1 * x01
  const r1 = phi2 * x01 + phi1 * x11
  const variance = 1 + x00
  const k1 = x01 + g1
  const k2 = r0 + g2
  const share = seen / variance
  let next00 = x11 + g1 * g1 - share * k1 * k1
  let next01 = r1 + g1 * g2 - share * k1 * k2
  let next11 = phi2 * r0 + phi1 * r1 + g2 * g2 - share * k2 * k2
  const push = share * miss
  const last = phi2 * x[at]! + phi1 * x[at + 1]!
  x[at] = x[at + 1]! + k1 * push
  x[at + 1] = last + k2 * push
  const left = Math.abs(next00) + Math.abs(next11) > NEGLIGIBLE
  if (!left) next00 = next01 = next11 = 0
  excess[excessAt] = Math.max(next00, 0)
  excess[excessAt + 1] = next01
  excess[excessAt + 2] = next01
  excess[excessAt + 3] = next11
  return left
}

/**
 * Whether 1 − Σ c_i B^i has all roots outside the unit circle, by the step-down recursion (Brockwell & Davis,
 * *Time Series: Theory and Methods*, §5.2): all partial autocorrelations are inside (−limit, limit).
 */
export function isStable(
  coefficients: ArrayLike<number>,
  at: number,
  order: number,
  sign: number,
  limit: number,
): boolean {
  for (let i = 0; i < order; i++) gain[i] = sign * coefficients[at + i]!
  for (let k = order; k >= 1; k--) {
    const r = gain[k - 1]!
    if (!(Math.abs(r) < limit)) return false
    const scale = 1 / (1 - r * r)
    for (let i = 0; i < k - 1; i++) rows[i] = (gain[i]! + r * gain[k - 2 - i]!) * scale
    for (let i = 0; i < k - 1; i++) gain[i] = rows[i]!
  }
  return true
}

/** Draws the coefficients of 1 − sign·Σ c_i B^i towards 0 until {@link isStable} within 0.995. */
export function shrinkIntoRegion(coefficients: Float64Array, at: number, order: number, sign: number): void {
  for (let attempt = 0; !isStable(coefficients, at, order, sign, 0.995); attempt++) {
    for (let j = 0; j < order; j++) {
      coefficients[at + j] = attempt < 200 ? coefficients[at + j]! * 0.97 ** (j + 1) : 0
    }
  }
}
