/** The options of `lookupJoin`, checked. */

import { PlanError } from '../errors.ts'
import type { LookupJoinNode } from '../operators/lookup-join.ts'
import { checkNames, flag, oneOf, shown, whole } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import type { ColumnTypeSpec } from '../types/column-type.ts'
import type { RowOf } from '../types/row.ts'
import { schemaFrom } from '../types/schema.ts'
import { closureOf } from '../user-functions/closure.ts'
import { moduleFunction } from '../user-functions/function-ref.ts'
import { namesOf } from './arguments.ts'
import type { FunctionOf, RowContext, RowMade } from './map.ts'
import type { ColumnName, JoinOn } from './types.ts'

type Columns = Readonly<Record<string, ColumnTypeSpec>>

type Found<Out extends Columns> = RowMade<Out> | readonly RowMade<Out>[] | null | undefined

/** What looks rows up: it is given the columns `in`, of which none is null, and may be asynchronous. */
export type LookupFunction<Key, Out extends Columns> =
  | ((
      key: { [K in keyof Key]: NonNullable<Key[K]> },
      context: RowContext,
    ) => Found<Out> | PromiseLike<Found<Out>>)
  | FunctionOf

/** A row with what the function finds. */
export type LookedUp<Row, Out extends Columns> = Row & { -readonly [K in keyof Out]: RowOf<Out>[K] }

/** What `lookupJoin` takes besides a bounded dataset. */
export interface LookupTableOptions<
  Left,
  Right,
  On extends JoinOn<Left, Right>,
  How extends 'inner' | 'left',
> {
  /** The columns that must be equal, as in `join`. */
  readonly on: On
  /** Whether rows for which nothing is found are left out (the default), or stay with nulls. */
  readonly how?: How
}

/** What `lookupJoin` takes besides a function. */
export interface LookupOptions<Row, In extends ColumnName<Row>, Out extends Columns> {
  /** The columns that the function is given. Rows with a null in them find nothing. */
  readonly in: In | readonly In[]
  /** The columns of what it finds. */
  readonly out: Out
  /** Whether rows for which nothing is found are left out (the default), or stay with nulls. */
  readonly how?: 'inner' | 'left'
  /** Remembers what was found, nothing included: of so many keys per shard, the ones used last, each for so long. */
  readonly cache?: { readonly rows: number; readonly ttl: Duration }
  /** How many calls are under way at once, within a batch. Default: 16. */
  readonly concurrency?: number
  /** How long a call may take; its signal aborts then. Default: as long as it does. */
  readonly timeout?: Duration
  /** How often a call that failed is made again, after 0.1 s, 0.2 s, 0.4 s and so on, at most 10 s. Default: 0. */
  readonly retries?: number
  /** False: the rows of a batch leave as their calls settle, and not in their order. Default: true. */
  readonly ordered?: boolean
  /** What becomes of rows for which all calls failed: the job fails, they are left out, or nothing was found. */
  readonly onError?: 'fail' | 'skip' | 'null'
  /** What the function uses of its surroundings, by name: copies of JSON values, and functions that use no more than these. */
  readonly using?: Readonly<Record<string, unknown>>
}

const OPTIONS = [
  'in',
  'out',
  'how',
  'cache',
  'concurrency',
  'timeout',
  'retries',
  'ordered',
  'onError',
  'using',
]

/** The options of a `lookupJoin` in a dataset, which are some of those of `join`. */
export function lookupTableOptions(
  options: LookupTableOptions<any, any, any, 'inner' | 'left'>,
  above: Function,
) {
  checkNames('lookupJoin', options, ['on', 'how'], above)
  const { on, how = 'inner' } = options
  return { on, how: oneOf(how, 'how of lookupJoin()', ['inner', 'left'], above) }
}

/** The node of a `lookupJoin` by a function. */
export function lookupJoinNode(work: unknown, given: unknown, above: Function): NodeBody<LookupJoinNode> {
  checkNames('lookupJoin', given, OPTIONS, above)
  const options = given as LookupOptions<any, string, Columns>
  const { how = 'inner', concurrency = 16, retries = 0, ordered = true, onError = 'fail' } = options
  const names = namesOf([options.in ?? []].flat(), above)
  const out = options.out
  if (names.length === 0 || typeof out !== 'object' || out === null || Object.keys(out).length === 0) {
    throw new PlanError(
      'OPTION',
      `lookupJoin takes columns in and out, got ${shown({ in: options.in, out })}`,
      {
        hint: "lookupJoin(find, { in: 'customer', out: { name: 'utf8' } })",
        above,
      },
    )
  }
  return {
    kind: 'lookupJoin',
    function: functionOf(work, options.using, above),
    in: names,
    out: schemaFrom(out).map(({ name, type }) => ({
      name,
      type: type === 'dictionary' ? ('utf8' as const) : type,
    })),
    how: oneOf(how, 'how of lookupJoin()', ['inner', 'left'], above),
    ...(options.cache === undefined ? {} : { cache: cacheOf(options.cache, above) }),
    concurrency: whole(concurrency, 'concurrency of lookupJoin()', 1, 10_000, above),
    ...(options.timeout === undefined ? {} : { timeoutMs: positiveMs(options.timeout, 'timeout', above) }),
    retries: whole(retries, 'retries of lookupJoin()', 0, 1000, above),
    ordered: flag(ordered, 'ordered of lookupJoin()', above),
    onError: oneOf(onError, 'onError of lookupJoin()', ['fail', 'skip', 'null'], above),
  }
}

function cacheOf(given: unknown, above: Function): { rows: number; ttlMs: number } {
  checkNames('cache of lookupJoin', given, ['rows', 'ttl'], above)
  const { rows, ttl } = given as { rows: number; ttl: Duration }
  return {
    rows: whole(rows, 'rows of cache', 1, 2 ** 24, above),
    ttlMs: positiveMs(ttl, 'ttl of cache', above),
  }
}

function functionOf(work: unknown, using: unknown, above: Function) {
  if (typeof work === 'function') return closureOf('lookupJoin', work, using, above)
  const { url, export: name } = (work ?? {}) as Partial<FunctionOf>
  return moduleFunction('lookupJoin', url, name, above)
}
