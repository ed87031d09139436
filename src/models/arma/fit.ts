/**
 * Estimation: data in, plain numbers out. The regression coefficients and σ² are concentrated out of the exact
 * likelihood, so the search runs over the ARMA coefficients alone: autoregressive blocks through their partial
 * autocorrelations (stationary by construction), moving-average blocks freely, reflected into the invertible region
 * afterwards: the likelihood is symmetric across that boundary, and an optimum on it (a season removed twice) is then
 * an ordinary smooth maximum.
 */
import { ModelError } from '../../core/errors.ts'
import {
  type ArimaCoefficients,
  type FixedCoefficients,
  type ParameterLayout,
  parameterLayout,
  toCoefficients,
} from './coefficients.ts'
import { cssObjective } from './css.ts'
import { type CssStart, cssStart } from './css-start.ts'
import {
  cholesky,
  choleskySolve,
  concentratedObjective,
  type LikelihoodProblem,
  likelihoodProblem,
  logLikelihoodOf,
} from './exact-likelihood.ts'
import { differencing, expandAr, expandMa } from './lag-polynomial.ts'
import { invertPositive, type Minimum, minimize } from './minimize.ts'
import { arFromPartials, isStationary, partialsFromAr } from './partial-autocorrelations.ts'
import { reflectMa } from './reflect-roots.ts'
import { type RegressorInput, type SeriesInput, toColumns, toSeries } from './series-input.ts'
import { type ArimaSpec, type ArimaSpecOptions, arimaSpec } from './spec.ts'

/** What a search reports while it runs. */
export interface FitProgress {
  iteration: number
  logLik: number
}

/** Options of a fit: the spec's and the data's. */
export interface ArimaFitOptions extends ArimaSpecOptions {
  /** Regressors, known at every point. */
  xreg?: RegressorInput | null
  /** Coefficients to hold. */
  fixed?: FixedCoefficients | null
  /** Called once per iteration of the likelihood search. */
  progress?: (progress: FitProgress) => void
}

/** The numbers of a fit. */
export interface ArimaEstimate {
  spec: ArimaSpec
  coefficients: ArimaCoefficients
  standardErrors: ArimaCoefficients
  sigma2: number
  logLik: number
  aic: number
  aicc: number
  bic: number
  /** Points that entered the likelihood. */
  n: number
  /** Estimated coefficients, sigma2 included. */
  parameters: number
  residuals: Float64Array
  standardizedResiduals: Float64Array
  converged: boolean
  iterations: number
}

/** Fits an ARIMA model; see `arima` for the public form. */
export function estimateArima(series: SeriesInput, options: ArimaFitOptions = {}): ArimaEstimate {
  const spec = arimaSpec(options)
  const y = toSeries(series, 'arima()')
  const xreg = toColumns(options.xreg, y.length, 'arima()')
  const layout = parameterLayout(spec, xreg.length, options.fixed)
  const data = prepare(spec, layout, y, xreg)
  const free = freeIndices(layout)
  if (data.observed <= layout.count - countFixed(layout)) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `arima() needs more usable points than coefficients, got ${data.observed} for ${layout.count}`,
      { hint: 'lower the orders, or give a longer series' },
    )
  }
  const start = cssStart(layout, data.w, data.differenced)
  return spec.method === 'css'
    ? finishCss(spec, layout, data, start, free)
    : fitLikelihood(spec, layout, data, start, free, options.progress)
}

/** Series and columns in the forms the estimators need. */
interface PreparedData {
  y: Float64Array
  delta: Float64Array
  /** Subtracted before anything else; added back to the mean. */
  center: number
  /** Differenced, centred series, fixed regression effects removed; NaN where a missing value reaches it. */
  w: Float64Array
  /** Differenced columns of the free regression coefficients. */
  differenced: Float64Array[]
  /** Slot of each free regression column in the parameter order. */
  slots: number[]
  problem: LikelihoodProblem
  /** Points with information: observed minus differences. */
  observed: number
}

function prepare(
  spec: ArimaSpec,
  layout: ParameterLayout,
  y: Float64Array,
  xreg: readonly Float64Array[],
): PreparedData {
  const n = y.length
  const delta = differencing(spec.order[1], spec.seasonal?.order[1] ?? 0, layout.period)
  const nd = delta.length
  let observed = 0
  let sum = 0
  let firstSeen = Number.NaN
  for (let t = 0; t < n; t++) {
    const x = y[t]!
    if (Number.isNaN(x)) continue
    if (observed === 0) firstSeen = x
    observed++
    sum += x
  }
  const gaps = observed < n
  observed -= nd
  if (observed < 1) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `arima() needs more than ${nd} observed points, got ${observed + nd}`,
      {
        hint: 'differencing uses up d + D·period points',
      },
    )
  }
  const { constant, armaCount, fixed } = layout
  const constantFree = constant !== null && Number.isNaN(fixed[armaCount]!)
  const center = nd > 0 ? firstSeen : constantFree ? sum / (observed + nd) : 0
  const level = y.map(x => x - center)
  const slots: number[] = []
  const columns: Float64Array[] = []
  const regression: Float64Array[] = []
  if (constant) regression.push(Float64Array.from({ length: n }, (_, t) => (constant === 'mean' ? 1 : t + 1)))
  regression.push(...xreg)
  regression.forEach((column, c) => {
    const held = fixed[armaCount + c]!
    if (Number.isNaN(held)) {
      slots.push(armaCount + c)
      columns.push(column)
    } else {
      for (let t = 0; t < n; t++) level[t]! -= held * column[t]!
    }
  })
  const w = difference(level, delta)
  const differenced = columns.map(column => difference(column, delta))
  let varies = false
  let base = Number.NaN
  for (const x of w) {
    if (Number.isNaN(x)) continue
    if (Number.isNaN(base)) base = constantFree ? x : 0
    if (Math.abs(x - base) > 1e-13 * (Math.abs(center) + Math.abs(base))) varies = true
  }
  if (!varies) {
    throw new ModelError(
      'SERIES_CONSTANT',
      'arima() needs a series that varies, got one without innovations',
      {
        hint:
          nd > 0 ? 'after differencing nothing is left: difference less' : 'there is no variance to model',
      },
    )
  }
  const constantColumn = constantFree ? 1 : -1
  const problem = gaps
    ? likelihoodProblem([level, ...columns], { gaps: true, delta })
    : likelihoodProblem([w, ...differenced], { constantColumn })
  return { y, delta, center, w, differenced, slots, problem, observed }
}

/** (1 − δ₁B − …) x without its first `delta.length` points. */
export function difference(x: Float64Array, delta: Float64Array): Float64Array {
  const nd = delta.length
  if (nd === 0) return x
  const out = new Float64Array(Math.max(0, x.length - nd))
  for (let t = 0; t < out.length; t++) {
    let value = x[t + nd]!
    for (let j = 0; j < nd; j++) if (delta[j] !== 0) value -= delta[j]! * x[t + nd - 1 - j]!
    out[t] = value
  }
  return out
}

function countFixed(layout: ParameterLayout): number {
  let held = 0
  for (const value of layout.fixed) if (!Number.isNaN(value)) held++
  return held
}

function freeIndices(layout: ParameterLayout): number[] {
  const free: number[] = []
  for (let i = 0; i < layout.armaCount; i++) if (Number.isNaN(layout.fixed[i]!)) free.push(i)
  return free
}

/** φ(B)Φ(Bˢ) and θ(B)Θ(Bˢ) from the parameter order. */
function expandBoth(layout: ParameterLayout, arma: Float64Array): [Float64Array, Float64Array] {
  const { p, q, P, Q, period } = layout
  return [
    expandAr(arma.subarray(0, p), arma.subarray(p + q, p + q + P), period),
    expandMa(arma.subarray(p, p + q), arma.subarray(p + q + P, p + q + P + Q), period),
  ]
}

/** Searches in transformed coordinates: see the head of this file. */
interface Transform {
  /** Fills `arma` from x. */
  apply(x: Float64Array, arma: Float64Array): void
  /** x of a stationary `arma`. */
  invert(arma: Float64Array): Float64Array
}

function transformFor(layout: ParameterLayout, free: readonly number[]): Transform {
  const { p, q, P, fixed } = layout
  const blocks: { at: number; length: number; x: number }[] = []
  for (const [at, length] of [
    [0, p],
    [p + q, P],
  ] as const) {
    let whole = length > 0
    for (let i = at; i < at + length; i++) if (!Number.isNaN(fixed[i]!)) whole = false
    if (whole) blocks.push({ at, length, x: free.indexOf(at) })
  }
  return {
    apply(x, arma) {
      for (let i = 0; i < free.length; i++) arma[free[i]!] = x[i]!
      for (const { at, length, x: from } of blocks) {
        const block = arma.subarray(at, at + length)
        const partials = Float64Array.from({ length }, (_, i) => Math.tanh(x[from + i]!))
        arFromPartials(partials, block)
      }
    },
    invert(arma) {
      const x = Float64Array.from(free, i => arma[i]!)
      for (const { at, length, x: from } of blocks) {
        const partials = partialsFromAr(arma.subarray(at, at + length))!
        for (let i = 0; i < length; i++)
          x[from + i] = Math.atanh(Math.max(-0.99999, Math.min(0.99999, partials[i]!)))
      }
      return x
    },
  }
}

function fitLikelihood(
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
  const at = (values: Float64Array): number => {
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
  let found = search(x0, useZero ? null : startInformation(layout, start, free, transform, x0, arma))
  transform.apply(found.x, arma)
  if (isDoubtful(found, k) || onBoundary(layout, arma)) {
    for (const other of otherStarts(layout, from, useZero ? null : zero)) {
      let next = search(transform.invert(other), null, 20)
      // Only a rival within reach is followed to its end.
      if (!next.converged && next.value < found.value + 3 / problem.used)
        next = search(next.x, next.inverseHessian)
      if (
        next.value < found.value - 1e-9 / problem.used ||
        (next.converged && !found.converged && next.value <= found.value)
      ) {
        found = next
      }
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
  const spread = rawSpread(found.inverseHessian, transform, found.x, arma.length, free, problem.used)
  let curvature = observedInformation(at, problem, arma, free, spread)
  // Steps far from the scale of the likelihood measure rounding or skewness: once more with the scale just found.
  const better = spread.map((s, a) => {
    const found = 1 / Math.sqrt(curvature.diagonal[a]!)
    return Number.isFinite(found) ? Math.min(0.3, Math.max(1e-9, found)) : s
  })
  if (better.some((s, a) => s > 4 * spread[a]! || 10 * s < spread[a]!)) {
    curvature = observedInformation(at, problem, arma, free, better)
  }
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
function explainStart(layout: ParameterLayout, data: PreparedData, zero: Float64Array): never {
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

/** Pulls a start into the stationary and invertible region by scaling its roots outwards. */
function admissible(layout: ParameterLayout, start: Float64Array): Float64Array {
  const out = start.slice()
  const { p, q, P, Q, fixed } = layout
  const inside = (block: Float64Array, sign: number) => {
    const partials = partialsFromAr(block.map(c => sign * c))
    return partials?.every(r => Math.abs(r) < 0.9995) ?? false
  }
  for (const [at, length, sign] of [
    [0, p, 1],
    [p + q, P, 1],
    [p, q, -1],
    [p + q + P, Q, -1],
  ] as const) {
    const block = out.subarray(at, at + length)
    if (block.some(c => !Number.isFinite(c))) block.fill(0)
    for (let attempt = 0; attempt < 200 && !inside(block, sign); attempt++) {
      for (let j = 0; j < length; j++) if (Number.isNaN(fixed[at + j]!)) block[j]! *= 0.97 ** (j + 1)
    }
  }
  return out
}

/**
 * A search that did not settle, or whose parameters are nearly exchangeable: the likelihood of an over-parametrised
 * mixed model has several maxima, and this is where they are.
 */
function isDoubtful(found: Minimum, k: number): boolean {
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

/** A root within about 1 % of the unit circle: a maximum of its own, often beside a better one inside. */
function onBoundary(layout: ParameterLayout, arma: Float64Array): boolean {
  const { p, q, P, Q } = layout
  for (const [at, length, sign] of [
    [0, p, 1],
    [p, q, -1],
    [p + q, P, 1],
    [p + q + P, Q, -1],
  ] as const) {
    const partials = partialsFromAr(arma.subarray(at, at + length).map(c => sign * c))
    if (partials === null || partials.some(r => Math.abs(r) > 0.99)) return true
  }
  return false
}

/** Further starts: nothing, autoregression alone, moving average alone, and the mirror image of the first start. */
function otherStarts(layout: ParameterLayout, from: Float64Array, zero: Float64Array | null): Float64Array[] {
  const { p, q, P, fixed } = layout
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
  return zero ? [zero, ...starts] : starts
}

function identity(k: number): Float64Array {
  const out = new Float64Array(k * k)
  for (let i = 0; i < k; i++) out[i * k + i] = 1
  return out
}

/** Inverse Hessian of the objective at the start, from the Gauss–Newton matrix of the conditional fit. */
function startInformation(
  layout: ParameterLayout,
  start: CssStart,
  free: readonly number[],
  transform: Transform,
  x0: Float64Array,
  arma: Float64Array,
): Float64Array | null {
  const { workspace } = start
  const all = workspace.params.length
  const { normal } = workspace.scratch
  if (!(workspace.sumOfSquares > 0)) return null
  const k = free.length
  const T = transformJacobian(transform, x0, layout.armaCount, free, arma)
  const raw = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      raw[a * k + b] = normal[free[a]! * all + free[b]!]! / workspace.sumOfSquares + (a === b ? 1e-6 : 0)
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

/** ∂(free raw coefficients)/∂x by central differences. */
function transformJacobian(
  transform: Transform,
  x: Float64Array,
  armaCount: number,
  free: readonly number[],
  base: Float64Array,
): Float64Array {
  const k = free.length
  const up = base.slice(0, armaCount)
  const down = base.slice(0, armaCount)
  const out = new Float64Array(k * k)
  const h = 1e-5
  for (let b = 0; b < k; b++) {
    const shifted = x.slice()
    shifted[b] = x[b]! + h
    transform.apply(shifted, up)
    shifted[b] = x[b]! - h
    transform.apply(shifted, down)
    for (let a = 0; a < k; a++) out[a * k + b] = (up[free[a]!]! - down[free[a]!]!) / (2 * h)
  }
  return out
}

/** Rough standard errors of the raw coefficients: the yardstick for difference steps. */
function rawSpread(
  inverseHessian: Float64Array,
  transform: Transform,
  x: Float64Array,
  armaCount: number,
  free: readonly number[],
  n: number,
): Float64Array {
  const k = free.length
  const T = transformJacobian(transform, x, armaCount, free, new Float64Array(armaCount))
  return Float64Array.from({ length: k }, (_, a) => {
    let s = 0
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) s += T[a * k + i]! * inverseHessian[i * k + j]! * T[a * k + j]!
    return Math.min(0.3, Math.max(1e-9, Math.sqrt(Math.max(s, 0) / n)))
  })
}

/** Second differences of the log-likelihood at the optimum, and how β̂ moves with the ARMA coefficients. */
interface Curvature {
  /** Inverse observed information of the free ARMA coefficients; null when it is not positive. */
  covariance: Float64Array | null
  /** ∂β̂_c/∂(free coefficient a), row-major by c. */
  betaSlopes: Float64Array
  /** Diagonal of the observed information. */
  diagonal: Float64Array
}

function observedInformation(
  at: (arma: Float64Array) => number,
  problem: LikelihoodProblem,
  arma: Float64Array,
  free: readonly number[],
  spread: Float64Array,
): Curvature {
  const k = free.length
  const m = problem.beta.length
  const betaSlopes = new Float64Array(m * k)
  if (k === 0) return { covariance: new Float64Array(0), betaSlopes, diagonal: new Float64Array(0) }
  const base = at(arma)
  const trial = arma.slice()
  const h = new Float64Array(k)
  const up = new Float64Array(k)
  const down = new Float64Array(k)
  const information = new Float64Array(k * k)
  for (let a = 0; a < k; a++) {
    const i = free[a]!
    h[a] = 0.003 * spread[a]!
    for (let attempt = 0; attempt < 8; attempt++) {
      trial[i] = arma[i]! + h[a]!
      up[a] = at(trial)
      for (let c = 0; c < m; c++) betaSlopes[c * k + a] = problem.beta[c]!
      trial[i] = arma[i]! - h[a]!
      down[a] = at(trial)
      for (let c = 0; c < m; c++)
        betaSlopes[c * k + a] = (betaSlopes[c * k + a]! - problem.beta[c]!) / (2 * h[a]!)
      trial[i] = arma[i]!
      if (Number.isFinite(up[a]!) && Number.isFinite(down[a]!)) break
      h[a]! *= 0.2
    }
    information[a * k + a] = (up[a]! + down[a]! - 2 * base) / (h[a]! * h[a]!)
  }
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      const i = free[a]!
      const j = free[b]!
      trial[i] = arma[i]! + h[a]!
      trial[j] = arma[j]! + h[b]!
      const plus = at(trial)
      trial[i] = arma[i]! - h[a]!
      trial[j] = arma[j]! - h[b]!
      const minus = at(trial)
      trial[i] = arma[i]!
      trial[j] = arma[j]!
      const mixed = (plus + minus + 2 * base - up[a]! - down[a]! - up[b]! - down[b]!) / (2 * h[a]! * h[b]!)
      information[a * k + b] = mixed
      information[b * k + a] = mixed
    }
  }
  for (let i = 0; i < information.length; i++) information[i]! *= problem.used
  const diagonal = Float64Array.from({ length: k }, (_, a) => information[a * (k + 1)]!)
  return { covariance: invertPositive(information, k), betaSlopes, diagonal }
}

/** Square roots of the diagonal of the inverse observed information; 0 for what was held, NaN where it is not positive. */
function standardErrors(
  layout: ParameterLayout,
  problem: LikelihoodProblem,
  slots: readonly number[],
  free: readonly number[],
  curvature: Curvature,
  sigma2: number,
): Float64Array {
  const errors = new Float64Array(layout.count)
  const k = free.length
  const { covariance, betaSlopes } = curvature
  free.forEach((slot, a) => {
    errors[slot] = covariance ? Math.sqrt(covariance[a * k + a]!) : Number.NaN
  })
  const m = slots.length
  if (m === 0) return errors
  // Var β̂ = σ²(X'V⁻¹X)⁻¹ + (∂β̂/∂φ) Var φ̂ (∂β̂/∂φ)': the block inverse of the joint information.
  cholesky(problem.normal, problem.factor, m)
  for (let c = 0; c < m; c++) {
    const unit = new Float64Array(m)
    unit[c] = 1
    choleskySolve(problem.factor, unit, m)
    let variance = sigma2 * unit[c]!
    for (let a = 0; a < k && covariance; a++) {
      for (let b = 0; b < k; b++)
        variance += betaSlopes[c * k + a]! * covariance[a * k + b]! * betaSlopes[c * k + b]!
    }
    errors[slots[c]!] = Math.sqrt(variance)
  }
  return errors
}

/** Innovations in units of the data, one per point: NaN where missing or used up by differencing. */
function exactResiduals(data: PreparedData, sigma2: number) {
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

function finishCss(
  spec: ArimaSpec,
  layout: ParameterLayout,
  data: PreparedData,
  start: CssStart,
  free: readonly number[],
): ArimaEstimate {
  const { workspace } = start
  const [phi] = expandBoth(layout, start.arma)
  if (!isStationary(phi)) {
    throw new ModelError(
      'NON_STATIONARY',
      'conditional least squares found an autoregression that is not stationary',
      {
        hint: "difference the series (order: [p, 1, q]), or use method: 'ml'",
      },
    )
  }
  const n = data.observed
  const { sigma2 } = workspace
  const logLik = -0.5 * n * (Math.log(sigma2) + 1 + Math.log(2 * Math.PI))
  const values = new Float64Array(layout.count)
  values.set(start.arma)
  for (let i = 0; i < layout.count; i++) if (!Number.isNaN(layout.fixed[i]!)) values[i] = layout.fixed[i]!
  data.slots.forEach((slot, c) => {
    values[slot] = start.beta[c]!
  })
  const nd = data.delta.length
  const residuals = new Float64Array(data.y.length)
  residuals.set(workspace.residuals, nd)
  for (let t = 0; t < data.y.length; t++)
    if (t >= nd && Number.isNaN(data.w[t - nd]!)) residuals[t] = Number.NaN
  const standardizedResiduals = residuals.map(e => e / Math.sqrt(sigma2))
  const errors = cssErrors(layout, workspace, data, free, n)
  if (data.slots.includes(layout.armaCount) && layout.constant === 'mean')
    values[layout.armaCount]! += data.center
  return assemble(spec, layout, values, errors, sigma2, logLik, n, residuals, standardizedResiduals, {
    converged: workspace.converged,
    iterations: workspace.iterations,
  })
}

/** Numerical Hessian of ½ log(sum of squares) over every free parameter, in the spirit of R's `arima`. */
function cssErrors(
  layout: ParameterLayout,
  workspace: CssStart['workspace'],
  data: PreparedData,
  free: readonly number[],
  n: number,
): Float64Array {
  const errors = new Float64Array(layout.count)
  const { params, scratch } = workspace
  const all = params.length
  const index = [...free, ...data.slots.map((_, c) => layout.armaCount + c)]
  const slots = [...free, ...data.slots]
  const k = index.length
  const f = () => 0.5 * Math.log(cssObjective(workspace, data.w, data.w.length) / workspace.counted)
  const center = params.slice()
  const base = f()
  const h = index.map(i => 0.01 * Math.sqrt(workspace.sumOfSquares / (scratch.normal[i * all + i]! || 1) / n))
  const hessian = new Float64Array(k * k)
  const shifted = (moves: readonly (readonly [number, number])[]) => {
    params.set(center)
    for (const [a, sign] of moves) params[index[a]!]! += sign * h[a]!
    return f()
  }
  const up = index.map((_, a) => shifted([[a, 1]]))
  const down = index.map((_, a) => shifted([[a, -1]]))
  for (let a = 0; a < k; a++) {
    hessian[a * k + a] = (n * (up[a]! + down[a]! - 2 * base)) / (h[a]! * h[a]!)
    for (let b = 0; b < a; b++) {
      const plus = shifted([
        [a, 1],
        [b, 1],
      ])
      const minus = shifted([
        [a, -1],
        [b, -1],
      ])
      const mixed =
        (n * (plus + minus + 2 * base - up[a]! - down[a]! - up[b]! - down[b]!)) / (2 * h[a]! * h[b]!)
      hessian[a * k + b] = mixed
      hessian[b * k + a] = mixed
    }
  }
  params.set(center)
  f()
  const covariance = invertPositive(hessian, k)
  slots.forEach((slot, a) => {
    errors[slot] = covariance ? Math.sqrt(covariance[a * k + a]!) : Number.NaN
  })
  return errors
}

function assemble(
  spec: ArimaSpec,
  layout: ParameterLayout,
  values: Float64Array,
  errors: Float64Array,
  sigma2: number,
  logLik: number,
  n: number,
  residuals: Float64Array,
  standardizedResiduals: Float64Array,
  search: { converged: boolean; iterations: number },
): ArimaEstimate {
  const parameters = layout.count - countFixed(layout) + 1
  const aic = -2 * logLik + 2 * parameters
  return {
    spec,
    coefficients: toCoefficients(layout, values),
    standardErrors: toCoefficients(layout, errors),
    sigma2,
    logLik,
    aic,
    aicc:
      n > parameters + 1
        ? aic + (2 * parameters * (parameters + 1)) / (n - parameters - 1)
        : Number.POSITIVE_INFINITY,
    bic: -2 * logLik + parameters * Math.log(n),
    n,
    parameters,
    residuals,
    standardizedResiduals,
    ...search,
  }
}
