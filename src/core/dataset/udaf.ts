/** Aggregates of the user's: `agg({ spread: spread('price') })`. */

import { PlanError } from '../errors.ts'
import { USER_FOLD, type UserFoldOptions } from '../folds/index.ts'
import { checkNames, flag, oneOf, shown } from '../options.ts'
import { type ColumnTypeSpec, columnType } from '../types/column-type.ts'
import type { ValueOf } from '../types/row.ts'
import { moduleFunction } from '../user-functions/function-ref.ts'
import { type Aggregate, aggregate, type ColumnArgument } from './aggregate.ts'

/** A new state, or nothing where the one given was changed. */
// biome-ignore lint/suspicious/noConfusingVoidType: a method without `return` is of type void, to which undefined is not assignable
type Changed<State> = State | void

/**
 * An aggregate, as a module exports it. `step` `merge` and `retract` may change the state they are given and give nothing, or
 * give a new one. Results may depend neither on the order of rows nor on that of merges: the first rows are folded in several
 * ways to check that.
 */
export interface AggregateFunction<State, In extends readonly unknown[], Out> {
  /** The state of no rows. */
  start(): State
  /** The state after one row more. */
  step(state: State, ...values: In): Changed<State>
  /** The state of the rows of both. */
  merge(state: State, other: State): Changed<State>
  result(state: State): Out | null | undefined
  /** The state without a row that was stepped: for changelogs. */
  retract?(state: State, ...values: In): Changed<State>
  /** The state as structured clones take it, for snapshots and between shards. Default: as it is. */
  save?(state: State): unknown
  load?(saved: any): State
}

/** What {@link udaf} takes besides the export. */
export interface UdafOptions<In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec> {
  /** The types of the arguments. */
  readonly in: In
  /** The type of results. */
  readonly out: Out
  /** `'skip'`, the default: rows with a null argument are left out. `'pass'`: `step` is given nulls. */
  readonly nulls?: 'skip' | 'pass'
  /** It has `retract`, so that it can be taken of changelogs. Default: false. */
  readonly retract?: boolean
}

/** An aggregate of the user's, as `agg` takes it. */
export type Udaf<In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec> = <Row = any>(
  ...columns: { readonly [K in keyof In]: ColumnArgument<Row, ValueOf<In[K]>> }
) => Aggregate<Row, ValueOf<Out> | null>

/**
 * An aggregate that a module exports: `{ start, step, merge, result }`, see {@link AggregateFunction}. It is used as any other,
 * in windows and snapshots, on any number of shards.
 *
 * @param url of the module, absolute: `import.meta.resolve('./aggregates.ts')`
 * @param name of the export
 * @throws {PlanError} `FUNCTION_URL`, `FUNCTION_EXPORT`, `OPTION`, `COLUMN_TYPE`; by `agg`, `AGGREGATE_ARGUMENTS`,
 * `AGGREGATE_TYPE`, and `NO_RETRACT` of a changelog without `retract: true`
 * @throws {DataError} while a job runs: `FUNCTION_FAILED`, `FUNCTION_RESULT`, `AGGREGATE_LAWS` where results depend on order
 * @example
 * const code = `export const product = {
 *   start: () => 1,
 *   step: (state, x) => state * x,
 *   merge: (a, b) => a * b,
 *   result: state => state,
 * }`
 * const product = udaf(`data:text/javascript,${code}`, 'product', { in: ['float64'], out: 'float64' })
 * flights.groupBy('origin').agg({ product: product('delay') })
 */
export function udaf<const In extends readonly ColumnTypeSpec[], Out extends ColumnTypeSpec>(
  url: string | URL,
  name: string,
  options: UdafOptions<In, Out>,
): Udaf<In, Out> {
  const ref = moduleFunction('udaf', url, name, udaf)
  checkNames('udaf', options, ['in', 'out', 'nulls', 'retract'], udaf)
  if (!Array.isArray(options.in) || options.in.length === 0) {
    throw new PlanError('OPTION', `udaf takes the types of its arguments, got ${shown(options.in)}`, {
      hint: "{ in: ['float64'], out: 'float64' }",
      above: udaf,
    })
  }
  const { nulls = 'skip', retract = false } = options
  const fold: UserFoldOptions = {
    ...ref,
    in: JSON.stringify(options.in.map(type => columnType(type))),
    out: columnType(options.out),
    ...(oneOf(nulls, 'nulls', ['skip', 'pass'], udaf) === 'pass' && { takesNulls: true }),
    ...(flag(retract, 'retract', udaf) && { retracts: true }),
  }
  return ((...columns: unknown[]) =>
    aggregate(USER_FOLD, columns.length === 1 ? columns[0] : columns, { ...fold })) as Udaf<In, Out>
}
