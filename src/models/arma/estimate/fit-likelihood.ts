/** Exact maximum likelihood: starts, search, restarts where the surface has several maxima, results. */
import { ModelError } from '../../../core/errors.ts'
import { invertPositive } from '../../numerics/cholesky.ts'
import { type Minimum, minimize } from '../../numerics/minimize.ts'
import { isStationary } from '../../numerics/partial-autocorrelations.ts'
import type { ParameterLayout } from '../coefficients.ts'
import type { ArimaSpec } from '../spec.ts'
import type { CssStart } from './css-start.ts'
import { type ArimaEstimate, assemble } from './estimate.ts'
import { concentratedObjective, logLikelihoodOf } from './exact-likelihood.ts'
import type { PreparedData } from './fit-data.ts'
import { multiStart } from './multi-start.ts'
import { observedInformation, roughCovariance, standardErrors } from './observed-information.ts'
import {
  admissible,
  expandBoth,
  onBoundary,
  type Transform,
  transformFor,
  transformJacobian,
} from './parameter-transform.ts'
import { reflectMa } from './reflect-roots.ts'
import { startPoints } from './start-points.ts'

/** What a search reports while it runs. */
export interface FitProgress {
  iteration: number
  logLik: number
}

/** Longer series seldom have several maxima without showing it. */
const SHORT = 5000

/**
 * Models that have several maxima often enough to look for them: with many coefficients, with an ordinary and a seasonal
 * autoregression that stand in for each other, or started by a conditional fit that gaps have left little to go by.
 */
function isRich(layout: ParameterLayout, data: PreparedData, k: number): boolean {
  return (
    k >= 4 ||
    (k >= 3 && layout.p > 0 && layout.P > 0) ||
    (k >= 2 && 10 * (data.y.length - data.observed - data.delta.length) > data.y.length)
  )
}

/** What the search for further maxima may cost, in multiplications. */
const RIVAL_WORK = 1.5e8

/** Multiplications of one evaluation, roughly. */
function evaluationWork(layout: ParameterLayout, data: PreparedData): number {
  const { problem, delta } = data
  const terms = (layout.p + 1) * (layout.P + 1) + (layout.q + 1) * (layout.Q + 1)
  const point = problem.columns.length * (terms + 8)
  if (!problem.gaps) return problem.n * point
  const reach = Math.max(
    layout.p + layout.P * layout.period + delta.length,
    layout.q + layout.Q * layout.period,
  )
  return problem.n * (2 * point + 2 * reach * Math.min(reach, problem.n - data.observed))
}

/** Maximises the exact likelihood from the conditional estimate. */
export function fitLikelihood(
  spec: ArimaSpec,
  layout: ParameterLayout,
  data: PreparedData,
  start: CssStart,
  free: readonly number[],
  progress: ((progress: FitProgress) => void) | undefined,
): ArimaEstimate {
  const { problem } = data
  const k = free.length
  const transform = transformFor(layout, free)
  const arma = new Float64Array(layout.armaCount)
  for (let i = 0; i < layout.armaCount; i++) if (!Number.isNaN(layout.fixed[i]!)) arma[i] = layout.fixed[i]!
  let evaluations = 0
  const at = (values: Float64Array): number => {
    evaluations++
    const [phi, theta] = expandBoth(layout, values)
    return concentratedObjective(problem, phi, theta)
  }
  const objective = (x: Float64Array): number => {
    transform.apply(x, arma)
    return at(arma)
  }
  const zero = arma.slice()
  const css = admissible(layout, start.arma)
  const zeroValue = at(zero)
  const cssValue = at(css)
  if (!Number.isFinite(zeroValue) && !Number.isFinite(cssValue)) explainStart(layout, data, zero)
  const useZero = !(cssValue <= zeroValue)
  const from = useZero ? zero : css
  const search = (x0: Float64Array, information: Float64Array | null, maxIterations = 100): Minimum =>
    minimize(objective, {
      start: x0,
      inverseHessian: information ?? identity(k),
      weight: problem.used,
      maxIterations,
      ...(progress
        ? {
            onIteration: (iteration, value) =>
              progress({ iteration, logLik: logLikelihoodOf(value, problem.used) }),
          }
        : {}),
    })
  const x0 = transform.invert(from)
  at(from)
  let found = search(
    x0,
    useZero ? null : startInformation(layout, start, free, transform, x0, arma, problem.sumOfSquares),
  )
  transform.apply(found.x, arma)
  const doubtful = isDoubtful(found, k) || onBoundary(layout, arma)
  if (doubtful || (problem.used <= SHORT && isRich(layout, data, k))) {
    const last = evaluations + Math.max(400, Math.floor(RIVAL_WORK / evaluationWork(layout, data)))
    const affordable = () => evaluations < last
    const single = found
    found = multiStart(found, {
      weight: problem.used,
      affordable,
      search,
      starts(round, best) {
        transform.apply(best.x, arma)
        const rivals = startPoints(layout, arma).map(rival => admissible(layout, rival))
        const others = round > 0 ? [] : otherStarts(layout, from, useZero ? null : zero)
        return [...others, ...rivals].map(start => transform.invert(start))
      },
    })
    if (!found.converged) found = search(found.x, found.inverseHessian)
    // A worn-out inverse Hessian can stop a search in a bent valley: begin again where it stopped.
    for (let attempt = 0; attempt < 4 && (doubtful || found !== single) && affordable(); attempt++) {
      const again = search(found.x, null)
      const gain = (found.value - again.value) * problem.used
      if (gain > 0) found = again
      if (!(gain > 1e-4)) break
    }
  }
  transform.apply(found.x, arma)
  for (const [block, length] of [
    [layout.p, layout.q],
    [layout.p + layout.q + layout.P, layout.Q],
  ] as const) {
    const held = layout.fixed.subarray(block, block + length).some(value => !Number.isNaN(value))
    if (!held) arma.set(reflectMa(arma.subarray(block, block + length)), block)
  }
  const rough = roughCovariance(found.inverseHessian, transform, found.x, arma.length, free, problem.used)
  const curvature = observedInformation(at, problem, arma, free, rough)
  const value = at(arma)
  const n = problem.used
  const sigma2 = problem.sumOfSquares / n
  const logLik = logLikelihoodOf(value, n)
  const values = new Float64Array(layout.count)
  values.set(arma)
  for (let i = 0; i < layout.count; i++) if (!Number.isNaN(layout.fixed[i]!)) values[i] = layout.fixed[i]!
  data.slots.forEach((slot, c) => {
    values[slot] = problem.beta[c]!
  })
  if (data.slots.includes(layout.armaCount) && layout.constant === 'mean')
    values[layout.armaCount]! += data.center
  const errors = standardErrors(layout, problem, data.slots, free, curvature, sigma2)
  const { residuals, standardizedResiduals } = exactResiduals(data, sigma2)
  return assemble(spec, layout, values, errors, sigma2, logLik, n, residuals, standardizedResiduals, {
    converged: found.converged,
    iterations: found.iterations,
  })
}

/** Raises what is wrong with a model that has no likelihood even at its starting values. */
export function explainStart(layout: ParameterLayout, data: PreparedData, zero: Float64Array): never {
  const [phi] = expandBoth(layout, zero)
  if (!isStationary(phi)) {
    throw new ModelError('NON_STATIONARY', 'the fixed autoregressive coefficients are not stationary', {
      hint: 'difference the series instead (order: [p, 1, q])',
    })
  }
  throw new ModelError(
    'XREG_COLLINEAR',
    `arima() cannot separate ${data.slots.length} regression coefficients: the columns are collinear`,
    { hint: 'drop a regressor; a constant column repeats the mean, a linear one repeats the drift' },
  )
}

/**
 * A search that did not settle, or whose parameters are nearly exchangeable: the likelihood of an over-parametrised
 * mixed model has several maxima, and this is where they are.
 */
export function isDoubtful(found: Minimum, k: number): boolean {
  if (k < 2) return !found.converged
  if (!found.converged) return true
  const B = found.inverseHessian
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      if (B[a * k + b]! ** 2 > 0.85 * B[a * k + a]! * B[b * k + b]!) return true
    }
  }
  return false
}

/**
 * Further starts: nothing, autoregression alone, moving average alone, the plain and the seasonal part alone, and the
 * mirror image of the first start.
 */
export function otherStarts(
  layout: ParameterLayout,
  from: Float64Array,
  zero: Float64Array | null,
): Float64Array[] {
  const { p, q, P, Q, fixed } = layout
  const isAr = (i: number) => i < p || (i >= p + q && i < p + q + P)
  const make = (value: (i: number) => number) =>
    admissible(
      layout,
      from.map((_, i) => (Number.isNaN(fixed[i]!) ? value(i) : fixed[i]!)),
    )
  const starts = [
    make(i => (isAr(i) ? from[i]! : 0)),
    make(i => (isAr(i) ? 0 : from[i]!)),
    make(i => -0.5 * from[i]!),
  ]
  if (p + q > 0 && P + Q > 0) {
    starts.push(
      make(i => (i < p + q ? from[i]! : 0)),
      make(i => (i < p + q ? 0 : from[i]!)),
    )
  }
  return zero ? [zero, ...starts] : starts
}

export function identity(k: number): Float64Array {
  const out = new Float64Array(k * k)
  for (let i = 0; i < k; i++) out[i * k + i] = 1
  return out
}

/**
 * Inverse Hessian of the objective at the start, from the Gauss–Newton matrix of the conditional fit, over the exact sum
 * of squares if that is much larger: a series whose conditional residuals vanish is not infinitely informative.
 */
export function startInformation(
  layout: ParameterLayout,
  start: CssStart,
  free: readonly number[],
  transform: Transform,
  x0: Float64Array,
  arma: Float64Array,
  exactSum: number,
): Float64Array | null {
  const { workspace } = start
  const all = workspace.params.length
  const { normal } = workspace.scratch
  const sum = exactSum > 4 * workspace.sumOfSquares ? exactSum : workspace.sumOfSquares
  if (!(sum > 0)) return null
  const k = free.length
  const T = transformJacobian(transform, x0, layout.armaCount, free, arma)
  const raw = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      raw[a * k + b] = normal[free[a]! * all + free[b]!]! / sum + (a === b ? 1e-6 : 0)
    }
  }
  const out = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      let s = 0
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) s += T[i * k + a]! * raw[i * k + j]! * T[j * k + b]!
      out[a * k + b] = s + (a === b ? 1e-6 : 0)
    }
  }
  return invertPositive(out, k)
}

/** Innovations in units of the data, one per point: NaN where missing or used up by differencing. */
export function exactResiduals(data: PreparedData, sigma2: number) {
  const { problem, y, delta } = data
  const offset = problem.gaps ? 0 : delta.length
  const residuals = new Float64Array(y.length).fill(Number.NaN)
  const standardizedResiduals = new Float64Array(y.length).fill(Number.NaN)
  const k = problem.beta.length
  const sd = Math.sqrt(sigma2)
  for (let t = 0; t < problem.n; t++) {
    const f = problem.F[t]!
    if (!Number.isFinite(f)) continue
    let e = problem.whitened[0]![t]!
    for (let c = 0; c < k; c++) e -= problem.beta[c]! * problem.whitened[c + 1]![t]!
    residuals[t + offset] = e * Math.sqrt(f)
    standardizedResiduals[t + offset] = e / sd
  }
  return { residuals, standardizedResiduals }
}
