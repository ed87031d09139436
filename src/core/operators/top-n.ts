import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import type { SortKey } from './order-by.ts'

/** The first rows in an order, of each key or of all. Ties go by place; nulls come last, NaN after every number. */
export interface TopNNode extends PlanNode {
  readonly kind: 'topN'
  /** How many rows of each key, from 1 on. */
  readonly n: number
  readonly by: readonly SortKey[]
  /** Absent: the first of all rows. */
  readonly keys?: readonly string[]
  /** Rows equal to the n-th in the order are among the first, too. */
  readonly ties?: true
  /** The name of a column, appended, of ranks from 1 on: with `ties` equal rows have one, else all are different. */
  readonly rank?: string
  /** Of equal rows the last in place comes first. */
  readonly latest?: true
  /** Over data that ends, rows leave in the order of their places, not key by key. */
  readonly inPlace?: true
  /** Keys that are silent for longer, in event time, are ranked anew, ms. */
  readonly ttlMs?: number
}

export const topN = defineOperator<TopNNode>({
  kind: 'topN',
  output(node, [input]) {
    for (const { column } of node.by) fieldOf(input!.schema, column)
    for (const key of node.keys ?? []) fieldOf(input!.schema, key)
    if (node.ttlMs !== undefined) checkTtl(input!)
    return firstRowsOutput(node, input!)
  },
  needs: (node, wanted, input) => [
    ...[...wanted].filter(name => name !== node.rank),
    ...node.by.map(({ column }) => column),
    ...(node.keys ?? []),
    ...(node.ttlMs === undefined && finalBy(node, input) === undefined ? [] : [input.eventTime!]),
  ],
  readsValues: (node, column) =>
    node.by.some(key => key.column === column) || (node.keys?.includes(column) ?? false),
  passesThrough: ({ rank }, column) => column !== rank,
  explain({ n, by, ties, rank, keys, ttlMs }) {
    const order = by.map(({ column, descending }) => `${JSON.stringify(column)}${descending ? ' desc' : ''}`)
    const of = keys?.length ? ` of each ${keys.map(key => JSON.stringify(key)).join(', ')}` : ''
    const ttl = ttlMs === undefined ? '' : `, forgotten after ${showDuration(ttlMs)}`
    const ranks = rank === undefined ? '' : `, ranks as ${JSON.stringify(rank)}`
    return `top ${n}${ties ? ' and ties' : ''} by ${order.join(', ')}${of}${ranks}${ttl}`
  },
  routes: ({ keys }) => [keys?.length ? { keys } : 'one'],
  takesChanges: true,
  runtime: () => import('./top-n-runtime.ts'),
})

function checkTtl({ bounded, eventTime, rows }: NodeOutput): void {
  if (bounded) {
    throw new PlanError('TOPN_TTL', 'a ttl of topN is for data that does not end, and this does', {
      hint: 'leave ttl out, or replay() the data',
    })
  }
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'the ttl of topN goes by event time, and none is declared', {
      hint: "put .watermark('column') before it",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'topN with a ttl cannot take a changelog', {
      hint: 'leave ttl out: the changelog says itself what is gone',
    })
  }
}

/**
 * The key column by which a stream's rows become final: no row of a key comes any more once the watermark has passed its
 * event time, or the end of its window. Undefined where there is none.
 */
export function finalBy({ keys, ttlMs }: TopNNode, input: NodeOutput): string | undefined {
  const { bounded, rows, eventTime, windowEnd } = input
  if (bounded || rows === 'changes' || ttlMs !== undefined) return undefined
  return keys?.find(key => key === eventTime) ?? keys?.find(key => key === windowEnd)
}

/** Over data that does not end, the first rows change, unless their key has an end: a changelog has no event time. */
export function firstRowsOutput(node: TopNNode, input: NodeOutput): NodeOutput {
  const { rank } = node
  const fields: Field[] = rank === undefined ? [] : [{ name: rank, type: 'int32' }]
  const known = { schema: schemaOf([...input.schema, ...fields]), ...keysOf(node) }
  if (input.bounded) return { ...input, ...known, timeOrdered: false }
  const final = finalBy(node, input)
  if (final !== undefined) {
    const timeOrdered = final === input.eventTime || input.windowMs !== undefined
    return { ...input, ...known, lateness: false, timeOrdered }
  }
  const { eventTime: _, windowMs: __, windowEnd: ___, ...rest } = input
  return { ...rest, ...known, lateness: false, timeOrdered: false, rows: 'changes' }
}

function keysOf({ n, ties, rank, keys, ttlMs }: TopNNode): Pick<NodeOutput, 'keys' | 'uniqueKeys'> {
  const keyed = keys?.length ? { keys } : {}
  // What was forgotten stays beside what is ranked anew.
  if (ttlMs !== undefined || ties) return keyed
  if (n === 1) return { ...keyed, uniqueKeys: keys ?? [] }
  return rank === undefined ? keyed : { ...keyed, uniqueKeys: [...(keys ?? []), rank] }
}
