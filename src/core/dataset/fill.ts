/** What `fill` takes: it is `over` with a column in place of another. */

import { PlanError } from '../errors.ts'
import type { Expression } from '../expr/builder.ts'
import { checkNames, shown } from '../options.ts'
import { outputAt } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import { isNumeric } from '../types/column-type.ts'
import { fieldOf, noName } from '../types/schema.ts'
import type { WindowFunction } from './aggregate.ts'
import { last } from './aggregates.ts'
import type { Dataset } from './dataset.ts'

/** What {@link Dataset.fill} takes after the column. */
export interface FillNullsOptions<By extends string> {
  /**
   * `'last'`: the last value before; `'linear'`: between the values before and after, in proportion to event time.
   * Default: `'last'`.
   */
  readonly method?: 'last' | 'linear'
  /** What makes a series. Default: all rows are one. */
  readonly by?: By | readonly By[]
  /**
   * Longer gaps stay: `'last'` takes no value from longer before, `'linear'` none where the values before and after are
   * further apart. Over a stream `'linear'` needs it: it is how long a row waits.
   */
  readonly maxGap?: Duration
  /** With `'last'`: at most so many rows after a value. */
  readonly limit?: number
}

const FILLED = '\0filled'

/** @throws {PlanError} `OPTION`, `DURATION`, `FILL_TYPE` */
export function filled(
  dataset: Dataset<any, any>,
  column: unknown,
  options: FillNullsOptions<string>,
  above: Function,
): Dataset<any, any> {
  checkNames('fill', options, ['method', 'by', 'maxGap', 'limit'], above)
  if (typeof column !== 'string') throw noName(column, above)
  const { method = 'last', by = [], maxGap, limit } = options
  checkMethod(method, options, above)
  const nodeOutput = outputAt(dataset.draft, dataset.port)
  const field = nodeOutput && fieldOf(nodeOutput.schema, column, above)
  const maxGapMs = maxGap === undefined ? undefined : positiveMs(maxGap, 'maxGap', above)
  if (method === 'linear') {
    if (field && !isNumeric(field.type)) {
      throw new PlanError(
        'FILL_TYPE',
        `a linear fill needs numbers, and ${JSON.stringify(column)} is ${field.type}`,
        {
          hint: "method: 'last' takes any type",
          above,
        },
      )
    }
    const interpolate = windowFunction(column, maxGapMs)
    return dataset
      .over({ by }, { [FILLED]: interpolate })
      .with({ [column]: (r: any) => r[FILLED] })
      .drop(FILLED)
  }
  const frame = {
    ...(maxGapMs === undefined ? {} : { range: [-maxGapMs, 0] as const }),
    ...(maxGapMs === undefined ? { rows: [limit === undefined ? null : -limit, 0] as const } : {}),
  }
  return dataset
    .over({ by, ...frame }, { [FILLED]: last(column).where(r => r[column]!.isNotNull()) })
    .with({ [column]: (r: any): Expression<any> => r[column].coalesce(r[FILLED]) })
    .drop(FILLED)
}

const windowFunction = (of: string, maxGapMs: number | undefined): WindowFunction<any, number | null> =>
  Object.freeze({
    fold: 'interpolate',
    of,
    ...(maxGapMs === undefined ? {} : { options: Object.freeze({ maxGapMs }) }),
  })

function checkMethod(method: unknown, { limit, maxGap }: FillNullsOptions<string>, above: Function): void {
  const refuse = (what: string, hint: string) => new PlanError('OPTION', what, { hint, above })
  if (method !== 'last' && method !== 'linear')
    throw refuse(`fill goes by 'last' or 'linear', got ${shown(method)}`, "leave it out for 'last'")
  if (limit === undefined) return
  if (!Number.isSafeInteger(limit) || limit < 1 || limit >= 2 ** 31)
    throw refuse(`limit of fill() is a whole number of rows from 1 on, got ${shown(limit)}`, 'limit: 3')
  if (method === 'linear') throw refuse("fill by 'linear' has no limit of rows", "maxGap: '1h' goes by time")
  if (maxGap !== undefined) throw refuse('fill has a limit of rows or of time, not both', 'leave one out')
}
