/**
 * Window functions as users write them, for `over`: `over({ by: 'origin' }, { n: rowNumber(), before: lag('delay') })`.
 * They go by the order of the rows of a partition, and take no frame.
 */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import type { Aggregate, ColumnArgument, ValueAt, WindowFunction } from './aggregate.ts'
import { first, last } from './aggregates.ts'

export type { WindowFunction } from './aggregate.ts'

const windowFunction = (fold: string, of?: unknown, n?: number): WindowFunction<any, any> =>
  Object.freeze({
    fold,
    ...(of !== undefined && { of: of as string }),
    ...(n !== undefined && { options: Object.freeze({ n }) }),
  })

/**
 * The number of the row in its partition, from 1 on; rows that tie go by place.
 *
 * @example
 * flights.over({ by: 'origin', orderBy: ['delay', 'desc'] }, { n: rowNumber() })
 */
export function rowNumber(): WindowFunction<any, number> {
  return windowFunction('rowNumber')
}

/**
 * The rank of the row: rows that tie have that of the first of them, and those after them leave a gap.
 *
 * @example
 * flights.over({ orderBy: ['delay', 'desc'] }, { rank: rank() })
 */
export function rank(): WindowFunction<any, number> {
  return windowFunction('rank')
}

/**
 * The rank of the row without gaps: 1 and how many different rows come before it in order.
 *
 * @example
 * flights.over({ orderBy: ['delay', 'desc'] }, { rank: denseRank() })
 */
export function denseRank(): WindowFunction<any, number> {
  return windowFunction('denseRank')
}

/**
 * Which of `n` parts of its partition the row is in, from 1 on: parts are as long as each other, or the first ones one
 * row longer. Not over a stream in order of its time, where no partition is whole.
 *
 * @throws {PlanError} `WINDOW_FUNCTION` for what is no whole number from 1 on
 * @example
 * flights.over({ by: 'origin', orderBy: 'delay' }, { quarter: ntile(4) })
 */
export function ntile(n: number): WindowFunction<any, number> {
  return windowFunction('ntile', undefined, steps('ntile', n, ntile))
}

/**
 * The value in the row `n` rows before; null where there is none.
 *
 * @throws {PlanError} `WINDOW_FUNCTION` for what is no whole number from 1 on; `AGGREGATE_ARGUMENTS` without a column
 * @example
 * flights.over({ by: 'origin' }, { before: lag('delay'), twoBefore: lag('delay', 2) })
 */
export function lag<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
  n = 1,
): WindowFunction<Row, ValueAt<Row, F> | null> {
  return windowFunction('lag', oneColumn('lag', of, lag), steps('lag', n, lag))
}

/**
 * The value in the row `n` rows after; null where there is none. Over a stream a row waits for that row.
 *
 * @throws {PlanError} `WINDOW_FUNCTION` for what is no whole number from 1 on
 * @example
 * flights.over({ by: 'origin' }, { after: lead('delay') })
 */
export function lead<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
  n = 1,
): WindowFunction<Row, ValueAt<Row, F> | null> {
  return windowFunction('lead', oneColumn('lead', of, lead), steps('lead', n, lead))
}

/**
 * The value in the first row of the frame; null when it is null there, or the frame has no rows. The aggregate `first`:
 * in `over` it goes by the order of the partition.
 *
 * @example
 * flights.over({ by: 'origin' }, { opening: firstValue('delay') })
 */
export function firstValue<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null> {
  return first(of) as Aggregate<Row, ValueAt<Row, F> | null>
}

/**
 * The value in the last row of the frame; null when it is null there, or the frame has no rows. The aggregate `last`: in
 * `over` it goes by the order of the partition.
 *
 * @example
 * flights.over({ by: 'origin', rows: [0, 2] }, { soon: lastValue('delay') })
 */
export function lastValue<Row = any, F extends ColumnArgument<Row, any> = ColumnArgument<Row, any>>(
  of: F,
): Aggregate<Row, ValueAt<Row, F> | null> {
  return last(of) as Aggregate<Row, ValueAt<Row, F> | null>
}

function oneColumn(name: string, of: unknown, above: Function): unknown {
  if (of !== undefined && !Array.isArray(of)) return of
  throw new PlanError('AGGREGATE_ARGUMENTS', `${name}() takes one column, got ${shown(of)}`, {
    hint: `${name}('delay')`,
    above,
  })
}

function steps(name: string, n: number, above: Function): number {
  if (Number.isSafeInteger(n) && n >= 1 && n < 2 ** 31) return n
  throw new PlanError('WINDOW_FUNCTION', `${name} takes a whole number from 1 on, got ${shown(n)}`, {
    hint: name === 'ntile' ? 'ntile(4) makes quarters' : `${name}('x', 1) is the row next to this one`,
    above,
  })
}
