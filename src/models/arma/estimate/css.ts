/**
 * Conditional sum of squares for (seasonal) ARMA models, in R's definition.
 *
 * The residual recursion starts at `nCond = p + P·s` with zero residuals before it,
 *
 *     e_t = z_t − Σ φ_i z_{t−i} − Σ θ_j e_{t−j},   z_t = y_t − Σ β_k x_{k,t},
 *
 * and the sum of squares over t ≥ nCond is minimised by Levenberg–Marquardt with exact derivatives. Box, Jenkins &
 * Reinsel, *Time Series Analysis* (4th ed.), §7.1.2 and §7.2.
 */
import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { whole } from '../../function-options.ts'
import { isArrayLike } from '../../series-input.ts'
import { jacobianPass, residualPass } from './css-passes.ts'
import { type CssWorkspace, checkWorkspace, cssConditioning } from './css-workspace.ts'

/**
 * Residuals of a plain ARMA(p, q) by the conditional recursion, written to `out[0..length)`; returns the sum of
 * squares from `ar.length` on. Allocates nothing. `out` may not alias `values`; NaN is a missing value, for which
 * the recursion needs a second pass of its own: use {@link cssFit} with a workspace for series with gaps.
 *
 * @throws ModelError `CSS_SHAPE` when a list is no array of numbers, or shorter than `length`.
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
  const lists = [values, ar, ma, out]
  const isNumber = (x: unknown) => typeof x === 'number'
  const fits =
    lists.every(isArrayLike) &&
    [...Array.from(ar), ...Array.from(ma), mean].every(isNumber) &&
    Array.from(values).every(isNumber) &&
    Number.isInteger(length) &&
    length >= 0 &&
    length <= Math.min(values.length, out.length)
  if (!fits) {
    throw new ModelError(
      'CSS_SHAPE',
      `cssResiduals() needs series and out of at least length, got ${shown(length)}`,
      {
        hint: 'cssResiduals(y, y.length, [0.5], [0.2], mean, new Float64Array(y.length))',
      },
    )
  }
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
  checkWorkspace(workspace, values, length, cssObjective)
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
  checkWorkspace(workspace, values, length, cssFit)
  whole(maxIterations, 'maxIterations', 0, Number.MAX_SAFE_INTEGER, cssFit)
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
