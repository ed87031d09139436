/**
 * The exact filter where points are missing, without covariance matrices.
 *
 * Write the state covariance as C_t + U Uᵀ + κ B Bᵀ. C_t is what it would be had nothing been missing: its gains come
 * from {@link file://./gains.ts} and are the same for every series of a model. U is the excess left by gaps; it gains
 * one column per missing point and shrinks with every observed one. B is the diffuse part of a differenced model whose
 * first values are missing (κ → ∞), usually empty. With Φ_t x = shift(x) − θ⁽ᵗ⁾ x₁, T x = shift(x) + φ x₁ and
 * u = first row of U:
 *
 *     observed   F = F_t + u uᵀ,  U ← Φ_t U (I − c uᵀu),  c = 1/(F + √(F F_t))        (Potter's square root)
 *     missing    U ← [T U,  (φ + θ⁽ᵗ⁾) √F_t]
 *     observed, diffuse (b = first row of B ≠ 0, rotated into one column g·b)
 *                U ← [shift(U − g u),  (shift(g) − θ⁽ᵗ⁾) √F_t],  B loses that column
 *
 * These follow from the Riccati difference identity; Durbin & Koopman, *Time Series Analysis by State Space Methods*
 * (2nd ed.), §5.2 for the diffuse limit; Bierman, *Factorization Methods for Discrete Sequential Estimation*, ch. V,
 * for the square root. A factor column is dropped once its squared norm is below {@link NEGLIGIBLE}.
 */

/** Squared norm of a factor column, relative to σ², that cannot change a variance in its twelfth digit. */
export const NEGLIGIBLE = 1e-14

/** What the filter knows at a point, for one covariance and any number of filtered columns. */
export interface ExcessState {
  /** State length, max(p + d + Ds, q). */
  readonly m: number
  /** One state mean per filtered column; `means[c][0]` is the prediction of its next value. */
  readonly means: Float64Array[]
  /** Columns of U, each m long. */
  excess: Float64Array[]
  /** Columns of B, each m long. */
  diffuse: Float64Array[]
}

/** An empty state for `columns` series. */
export function excessState(m: number, columns: number): ExcessState {
  return { m, means: Array.from({ length: columns }, () => new Float64Array(m)), excess: [], diffuse: [] }
}

/** Σ u²: what gaps add to the next innovation variance, in units of σ²; infinite while the start is diffuse. */
export function excessVariance(state: ExcessState): number {
  for (const column of state.diffuse) if (column[0] !== 0) return Number.POSITIVE_INFINITY
  let sum = 0
  for (const column of state.excess) sum += column[0]! * column[0]!
  return sum
}

/**
 * Moves the state over an observed point.
 *
 * @param phi autoregressive coefficients with differencing, dense, at most m long
 * @param H F_t θ⁽ᵗ⁾ without differencing, possibly shorter than m
 * @param F F_t
 * @param values the columns' values at this point
 */
export function observe(
  state: ExcessState,
  phi: Float64Array,
  H: Float64Array,
  F: number,
  values: ArrayLike<number>,
): void {
  const { m, means } = state
  if (m === 0) return
  if (state.diffuse.length > 0 && resolveDiffuse(state, phi, H, F, values)) return
  const { excess } = state
  const k = excess.length
  let total = F
  for (let c = 0; c < k; c++) total += excess[c]![0]! * excess[c]![0]!
  for (let a = 0; a < means.length; a++) {
    const b = means[a]!
    const y = values[a]!
    const v = y - b[0]!
    const scaled = v / total
    const reach = Math.min(H.length, m)
    if (k === 0) {
      shift(b)
      for (let i = 0; i < reach; i++) b[i]! += H[i]! * scaled
    } else {
      shift(b)
      for (let i = 0; i < reach; i++) b[i]! += H[i]! * scaled
      for (let c = 0; c < k; c++) {
        const column = excess[c]!
        const weight = column[0]! * scaled
        for (let i = 0; i + 1 < m; i++) b[i]! += column[i + 1]! * weight
      }
    }
    for (let i = 0; i < phi.length; i++) b[i]! += phi[i]! * y
  }
  if (k > 0) contractExcess(state, H, F, total)
  if (state.diffuse.length > 0) for (const column of state.diffuse) shift(column)
}

/** Moves the state over a missing point. */
export function skip(state: ExcessState, phi: Float64Array, H: Float64Array, F: number): void {
  const { m, means, excess, diffuse } = state
  if (m === 0) return
  const forward = (column: Float64Array) => {
    const first = column[0]!
    shift(column)
    for (let i = 0; i < phi.length; i++) column[i]! += phi[i]! * first
  }
  means.forEach(forward)
  excess.forEach(forward)
  diffuse.forEach(forward)
  const root = Math.sqrt(F)
  const added = new Float64Array(m)
  for (let i = 0; i < phi.length; i++) added[i] = phi[i]! * root
  for (let i = 0; i < Math.min(H.length, m); i++) added[i]! += H[i]! / root
  excess.push(added)
  if (excess.length > m + 4) state.excess = compress(excess, m)
}

function shift(column: Float64Array): void {
  const last = column.length - 1
  if (last > 24) column.copyWithin(0, 1)
  else for (let i = 0; i < last; i++) column[i] = column[i + 1]!
  column[last] = 0
}

// Steps are synchronous, so one pair of buffers serves every state.
let scratchU = new Float64Array(32)
let scratchAlong = new Float64Array(32)

function contractExcess(state: ExcessState, H: Float64Array, F: number, total: number): void {
  const { m, excess } = state
  const k = excess.length
  const c = 1 / (total + Math.sqrt(total * F))
  if (scratchU.length < k) scratchU = new Float64Array(2 * k)
  if (scratchAlong.length < m) scratchAlong = new Float64Array(2 * m)
  const u = scratchU
  const along = scratchAlong
  along.fill(0, 0, m)
  const reach = Math.min(H.length, m)
  for (let a = 0; a < k; a++) {
    const column = excess[a]!
    const first = column[0]!
    u[a] = first
    shift(column)
    const weight = first / F
    for (let i = 0; i < reach; i++) column[i]! -= H[i]! * weight
    for (let i = 0; i < m; i++) along[i]! += column[i]! * first
  }
  let kept = 0
  for (let a = 0; a < k; a++) {
    const column = excess[a]!
    const weight = c * u[a]!
    let norm = 0
    for (let i = 0; i < m; i++) {
      const value = column[i]! - weight * along[i]!
      column[i] = value
      norm += value * value
    }
    if (norm > NEGLIGIBLE) excess[kept++] = column
  }
  excess.length = kept
}

/** Uses the point to pin down one diffuse direction; false when the point says nothing about any. */
function resolveDiffuse(
  state: ExcessState,
  phi: Float64Array,
  H: Float64Array,
  F: number,
  values: ArrayLike<number>,
): boolean {
  const { m, means, excess, diffuse } = state
  let square = 0
  let scale = 0
  for (const column of diffuse) {
    square += column[0]! * column[0]!
    for (let i = 0; i < m; i++) scale = Math.max(scale, Math.abs(column[i]!))
  }
  if (!(Math.sqrt(square) > 1e-9 * scale)) {
    for (const column of diffuse) column[0] = 0
    return false
  }
  // Rotate so that only one column has a first element: Givens rotations against the last column.
  const last = diffuse[diffuse.length - 1]!
  for (let a = 0; a + 1 < diffuse.length; a++) {
    const column = diffuse[a]!
    const r = Math.hypot(last[0]!, column[0]!)
    if (r === 0) continue
    const cosine = last[0]! / r
    const sine = column[0]! / r
    for (let i = 0; i < m; i++) {
      const x = last[i]!
      const y = column[i]!
      last[i] = cosine * x + sine * y
      column[i] = cosine * y - sine * x
    }
    column[0] = 0
  }
  const pivot = last[0]!
  const g = last.map(x => x / pivot)
  diffuse.pop()
  for (const column of diffuse) shift(column)
  for (let a = 0; a < means.length; a++) {
    const b = means[a]!
    const y = values[a]!
    const v = y - b[0]!
    for (let i = 0; i < m; i++) b[i]! += g[i]! * v
    shift(b)
    for (let i = 0; i < phi.length; i++) b[i]! += phi[i]! * y
  }
  for (const column of excess) {
    const first = column[0]!
    for (let i = 0; i < m; i++) column[i]! -= g[i]! * first
    shift(column)
  }
  const root = Math.sqrt(F)
  shift(g)
  for (let i = 0; i < m; i++) g[i]! *= root
  for (let i = 0; i < Math.min(H.length, m); i++) g[i]! -= H[i]! / root
  excess.push(g)
  if (excess.length > m + 4) state.excess = compress(excess, m)
  return true
}

/** The same U Uᵀ with at most m columns: Householder triangularisation of Uᵀ. */
function compress(columns: Float64Array[], m: number): Float64Array[] {
  const k = columns.length
  for (let row = 0; row < m && row < k; row++) {
    let norm = 0
    for (let c = row; c < k; c++) norm += columns[c]![row]! ** 2
    norm = Math.sqrt(norm)
    if (norm === 0) continue
    const v = new Float64Array(k)
    for (let c = row; c < k; c++) v[c] = columns[c]![row]!
    v[row]! += v[row]! >= 0 ? norm : -norm
    let square = 0
    for (let c = row; c < k; c++) square += v[c]! * v[c]!
    for (let i = row; i < m; i++) {
      let dot = 0
      for (let c = row; c < k; c++) dot += v[c]! * columns[c]![i]!
      const weight = (2 * dot) / square
      for (let c = row; c < k; c++) columns[c]![i]! -= weight * v[c]!
    }
    for (let c = row + 1; c < k; c++) columns[c]![row] = 0
  }
  return columns.slice(0, m).filter(column => {
    let norm = 0
    for (let i = 0; i < m; i++) norm += column[i]! * column[i]!
    return norm > NEGLIGIBLE
  })
}

/**
 * The state after the first `d + D·s` values of a differenced model: what predicts its continuation as if every later
 * difference were zero. Missing first values (NaN) enter as 0 and open a diffuse direction each.
 *
 * @param delta differencing coefficients, autoregressive signs
 * @param phi autoregressive coefficients with differencing
 * @param first the first `delta.length` values of each column; NaN in the first column marks a missing point
 */
export function startAfterDifferencing(
  m: number,
  delta: Float64Array,
  phi: Float64Array,
  first: readonly Float64Array[],
): ExcessState {
  const state = excessState(m, first.length)
  const nd = delta.length
  if (nd === 0) return state
  const known = new Uint8Array(nd)
  for (let t = 0; t < nd; t++) known[t] = Number.isNaN(first[0]![t]!) ? 0 : 1
  const path = new Float64Array(nd + m)
  const project = (initial: (t: number) => number, out: Float64Array) => {
    for (let t = 0; t < nd; t++) path[t] = initial(t)
    for (let t = nd; t < nd + m; t++) {
      let sum = 0
      for (let j = 0; j < nd; j++) if (delta[j] !== 0) sum += delta[j]! * path[t - 1 - j]!
      path[t] = sum
    }
    for (let i = 0; i < m; i++) {
      let sum = path[nd + i]!
      for (let j = 1; j <= i && j <= phi.length; j++) sum -= phi[j - 1]! * path[nd + i - j]!
      out[i] = sum
    }
  }
  first.forEach((values, c) => {
    project(t => (known[t] ? values[t]! : 0), state.means[c]!)
  })
  for (let missing = 0; missing < nd; missing++) {
    if (known[missing]) continue
    const column = new Float64Array(m)
    project(t => (t === missing ? 1 : 0), column)
    state.diffuse.push(column)
  }
  return state
}
