import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { FirstRows } from './first-rows.ts'
import type { SortKey } from './order-by.ts'
import { TopNOfChanges, TopNOfRows } from './top-n-changes.ts'
import { ForgetfulTopN } from './top-n-ttl.ts'

/** The first rows in an order, of each key or of all. Ties go by place; nulls come last, NaN after every number. */
export interface TopNNode extends PlanNode {
  readonly kind: 'topN'
  /** How many rows of each key, from 1 on. */
  readonly n: number
  readonly by: readonly SortKey[]
  /** Absent: the first of all rows. */
  readonly keys?: readonly string[]
  /** Keys that are silent for longer, in event time, are ranked anew, ms. */
  readonly ttlMs?: number
}

export const topN = defineOperator<TopNNode>({
  kind: 'topN',
  output(node, [input]) {
    for (const { column } of node.by) fieldOf(input!.schema, column)
    for (const key of node.keys ?? []) fieldOf(input!.schema, key)
    if (node.ttlMs !== undefined) checkTtl(input!)
    return outputOf(node, input!)
  },
  needs: (node, wanted, input) => [
    ...wanted,
    ...node.by.map(({ column }) => column),
    ...(node.keys ?? []),
    ...(node.ttlMs === undefined ? [] : [input.eventTime!]),
  ],
  readsValues: (node, column) =>
    node.by.some(key => key.column === column) || (node.keys?.includes(column) ?? false),
  passesThrough: () => true,
  explain({ n, by, keys, ttlMs }) {
    const order = by.map(({ column, descending }) => `${JSON.stringify(column)}${descending ? ' desc' : ''}`)
    const of = keys?.length ? ` of each ${keys.map(key => JSON.stringify(key)).join(', ')}` : ''
    const ttl = ttlMs === undefined ? '' : `, forgotten after ${showDuration(ttlMs)}`
    return `top ${n} by ${order.join(', ')}${of}${ttl}`
  },
  routes: ({ keys }) => [keys?.length ? { keys } : 'one'],
  takesChanges: true,
  open(node, context) {
    const { bounded, rows } = context.inputs[0]!
    if (bounded) return new FirstRows(node, context)
    if (node.ttlMs !== undefined) return new ForgetfulTopN(node, context)
    return rows === 'changes' ? new TopNOfChanges(node, context) : new TopNOfRows(node, context)
  },
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

/** Over data that does not end, the first rows change: no event time tells of rows that are taken back. */
function outputOf({ n, keys, ttlMs }: TopNNode, input: NodeOutput): NodeOutput {
  const keyed = keys?.length ? { keys } : {}
  const unique = n === 1 && ttlMs === undefined ? { uniqueKeys: keys ?? [] } : {}
  if (input.bounded) return { ...input, timeOrdered: false, ...keyed, ...unique }
  const { eventTime: _, windowMs: __, windowEnd: ___, ...rest } = input
  return { ...rest, lateness: false, timeOrdered: false, rows: 'changes', ...keyed, ...unique }
}
