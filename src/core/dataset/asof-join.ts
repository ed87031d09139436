/** The options of `asofJoin`, checked. */

import { PlanError } from '../errors.ts'
import type { AsofDirection, AsofJoinNode } from '../operators/asof-join.ts'
import type { JoinKind } from '../operators/join-columns.ts'
import { checkNames, oneOf, shown, text } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import { keyPairs } from './arguments.ts'
import type { JoinOptions } from './join.ts'
import type { ColumnOf, JoinOn, SharedKeys } from './types.ts'

/** What `asofJoin` takes besides the other dataset. */
export interface AsofJoinOptions<Left, Right, On, Suffix extends string> {
  /** The columns that must be equal, as in `join`; left out: any two rows may meet. */
  readonly on?: On
  /**
   * The columns of time, where it is not event time: `'at'`, or `{ at: 'since' }`, the first dataset's name first. Over data
   * that does not end it is event time.
   */
  readonly time?:
    | (ColumnOf<Left, Date> & ColumnOf<Right, Date>)
    | { readonly [K in ColumnOf<Left, Date>]?: ColumnOf<Right, Date> }
  /**
   * `'backward'`: the last row of the other dataset at or before the time. `'forward'`: the first at or after it.
   * `'nearest'`: the nearer of the two, the earlier where both are as near.
   */
  readonly direction: AsofDirection
  /** How far apart the times may be at most. Default: any distance. */
  readonly tolerance?: Duration
  /** Appended to names of the other dataset that this one has, too. Default: `_right`. */
  readonly suffix?: Suffix
}

/** A row with what it found: nulls where that is nothing. Names that both have are told apart by a suffix. */
export type AsofJoined<Left, Right, On, Suffix extends string> = Left & {
  [K in keyof Right as K extends SharedKeys<On>
    ? never
    : K extends keyof Left & string
      ? `${K}${Suffix}`
      : K]: Right[K] | null
}

/** No `on`: the key columns are none. */
export type AsofOn<Left, Right> = JoinOn<Left, Right> | readonly []

const DIRECTIONS = 'the last row at or before a time, the first at or after it, or the nearer of both'
const OPTIONS = ['on', 'time', 'direction', 'tolerance', 'suffix']

/** The node of an `asofJoin`, from what the user gave. */
export function asofJoinNode(
  options: AsofJoinOptions<any, any, any, string>,
  above: Function,
): NodeBody<AsofJoinNode> {
  checkNames('asofJoin', options, OPTIONS, above)
  const { on, time, direction, tolerance, suffix = '_right' } = options
  const pairs = time === undefined ? undefined : keyPairs(time, above)
  if (pairs && pairs.length !== 1) {
    throw new PlanError('OPTION', `time of asofJoin() is one column, got ${shown(time)}`, {
      hint: "time: 'at', or { at: 'since' }: the name of the first dataset first",
      above,
    })
  }
  return {
    kind: 'asofJoin',
    how: 'left',
    on: on === undefined || (Array.isArray(on) && on.length === 0) ? [] : keyPairs(on, above),
    direction: oneOf(
      direction,
      'direction of asofJoin()',
      ['backward', 'forward', 'nearest'],
      above,
      DIRECTIONS,
    ),
    ...(pairs ? { time: pairs[0]! } : {}),
    ...(tolerance === undefined ? {} : { toleranceMs: durationMs(tolerance, 'tolerance', above) }),
    suffix: text(suffix, 'suffix of asofJoin()', above),
  }
}

/** The node of a `join` with `asOf`: the version that is valid at the time of a row. */
export function temporalJoinNode(
  options: JoinOptions<any, any, any, JoinKind, string>,
  above: Function,
): NodeBody<AsofJoinNode> {
  checkNames('join as of', options, ['on', 'asOf', 'how', 'suffix'], above)
  const { on, asOf, how = 'inner', suffix = '_right' } = options
  oneOf(asOf, 'asOf of join()', ['event'], above)
  return {
    kind: 'asofJoin',
    verb: 'join as of',
    how: oneOf(how, 'how of join() with asOf', ['inner', 'left'], above),
    on: keyPairs(on, above),
    direction: 'backward',
    suffix: text(suffix, 'suffix of join()', above),
  }
}
