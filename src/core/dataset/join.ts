/** The options of `join`, checked. */

import { PlanError } from '../errors.ts'
import type { Columns, Expression } from '../expr/builder.ts'
import { callbackExpr } from '../expr/callback.ts'
import type { Expr } from '../expr/expr.ts'
import type { AsofJoinNode } from '../operators/asof-join.ts'
import { JOIN_KINDS, type JoinKind, type JoinNode, type TimeRange } from '../operators/join-columns.ts'
import { SIDE_PREFIX } from '../operators/join-condition.ts'
import { callback, checkNames, flag, oneOf, shown, text } from '../options.ts'
import { callSite, type NodeBody, thrownAt } from '../planner/build.ts'
import { type Duration, positiveMs, signedMs } from '../time/duration.ts'
import { columnsIn, keyPairs } from './arguments.ts'
import { temporalJoinNode } from './asof-join.ts'
import type { Dataset } from './dataset.ts'

type AnyDataset = Dataset<any, any>

/**
 * How much later the second row may be than the first, ends included: `['-10m', '1h']`. `'10m'` is no more than ten minutes
 * either way; `null` for an end without a bound.
 */
export type Within = Duration | readonly [from: Duration | null, to: Duration | null]

/** What {@link Dataset.join} takes besides the other dataset. */
export interface JoinOptions<Left, Right, On, How extends JoinKind, Suffix extends string> {
  /** The columns that must be equal: `'id'`, `['id', 'day']`, or `{ seller: 'id' }`, the first dataset's name first. */
  readonly on: On
  /** Which rows leave. Default: `inner`, each pair of rows that meet. */
  readonly how?: How
  /** Appended to names of the other dataset that this one has, too. Default: `_right`. */
  readonly suffix?: Suffix
  /**
   * Rows meet only when the event time of the second less that of the first is in it; streams then forget rows that can
   * meet no more.
   */
  readonly within?: Within
  /**
   * `'event'`: the other dataset's rows are versions, each valid from its event time until that of the next one of its key, and
   * a row meets the one that is valid at its own event time. `how` is then `inner` or `left`.
   */
  readonly asOf?: 'event'
  /**
   * The side that ends is given to every shard, and rows of the other stay where they are: for a small side, and a large other
   * one. Default: rows of both go to the shard that owns their key.
   */
  readonly broadcast?: boolean
  /** And only where this is true of both rows. */
  readonly where?: (left: Columns<Left>, right: Columns<Right>) => Expression<boolean | null> | boolean
}

/** The node of a `join`, from what the user gave. */
export function joinNode(
  left: AnyDataset,
  right: AnyDataset,
  options: JoinOptions<any, any, any, JoinKind, string>,
  above: Function,
): NodeBody<JoinNode> | NodeBody<AsofJoinNode> {
  if (options?.asOf !== undefined) return temporalJoinNode(options, above)
  checkNames('join', options, ['on', 'how', 'suffix', 'within', 'where', 'broadcast'], above)
  const { on, how = 'inner', suffix = '_right', within, where, broadcast = false } = options
  return {
    kind: 'join',
    how: oneOf(
      how,
      'how of join()',
      JOIN_KINDS,
      above,
      (how as string) === 'outer'
        ? "'full' keeps the rows of both sides, 'left' those of the first"
        : undefined,
    ),
    on: keyPairs(on, above),
    suffix: text(suffix, 'suffix of join()', above),
    ...(within === undefined ? {} : { within: timeRange(within, above) }),
    ...(where === undefined ? {} : { where: pairTest(left, right, where, above) }),
    ...(flag(broadcast, 'broadcast of join()', above) ? { broadcast: true } : {}),
  }
}

/** @throws {PlanError} `DURATION`, `JOIN_WITHIN` */
function timeRange(within: Within, above: Function): TimeRange {
  if (!Array.isArray(within)) {
    const ms = positiveMs(within as Duration, 'within of join()', above)
    return { fromMs: -ms, toMs: ms }
  }
  const [from, to] = within as readonly (Duration | null)[]
  const end = (duration: Duration | null | undefined) =>
    duration === null || duration === undefined ? undefined : signedMs(duration, 'an end of within', above)
  const [fromMs, toMs] = [end(from), end(to)]
  if (within.length !== 2 || (fromMs === undefined && toMs === undefined) || fromMs! > toMs!) {
    throw new PlanError(
      'JOIN_WITHIN',
      `the within of join goes from one time to a later one, got ${shown(within)}`,
      {
        hint: "within: ['-10m', '1h']: the second row is at most ten minutes before the first, and one hour after it",
        above,
      },
    )
  }
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
}

/** The condition over both rows. */
function pairTest(left: AnyDataset, right: AnyDataset, where: unknown, above: Function): Expr {
  const test = callback(where, 'where of join()', above) as (left: unknown, right: unknown) => unknown
  try {
    return callbackExpr(test, columnsIn(left, SIDE_PREFIX[0]), columnsIn(right, SIDE_PREFIX[1]))
  } catch (error) {
    throw thrownAt(error, callSite(above))
  }
}
