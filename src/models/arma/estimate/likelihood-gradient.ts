/**
 * The gradient of the concentrated likelihood in the expanded coefficients, by going back over the evaluation that is in the
 * problem (reverse accumulation): about the cost of two evaluations, whatever the number of coefficients.
 *
 * The regression coefficients maximise the likelihood already, so they are held (envelope theorem) and one column is left:
 * z = y − Xβ. With innovations r_t of variance F_t and J = ½(log(S/n) + Σ log F/n),
 *
 *     r_t = z_t − Σ φ_i z_{t−i} − Σ g_i(t−i) r_{t−i},   g(t) = H(t)/F_t,   S = Σ r_t²/F_t,
 *
 * a bar over a name is the derivative of J in it: r̄_t = r_t/(F_t S) − Σ g_i(t) r̄_{t+i}, and so on through the steps of
 * `whiten.ts` down to the first gains.
 */
import type { SparseLags } from '../lag-polynomial.ts'
import type { LikelihoodProblem } from './likelihood-problem.ts'
import { startOfGainsBar } from './start-of-gains.ts'

/** Derivatives of the gains of one point, and buffers; kept by the problem. */
export interface GradientBuffers {
  HBar: Float64Array
  LBar: Float64Array
  /** Derivatives in the innovations, m zeros behind. */
  rBar: Float64Array
  /** y − Xβ where there are regressors. */
  z: Float64Array
}

/** Buffers that grow with use. */
export function gradientBuffers(): GradientBuffers {
  const nothing = new Float64Array(0)
  return { HBar: nothing, LBar: nothing, rBar: nothing, z: nothing }
}

/** Whether {@link expandedGradient} can go back over the last evaluation. */
export function hasGradient({ gaps, whitening }: LikelihoodProblem): boolean {
  return !gaps && whitening.traced
}

/**
 * Leaves the derivatives of the last evaluation in `problem.whitening.start.phiBar` and `thetaBar`. Uses up the whitened
 * series.
 *
 * @param arLags lags of φ* whose derivatives are wanted; what is left at others means nothing
 * @param maLags the same for θ*
 */
export function expandedGradient(problem: LikelihoodProblem, arLags: Int32Array, maLags: Int32Array): void {
  const { n, whitening: w, steadyFrom: start, gradient: buffers } = problem
  const { m, H } = w
  const { phiBar, thetaBar } = w.start
  if (buffers.rBar.length < n + m + 1) buffers.rBar = new Float64Array(n + m + 1)
  if (buffers.HBar.length < m) {
    buffers.HBar = new Float64Array(m)
    buffers.LBar = new Float64Array(m)
  }
  const { HBar, LBar, rBar } = buffers
  phiBar.fill(0)
  thetaBar.fill(0)
  HBar.fill(0, 0, m)
  LBar.fill(0, 0, m)
  rBar.fill(0, n)
  const r = innovations(problem)
  let FBar = 0
  if (start < n) {
    steadyBar(r, rBar, start, n, w.ma, problem)
    if (w.exact) {
      for (const lag of maLags) thetaBar[lag - 1]! -= dotAhead(r, rBar, lag, start, n)
    } else {
      const f = problem.steadyF
      const at = start * m
      for (let i = 0; i < m; i++) {
        const g = -dotAhead(r, rBar, i + 1, start, n)
        HBar[i] = g / f
        FBar -= (g * H[at + i]!) / (f * f)
      }
      let squares = 0
      for (let t = start; t < n; t++) squares += r[t]! * r[t]!
      FBar += (0.5 * (n - start)) / (n * f) - (0.5 * squares) / (problem.sumOfSquares * f * f)
    }
  }
  FBar = startUpBar(problem, r, FBar)
  const z = problem.columns.length > 1 ? buffers.z : problem.columns[0]!
  for (const lag of arLags) {
    let sum = 0
    for (let t = lag; t < n; t++) sum += rBar[t]! * z[t - lag]!
    phiBar[lag - 1]! -= sum
  }
  startOfGainsBar(w.start, FBar, HBar, LBar)
}

/** Innovations in units of the data, written over the whitened series; z to its buffer. */
function innovations(problem: LikelihoodProblem): Float64Array {
  const { n, columns, whitened, beta, F, steadyFrom, steadyF, gradient } = problem
  const r = whitened[0]!
  if (columns.length > 1) {
    if (gradient.z.length < n) gradient.z = new Float64Array(n)
    const { z } = gradient
    const y = columns[0]!
    for (let t = 0; t < n; t++) z[t] = y[t]!
    for (let c = 1; c < columns.length; c++) {
      const b = beta[c - 1]!
      const x = columns[c]!
      const white = whitened[c]!
      for (let t = 0; t < n; t++) {
        z[t]! -= b * x[t]!
        r[t]! -= b * white[t]!
      }
    }
  }
  for (let t = 0; t < steadyFrom; t++) r[t]! *= Math.sqrt(F[t]!)
  if (steadyF !== 1) {
    const root = Math.sqrt(steadyF)
    for (let t = steadyFrom; t < n; t++) r[t]! *= root
  }
  return r
}

/** r̄ of the points with steady gains. */
function steadyBar(
  r: Float64Array,
  rBar: Float64Array,
  from: number,
  n: number,
  { lags, coefficients }: SparseLags,
  { sumOfSquares, steadyF }: LikelihoodProblem,
): void {
  const scale = 1 / (sumOfSquares * steadyF)
  const terms = lags.length
  for (let t = n - 1; t >= from; t--) {
    let bar = r[t]! * scale
    for (let i = 0; i < terms; i++) {
      const s = t + lags[i]!
      if (s < n) bar -= coefficients[i]! * rBar[s]!
    }
    rBar[t] = bar
  }
}

/** Σ r_t r̄_{t+lag} over t in [from, n). */
function dotAhead(r: Float64Array, rBar: Float64Array, lag: number, from: number, n: number): number {
  let sum = 0
  for (let t = from; t + lag < n; t++) sum += r[t]! * rBar[t + lag]!
  return sum
}

/** Back over the points before the gains were steady; HBar and LBar become those of the first gains, as what is returned. */
function startUpBar(problem: LikelihoodProblem, r: Float64Array, FBar: number): number {
  const { n, F, whitening: w, sumOfSquares, steadyFrom, gradient: buffers } = problem
  const { m, H, L } = w
  const { HBar, LBar, rBar } = buffers
  let bar = FBar
  for (let t = steadyFrom - 1; t >= 0; t--) {
    const at = t * m
    const f = F[t]!
    const l = L[at]!
    const s = l / f
    const weight = r[t]! / f
    let sBar = -bar * l
    let dot = 0
    let carry = 0
    const last = m - 1
    for (let i = 0; i < m; i++) {
      const h = H[at + i]!
      const hBar = HBar[i]!
      const lBar = LBar[i]!
      const ahead = rBar[t + 1 + i]!
      dot += h * ahead
      HBar[i] = hBar - s * lBar - weight * ahead
      LBar[i] = carry
      carry = lBar - s * hBar
      sBar -= lBar * h
      if (i < last) sBar -= hBar * L[at + i + 1]!
    }
    rBar[t] = weight / sumOfSquares - dot / f
    LBar[0] = sBar / f - bar * s
    bar += (weight * dot) / f - (sBar * s) / f - (0.5 * weight * weight) / sumOfSquares + 0.5 / (n * f)
  }
  return bar
}
