/** From the models users give to `fit` and `forecast` to the data that nodes carry. */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import type { SeriesModelSpec } from '../series-model.ts'

/** Fixed orders: what `arima({ order })`, `arma`, `ar` and `ma` of `millrace/models` give. */
export interface FixedOrders {
  readonly kind: 'arima'
  readonly order: readonly number[]
  readonly seasonal: { readonly order: readonly number[]; readonly period: number } | null
  readonly constant: boolean
  readonly method: string
  /** Seasons are given in points, by `seasonal.period`. */
  readonly season: string | number | null
}

/** Orders that are searched for each series: what `autoArima({ period })` of `millrace/models` gives. */
export interface SearchedOrders {
  readonly kind: 'autoArima'
  /** Season length in points. */
  readonly period: number
}

/** A model of time, without a series. */
export type TimeModel = FixedOrders | SearchedOrders

/** A family of distributions that can be fitted: `poisson`, `normal` and the others of `millrace/models`. */
export interface DistributionFamily {
  /** The name of the function. */
  readonly name: string
  fit(data: ArrayLike<number>): { readonly distribution: { toJSON(): object } }
}

/** @throws {PlanError} `MODEL_SPEC` for what is neither a model of time nor a family */
export function seriesSpec(verb: string, model: unknown, above: Function): SeriesModelSpec {
  if (typeof model === 'function' && typeof (model as Partial<DistributionFamily>).fit === 'function') {
    return Object.freeze({ kind: 'distribution', name: model.name })
  }
  if (isSearch(model)) return structuredClone({ ...model })
  const { kind, order, season } = (model ?? {}) as Partial<FixedOrders>
  if (kind !== 'arima' || !Array.isArray(order)) {
    const { got, hint } = mistaken(model)
    throw new PlanError('MODEL_SPEC', `${verb} takes a model without a series, got ${got}`, { hint, above })
  }
  if (season) {
    throw new PlanError('MODEL_SPEC', `${verb} takes seasons in points, got ${JSON.stringify(season)}`, {
      hint: 'seasonal: { order: [0, 1, 1], period: 24 } is a day of hours',
      above,
    })
  }
  // What else a spec says is for detectors.
  const { seasonal, constant, method } = model as FixedOrders
  return structuredClone({ kind, order, seasonal, constant, method })
}

const isSearch = (model: unknown): model is SearchedOrders => {
  const { kind, period } = (model ?? {}) as Partial<SearchedOrders>
  return kind === 'autoArima' && Number.isInteger(period)
}

/** What has been given instead, and what to write. */
function mistaken(model: unknown): { got: string; hint: string } {
  const hint = "arima({ order: [1, 0, 0] }) or a family such as poisson, of 'millrace/models'"
  if (typeof model === 'function') return { got: `the function ${model.name || 'without a name'}`, hint }
  if (typeof model !== 'object' || model === null) return { got: shown(model), hint }
  const { kind, name, parameters, coefficients } = model as Record<string, unknown>
  if (typeof coefficients === 'object') {
    return { got: 'a model that has been fitted', hint: `its orders alone, without a series: ${hint}` }
  }
  if (typeof name === 'string' && typeof parameters === 'object') {
    return {
      got: `a ${name} distribution with parameters`,
      hint: `the family, whose parameters are fitted: ${name}`,
    }
  }
  if (typeof kind === 'string')
    return { got: `the detector ${kind}`, hint: `detect takes detectors; here: ${hint}` }
  return { got: shown(model), hint }
}
