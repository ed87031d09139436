/**
 * The search for the maximum of the exact likelihood: where it starts, and where else it looks when the surface may have
 * several maxima.
 */

import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { invertPositive } from '../../numerics/cholesky.ts'
import { type Minimum, minimize } from '../../numerics/minimize.ts'
import { isStationary } from '../../numerics/partial-autocorrelations.ts'
import type { ParameterLayout } from '../coefficients.ts'
import type { CssStart } from './css-start.ts'
import { concentratedObjective, logLikelihoodOf } from './exact-likelihood.ts'
import type { PreparedData } from './fit-data.ts'
import { expandedGradient, hasGradient } from './likelihood-gradient.ts'
import { multiStart } from './multi-start.ts'
import {
  admissible,
  contractBoth,
  expandBoth,
  onBoundary,
  structuralLags,
  type Transform,
  transformFor,
  transformJacobian,
} from './parameter-transform.ts'
import { otherStarts, startPoints } from './start-points.ts'

/** What a search reports while it runs. */
export interface FitProgress {
  iteration: number
  logLik: number
}

/** Points up to which a rich model is searched from further starts; longer series seldom hide a second maximum. */
const SHORT = 5000

/**
 * Models that have several maxima often enough to look for them: with many coefficients, with an ordinary and a seasonal
 * autoregression that stand in for each other, or started by a conditional fit from which gaps have taken most of the data.
 */
function isRich(layout: ParameterLayout, data: PreparedData, k: number): boolean {
  return (
    k >= 4 ||
    (k >= 3 && layout.p > 0 && layout.P > 0) ||
    (k >= 2 && 10 * (data.y.length - data.observed - data.delta.length) > data.y.length)
  )
}

/** What the search for further maxima may cost, in multiplications. */
const MULTI_START_WORK = 1.5e8

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

/** The objective of one fit, over raw coefficients and over the coordinates of the search. */
export interface Surface {
  readonly layout: ParameterLayout
  readonly data: PreparedData
  /** Positions of the coefficients that are estimated. */
  readonly free: readonly number[]
  readonly transform: Transform
  /** Buffer of raw coefficients; those that are held keep their values. */
  readonly arma: Float64Array
  /** Calls of `at` so far. */
  evaluations: number
  /** {@link concentratedObjective} at raw coefficients; what it leaves in the problem belongs to the last call. */
  at(values: Float64Array): number
  /** Searches from x0 in the coordinates of `transform`; without `information` along the gradient first. */
  search(
    x0: Float64Array,
    information: Float64Array | null,
    maxIterations?: number,
    tolerance?: number,
  ): Minimum
}

export function openSurface(
  layout: ParameterLayout,
  data: PreparedData,
  free: readonly number[],
  progress: ((progress: FitProgress) => void) | undefined,
): Surface {
  const { problem } = data
  const transform = transformFor(layout, free)
  const arma = new Float64Array(layout.armaCount)
  for (let i = 0; i < layout.armaCount; i++) if (!Number.isNaN(layout.fixed[i]!)) arma[i] = layout.fixed[i]!
  const { p, q, P, Q, period } = layout
  const arLags = structuralLags(p, P, period)
  const maLags = structuralLags(q, Q, period)
  const armaBar = new Float64Array(layout.armaCount)
  const objective = (x: Float64Array): number => {
    transform.apply(x, arma)
    return surface.at(arma)
  }
  const gradient = (x: Float64Array, out: Float64Array): void => {
    expandedGradient(problem, arLags, maLags)
    const { phiBar, thetaBar } = problem.whitening.start
    contractBoth(layout, arma, phiBar, thetaBar, armaBar)
    transform.pullBack(x, armaBar, out)
  }
  const surface: Surface = {
    ...{ layout, data, free, transform, arma },
    evaluations: 0,
    at(values) {
      surface.evaluations++
      const [phi, theta] = expandBoth(layout, values)
      return concentratedObjective(problem, phi, theta)
    },
    search: (x0, information, maxIterations = 100, tolerance) =>
      minimize(objective, {
        start: x0,
        inverseHessian: information ?? identity(free.length),
        weight: problem.used,
        maxIterations,
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(hasGradient(problem) ? { gradient } : {}),
        ...(progress
          ? {
              onIteration: (iteration, value) =>
                progress({ iteration, logLik: logLikelihoodOf(value, problem.used) }),
            }
          : {}),
      }),
  }
  return surface
}

/**
 * The highest maximum found, in the coordinates of the search: from the conditional estimate or from zero, whichever is
 * likelier, and from further starts where one search is not to be relied on.
 */
export function searchMaximum(surface: Surface, start: CssStart): Minimum {
  const { layout, data, transform, arma } = surface
  const k = surface.free.length
  const zero = arma.slice()
  const css = admissible(layout, start.arma)
  const zeroValue = surface.at(zero)
  const cssValue = surface.at(css)
  if (!Number.isFinite(zeroValue) && !Number.isFinite(cssValue)) explainStart(layout, data, zero)
  const useZero = !(cssValue <= zeroValue)
  const from = useZero ? zero : css
  const x0 = transform.invert(from)
  surface.at(from)
  const found = surface.search(x0, useZero ? null : startInformation(surface, start, x0))
  transform.apply(found.x, arma)
  const doubtful = isDoubtful(found, k) || onBoundary(layout, arma)
  if (!doubtful && !(data.problem.used <= SHORT && isRich(layout, data, k))) return found
  return searchFurther(surface, found, otherStarts(layout, from, useZero ? null : zero), doubtful)
}

/** Goes on from `found`: further starts, and the best of them to its end. */
function searchFurther(
  surface: Surface,
  found: Minimum,
  others: readonly Float64Array[],
  doubtful: boolean,
): Minimum {
  const { layout, data, transform, arma } = surface
  const { used } = data.problem
  const last =
    surface.evaluations + Math.max(400, Math.floor(MULTI_START_WORK / evaluationWork(layout, data)))
  const affordable = () => surface.evaluations < last
  let best = multiStart(found, {
    weight: used,
    affordable,
    search: surface.search,
    starts(round, best) {
      transform.apply(best.x, arma)
      const exchanged = startPoints(layout, arma).map(point => admissible(layout, point))
      return [...(round > 0 ? [] : others), ...exchanged].map(start => transform.invert(start))
    },
  })
  if (!best.converged) best = surface.search(best.x, best.inverseHessian)
  // A degenerate inverse Hessian can stop a search in a curved valley: begin again where it stopped.
  for (let attempt = 0; attempt < 4 && (doubtful || best !== found) && affordable(); attempt++) {
    const again = surface.search(best.x, null)
    const gain = (best.value - again.value) * used
    if (gain > 0) best = again
    if (!(gain > 1e-4)) break
  }
  return best
}

/** Raises what is wrong with a model that has no likelihood even at its starting values. */
export function explainStart(layout: ParameterLayout, data: PreparedData, zero: Float64Array): never {
  const [phi] = expandBoth(layout, zero)
  if (!isStationary(phi)) {
    throw new ModelError(
      'NON_STATIONARY',
      `arima() needs fixed coefficients that are stationary, got ${shown([...phi])}`,
      {
        hint: 'difference the series instead (order: [p, 1, q])',
      },
    )
  }
  throw new ModelError(
    'XREG_COLLINEAR',
    `arima() cannot separate ${data.slots.length} regression coefficients: got collinear columns`,
    { hint: 'drop a regressor; a constant column repeats the mean, a linear one repeats the drift' },
  )
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

function identity(k: number): Float64Array {
  const out = new Float64Array(k * k)
  for (let i = 0; i < k; i++) out[i * k + i] = 1
  return out
}

/**
 * Inverse Hessian of the objective at the start, from the Gauss–Newton matrix of the conditional fit, over the exact sum
 * of squares if that is much larger: a series whose conditional residuals vanish is not infinitely informative.
 */
export function startInformation(
  { layout, free, transform, arma, data }: Surface,
  start: CssStart,
  x0: Float64Array,
): Float64Array | null {
  const { workspace } = start
  const exactSum = data.problem.sumOfSquares
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
