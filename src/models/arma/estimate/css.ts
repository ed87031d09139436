/**
 * Conditional sum of squares for (seasonal) ARMA models, in R's definition.
 *
 * The residual recursion starts at `nCond = p + P·s` with zero residuals before it,
 *
 *     e_t = z_t − Σ φ_i z_{t−i} − Σ θ_j e_{t−j},   z_t = y_t − Σ β_k x_{k,t},
 *
 * and the sum of squares over t ≥ nCond is minimised by Levenberg–Marquardt with exact derivatives. Box, Jenkins &
 * Reinsel, *Time Series Analysis* (4th ed.), §7.1.2 and §7.2. The derivative columns obey the same recursion:
 * ∂e_t/∂φ_i = −z_{t−i} − Σ θ_j ∂e_{t−j}/∂φ_i and ∂e_t/∂θ_j = −e_{t−j} − Σ θ_l ∂e_{t−l}/∂θ_j.
 *
 * Everything runs in a workspace that is allocated once: a detector that refits on every window allocates nothing.
 * A missing value (NaN) takes its own prediction, so its residual is 0 and it is not counted.
 */
import { ModelError } from '../../../core/errors.ts'
import { autoregress, feedBack } from '../filter/steady-filter.ts'

/** The shape of a conditional-sum-of-squares problem: what {@link cssWorkspace} allocates for. */
export interface CssDimensions {
  /** Longest series the workspace will see, in points. */
  capacity: number
  p: number
  q: number
  /** Seasonal orders; 0 by default. */
  seasonalP?: number
  seasonalQ?: number
  /** Season length in points; 1 by default. */
  period?: number
  /** Estimate the process mean. Default true. */
  constant?: boolean
  /** Number of further regression columns. Default 0. */
  regressors?: number
}

/** Buffers and results of {@link cssFit}; made once by {@link cssWorkspace}, overwritten by every fit. */
export interface CssWorkspace {
  readonly capacity: number
  readonly p: number
  readonly q: number
  readonly seasonalP: number
  readonly seasonalQ: number
  readonly period: number
  readonly constant: boolean
  readonly regressors: number
  /** Parameters in the order ar, ma, sar, sma, mean, regression. The input of the fit is the start. */
  readonly params: Float64Array
  /** 1 where a parameter may move, 0 where it is held at its value in `params`. */
  readonly free: Uint8Array
  /** Residuals of the last evaluation; the first `nCond` are 0. */
  readonly residuals: Float64Array
  /** Regression columns, each `capacity` long, to be filled by the caller when `regressors > 0`. */
  readonly columns: Float64Array[]
  /** Residual variance: sum of squares divided by the residuals counted. Set by the fit. */
  sigma2: number
  /** Sum of squared residuals. Set by the fit. */
  sumOfSquares: number
  /** Residuals counted: points from `nCond` on that are not missing. */
  counted: number
  iterations: number
  converged: boolean
  /** @internal */
  readonly scratch: CssScratch
}

interface CssScratch {
  z: Float64Array
  /** z filtered by the seasonal (resp. plain) AR factor alone: what ∂/∂φ (resp. ∂/∂Φ) lags. */
  zSeasonal: Float64Array
  zPlain: Float64Array
  eSeasonal: Float64Array
  ePlain: Float64Array
  jacobian: Float64Array[]
  arLag: Int32Array
  arCoef: Float64Array
  arTerms: number
  maLag: Int32Array
  maCoef: Float64Array
  maTerms: number
  normal: Float64Array
  factor: Float64Array
  gradient: Float64Array
  step: Float64Array
  trial: Float64Array
}

/**
 * Allocates what {@link cssFit} needs for series of up to `capacity` points.
 *
 * @throws ModelError `CSS_SHAPE` when an order is not a whole number ≥ 0 or a period is below 1.
 *
 * @example
 * const workspace = cssWorkspace({ capacity: 500, p: 1, q: 1 })
 * workspace.params.length // 3: ar, ma, mean
 */
export function cssWorkspace(shape: CssDimensions): CssWorkspace {
  const { capacity, p, q } = shape
  const seasonalP = shape.seasonalP ?? 0
  const seasonalQ = shape.seasonalQ ?? 0
  const period = shape.period ?? 1
  const constant = shape.constant ?? true
  const regressors = shape.regressors ?? 0
  for (const order of [capacity, p, q, seasonalP, seasonalQ, regressors]) {
    if (!Number.isInteger(order) || order < 0) {
      throw new ModelError('CSS_SHAPE', `cssWorkspace() needs whole orders ≥ 0, got ${order}`, {
        hint: 'cssWorkspace({ capacity: 500, p: 2, q: 1 })',
      })
    }
  }
  if (!Number.isInteger(period) || period < 1) {
    throw new ModelError('CSS_SHAPE', `cssWorkspace() needs a whole period ≥ 1, got ${period}`, {
      hint: 'period is the season length in points, 12 for months in a year',
    })
  }
  const k = p + q + seasonalP + seasonalQ + (constant ? 1 : 0) + regressors
  const series = () => new Float64Array(capacity)
  const arTerms = (p + 1) * (seasonalP + 1) - 1
  const maTerms = (q + 1) * (seasonalQ + 1) - 1
  const seasonal = seasonalP + seasonalQ > 0
  const shared = series()
  return {
    capacity,
    p,
    q,
    seasonalP,
    seasonalQ,
    period,
    constant,
    regressors,
    params: new Float64Array(k),
    free: new Uint8Array(k).fill(1),
    residuals: series(),
    columns: Array.from({ length: regressors }, series),
    sigma2: Number.NaN,
    sumOfSquares: Number.NaN,
    counted: 0,
    iterations: 0,
    converged: false,
    scratch: {
      z: series(),
      zSeasonal: seasonal ? series() : shared,
      zPlain: seasonal ? series() : shared,
      eSeasonal: seasonal ? series() : shared,
      ePlain: seasonal ? series() : shared,
      jacobian: Array.from({ length: k }, series),
      arLag: new Int32Array(arTerms),
      arCoef: new Float64Array(arTerms),
      arTerms: 0,
      maLag: new Int32Array(maTerms),
      maCoef: new Float64Array(maTerms),
      maTerms: 0,
      normal: new Float64Array(k * k),
      factor: new Float64Array(k * k),
      gradient: new Float64Array(k),
      step: new Float64Array(k),
      trial: new Float64Array(k),
    },
  }
}

/**
 * Residuals of a plain ARMA(p, q) by the conditional recursion, written to `out[0..length)`; returns the sum of
 * squares from `ar.length` on. Allocates nothing. `out` may not alias `values`; NaN is a missing value, for which
 * the recursion needs a second pass of its own: use {@link cssFit} with a workspace for series with gaps.
 *
 * @example
 * const out = new Float64Array(4)
 * cssResiduals([1, 2, 1, 2], 4, [0.5], [], 0, out) // 1.5² + 0² + 1.5² = 4.5
 */
export function cssResiduals(
  values: ArrayLike<number>,
  length: number,
  ar: ArrayLike<number>,
  ma: ArrayLike<number>,
  mean: number,
  out: Float64Array,
): number {
  const p = ar.length
  const q = ma.length
  let sum = 0
  for (let t = 0; t < length; t++) {
    if (t < p) {
      out[t] = 0
      continue
    }
    let e = values[t]! - mean
    for (let i = 0; i < p; i++) e -= ar[i]! * (values[t - 1 - i]! - mean)
    const reach = Math.min(q, t)
    for (let j = 0; j < reach; j++) e -= ma[j]! * out[t - 1 - j]!
    out[t] = e
    sum += e * e
  }
  return sum
}

/**
 * The conditional sum of squares at the workspace's `params`, over `values[0..length)`; residuals are left in
 * `workspace.residuals` and the number of residuals counted in `workspace.counted`. Allocates nothing.
 *
 * @example
 * const workspace = cssWorkspace({ capacity: 4, p: 1, q: 0, constant: false })
 * workspace.params[0] = 0.5
 * cssObjective(workspace, [1, 2, 1, 2], 4) // 4.5
 */
export function cssObjective(workspace: CssWorkspace, values: ArrayLike<number>, length: number): number {
  return residualPass(workspace, workspace.params, values, length)
}

/**
 * Minimises the conditional sum of squares from `workspace.params`, in place: afterwards `params` holds ar, ma, sar,
 * sma, mean and regression coefficients, and `sigma2`, `sumOfSquares`, `counted`, `residuals` belong to them.
 * Allocates nothing. The result is neither forced to be stationary nor invertible, though a recursion that explodes
 * is never accepted.
 *
 * @example
 * const workspace = cssWorkspace({ capacity: 500, p: 1, q: 0 })
 * cssFit(workspace, [2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5], 8)
 * workspace.params // [0.1298…, 2.1878…]: ar1, mean
 */
export function cssFit(
  workspace: CssWorkspace,
  values: ArrayLike<number>,
  length: number,
  maxIterations = 60,
): CssWorkspace {
  const { params, free, scratch } = workspace
  const k = params.length
  const { normal, factor, gradient, step, trial } = scratch
  let sum = residualPass(workspace, params, values, length)
  let damping = 1e-4
  workspace.converged = k === 0
  workspace.iterations = 0
  for (let iteration = 0; iteration < maxIterations && k > 0; iteration++) {
    workspace.iterations = iteration + 1
    jacobianPass(workspace, length)
    normalEquations(workspace, length)
    let accepted = false
    let predicted = 0
    for (let attempt = 0; attempt < 30; attempt++) {
      if (!solveDamped(normal, gradient, free, damping, factor, step, k)) {
        damping = damping * 10 + 1e-12
        continue
      }
      predicted = 0
      for (let a = 0; a < k; a++) {
        predicted -= step[a]! * gradient[a]!
        trial[a] = params[a]! + step[a]!
      }
      const next = residualPass(workspace, trial, values, length)
      if (next <= sum) {
        accepted = true
        const gain = sum - next
        params.set(trial)
        sum = next
        damping = gain > 0.5 * predicted ? damping * 0.1 : damping
        break
      }
      // Below this the two sums differ by rounding only: the point is a minimum.
      if (predicted <= 1e-13 * sum) break
      damping = damping * 10 + 1e-12
    }
    if (!accepted) {
      workspace.converged = predicted <= 1e-9 * sum
      break
    }
    if (predicted <= 1e-13 * sum) {
      workspace.converged = true
      break
    }
  }
  sum = residualPass(workspace, params, values, length)
  workspace.sumOfSquares = sum
  workspace.sigma2 = workspace.counted > 0 ? sum / workspace.counted : Number.NaN
  return workspace
}

/**
 * First index whose residual counts: p + P·period.
 *
 * @example
 * cssConditioning(cssWorkspace({ capacity: 100, p: 2, q: 1 })) // 2
 */
export function cssConditioning(workspace: CssWorkspace): number {
  return workspace.p + workspace.seasonalP * workspace.period
}

/** Expands φ(B)Φ(Bˢ) (sign −1) or θ(B)Θ(Bˢ) (sign +1) into lags and coefficients; returns the number of terms. */
function expand(
  params: Float64Array,
  plainAt: number,
  plain: number,
  seasonalAt: number,
  seasonal: number,
  period: number,
  sign: number,
  lag: Int32Array,
  coef: Float64Array,
): number {
  let terms = 0
  for (let J = 0; J <= seasonal; J++) {
    for (let j = 0; j <= plain; j++) {
      if (J + j === 0) continue
      const a = j === 0 ? 1 : params[plainAt + j - 1]!
      const b = J === 0 ? 1 : params[seasonalAt + J - 1]!
      const c = j > 0 && J > 0 ? sign * a * b : a * b
      if (c === 0) continue
      lag[terms] = j + J * period
      coef[terms++] = c
    }
  }
  return terms
}

function residualPass(
  workspace: CssWorkspace,
  params: Float64Array,
  values: ArrayLike<number>,
  length: number,
): number {
  const { p, q, seasonalP, seasonalQ, period, scratch, residuals: e } = workspace
  const { z, arLag, arCoef, maLag, maCoef } = scratch
  const arTerms = expand(params, 0, p, p + q, seasonalP, period, -1, arLag, arCoef)
  const maTerms = expand(params, p, q, p + q + seasonalP, seasonalQ, period, 1, maLag, maCoef)
  scratch.arTerms = arTerms
  scratch.maTerms = maTerms
  let at = p + q + seasonalP + seasonalQ
  const mean = workspace.constant ? params[at++]! : 0
  for (let t = 0; t < length; t++) z[t] = values[t]! - mean
  for (let c = 0; c < workspace.regressors; c++) {
    const column = workspace.columns[c]!
    const beta = params[at + c]!
    for (let t = 0; t < length; t++) z[t] = z[t]! - beta * column[t]!
  }
  const start = Math.min(cssConditioning(workspace), length)
  let sum = 0
  let counted = 0
  for (let t = 0; t < start; t++) {
    e[t] = 0
    if (Number.isNaN(z[t]!)) z[t] = 0
  }
  let gaps = false
  for (let t = start; t < length; t++) if (Number.isNaN(z[t]!)) gaps = true
  if (!gaps) {
    autoregress(z, e, start, length, arLag, arCoef, arTerms)
    feedBackFrom(e, start, length, maLag, maCoef, maTerms)
    for (let t = start; t < length; t++) sum += e[t]! * e[t]!
    workspace.counted = length - start
    return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
  }
  for (let t = start; t < length; t++) {
    let prediction = 0
    for (let i = 0; i < arTerms; i++) prediction += arCoef[i]! * z[t - arLag[i]!]!
    for (let j = 0; j < maTerms; j++) {
      const s = t - maLag[j]!
      if (s >= start) prediction += maCoef[j]! * e[s]!
    }
    const x = z[t]!
    if (!Number.isNaN(x)) {
      const residual = x - prediction
      e[t] = residual
      sum += residual * residual
      counted++
    } else {
      z[t] = prediction
      e[t] = 0
    }
  }
  workspace.counted = counted
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
}

/** Fills `scratch.jacobian` at the parameters of the last residual pass. */
function jacobianPass(workspace: CssWorkspace, length: number): void {
  const { p, q, seasonalP, seasonalQ, period, scratch, residuals: e, params } = workspace
  const { z, jacobian } = scratch
  const start = Math.min(cssConditioning(workspace), length)
  const sarAt = p + q
  const smaAt = sarAt + seasonalP
  let zSeasonal = z
  let zPlain = z
  let eSeasonal = e
  let ePlain = e
  if (seasonalP > 0) {
    zSeasonal = scratch.zSeasonal
    zPlain = scratch.zPlain
    for (let t = 0; t < length; t++) {
      let a = z[t]!
      for (let J = 1; J <= seasonalP; J++) {
        if (t >= J * period) a -= params[sarAt + J - 1]! * z[t - J * period]!
      }
      zSeasonal[t] = a
      let b = z[t]!
      for (let j = 1; j <= p; j++) if (t >= j) b -= params[j - 1]! * z[t - j]!
      zPlain[t] = b
    }
  }
  if (seasonalQ > 0) {
    eSeasonal = scratch.eSeasonal
    ePlain = scratch.ePlain
    for (let t = 0; t < length; t++) {
      let a = e[t]!
      for (let J = 1; J <= seasonalQ; J++) {
        if (t >= J * period) a += params[smaAt + J - 1]! * e[t - J * period]!
      }
      eSeasonal[t] = a
      let b = e[t]!
      for (let j = 1; j <= q; j++) if (t >= j) b += params[p + j - 1]! * e[t - j]!
      ePlain[t] = b
    }
  }
  for (let j = 0; j < p; j++) filterColumn(workspace, zSeasonal, j + 1, jacobian[j]!, start, length)
  for (let j = 0; j < q; j++) filterColumn(workspace, eSeasonal, j + 1, jacobian[p + j]!, start, length)
  for (let J = 0; J < seasonalP; J++) {
    filterColumn(workspace, zPlain, (J + 1) * period, jacobian[sarAt + J]!, start, length)
  }
  for (let J = 0; J < seasonalQ; J++) {
    filterColumn(workspace, ePlain, (J + 1) * period, jacobian[smaAt + J]!, start, length)
  }
  let at = smaAt + seasonalQ
  if (workspace.constant) regressionColumn(workspace, null, jacobian[at++]!, start, length)
  for (let c = 0; c < workspace.regressors; c++) {
    regressionColumn(workspace, workspace.columns[c]!, jacobian[at + c]!, start, length)
  }
}

/** out_t = −source_{t−lag} − Σ θ_j out_{t−j} from `start` on; missing points add no column entry of their own. */
function filterColumn(
  workspace: CssWorkspace,
  source: Float64Array,
  lag: number,
  out: Float64Array,
  start: number,
  length: number,
): void {
  const { maLag, maCoef, maTerms } = workspace.scratch
  out.fill(0, 0, start)
  const first = Math.max(start, lag)
  for (let t = start; t < Math.min(first, length); t++) out[t] = 0
  for (let t = first; t < length; t++) out[t] = -source[t - lag]!
  feedBackFrom(out, start, length, maLag, maCoef, maTerms)
}

/** `feedBack` with zeros before `start`. */
function feedBackFrom(
  out: Float64Array,
  start: number,
  length: number,
  lags: Int32Array,
  c: Float64Array,
  terms: number,
): void {
  let reach = 0
  for (let j = 0; j < terms; j++) reach = Math.max(reach, lags[j]!)
  const settled = Math.min(length, start + reach)
  for (let t = start; t < settled; t++) {
    let x = out[t]!
    for (let j = 0; j < terms; j++) {
      const s = t - lags[j]!
      if (s >= start) x -= c[j]! * out[s]!
    }
    out[t] = x
  }
  feedBack(out, settled, length, lags, c, terms)
}

/** The derivative with respect to a regression coefficient: −φ(B) x / θ(B); `null` is the constant column. */
function regressionColumn(
  workspace: CssWorkspace,
  column: Float64Array | null,
  out: Float64Array,
  start: number,
  length: number,
): void {
  const { arLag, arCoef, arTerms, maLag, maCoef, maTerms } = workspace.scratch
  for (let t = 0; t < start; t++) out[t] = 0
  if (column === null) {
    let x = -1
    for (let i = 0; i < arTerms; i++) x += arCoef[i]!
    out.fill(x, start, length)
  } else {
    autoregress(column, out, start, length, arLag, arCoef, arTerms)
    for (let t = start; t < length; t++) out[t] = -out[t]!
  }
  feedBackFrom(out, start, length, maLag, maCoef, maTerms)
}

function normalEquations(workspace: CssWorkspace, length: number): void {
  const { residuals: e, scratch } = workspace
  const { jacobian, normal, gradient } = scratch
  const k = jacobian.length
  const start = Math.min(cssConditioning(workspace), length)
  for (let a = 0; a < k; a++) {
    const column = jacobian[a]!
    let g = 0
    for (let t = start; t < length; t++) g += column[t]! * e[t]!
    gradient[a] = g
    for (let b = 0; b <= a; b++) {
      const other = jacobian[b]!
      let s = 0
      for (let t = start; t < length; t++) s += column[t]! * other[t]!
      normal[a * k + b] = s
      normal[b * k + a] = s
    }
  }
}

/** Solves (N + λ diag N) step = −gradient over the free parameters by Cholesky; false when not positive. */
function solveDamped(
  normal: Float64Array,
  gradient: Float64Array,
  free: Uint8Array,
  damping: number,
  factor: Float64Array,
  step: Float64Array,
  k: number,
): boolean {
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let s = free[a] && free[b] ? normal[a * k + b]! : 0
      if (a === b) s = free[a] ? s * (1 + damping) : 1
      for (let c = 0; c < b; c++) s -= factor[a * k + c]! * factor[b * k + c]!
      if (a === b) {
        if (!(s > 1e-14 * (free[a] ? normal[a * k + a]! : 1))) return false
        factor[a * k + a] = Math.sqrt(s)
      } else {
        factor[a * k + b] = s / factor[b * k + b]!
      }
    }
  }
  for (let a = 0; a < k; a++) {
    let s = free[a] ? -gradient[a]! : 0
    for (let c = 0; c < a; c++) s -= factor[a * k + c]! * step[c]!
    step[a] = s / factor[a * k + a]!
  }
  for (let a = k - 1; a >= 0; a--) {
    let s = step[a]!
    for (let c = a + 1; c < k; c++) s -= factor[c * k + a]! * step[c]!
    step[a] = s / factor[a * k + a]!
  }
  return true
}
