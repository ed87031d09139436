/**
 * One-step prediction of a zero-mean ARMA(p, q) series with missing values, exactly, in innovations form.
 *
 * The state is x_t = (z_{t|t−1}, z_{t+1|t−1}, … , z_{t+m−1|t−1}), m = max(p, q, 1): predictions of the next m values.
 * With T the companion matrix of φ and g = (ψ_1 … ψ_m), x_{t+1} = T x_t + g e_t and z_t = x_t[0] + e_t (Aoki, *State
 * Space Modeling of Time Series*, §4; ψ weights: Brockwell & Davis §3.3). `excess` X is the covariance of x_t due to
 * values not seen, in units of σ²: the prediction error has variance σ²(1 + X_00), the gain is (T X_·0 + g) / (1 + X_00),
 * and X ← T X Tᵀ + g gᵀ − gain gainᵀ (1 + X_00), where the last term is left out for a missing value. While every value is
 * seen X is 0 and a step costs O(p + q).
 */

/** The filters of all keys: their arrays lie one after the other. */
export interface InnovationFilter {
  readonly p: number
  /** Predictions that the state holds: {@link filterOrder}. */
  readonly m: number
  /** φ_1 … φ_p, then g_1 … g_m: p + m numbers per key. */
  model: Float64Array
  /** x: m numbers per key. */
  means: Float64Array
  /** X by rows: m² numbers per key. */
  excess: Float64Array
}

/** Excess variances that add up to less are no excess. */
const NEGLIGIBLE = 1e-10

/** Order of the filter. */
export const filterOrder = (p: number, q: number): number => Math.max(p, q, 1)

const rows = new Float64Array(64 * 64)
const gain = new Float64Array(64)

/** Makes φ and θ the model of a key. @param params φ_1 … φ_p, θ_1 … θ_q */
export function setModel(filter: InnovationFilter, key: number, params: ArrayLike<number>): void {
  const { p, m, model } = filter
  const q = params.length - p
  const phiAt = key * (p + m)
  const gainAt = phiAt + p
  for (let j = 0; j < p; j++) model[phiAt + j] = params[j]!
  for (let j = 1; j <= m; j++) {
    let psi = j <= q ? params[p + j - 1]! : 0
    for (let i = 1; i <= p && i <= j; i++) {
      psi += model[phiAt + i - 1]! * (i === j ? 1 : model[gainAt + j - i - 1]!)
    }
    model[gainAt + j - 1] = psi
  }
}

/** Writes φ and θ of a key to `params`: the inverse of {@link setModel}. */
export function readModel(filter: InnovationFilter, key: number, params: Float64Array): void {
  const { p, m, model } = filter
  const q = params.length - p
  const phiAt = key * (p + m)
  const gainAt = phiAt + p
  for (let j = 0; j < p; j++) params[j] = model[phiAt + j]!
  for (let j = 1; j <= q; j++) {
    let theta = model[gainAt + j - 1]!
    for (let i = 1; i <= p && i <= j; i++) {
      theta -= model[phiAt + i - 1]! * (i === j ? 1 : model[gainAt + j - i - 1]!)
    }
    params[p + j - 1] = theta
  }
}

/** The state of a series of which nothing has been seen yet but its last shock: x = 0, X = g gᵀ. */
export function startFilter(filter: InnovationFilter, key: number): void {
  const { p, m, model, means, excess } = filter
  const gainAt = key * (p + m) + p
  means.fill(0, key * m, (key + 1) * m)
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < m; b++) excess[(key * m + a) * m + b] = model[gainAt + a]! * model[gainAt + b]!
  }
}

/** x ← T x + error · g, with X = 0 before and after: the common case. */
export function advance(filter: InnovationFilter, key: number, error: number): void {
  const { p, m, model, means } = filter
  const at = key * m
  const phiAt = key * (p + m)
  const gainAt = phiAt + p
  if (m === 1) {
    means[at] = (p === 1 ? model[phiAt]! * means[at]! : 0) + model[gainAt]! * error
    return
  }
  let last = 0
  for (let i = 1; i <= p; i++) last += model[phiAt + i - 1]! * means[at + m - i]!
  for (let i = 0; i < m - 1; i++) means[at + i] = means[at + i + 1]! + model[gainAt + i]! * error
  means[at + m - 1] = last + model[gainAt + m - 1]! * error
}

/**
 * A step with unseen values behind it or now.
 *
 * @param error the prediction's error, in full
 * @param seen 1 for a value taken in full, 0 for a missing one, between for one taken in part
 * @returns whether any excess is left
 */
export function advanceUncertain(
  filter: InnovationFilter,
  key: number,
  error: number,
  seen: number,
): boolean {
  const { p, m, model, means, excess } = filter
  if (m === 2) return advanceTwo(filter, key, error, seen)
  const at = key * m
  const excessAt = at * m
  const phiAt = key * (p + m)
  const gainAt = phiAt + p
  // rows = T X
  for (let j = 0; j < m; j++) {
    let last = 0
    for (let i = 1; i <= p; i++) last += model[phiAt + i - 1]! * excess[excessAt + (m - i) * m + j]!
    for (let i = 0; i < m - 1; i++) rows[i * m + j] = excess[excessAt + (i + 1) * m + j]!
    rows[(m - 1) * m + j] = last
  }
  const variance = 1 + excess[excessAt]!
  for (let i = 0; i < m; i++) gain[i] = (rows[i * m]! + model[gainAt + i]!) / variance
  // X = (T X) Tᵀ + g gᵀ − seen · gain gainᵀ · variance
  let left = 0
  for (let i = 0; i < m; i++) {
    let last = 0
    for (let k = 1; k <= p; k++) last += model[phiAt + k - 1]! * rows[i * m + m - k]!
    for (let j = 0; j < m; j++) {
      const moved = j < m - 1 ? rows[i * m + j + 1]! : last
      const next = moved + model[gainAt + i]! * model[gainAt + j]! - seen * gain[i]! * gain[j]! * variance
      excess[excessAt + i * m + j] = next
    }
    left += Math.abs(excess[excessAt + i * m + i]!)
  }
  let last = 0
  for (let i = 1; i <= p; i++) last += model[phiAt + i - 1]! * means[at + m - i]!
  for (let i = 0; i < m - 1; i++) means[at + i] = means[at + i + 1]! + gain[i]! * error * seen
  means[at + m - 1] = last + gain[m - 1]! * error * seen
  if (left > NEGLIGIBLE) {
    if (excess[excessAt]! < 0) excess[excessAt] = 0
    return true
  }
  for (let j = 0; j < m * m; j++) excess[excessAt + j] = 0
  return false
}

/** {@link advanceUncertain} written out for m = 2, where T = (0 1; φ_2 φ_1): ARMA(2, 1) and its like. */
function advanceTwo(filter: InnovationFilter, key: number, error: number, seen: number): boolean {
  const { p, model, means, excess } = filter
  const at = key * 2
  const excessAt = key * 4
  const phiAt = key * (p + 2)
  const phi1 = p > 0 ? model[phiAt]! : 0
  const phi2 = p > 1 ? model[phiAt + 1]! : 0
  const g1 = model[phiAt + p]!
  const g2 = model[phiAt + p + 1]!
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
  const push = share * error
  const last = phi2 * means[at]! + phi1 * means[at + 1]!
  means[at] = means[at + 1]! + k1 * push
  means[at + 1] = last + k2 * push
  const left = Math.abs(next00) + Math.abs(next11) > NEGLIGIBLE
  if (!left) next00 = next01 = next11 = 0
  excess[excessAt] = Math.max(next00, 0)
  excess[excessAt + 1] = next01
  excess[excessAt + 2] = next01
  excess[excessAt + 3] = next11
  return left
}
