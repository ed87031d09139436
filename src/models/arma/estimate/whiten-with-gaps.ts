/**
 * Whitening of a series with missing values and its regressors, undifferenced: the excess-covariance filter of
 * `filter/excess-state.ts` over whole columns. While the start is diffuse that filter itself runs; afterwards the same
 * recursion, laid out for speed, as the inner loop of every likelihood with gaps: each vector is a window that slides
 * along a buffer, so that a shift costs nothing, and lags that do not exist are not visited.
 */
import {
  type ExcessState,
  excessVariance,
  NEGLIGIBLE,
  observe,
  skip,
  startAfterDifferencing,
} from '../filter/excess-state.ts'
import { type GainRecursion, stepGains } from '../filter/gains.ts'
import { multiplyAr, type SparseLags, sparse } from '../lag-polynomial.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'

const MIN_SQUARE = 1e-200

/**
 * Whitens every column into `problem.whitened`, and leaves F_t, Σ log F and the points used in the problem.
 *
 * @param phi autoregressive coefficients without differencing
 * @param gains at point 0; used up
 */
export function whitenWithGaps(
  problem: LikelihoodProblem,
  phi: Float64Array,
  theta: Float64Array,
  gains: GainRecursion,
): void {
  const { n, columns, whitened, F, delta } = problem
  const full = multiplyAr(phi, delta)
  const nd = delta.length
  const m = Math.max(full.length, gains.m)
  const y = columns[0]!
  const state = startAfterDifferencing(
    m,
    delta,
    full,
    columns.map((column, c) => (c === 0 ? column.subarray(0, nd) : maskLike(column, y, nd))),
  )
  const values = new Float64Array(columns.length)
  let used = 0
  let sumLogF = 0
  for (let t = 0; t < Math.min(nd, n); t++) {
    F[t] = Number.POSITIVE_INFINITY
    for (const out of whitened) out[t] = 0
  }
  let t = nd
  for (; t < n && state.diffuse.length > 0; t++) {
    if (Number.isNaN(y[t]!)) {
      F[t] = Number.POSITIVE_INFINITY
      for (const out of whitened) out[t] = 0
      skip(state, full, gains.H, gains.F)
    } else {
      const f = gains.F + excessVariance(state)
      F[t] = f
      const scale = Number.isFinite(f) ? 1 / Math.sqrt(f) : 0
      for (let c = 0; c < columns.length; c++) {
        values[c] = columns[c]![t]!
        whitened[c]![t] = scale === 0 ? 0 : (values[c]! - (m > 0 ? state.means[c]![0]! : 0)) * scale
      }
      if (scale > 0) {
        used++
        if (f !== 1) sumLogF += Math.log(f)
      }
      observe(state, full, gains.H, gains.F, values)
    }
    stepGains(gains)
  }
  const rest = whitenFrom(problem, state, t, sparse(full), theta, gains)
  problem.steadyFrom = n
  problem.used = used + rest.used
  problem.sumLogF = sumLogF + rest.sumLogF
}

/** A regressor counts as absent where the series is: its value there multiplies a parameter that is integrated out. */
function maskLike(column: Float64Array, y: Float64Array, length: number): Float64Array {
  const out = column.slice(0, length)
  for (let t = 0; t < length; t++) if (Number.isNaN(y[t]!)) out[t] = 0
  return out
}

/** The filter's vectors as windows of m numbers, all of which begin at `at` of their buffers. */
interface Windows {
  readonly m: number
  readonly capacity: number
  at: number
  /** One state mean per column of the problem. */
  readonly means: readonly Float64Array[]
  /** Columns of the excess factor U. */
  readonly excess: Float64Array[]
  /** More excess columns than m are redundant; how many more are let in before they are condensed is a matter of speed alone. */
  readonly maxExcess: number
  /** Buffers of dropped excess columns, to be used again. */
  readonly spare: Float64Array[]
  /** Scratch: first elements of the excess columns. */
  readonly firsts: Float64Array
  /** Scratch of m numbers: after {@link contract}, what the excess adds to the gain. */
  readonly along: Float64Array
  readonly ar: SparseLags
  /** F θ⁽ᵗ⁾; every lag until the gains are steady. */
  gain: SparseLags
}

function windowsOf(state: ExcessState, ar: SparseLags, gains: GainRecursion): Windows {
  const { m } = state
  const capacity = 4 * m + 128
  const windowOf = (vector: Float64Array): Float64Array => {
    const out = new Float64Array(capacity)
    out.set(vector)
    return out
  }
  const maxExcess = m === 1 ? 1 : m + Math.max(4, m >> 1)
  const reach = Math.min(gains.H.length, m)
  return {
    m,
    capacity,
    at: 0,
    means: state.means.map(windowOf),
    excess: state.excess.map(windowOf),
    maxExcess,
    spare: [],
    firsts: new Float64Array(Math.max(maxExcess, state.excess.length) + 1),
    along: new Float64Array(m),
    ar,
    gain: { lags: Int32Array.from({ length: reach }, (_, i) => i + 1), coefficients: gains.H },
  }
}

/**
 * Whitens every column from point `from` on, given the state there. The state may have no diffuse direction left.
 *
 * @param ar autoregressive coefficients with differencing
 * @param theta moving-average coefficients, which steady gains equal
 * @returns points used and their Σ log F
 */
function whitenFrom(
  problem: LikelihoodProblem,
  state: ExcessState,
  from: number,
  ar: SparseLags,
  theta: Float64Array,
  gains: GainRecursion,
): { used: number; sumLogF: number } {
  const { n, columns, whitened, F: variances } = problem
  const y = columns[0]!
  const windows = windowsOf(state, ar, gains)
  const { m, capacity, excess, firsts } = windows
  let steady = false
  let used = 0
  let sumLogF = 0
  let product = 1
  for (let t = from; t < n; t++) {
    if (gains.steady && !steady) {
      steady = true
      if (Math.abs(gains.F - 1) < 1e-9) gains.F = 1
      windows.gain = sparse(gains.F === 1 ? theta : gains.H.subarray(0, Math.min(gains.H.length, m)))
    }
    if (windows.at + m + 1 >= capacity) rewind(windows)
    const F = gains.F
    if (Number.isNaN(y[t]!)) {
      variances[t] = Number.POSITIVE_INFINITY
      for (const out of whitened) out[t] = 0
      skipPoint(windows, F)
    } else {
      const at = windows.at
      let squares = 0
      for (let a = 0; a < excess.length; a++) {
        const first = excess[a]![at]!
        firsts[a] = first
        squares += first * first
      }
      const total = F + squares
      variances[t] = total
      used++
      product *= total
      if (product > 1e100) {
        sumLogF += Math.log(product)
        product = 1
      }
      observePoint(windows, problem, t, F, squares)
    }
    if (!steady) stepGains(gains)
  }
  return { used, sumLogF: sumLogF + Math.log(product) }
}

/** Moves all windows back to the front of their buffers. */
function rewind(windows: Windows): void {
  const { at, m } = windows
  for (const list of [windows.means, windows.excess]) {
    for (const window of list) {
      window.copyWithin(0, at, at + m)
      window.fill(0, m)
    }
  }
  windows.at = 0
}

/** One step over a missing point: the excess gains a column. */
function skipPoint(windows: Windows, F: number): void {
  const { m, means, excess, spare, ar, gain } = windows
  propagate(means, windows.at, ar)
  propagate(excess, windows.at, ar)
  const at = ++windows.at
  if (m === 0) return
  const added = spare.pop() ?? new Float64Array(windows.capacity)
  added.fill(0)
  const root = Math.sqrt(F)
  for (let i = 0; i < ar.lags.length; i++) added[at + ar.lags[i]! - 1] = ar.coefficients[i]! * root
  for (let i = 0; i < gain.lags.length; i++) added[at + gain.lags[i]! - 1]! += gain.coefficients[i]! / root
  excess.push(added)
  if (excess.length > windows.maxExcess) condense(windows)
}

/**
 * One step over the observed point `t`: whitens it in every column and moves the states on.
 *
 * @param squares what the excess adds to F: the squared {@link Windows.firsts}
 */
function observePoint(
  windows: Windows,
  { columns, whitened }: LikelihoodProblem,
  t: number,
  F: number,
  squares: number,
): void {
  const { m, at, means, along, ar, gain } = windows
  const total = F + squares
  if (squares > 0) contract(windows, F, total)
  const scale = 1 / Math.sqrt(total)
  for (let b = 0; b < columns.length; b++) {
    const window = means[b]!
    const value = columns[b]![t]!
    const v = m > 0 ? value - window[at]! : value
    whitened[b]![t] = v * scale
    if (m === 0) continue
    const scaled = v / total
    if (squares > 0) {
      // The gain is (H + Uu)/total, and `along` is Uu less what H took from U.
      for (let i = 0; i < m; i++) window[at + 1 + i]! += along[i]! * scaled
      addLags(window, at, gain, scaled * (total / F))
    } else addLags(window, at, gain, scaled)
    addLags(window, at, ar, value)
  }
  if (m > 0) windows.at = at + 1
}

/** One step without an observation: the vectors then begin at `at + 1`. */
function propagate(vectors: readonly Float64Array[], at: number, ar: SparseLags): void {
  for (let a = 0; a < vectors.length; a++) {
    const window = vectors[a]!
    const first = window[at]!
    if (first !== 0) addLags(window, at, ar, first)
  }
}

function addLags(window: Float64Array, at: number, { lags, coefficients }: SparseLags, weight: number): void {
  for (let i = 0; i < lags.length; i++) window[at + lags[i]!]! += coefficients[i]! * weight
}

/**
 * Takes an observation into the excess, whose columns then begin at `at + 1`. `along` becomes what the excess adds to the
 * gain, less what the gains of complete series took from it.
 */
function contract(windows: Windows, F: number, total: number): void {
  const { m, at, excess, firsts, along, gain, spare } = windows
  const k = excess.length
  const c = 1 / (total + Math.sqrt(total * F))
  along.fill(0)
  for (let a = 0; a < k; a++) {
    const first = firsts[a]!
    if (first === 0) continue
    const window = excess[a]!
    addLags(window, at, gain, -first / F)
    for (let i = 0; i < m; i++) along[i]! += window[at + 1 + i]! * first
  }
  let kept = 0
  for (let a = 0; a < k; a++) {
    const window = excess[a]!
    const first = firsts[a]!
    if (first !== 0) {
      const weight = c * first
      let norm = 0
      for (let i = 0; i < m; i++) {
        const value = window[at + 1 + i]! - weight * along[i]!
        window[at + 1 + i] = value
        norm += value * value
      }
      if (!(norm > NEGLIGIBLE)) {
        spare.push(window)
        continue
      }
    }
    excess[kept++] = window
  }
  if (kept < k) excess.length = kept
}

/** The same U Uᵀ with at most m columns: Householder triangularisation of Uᵀ, in place. */
function condense({ m, at, excess, along: dots, firsts: v, spare }: Windows): void {
  const k = excess.length
  for (let row = 0; row < m && row < k; row++) {
    let square = 0
    for (let c = row; c < k; c++) {
      const x = excess[c]![at + row]!
      v[c] = x
      square += x * x
    }
    // The inverse of a smaller one overflows, and what it stands for is negligible.
    if (!(square > MIN_SQUARE)) continue
    const head = v[row]!
    const norm = head >= 0 ? Math.sqrt(square) : -Math.sqrt(square)
    v[row] = head + norm
    const scale = 1 / (norm * (head + norm))
    dots.fill(0, row)
    for (let c = row; c < k; c++) {
      const weight = v[c]! * scale
      if (weight === 0) continue
      const column = excess[c]!
      for (let i = row; i < m; i++) dots[i]! += weight * column[at + i]!
    }
    for (let c = row; c < k; c++) {
      const weight = v[c]!
      if (weight === 0) continue
      const column = excess[c]!
      for (let i = row; i < m; i++) column[at + i]! -= weight * dots[i]!
    }
    for (let c = row + 1; c < k; c++) excess[c]![at + row] = 0
  }
  let kept = 0
  for (let c = 0; c < k; c++) {
    const column = excess[c]!
    let norm = 0
    if (c < m) for (let i = 0; i < m; i++) norm += column[at + i]! * column[at + i]!
    if (norm > NEGLIGIBLE) excess[kept++] = column
    else spare.push(column)
  }
  excess.length = kept
}
