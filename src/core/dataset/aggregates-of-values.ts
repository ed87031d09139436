/**
 * More aggregates as users write them: of values of any type, of conditions, of texts. As those of `aggregates.ts`, they leave nulls
 * out and give null for a group without any value. All of this file is public.
 */

import { PlanError } from '../errors.ts'
import type { Columns, Expression } from '../expr/builder.ts'
import { shown } from '../options.ts'
import { type Aggregate, aggregate, type ColumnArgument, folded, type ValueAt } from './aggregate.ts'

/** What {@link approxCountDistinct} takes after the column. */
export interface ApproxCountOptions {
  /** The standard error, as a part of the count, 0.005 to 0.25: the answer is within it two times in three. Default: 0.01. */
  readonly error?: number
}

/**
 * About how many different values there are: a sketch (HyperLogLog) in place of the values, 16 KiB a group at most. Up to 128 are
 * counted exactly. Never null. Values cannot be taken out again: for changelogs there is `countDistinct`.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_OPTION` for an error that is none; `NO_RETRACT` over a changelog
 * @example
 * flights.groupBy('origin').agg({ destinations: approxCountDistinct('destination') })
 */
export function approxCountDistinct<Row = any>(
  of: ColumnArgument<Row, any>,
  options?: ApproxCountOptions,
): Aggregate<Row, number>
export function approxCountDistinct(of: unknown, options: any = {}, ...others: unknown[]) {
  return aggregate('approxCountDistinct', folded(of, ...others), { error: 0.01, ...options })
}

/**
 * The value of a column in the row with the least value of another, `by`; of several, in the first by (event time, split, offset).
 * As in DuckDB, rows in which either is null do not count.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ best: argMin('destination', 'delay') })
 */
export function argMin<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
  by: NoInfer<ColumnArgument<Row, any>>,
): Aggregate<Row, ValueAt<Row, F> | null>
export function argMin(...given: unknown[]) {
  return aggregate('argMin', folded(...given))
}

/**
 * The value of a column in the row with the greatest value of another, `by`; of several, in the first by (event time, split,
 * offset). As in DuckDB, rows in which either is null do not count.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ worst: argMax('destination', 'delay') })
 */
export function argMax<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
  by: NoInfer<ColumnArgument<Row, any>>,
): Aggregate<Row, ValueAt<Row, F> | null>
export function argMax(...given: unknown[]) {
  return aggregate('argMax', folded(...given))
}

/**
 * The most frequent value; of several that are, the least. It keeps every different value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ usual: mode('destination') })
 */
export function mode<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function mode(...given: unknown[]) {
  return aggregate('mode', folded(...given))
}

/**
 * How much a value says, in bits: Σ p · log2(1/p) over the shares p of the different values; 0 where all are equal. It keeps every
 * different value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ variety: entropy('destination') })
 */
export function entropy<Row = any>(of: ColumnArgument<Row, any>): Aggregate<Row, number | null>
export function entropy(...given: unknown[]) {
  return aggregate('entropy', folded(...given))
}

/**
 * Whether a condition is true of some row; null where it is known of none.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no condition
 * @example
 * flights.groupBy('origin').agg({ late: any(r => r.delay.gt(60)) })
 */
export function any<Row = any>(of: ColumnArgument<Row, boolean>): Aggregate<Row, boolean | null>
export function any(...given: unknown[]) {
  return aggregate('any', folded(...given))
}

/**
 * Whether a condition is true of all rows of which it is known; null where it is known of none.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no condition
 * @example
 * flights.groupBy('origin').agg({ punctual: every(r => r.delay.lte(15)) })
 */
export function every<Row = any>(of: ColumnArgument<Row, boolean>): Aggregate<Row, boolean | null>
export function every(...given: unknown[]) {
  return aggregate('every', folded(...given))
}

/**
 * How many rows a condition is true of: `count().where(condition)`. Never null.
 *
 * @throws {PlanError} `CALLBACK` for what is no callback; by `agg`, `FILTER_TYPE` for what is no condition
 * @example
 * flights.groupBy('origin').agg({ late: countIf(r => r.delay.gt(15)) })
 */
export function countIf<Row = any>(
  condition: (row: Columns<Row>) => Expression<boolean | null>,
): Aggregate<Row, number> {
  if (typeof condition === 'function') return aggregate('count').where(condition as never)
  throw new PlanError('CALLBACK', `countIf takes a callback, got ${shown(condition)}`, {
    hint: 'countIf(r => r.delay.gt(15))',
    above: countIf,
  })
}

/**
 * The texts of a group, one after the other by (event time, split, offset), with a separator between them. It keeps every text of
 * every group.
 *
 * @param separator what stands between two; default a comma
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no text
 * @example
 * flights.groupBy('origin').agg({ destinations: join('destination', ', ') })
 */
export function join<Row = any>(
  of: ColumnArgument<Row, string>,
  separator?: string,
): Aggregate<Row, string | null>
export function join(of: unknown, separator: unknown = ',', ...others: unknown[]) {
  return aggregate('join', folded(of, ...others), { separator: separator as string })
}

/**
 * All values of a group as a list, by (event time, split, offset), nulls among them, as in DuckDB. It keeps every value of every
 * group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ delays: collectList('delay') })
 */
export function collectList<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, (ValueAt<Row, F> | null)[] | null>
export function collectList(...given: unknown[]) {
  return aggregate('collectList', folded(...given))
}

/**
 * The different values of a group as a list, the least first. It keeps every different value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ destinations: collectSet('destination') })
 */
export function collectSet<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F>[] | null>
export function collectSet(...given: unknown[]) {
  return aggregate('collectSet', folded(...given))
}

/**
 * The most frequent values as a list of `k` at most, the most frequent first; of several that are as frequent, the least. Exact: it
 * keeps every different value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_OPTION` for a number that is none
 * @example
 * flights.groupBy('origin').agg({ usual: topK('destination', 3) })
 */
export function topK<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
  k: number,
): Aggregate<Row, ValueAt<Row, F>[] | null>
export function topK(of: unknown, k?: unknown, ...others: unknown[]) {
  return aggregate('topK', folded(of, ...others), { k: k as number })
}

/**
 * How often each value of a group occurs, as a map, the least value first. It keeps every different value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`
 * @example
 * flights.groupBy('origin').agg({ flights: histogram('destination') })
 */
export function histogram<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, Map<ValueAt<Row, F>, number> | null>
export function histogram(...given: unknown[]) {
  return aggregate('histogram', folded(...given))
}
