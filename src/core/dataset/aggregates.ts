/**
 * Aggregates as users write them: `agg({ n: count(), delay: mean(r => r.delay) })`. Each names a fold of `core/folds`
 * and what it folds; the row type comes from the dataset they are given to. All of this file but types is public.
 *
 * All but `count` leave nulls out and give null for a group without any value, as in SQL; `first` and `last` say how
 * they differ. Float sums and means do not depend on the order of rows. `agg` throws a PlanError: `UNKNOWN_COLUMN`
 * for a column that is not there, `AGGREGATE_TYPE` for what the aggregate does not take, as a mean of text,
 * `AGGREGATE_ARGUMENTS` for more columns than the aggregate takes.
 */

import type { DecimalText } from '../types/row.ts'
import {
  type Aggregate,
  aggregate,
  type Between,
  type ColumnArgument,
  folded,
  type Measured,
  type QuantileOf,
  type Sum,
  type ValueAt,
} from './aggregate.ts'

export type { Aggregate } from './aggregate.ts'

/**
 * How many rows the group has; of a column, how many of its values are not null. An integer, never null: a number in
 * JavaScript, `int53` in a schema.
 *
 * @example
 * flights.groupBy('origin').agg({ flights: count(), delayed: count('delay') })
 */
export function count<Row = any>(of?: ColumnArgument<Row, any>): Aggregate<Row, number>
export function count(...given: unknown[]) {
  return aggregate('count', folded(...given))
}

/**
 * The sum. Exact for integers (beyond what the result type holds: DataError `OVERFLOW`) and correctly rounded for
 * floats, whatever the order. bigint for a bigint column, else number; null without a value.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number and no duration
 * @example
 * flights.groupBy('origin').agg({ minutes: sum('delay'), late: sum(r => r.delay.gt(15).cast('int32')) })
 */
export function sum<
  Row = any,
  F extends ColumnArgument<Row, number | bigint | DecimalText> = ColumnArgument<
    Row,
    number | bigint | DecimalText
  >,
>(of: F): Aggregate<Row, Sum<ValueAt<Row, F>> | null>
export function sum(...given: unknown[]) {
  return aggregate('sum', folded(...given))
}

/**
 * The arithmetic mean, in the column's unit: the exact sum over the count, rounded once. Null without a value. Of timestamps, times
 * of day and durations it is one of them, rounded to its unit, halves away from zero; of dates a timestamp in microseconds.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is neither a number nor of time
 * @example
 * flights.groupBy('origin').agg({ delay: mean('delay'), hours: mean(r => r.delay.div(60)) })
 */
export function mean<Row = any, F extends ColumnArgument<Row, Measured> = ColumnArgument<Row, Measured>>(
  of: F,
): Aggregate<Row, Between<ValueAt<Row, F>> | null>
export function mean(...given: unknown[]) {
  return aggregate('mean', folded(...given))
}

/**
 * The sample variance, Σ(x − mean)²/(n − 1), in squared units of the column: from exact sums, rounded once, whatever
 * the order and however far the mean is from 0. Null without two values; NaN where one is not finite; Infinity where
 * squares are beyond 1e308.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ spread: variance('delay') })
 */
export function variance<Row = any>(
  of: ColumnArgument<Row, number | bigint | DecimalText>,
): Aggregate<Row, number | null>
export function variance(...given: unknown[]) {
  return aggregate('variance', folded(...given))
}

/**
 * The sample standard deviation, the square root of {@link variance}, in the column's unit; of durations a duration, rounded to
 * its unit.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number and no duration
 * @example
 * flights.groupBy('origin').agg({ delay: mean('delay'), spread: stddev('delay') })
 */
export function stddev<
  Row = any,
  F extends ColumnArgument<Row, number | bigint | DecimalText> = ColumnArgument<
    Row,
    number | bigint | DecimalText
  >,
>(of: F): Aggregate<Row, Between<ValueAt<Row, F>> | null>
export function stddev(...given: unknown[]) {
  return aggregate('stddev', folded(...given))
}

/**
 * The quantile at the share `p` of a group's values, 0 to 1: 0.5 is the median. Interpolated between the two
 * values next to it as DuckDB's `quantile_cont` does; NaN counts as the greatest number. Null without a value. Between decimals,
 * timestamps, times of day and durations it is one of them, rounded to its unit, halves away from zero; between dates a timestamp in
 * microseconds; else a float64. It keeps every value of every group, 8 bytes each.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is neither a number nor of time;
 * `AGGREGATE_OPTION` for a share outside 0 to 1
 * @example
 * flights.groupBy('origin').agg({ median: quantile('delay', 0.5), worst: quantile(r => r.delay, 0.99) })
 */
export function quantile<Row = any, F extends ColumnArgument<Row, Measured> = ColumnArgument<Row, Measured>>(
  of: F,
  p: number,
): Aggregate<Row, QuantileOf<ValueAt<Row, F>> | null>
export function quantile(of: unknown, p?: unknown, ...others: unknown[]) {
  return aggregate('quantile', folded(of, ...others), { p: p as number })
}

/**
 * Pearson's correlation of two columns, −1 to 1, over the rows in which neither is null: from exact sums, whatever the
 * order. Null without two such rows; NaN where a column is constant or a value is not finite.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ r: corr('delay', 'distance'), late: corr('distance', r => r.delay.div(60)) })
 */
export function corr<Row = any>(
  x: ColumnArgument<Row, number | bigint | DecimalText>,
  y: ColumnArgument<Row, number | bigint | DecimalText>,
): Aggregate<Row, number | null>
export function corr(...given: unknown[]) {
  return aggregate('corr', folded(...given))
}

/**
 * The least value. Text by UTF-8 bytes; NaN is greater than every number. Null without a value.
 *
 * @example
 * flights.groupBy('origin').agg({ earliest: min('date'), best: min('delay') })
 */
export function min<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function min(...given: unknown[]) {
  return aggregate('min', folded(...given))
}

/**
 * The greatest value. Text by UTF-8 bytes; NaN is greater than every number. Null without a value.
 *
 * @example
 * flights.groupBy('origin').agg({ latest: max('date'), worst: max('delay') })
 */
export function max<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function max(...given: unknown[]) {
  return aggregate('max', folded(...given))
}

/**
 * The value of the group's first row by (event time, split, offset); null when it is null there, as in DuckDB.
 *
 * @example
 * flights.groupBy('origin').agg({ opening: first('destination') })
 */
export function first<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function first(...given: unknown[]) {
  return aggregate('first', folded(...given))
}

/**
 * The value of the group's last row by (event time, split, offset); null when it is null there, as in DuckDB.
 *
 * @example
 * flights.groupBy('origin').agg({ closing: last('destination') })
 */
export function last<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function last(...given: unknown[]) {
  return aggregate('last', folded(...given))
}

/**
 * How many different values there are, exactly; nulls do not count. -0 equals 0, NaN equals NaN. Never null. It keeps
 * every value of every group.
 *
 * @example
 * flights.groupBy('origin').agg({ destinations: countDistinct('destination') })
 */
export function countDistinct<Row = any>(of: ColumnArgument<Row, any>): Aggregate<Row, number>
export function countDistinct(...given: unknown[]) {
  return aggregate('countDistinct', folded(...given))
}
