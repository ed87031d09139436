/**
 * What an aggregate is before it is part of a plan: the name of a fold of `core/folds`, what it folds, and its options.
 * `aggregates.ts` has the functions that make them.
 */

import type { Columns, Expression } from '../expr/builder.ts'
import type { FoldOptions } from '../folds/index.ts'
import type { ColumnOf, ComputedValue } from './types.ts'

declare const VALUE: unique symbol

type Folded<Row> = string | ((row: Columns<Row>) => Expression<any>)

/** An aggregate over rows of type `Row`, with results of type `Value`. Frozen data, save for callbacks. */
export interface Aggregate<Row, out Value> {
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

/** Aggregates by the name of the column they land in. */
export type Aggregates<Row> = { readonly [name: string]: Aggregate<Row, any> }

/** The row that aggregates make. */
export type AggregatedRow<A> = { [K in keyof A]: A[K] extends Aggregate<any, infer Value> ? Value : never }

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
export type Sum<V> = 0 extends V & 1 ? any : [V] extends [bigint] ? bigint : number

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
  Object.freeze({
    fold,
    ...(of !== undefined && { of: of as string }),
    ...(options && { options: Object.freeze(options) }),
  })
