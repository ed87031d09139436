/** What `topN` takes. */

import { PlanError } from '../errors.ts'
import type { TopNNode } from '../operators/top-n.ts'
import { flag, shown, text } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import { checkedOptions, namesOf, sortKeys } from './arguments.ts'
import type { Shown } from './types.ts'

/** What `dataset.topN` takes after the order. */
export interface TopNOptions<By extends string, As extends string = never> {
  /** What a key is: the first rows of each. Default: the first of all rows. */
  readonly by?: By | readonly By[]
  /** Rows equal to the n-th are among the first, too: those whose rank is at most n. */
  readonly ties?: boolean
  /** The name of a column to append: the rank of each row, from 1 on. With `ties`, equal rows have the same one. */
  readonly rank?: As
  /** Over a stream: a key without a row for longer, in event time, is forgotten, and its later rows are ranked anew. */
  readonly ttl?: Duration
}

/** A row with its rank, where it is asked for. */
export type Ranked<Row, As extends string> = [As] extends [never] ? Row : Shown<Row & { [K in As]: number }>

/**
 * @param what the column and perhaps its direction, or a list of columns; then perhaps options
 */
export function topNNode(n: number, what: readonly any[], above: Function): NodeBody<TopNNode> {
  const several = Array.isArray(what[0])
  const names = ['by', 'ties', 'rank', 'ttl']
  const options: TopNOptions<string, string> = checkedOptions('topN', what[several ? 1 : 2], names, above)
  const { by, ties, rank, ttl } = options
  if (!Number.isSafeInteger(n) || n < 1 || n > 0xffffffff) {
    throw new PlanError('LIMIT', `topN takes a whole number of rows from 1 on, got ${shown(n)}`, {
      hint: "topN(10, 'delay', 'desc') keeps the first ten rows in that order",
      above,
    })
  }
  return {
    kind: 'topN',
    n,
    by: sortKeys('topN', several ? what[0] : what.slice(0, 2), above),
    ...(by === undefined ? {} : { keys: namesOf([by].flat(), above) }),
    ...(ties !== undefined && flag(ties, 'ties of topN()', above) ? { ties: true } : {}),
    ...(rank === undefined ? {} : { rank: text(rank, 'rank of topN()', above) }),
    ...(ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', above) }),
  }
}
