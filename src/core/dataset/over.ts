/** What `over` takes, and the node it makes. */

import { PlanError } from '../errors.ts'
import type { OverFrame } from '../operators/over-frames.ts'
import type { OverNode } from '../operators/over-node.ts'
import { checkNames, shown } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, durationMs, positiveMs } from '../time/duration.ts'
import type { WindowFunctions } from './aggregate.ts'
import { aggregateSpecs } from './aggregate-specs.ts'
import { namesOf, sortKeys } from './arguments.ts'
import type { Dataset } from './dataset.ts'
import type { ColumnName, SortColumn } from './types.ts'

/** A duration before or after a row: `'-1h'`, `'30m'`, or milliseconds. */
export type SignedDuration = Duration | `-${Extract<Duration, string>}`

/** What {@link Dataset.over} takes. */
export interface OverOptions<Row> {
  /** What a partition is. Default: all rows are one. */
  readonly by?: ColumnName<Row> | readonly ColumnName<Row>[]
  /**
   * The order of the rows of a partition: `'price'`, `['price', 'desc']`, or several of them, `[['day'], ['price', 'desc']]`.
   * Default: event time, or the order of the rows where none is declared. Nulls last; rows that tie go by place.
   */
  readonly orderBy?: ColumnName<Row> | SortColumn<Row> | readonly SortColumn<Row>[]
  /**
   * The frame of aggregates by number of rows, both ends included: `[-9, 0]` is this row and nine before it. `null`: as
   * far as the partition goes.
   */
  readonly rows?: readonly [from: number | null, to: number | null]
  /**
   * The frame by time, both ends included: `['-1h', '0s']` is the hour up to this row, and the rows with its time. `null`:
   * as far as the partition goes. Default: `[null, '0s']`, by whatever order there is.
   */
  readonly range?: readonly [from: SignedDuration | null, to: SignedDuration | null]
  /** Over a stream in order of its time: a partition without a row for longer, in event time, begins anew. */
  readonly ttl?: Duration
}

const OPTIONS = ['by', 'orderBy', 'rows', 'range', 'ttl']

/** @throws {PlanError} `OPTION`, `DIRECTION`, `DURATION`, `OVER_FRAME`, `AGGREGATE` */
export function overNode(
  dataset: Dataset<any, any>,
  options: OverOptions<any>,
  functions: WindowFunctions<any>,
  above: Function,
): NodeBody<OverNode> {
  checkNames('over', options, OPTIONS, above)
  const { by = [], orderBy, ttl } = options
  const columns = aggregateSpecs(dataset, 'over', functions, above)
  if (columns.length === 0) {
    throw new PlanError('AGGREGATE', 'over has nothing to append', {
      hint: "over({ by: 'origin' }, { n: rowNumber() })",
      above,
    })
  }
  return {
    kind: 'over',
    by: namesOf([by].flat(), above),
    ...(orderBy === undefined ? {} : { orderBy: sortKeys('over', orderBy, above) }),
    frame: frameOf(options, above),
    columns,
    ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', above) }),
  }
}

function frameOf({ rows, range }: OverOptions<any>, above: Function): OverFrame {
  if (rows !== undefined && range !== undefined) {
    throw new PlanError('OVER_FRAME', 'a frame goes by rows or by range, not by both', {
      hint: 'call over twice',
      above,
    })
  }
  if (rows !== undefined) {
    const [from, to] = bounds(rows, rowsBound, 'rows: [-10, 0] is this row and ten before it', above)
    return { kind: 'rows', ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
  }
  const hint = "range: ['-1h', '0s'] is the hour up to this row"
  const [from, to] = bounds(range ?? [null, 0], rangeBound, hint, above)
  return { kind: 'range', ...(from === null ? {} : { fromMs: from }), ...(to === null ? {} : { toMs: to }) }
}

function bounds<B>(
  given: unknown,
  read: (bound: B, above: Function) => number | undefined,
  hint: string,
  above: Function,
): readonly [number | null, number | null] {
  const refuse = () =>
    new PlanError('OVER_FRAME', `a frame is from one bound to another, no earlier one, got ${shown(given)}`, {
      hint,
      above,
    })
  if (!Array.isArray(given) || given.length !== 2) throw refuse()
  const [from, to] = given.map(bound => (bound === null ? null : read(bound, above)))
  if (from === undefined || to === undefined) throw refuse()
  if (from !== null && to !== null && from! > to!) throw refuse()
  return [from!, to!]
}

const rowsBound = (bound: unknown): number | undefined =>
  Number.isSafeInteger(bound) && Math.abs(bound as number) < 2 ** 31 ? (bound as number) + 0 : undefined

function rangeBound(bound: unknown, above: Function): number {
  const negative = typeof bound === 'number' ? bound < 0 : String(bound).startsWith('-')
  const size = typeof bound === 'number' ? Math.abs(bound) : String(bound).replace(/^-/, '')
  const ms = durationMs(size as Duration, 'a bound of range', above)
  return negative && ms > 0 ? -ms : ms
}
