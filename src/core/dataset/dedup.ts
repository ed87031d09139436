/** What `dedup` takes. */

import type { DedupNode } from '../operators/dedup.ts'
import { checkNames, oneOf } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import { namesOf, sortKeys } from './arguments.ts'
import type { ColumnName, SortColumn } from './types.ts'

/** What `dataset.dedup` takes. */
export interface DedupOptions<Row> {
  /** The columns that make a key; nulls are equal, and so are NaNs. None: one row of all. */
  readonly by: ColumnName<Row> | readonly ColumnName<Row>[]
  /** Which row of a key. Default: `'first'`. */
  readonly keep?: 'first' | 'last'
  /** The order that says which row is the first, before place. Default: event time, where it is declared. */
  readonly orderBy?: ColumnName<Row> | SortColumn<Row> | readonly SortColumn<Row>[]
  /** Over a stream: a key without a row for longer, in event time, is forgotten. */
  readonly ttl?: Duration
}

export function dedupNode(options: DedupOptions<any>, above: Function): NodeBody<DedupNode> {
  checkNames('dedup', options, ['by', 'keep', 'orderBy', 'ttl'], above)
  const { by, keep = 'first', orderBy, ttl } = options
  return {
    kind: 'dedup',
    keys: namesOf([by].flat(), above),
    keep: oneOf(keep, 'keep of dedup()', ['first', 'last'], above),
    ...(orderBy === undefined ? {} : { order: sortKeys('dedup', orderBy, above) }),
    ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', above) }),
  }
}
