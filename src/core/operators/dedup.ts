import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import type { SortKey } from './order-by.ts'
import { finalBy, firstRowsOutput, type TopNNode } from './top-n.ts'

/** One row of each key: its first or last, in total order (event time, then place) or in an order of its own. */
export interface DedupNode extends PlanNode {
  readonly kind: 'dedup'
  readonly keys: readonly string[]
  readonly keep: 'first' | 'last'
  /** Before place. Absent: event time, where it is declared. Nulls come last, whichever is kept. */
  readonly order?: readonly SortKey[]
  /** Keys that are silent for longer, in event time, are forgotten, ms. */
  readonly ttlMs?: number
}

/**
 * How the rows are found: as the first one by `topN`; as the rows of the key come; when the watermark has passed them; or
 * with one row kept of each key, which is given when the data ends, or is a changelog until then.
 */
type Way = 'topN' | 'arrival' | 'time' | 'kept'

export function wayOf(node: DedupNode, input: NodeOutput): Way {
  const { keep, order, ttlMs } = node
  const ranked = order !== undefined || input.rows === 'changes' || finalBy(asTopN(node, input), input)
  if (ranked || (keep === 'last' && ttlMs !== undefined)) return 'topN'
  if (input.bounded || keep === 'last') return 'kept'
  return input.eventTime === undefined ? 'arrival' : 'time'
}

/** The `topN` that keeps the same row. */
export function asTopN({ keys, keep, order, ttlMs, inputs }: DedupNode, { eventTime }: NodeOutput): TopNNode {
  const latest = keep === 'last'
  const time = eventTime === undefined ? [] : [{ column: eventTime, descending: false }]
  return {
    kind: 'topN',
    inputs,
    n: 1,
    by: (order ?? time).map(({ column, descending }) => ({ column, descending: descending !== latest })),
    keys,
    inPlace: true,
    ...(latest ? { latest } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  }
}

export const dedup = defineOperator<DedupNode>({
  kind: 'dedup',
  output(node, [input]) {
    for (const key of node.keys) fieldOf(input!.schema, key)
    for (const { column } of node.order ?? []) fieldOf(input!.schema, column)
    if (node.ttlMs !== undefined) checkTtl(input!)
    const way = wayOf(node, input!)
    if (way === 'topN') return firstRowsOutput(asTopN(node, input!), input!)
    const known = { keys: node.keys, ...(node.ttlMs === undefined ? { uniqueKeys: node.keys } : {}) }
    if (way === 'time') return { ...input!, ...known, lateness: false, timeOrdered: true }
    if (way === 'arrival' || input!.bounded) return { ...input!, ...known, timeOrdered: false }
    const { eventTime: _, windowMs: __, windowEnd: ___, ...rest } = input!
    return { ...rest, ...known, lateness: false, timeOrdered: false, rows: 'changes' }
  },
  explain({ keys, keep, order, ttlMs }) {
    const of = keys.map(key => JSON.stringify(key)).join(', ')
    const by = order?.map(({ column, descending }) => `${JSON.stringify(column)}${descending ? ' desc' : ''}`)
    const ttl = ttlMs === undefined ? '' : `, forgotten after ${showDuration(ttlMs)}`
    return `dedup, the ${keep}${by ? ` by ${by.join(', ')}` : ''} of each ${of}${ttl}`
  },
  needs: ({ keys, order }, wanted, { eventTime }) => [
    ...wanted,
    ...keys,
    ...(order ?? []).map(({ column }) => column),
    ...(eventTime === undefined ? [] : [eventTime]),
  ],
  passesThrough: () => true,
  routes: ({ keys }) => [keys.length ? { keys } : 'one'],
  ordered: ({ keep, order }) => keep === 'first' && order === undefined,
  readsPlaces: () => true,
  takesChanges: true,
  notRepeatable: (node, [input]) =>
    wayOf(node, input!) === 'arrival'
      ? 'which row of a key comes first goes by when the rows of several splits arrive'
      : undefined,
  runtime: () => import('./dedup-runtime.ts'),
})

function checkTtl({ bounded, eventTime, rows }: NodeOutput): void {
  if (bounded) {
    throw new PlanError('DEDUP_TTL', 'a ttl of dedup is for data that does not end, and this does', {
      hint: 'leave ttl out, or replay() the data',
    })
  }
  if (eventTime === undefined && rows === 'append') {
    throw new PlanError('NO_EVENT_TIME', 'the ttl of dedup goes by event time, and none is declared', {
      hint: "put .watermark('column') before it",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'dedup with a ttl cannot take a changelog', {
      hint: 'leave ttl out: the changelog says itself what is gone',
    })
  }
}
