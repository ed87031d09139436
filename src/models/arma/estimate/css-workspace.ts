/**
 * The workspace of conditional least squares: every buffer that a fit needs, allocated once, so that a detector that refits
 * on every window allocates nothing.
 */
import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { checkOptions, flag } from '../../function-options.ts'
import { isArrayLike, MAX_POINTS } from '../../series-input.ts'

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

/** Where the coefficients of one polynomial lie in the parameters: the plain factor, the seasonal one, and its period. */
export interface CssFactors {
  readonly plainAt: number
  readonly plain: number
  readonly seasonalAt: number
  readonly seasonal: number
  readonly period: number
  /** −1 for φ(B)Φ(Bˢ), 1 for θ(B)Θ(Bˢ). */
  readonly sign: number
}

/** Buffers of the passes and of the search, and the expanded polynomials of the last pass. */
export interface CssScratch {
  z: Float64Array
  /** z filtered by the seasonal (resp. plain) AR factor alone: what ∂/∂φ (resp. ∂/∂Φ) lags. */
  zSeasonal: Float64Array
  zPlain: Float64Array
  eSeasonal: Float64Array
  ePlain: Float64Array
  jacobian: Float64Array[]
  arFactors: CssFactors
  maFactors: CssFactors
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

/** Every workspace there is: what else looks like one may have buffers of other lengths. */
const made = new WeakSet<CssWorkspace>()

const DIMENSIONS = [
  ...['capacity', 'p', 'q', 'seasonalP', 'seasonalQ', 'period', 'constant', 'regressors'],
] as const

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
  checkOptions('cssWorkspace', shape, DIMENSIONS, cssWorkspace)
  const { capacity, p, q } = shape
  const seasonalP = shape.seasonalP ?? 0
  const seasonalQ = shape.seasonalQ ?? 0
  const period = shape.period ?? 1
  const constant = flag(shape.constant ?? true, 'constant', cssWorkspace)
  const regressors = shape.regressors ?? 0
  for (const order of [capacity, p, q, seasonalP, seasonalQ, regressors]) {
    if (!Number.isInteger(order) || order < 0 || order > MAX_POINTS) {
      throw new ModelError('CSS_SHAPE', `cssWorkspace() needs whole orders ≥ 0, got ${shown(order)}`, {
        hint: 'cssWorkspace({ capacity: 500, p: 2, q: 1 })',
      })
    }
  }
  if (!Number.isInteger(period) || period < 1) {
    throw new ModelError('CSS_SHAPE', `cssWorkspace() needs a whole period ≥ 1, got ${shown(period)}`, {
      hint: 'period is the season length in points, 12 for months in a year',
    })
  }
  const k = p + q + seasonalP + seasonalQ + (constant ? 1 : 0) + regressors
  if (k * (k + capacity) > MAX_POINTS || period > MAX_POINTS) {
    throw new ModelError(
      'CSS_SHAPE',
      `cssWorkspace() needs orders that fit into memory, got ${k} of ${capacity} points`,
      {
        hint: 'lower orders, or a shorter series',
      },
    )
  }
  const series = () => new Float64Array(capacity)
  const arTerms = (p + 1) * (seasonalP + 1) - 1
  const maTerms = (q + 1) * (seasonalQ + 1) - 1
  const seasonal = seasonalP + seasonalQ > 0
  const shared = series()
  const workspace: CssWorkspace = {
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
      arFactors: { plainAt: 0, plain: p, seasonalAt: p + q, seasonal: seasonalP, period, sign: -1 },
      maFactors: {
        plainAt: p,
        plain: q,
        seasonalAt: p + q + seasonalP,
        seasonal: seasonalQ,
        period,
        sign: 1,
      },
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
  made.add(workspace)
  return workspace
}

/** Refuses what is no workspace, and series that are shorter than said or longer than the workspace. */
export function checkWorkspace(
  workspace: CssWorkspace,
  values: ArrayLike<number>,
  length: number,
  above: Function,
): void {
  const fits =
    made.has(workspace) &&
    isArrayLike(values) &&
    Number.isInteger(length) &&
    length >= 0 &&
    length <= Math.min(workspace.capacity, values.length)
  if (fits) return
  const what = made.has(workspace) ? `${shown(length)} points` : shown(workspace)
  throw new ModelError(
    'CSS_SHAPE',
    `${above.name}() needs a workspace and a series of at most its capacity, got ${what}`,
    { hint: `${above.name}(cssWorkspace({ capacity: y.length, p: 2, q: 1 }), y, y.length)`, above },
  )
}

/**
 * First index whose residual counts: p + P·period.
 *
 * @example
 * cssConditioning(cssWorkspace({ capacity: 100, p: 2, q: 1 })) // 2
 */
export function cssConditioning(workspace: CssWorkspace): number {
  if (!made.has(workspace)) checkWorkspace(workspace, [], 0, cssConditioning)
  return workspace.p + workspace.seasonalP * workspace.period
}
