/** What the models of one search have in common, and what is known about each of them. */
import type { ArimaEstimate } from '../estimate/estimate.ts'
import type { ArimaFitOptions } from '../estimate/fit.ts'

/** The orders that a search varies. */
export type Orders = readonly [p: number, q: number, P: number, Q: number, constant: boolean]

/** The data, what all models of a search share, and the bounds of their orders. */
export interface SearchSpace {
  readonly y: Float64Array
  readonly columns: readonly Float64Array[]
  readonly period: number
  readonly d: number
  readonly seasonalD: number
  readonly maxP: number
  readonly maxQ: number
  readonly maxSeasonalP: number
  readonly maxSeasonalQ: number
  readonly constantAllowed: boolean
  readonly criterion: 'aicc' | 'aic' | 'bic'
  readonly method: ArimaFitOptions['method']
}

/** What fitting a model came to. */
export interface Outcome {
  /** Value of the criterion; Infinity when there is no fit. */
  readonly value: number
  /** A root lies within 1 % of the unit circle: such a model leads on, but is never the answer. */
  readonly nearUnitRoot: boolean
  /** The whole fit, where the effort of `arima` was made. */
  readonly estimate: ArimaEstimate | null
}

/** The outcome of a model that cannot be fitted. */
export const NO_FIT: Outcome = { value: Number.POSITIVE_INFINITY, nearUnitRoot: false, estimate: null }

/** Fits the model of these orders. */
export type FitModel = (orders: Orders) => Outcome

/** Whether the orders are within the bounds. */
export function isWithin(space: SearchSpace, [p, q, P, Q, constant]: Orders): boolean {
  if (p < 0 || q < 0 || P < 0 || Q < 0 || p > space.maxP || q > space.maxQ) return false
  if (P > space.maxSeasonalP || Q > space.maxSeasonalQ) return false
  return !constant || space.constantAllowed
}

/** The model as `arima` takes it. */
export function fitOptions(space: SearchSpace, [p, q, P, Q, constant]: Orders): ArimaFitOptions {
  const { d, seasonalD, period, method, columns } = space
  return {
    order: [p, d, q],
    seasonal: P + Q + seasonalD > 0 ? { order: [P, seasonalD, Q], period } : null,
    constant,
    ...(method ? { method } : {}),
    ...(columns.length > 0 ? { xreg: columns } : {}),
  }
}
