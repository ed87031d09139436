/**
 * The exact filter of one ARIMA model, over many keys: from the start of each, and with missing values
 * (`arma/filter/excess-state.ts`). It may run over further columns beside the values, such as a regressor.
 *
 * State per key: a mean per lag and column, or the first values of a differenced series while they are collected; and the
 * covariance factors of a gap while its effects last.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import {
  type ExcessState,
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from '../../arma/filter/excess-state.ts'
import { type GainTable, gainRow, gainTable } from '../../arma/filter/gain-table.ts'
import type { CompiledModel } from '../../arma/model.ts'
import { f64 } from './fields.ts'
import { type Gap, gapField } from './gap-field.ts'

/** Missing steps that a filter takes one by one; more change nothing but the trend. */
export const MAX_STEPS = 2000

export interface KeyedFilter {
  /** Lags of the state. */
  readonly m: number
  /** First values of a differenced series, which have no prediction. */
  readonly before: number
  readonly columns: number
  /** Numbers per key. */
  readonly width: number
  readonly layout: StateLayout
  /** Absent until {@link setFilterModel}. */
  model: CompiledModel | undefined
  table: GainTable | undefined
  means: Float64Array
  gaps: (Gap | undefined)[]
  /** What {@link updateFilter} takes: a value per column; NaN in the first for a missing step. */
  readonly values: Float64Array
  readonly work: ExcessState
}

/** A filter for models of m lags of which the first `before` values are differenced away. */
export function keyedFilter(m: number, before: number, columns: number): KeyedFilter {
  const width = Math.max(1, columns * Math.max(m, before))
  return {
    ...{ m, before, columns, width },
    layout: { filter: { kind: 'f64', width }, gaps: gapField },
    model: undefined,
    table: undefined,
    means: new Float64Array(0),
    gaps: [],
    values: new Float64Array(columns),
    work: excessState(m, columns),
  }
}

/** Points a filter at the arrays of a step. */
export function bindFilter(filter: KeyedFilter, state: StateTable): void {
  filter.means = f64(state, 'filter')
  filter.gaps = (state as unknown as { gaps: (Gap | undefined)[] }).gaps
}

/** Sets the model of all keys. Their states go on from where they are. */
export function setFilterModel(filter: KeyedFilter, model: CompiledModel | undefined): void {
  filter.model = model
  filter.table = model && gainTable(model)
}

/** The prediction of a column's next value. */
export const filterMean = ({ m, width, means }: KeyedFilter, key: number, column: number): number =>
  m === 0 ? 0 : means[key * width + column * m]!

/** Variance of the prediction of a step from `before` on, in units of σ²; infinite while a first value is missing. */
export function filterVariance(
  { m, before, table, gaps, work }: KeyedFilter,
  key: number,
  step: number,
): number {
  if (m === 0) return 1
  // The table may grow, and be another array after.
  const row = gainRow(table!, step - before)
  const variance = table!.F[row]!
  const gap = gaps[key]
  if (gap === undefined) return variance
  work.excess = gap.excess
  work.diffuse = gap.diffuse
  return variance + excessVariance(work)
}

/** Moves the filter of a key over a step with the `values` given. */
export function updateFilter(filter: KeyedFilter, key: number, step: number): void {
  const { m, before, columns, means, values, work, table, gaps } = filter
  const first = key * filter.width
  if (step < before) {
    for (let c = 0; c < columns; c++) means[first + c * before + step] = values[c]!
    if (step + 1 === before) startFilter(filter, key)
    return
  }
  if (m === 0) return
  const row = gainRow(table!, step - before)
  const missing = Number.isNaN(values[0]!)
  if (row === table!.steadyFrom && !missing && gaps[key] === undefined && table!.F[row] === 1) {
    for (let c = 0; c < columns; c++) advanceSteady(filter, first + c * m, values[c]!)
    return
  }
  const { full } = filter.model!
  load(filter, key)
  if (missing) skip(work, full, table!.rows[row]!, table!.F[row]!)
  else observe(work, full, table!.rows[row]!, table!.F[row]!, values)
  store(filter, key)
}

/** Moves the means of a column, from place `first`, over a value. Steady gains are the coefficients themselves. */
function advanceSteady({ m, means, model }: KeyedFilter, first: number, value: number): void {
  const { fullSparse, thetaSparse } = model!
  const error = value - means[first]!
  if (m > 8) means.copyWithin(first, first + 1, first + m)
  else for (let i = 1; i < m; i++) means[first + i - 1] = means[first + i]!
  means[first + m - 1] = 0
  for (let i = 0; i < fullSparse.lags.length; i++) {
    const place = first + fullSparse.lags[i]! - 1
    means[place] = means[place]! + fullSparse.coefficients[i]! * value
  }
  for (let i = 0; i < thetaSparse.lags.length; i++) {
    const place = first + thetaSparse.lags[i]! - 1
    means[place] = means[place]! + thetaSparse.coefficients[i]! * error
  }
}

/** Turns the first values of a differenced series into its state. */
function startFilter(filter: KeyedFilter, key: number): void {
  const { m, before, columns, width, means, work } = filter
  const { delta, full } = filter.model!
  const from = key * width
  const first = Array.from({ length: columns }, (_, c) =>
    means.slice(from + c * before, from + (c + 1) * before),
  )
  const start = startAfterDifferencing(m, delta, full, first)
  for (let c = 0; c < columns; c++) work.means[c]!.set(start.means[c]!)
  work.excess = start.excess
  work.diffuse = start.diffuse
  means.fill(0, from, from + width)
  store(filter, key)
}

function load({ m, columns, width, means, gaps, work }: KeyedFilter, key: number): void {
  for (let c = 0; c < columns; c++) {
    const column = work.means[c]!
    const from = key * width + c * m
    for (let i = 0; i < m; i++) column[i] = means[from + i]!
  }
  work.excess = gaps[key]?.excess ?? []
  work.diffuse = gaps[key]?.diffuse ?? []
}

function store({ m, columns, width, means, gaps, work }: KeyedFilter, key: number): void {
  for (let c = 0; c < columns; c++) means.set(work.means[c]!, key * width + c * m)
  const { excess, diffuse } = work
  const felt = excess.length + diffuse.length > 0
  if (felt || gaps[key] !== undefined) gaps[key] = felt ? { excess, diffuse } : undefined
}
