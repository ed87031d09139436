/**
 * More aggregates as users write them: statistics, sketches and bits of numbers. As those of `aggregates.ts`, they leave nulls out,
 * give null for a group without any value, and do not depend on the order of rows. All of this file is public.
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
  type ValueAt,
} from './aggregate.ts'
import { quantile } from './aggregates.ts'

type Numbers<Row> = ColumnArgument<Row, number | bigint | DecimalText>
type Integers<Row> = ColumnArgument<Row, number | bigint>

/** What {@link approxQuantile} takes after the share. */
export interface ApproxQuantileOptions {
  /** How far the answer may be off, as a part of itself, 0.0001 to 0.5. Default: 0.01. */
  readonly error?: number
}

/**
 * The value in the middle: {@link quantile} at 0.5. It keeps every value of every group.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is neither a number nor of time
 * @example
 * flights.groupBy('origin').agg({ delay: median('delay') })
 */
export function median<Row = any, F extends ColumnArgument<Row, Measured> = ColumnArgument<Row, Measured>>(
  of: F,
): Aggregate<Row, QuantileOf<ValueAt<Row, F>> | null>
export function median(of: any, ...others: unknown[]) {
  return (quantile as (...given: unknown[]) => unknown)(of, 0.5, ...others)
}

/**
 * About the quantile at the share `p`, 0 to 1: the value at place ⌊p · (n − 1)⌋ of a group's values in order, off by `error` of
 * itself at most, a percent by default. A sketch (DDSketch) in place of the values: some hundred numbers for each group.
 *
 * @throws {PlanError} by `agg`: those of {@link quantile}, also for times that are no durations; `AGGREGATE_OPTION` for an error that is
 * none
 * @example
 * flights.groupBy('origin').agg({ worst: approxQuantile('delay', 0.99, { error: 0.005 }) })
 */
export function approxQuantile<Row = any, F extends Numbers<Row> = Numbers<Row>>(
  of: F,
  p: number,
  options?: ApproxQuantileOptions,
): Aggregate<Row, Between<ValueAt<Row, F>> | null>
export function approxQuantile(of: unknown, p?: unknown, options: any = {}, ...others: unknown[]) {
  return aggregate('approxQuantile', folded(of, ...others), { p: p as number, error: 0.01, ...options })
}

/**
 * The sample covariance, Σ(x − mean x)(y − mean y)/(n − 1), over the rows in which neither is null, from exact sums. Null without
 * two such rows; NaN where a value is not finite.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ together: covar('delay', 'distance') })
 */
export function covar<Row = any>(x: Numbers<Row>, y: Numbers<Row>): Aggregate<Row, number | null>
export function covar(...given: unknown[]) {
  return aggregate('covar', folded(...given))
}

/**
 * How far the values lean to one side: the skewness of a sample, free of bias for a normal distribution, as DuckDB's; positive for
 * a long tail of great values. From exact sums. Null without three values; NaN of equal ones, or where one is not finite.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ lean: skewness('delay') })
 */
export function skewness<Row = any>(of: Numbers<Row>): Aggregate<Row, number | null>
export function skewness(...given: unknown[]) {
  return aggregate('skewness', folded(...given))
}

/**
 * How heavy the tails are: the excess kurtosis of a sample, free of bias for a normal distribution (whose is 0), as DuckDB's. From
 * exact sums. Null without four values; NaN of equal ones, or where one is not finite.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ tails: kurtosis('delay') })
 */
export function kurtosis<Row = any>(of: Numbers<Row>): Aggregate<Row, number | null>
export function kurtosis(...given: unknown[]) {
  return aggregate('kurtosis', folded(...given))
}

/**
 * The mean in which each value counts as much as its weight says: Σ x·weight / Σ weight over the rows in which neither is null,
 * from exact sums, rounded once. NaN where the weights come to 0.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ delay: weightedMean('delay', 'distance') })
 */
export function weightedMean<Row = any>(of: Numbers<Row>, weight: Numbers<Row>): Aggregate<Row, number | null>
export function weightedMean(...given: unknown[]) {
  return aggregate('weightedMean', folded(...given))
}

/**
 * The n-th root of the product of n values: the mean of factors. NaN where a value is negative, 0 where one is 0; no product is too
 * long for it.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ growth: geometricMean(r => r.delay.div(60).add(1)) })
 */
export function geometricMean<Row = any>(of: Numbers<Row>): Aggregate<Row, number | null>
export function geometricMean(...given: unknown[]) {
  return aggregate('geometricMean', folded(...given))
}

/**
 * All values multiplied, as a float64: rounded once, whatever the order; beyond 1e308 Infinity.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no number
 * @example
 * flights.groupBy('origin').agg({ growth: product(r => r.delay.div(60).add(1)) })
 */
export function product<Row = any>(of: Numbers<Row>): Aggregate<Row, number | null>
export function product(...given: unknown[]) {
  return aggregate('product', folded(...given))
}

/**
 * The bits that all values have, of integers in two's complement; of the column's type.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no integer
 * @example
 * flights.groupBy('origin').agg({ always: bitAnd('delay') })
 */
export function bitAnd<Row = any, F extends Integers<Row> = Integers<Row>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function bitAnd(...given: unknown[]) {
  return aggregate('bitAnd', folded(...given))
}

/**
 * The bits that some value has, of integers in two's complement; of the column's type.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no integer
 * @example
 * flights.groupBy('origin').agg({ ever: bitOr('delay') })
 */
export function bitOr<Row = any, F extends Integers<Row> = Integers<Row>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function bitOr(...given: unknown[]) {
  return aggregate('bitOr', folded(...given))
}

/**
 * The bits that an odd number of values have, of integers in two's complement; of the column's type.
 *
 * @throws {PlanError} by `agg`: `UNKNOWN_COLUMN`; `AGGREGATE_TYPE` for what is no integer
 * @example
 * flights.groupBy('origin').agg({ checksum: bitXor('delay') })
 */
export function bitXor<Row = any, F extends Integers<Row> = Integers<Row>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null>
export function bitXor(...given: unknown[]) {
  return aggregate('bitXor', folded(...given))
}
