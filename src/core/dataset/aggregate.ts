/**
 * What an aggregate is before it is part of a plan: the name of a fold of `core/folds`, what it folds, and its options.
 * `aggregates.ts` has the functions that make them.
 */

import type { Columns, Expression } from '../expr/builder.ts'
import type { FoldOptions } from '../folds/index.ts'
import type { ClockText, DecimalText, DurationMs } from '../types/row.ts'
import type { ColumnOf, ComputedValue } from './types.ts'

declare const VALUE: unique symbol

type Folded<Row> = string | ((row: Columns<Row>) => Expression<any>)

// The dataset is not known where it is called: `count().where(…)` is made before `agg` gets it.
type Condition = (row: Columns<any>) => Expression<boolean | null>

/**
 * What `over` computes for a row from those around it: an aggregate of its frame, or a window function such as
 * `rowNumber()`. Frozen data, save for callbacks.
 */
export interface WindowFunction<Row, out Value> {
  readonly fold: string
  /**
   * What is folded: a column name, or a callback that computes it; several of an array. Absent: the rows themselves.
   */
  readonly of?: Folded<Row> | readonly Folded<Row>[]
  /** Constants of the fold, such as which quantile. JSON. */
  readonly options?: FoldOptions
  /** Only in the types. */
  readonly [VALUE]?: Value
}

/** An aggregate over rows of type `Row`, with results of type `Value`. Frozen data, save for callbacks. */
export interface Aggregate<Row, out Value> extends WindowFunction<Row, Value> {
  /** All must be true of a row that is folded. Absent: all rows are. */
  readonly filters?: readonly Condition[]
  /**
   * The aggregate of those rows of a group for which the condition is true: SQL's `FILTER (WHERE …)`. A group without
   * any has a row, as if it had none: a count of 0, else null. Called twice, both must hold.
   *
   * @throws {PlanError} by `agg`: `CALLBACK` for what is no callback; `FILTER_TYPE` when it is no condition; errors of
   * expressions
   * @example
   * flights.groupBy('origin').agg({ flights: count(), late: count().where(r => r.delay.gt(15)) })
   */
  where(condition: Condition): Aggregate<any, Value>
}

/** Aggregates by the name of the column they land in. */
export type Aggregates<Row> = { readonly [name: string]: Aggregate<Row, any> }

/** Window functions and aggregates by the name of the column they land in. */
export type WindowFunctions<Row> = { readonly [name: string]: WindowFunction<Row, any> }

/** The row that aggregates make. */
export type AggregatedRow<A> = {
  [K in keyof A]: A[K] extends Aggregate<any, infer Value>
    ? Value
    : A[K] extends WindowFunction<any, infer Value>
      ? Value
      : never
}

/** A column of which an aggregate can be taken: its name, or a callback that computes it. */
export type ColumnArgument<Row, Value> =
  | ColumnOf<Row, Value>
  | ((row: Columns<Row>) => Expression<Value | null>)

/** The values of what is folded, without null. */
export type ValueAt<Row, F> = F extends keyof Row
  ? NonNullable<Row[F]>
  : F extends (row: any) => infer E
    ? NonNullable<ComputedValue<E>>
    : never

/** Sums of bigints are bigint, others number; of `any`, any. */
export type Sum<V> = 0 extends V & 1
  ? any
  : [V] extends [bigint]
    ? bigint
    : [V] extends [DecimalText]
      ? DecimalText
      : number

/** What has a middle: numbers, dates, timestamps, times of day and durations. */
export type Measured = number | bigint | DecimalText | Date | ClockText

/** What lies between values: of times a time, of durations a duration, of others a number; of `any`, any. */
export type Between<V> = 0 extends V & 1
  ? any
  : [V] extends [Date]
    ? Date
    : [V] extends [ClockText]
      ? ClockText
      : [V] extends [DurationMs]
        ? DurationMs
        : number

/** The quantiles of values: of decimals one of them, of others what lies between. */
export type QuantileOf<V> = 0 extends V & 1 ? any : [V] extends [DecimalText] ? DecimalText : Between<V>

/**
 * What is folded, of all that a factory was called with: its first argument, with further ones that may be columns, so
 * that the table of folds refuses what it has no use for. Others, such as those of `columns.map(min)`, mean nothing.
 */
export function folded(of?: unknown, ...others: readonly unknown[]): unknown {
  const columns = others.filter(other => typeof other === 'string' || typeof other === 'function')
  return columns.length > 0 ? Object.freeze([of, ...columns]) : of
}

/** An aggregate as data; the table of folds says what `fold` may be, and which options it has. */
export const aggregate = (fold: string, of?: unknown, options?: FoldOptions): Aggregate<any, any> =>
  withMethods({
    fold,
    ...(of !== undefined && { of: of as string }),
    ...(options && { options: Object.freeze(options) }),
  })

/** Methods are no data: they are not among the own properties of an aggregate. */
const METHODS = Object.freeze({
  where(this: Aggregate<any, any>, condition: Condition): Aggregate<any, any> {
    return withMethods({ ...this, filters: Object.freeze([...(this.filters ?? []), condition]) })
  },
})

const withMethods = (data: Omit<Aggregate<any, any>, 'where'>): Aggregate<any, any> =>
  Object.freeze(Object.assign(Object.create(METHODS), data))
