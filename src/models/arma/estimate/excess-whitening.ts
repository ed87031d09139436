/**
 * The excess-covariance filter of `excess-state.ts` over a whole series and its regressors: the inner loop of the
 * likelihood with missing values. The same recursion, laid out for speed: every vector is a window that slides along a
 * buffer, so that a shift costs nothing, and lags that do not exist are not visited.
 */

import { type ExcessState, NEGLIGIBLE } from '../filter/excess-state.ts'
import { type GainRecursion, stepGains } from '../filter/gains.ts'
import { sparse } from '../lag-polynomial.ts'
import type { LikelihoodProblem } from './exact-likelihood.ts'

const MIN_SQUARE = 1e-200

/**
 * Whitens every column from point `from` on, given the state there. The state may have no diffuse direction left, and
 * is used up.
 *
 * @param full autoregressive coefficients with differencing
 * @param theta moving-average coefficients, which steady gains equal
 * @returns points used and their Σ log F
 */
export function whitenFrom(
  problem: LikelihoodProblem,
  state: ExcessState,
  from: number,
  full: Float64Array,
  theta: Float64Array,
  gains: GainRecursion,
): { used: number; sumLogF: number } {
  const { n, columns, whitened, F: variances } = problem
  const y = columns[0]!
  const { m } = state
  const count = columns.length
  const ar = sparse(full)
  const arLags = ar.lags
  const arCoefficients = ar.coefficients
  const capacity = 4 * m + 128
  // More columns than m are redundant; how many more are let in before they are condensed is a matter of speed alone.
  const most = m === 1 ? 1 : m + Math.max(4, m >> 1)
  const windowOf = (vector: Float64Array): Float64Array => {
    const out = new Float64Array(capacity)
    out.set(vector)
    return out
  }
  const means = state.means.map(windowOf)
  const excess = state.excess.map(windowOf)
  const spare: Float64Array[] = []
  const firsts = new Float64Array(Math.max(most, excess.length) + 1)
  const along = new Float64Array(m)
  const H = gains.H
  const reach = Math.min(H.length, m)
  // Lags of the gains: all of them until they are steady.
  let maLags: Int32Array = Int32Array.from({ length: reach }, (_, i) => i + 1)
  let maGains: Float64Array = H
  let steady = false
  let at = 0
  let used = 0
  let sumLogF = 0
  let product = 1
  for (let t = from; t < n; t++) {
    if (gains.steady && !steady) {
      steady = true
      if (Math.abs(gains.F - 1) < 1e-9) gains.F = 1
      const lags = sparse(gains.F === 1 ? theta : H.subarray(0, reach))
      maLags = lags.lags
      maGains = lags.coefficients
    }
    if (at + m + 1 >= capacity) {
      rewind(means, at, m)
      rewind(excess, at, m)
      at = 0
    }
    const F = gains.F
    const terms = maLags.length
    if (Number.isNaN(y[t]!)) {
      variances[t] = Number.POSITIVE_INFINITY
      for (const out of whitened) out[t] = 0
      propagate(means, at, arLags, arCoefficients)
      propagate(excess, at, arLags, arCoefficients)
      at++
      if (m > 0) {
        const added = spare.pop() ?? new Float64Array(capacity)
        added.fill(0)
        const root = Math.sqrt(F)
        for (let i = 0; i < arLags.length; i++) added[at + arLags[i]! - 1] = arCoefficients[i]! * root
        for (let i = 0; i < terms; i++) added[at + maLags[i]! - 1]! += maGains[i]! / root
        excess.push(added)
        if (excess.length > most) condense(excess, at, m, along, firsts, spare)
      }
    } else {
      const k = excess.length
      let squares = 0
      for (let a = 0; a < k; a++) {
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
      if (squares > 0) contract(excess, at, m, firsts, along, F, total, maLags, maGains, spare)
      const scale = 1 / Math.sqrt(total)
      for (let b = 0; b < count; b++) {
        const window = means[b]!
        const value = columns[b]![t]!
        const v = m > 0 ? value - window[at]! : value
        whitened[b]![t] = v * scale
        if (m === 0) continue
        const scaled = v / total
        if (squares > 0) {
          // The gain is (H + Uu)/total, and `along` is Uu less what H took from U.
          for (let i = 0; i < m; i++) window[at + 1 + i]! += along[i]! * scaled
          addLags(window, at, maLags, maGains, scaled * (total / F))
        } else addLags(window, at, maLags, maGains, scaled)
        addLags(window, at, arLags, arCoefficients, value)
      }
      if (m > 0) at++
    }
    if (!steady) stepGains(gains)
  }
  return { used, sumLogF: sumLogF + Math.log(product) }
}

/** Moves windows that begin at `at` back to the front of their buffers. */
function rewind(windows: readonly Float64Array[], at: number, m: number): void {
  for (let a = 0; a < windows.length; a++) {
    const window = windows[a]!
    window.copyWithin(0, at, at + m)
    window.fill(0, m)
  }
}

/** One step without an observation: the windows then begin at `at + 1`. */
function propagate(
  windows: readonly Float64Array[],
  at: number,
  lags: Int32Array,
  coefficients: Float64Array,
): void {
  for (let a = 0; a < windows.length; a++) {
    const window = windows[a]!
    const first = window[at]!
    if (first !== 0) addLags(window, at, lags, coefficients, first)
  }
}

function addLags(
  window: Float64Array,
  at: number,
  lags: Int32Array,
  coefficients: Float64Array,
  weight: number,
): void {
  for (let i = 0; i < lags.length; i++) window[at + lags[i]!]! += coefficients[i]! * weight
}

/**
 * Takes in an observation: the windows then begin at `at + 1`, and `along` is what the excess adds to the gain, less
 * what the gains of complete series took from it.
 */
function contract(
  excess: Float64Array[],
  at: number,
  m: number,
  firsts: Float64Array,
  along: Float64Array,
  F: number,
  total: number,
  lags: Int32Array,
  gains: Float64Array,
  spare: Float64Array[],
): void {
  const k = excess.length
  const c = 1 / (total + Math.sqrt(total * F))
  along.fill(0)
  for (let a = 0; a < k; a++) {
    const first = firsts[a]!
    if (first === 0) continue
    const window = excess[a]!
    addLags(window, at, lags, gains, -first / F)
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
function condense(
  columns: Float64Array[],
  at: number,
  m: number,
  dots: Float64Array,
  v: Float64Array,
  spare: Float64Array[],
): void {
  const k = columns.length
  for (let row = 0; row < m && row < k; row++) {
    let square = 0
    for (let c = row; c < k; c++) {
      const x = columns[c]![at + row]!
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
      const column = columns[c]!
      for (let i = row; i < m; i++) dots[i]! += weight * column[at + i]!
    }
    for (let c = row; c < k; c++) {
      const weight = v[c]!
      if (weight === 0) continue
      const column = columns[c]!
      for (let i = row; i < m; i++) column[at + i]! -= weight * dots[i]!
    }
    for (let c = row + 1; c < k; c++) columns[c]![at + row] = 0
  }
  let kept = 0
  for (let c = 0; c < k; c++) {
    const column = columns[c]!
    let norm = 0
    if (c < m) for (let i = 0; i < m; i++) norm += column[at + i]! * column[at + i]!
    if (norm > NEGLIGIBLE) columns[kept++] = column
    else spare.push(column)
  }
  columns.length = kept
}
