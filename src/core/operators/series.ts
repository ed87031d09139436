/** What `fit` and `forecast` share while a plan is built: which columns make a series, and what it must be like. */

import { PlanError } from '../errors.ts'
import type { NodeOutput } from '../plan.ts'
import type { SeriesModelSpec } from '../series-model.ts'
import { isNumeric } from '../types/column-type.ts'
import { fieldOf } from '../types/schema.ts'
import { keysOf } from './keys.ts'

/** The part of a node that says what the series are. */
export interface SeriesNode {
  readonly column: string
  readonly model: SeriesModelSpec
  readonly by?: readonly string[]
  readonly everyMs?: number
}

/** Whether values have a place in time for the model. */
export const isTimed = ({ model }: SeriesNode): boolean => model.kind !== 'distribution'

/** The sampling step of the series: what the user said, or the window's size. */
export const stepMs = (node: SeriesNode, input: NodeOutput): number | undefined =>
  node.everyMs ?? input.windowMs

/** @throws {PlanError} `UNBOUNDED_FIT`, `UNKNOWN_COLUMN`, `FIT_TYPE`, `NO_EVENT_TIME`, `NO_KEYS` */
export function checkSeriesInput(verb: string, node: SeriesNode, input: NodeOutput): void {
  if (!input.bounded) {
    throw new PlanError('UNBOUNDED_FIT', `${verb} needs data that ends`, {
      hint: 'limit(n) it first, or use detect(), whose models learn while data flows',
    })
  }
  const { type } = fieldOf(input.schema, node.column)
  if (!isNumeric(type)) {
    throw new PlanError('FIT_TYPE', `${verb} takes numbers, but ${JSON.stringify(node.column)} is ${type}`, {
      hint: 'name a number column, or make one with .with({ … })',
    })
  }
  if (isTimed(node) && input.eventTime === undefined) {
    throw new PlanError(
      'NO_EVENT_TIME',
      `${verb} needs event time to put values in order, and no column is declared as such`,
      { hint: "put .watermark('column') before it, or a window" },
    )
  }
}

/** The columns that are read. */
export const seriesColumns = (verb: string, node: SeriesNode, input: NodeOutput): string[] => [
  ...keysOf(verb, node.by, input),
  node.column,
  ...(isTimed(node) ? [input.eventTime!] : []),
]

/** For `explain` and messages: `arima(1, 0, 0)(0, 1, 1)[12]`, `autoArima[12]`, `poisson`. */
export function showModel({ kind, name, order, seasonal, period }: SeriesModelSpec): string {
  if (kind === 'distribution') return String(name)
  if (kind === 'autoArima') return `${kind}[${period}]`
  const season = seasonal as { readonly order: readonly number[]; readonly period: number } | null | undefined
  const orders = Array.isArray(order) ? `(${order.join(', ')})` : ''
  return `${kind}${orders}${season ? `(${season.order.join(', ')})[${season.period}]` : ''}`
}

export const showSeriesKeys = (by: readonly string[] | undefined): string =>
  by?.length ? ` by ${by.map(key => JSON.stringify(key)).join(', ')}` : ''
