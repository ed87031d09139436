import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/** Each combination of the values of some columns, once: where it first occurs. Nulls are equal. */
export interface DistinctNode extends PlanNode {
  readonly kind: 'distinct'
  /** The columns that leave. Absent: all. */
  readonly columns?: readonly string[]
  /** A combination not seen for so long is forgotten, and leaves again when it is next seen. */
  readonly ttlMs?: number
}

export const distinct = defineOperator<DistinctNode>({
  kind: 'distinct',
  output(node, [input]) {
    const fields = distinctFields(node, input!)
    const names = new Set(fields.map(({ name }) => name))
    if (node.ttlMs !== undefined) checkTtl(input!)
    const output = followColumns(input!, schemaOf(fields), name => (names.has(name) ? name : undefined))
    const { lateness, windowMs: _, windowEnd: __, ...rest } = output
    // Late rows are left out where time is known afterwards.
    const timed = output.eventTime !== undefined || node.ttlMs !== undefined
    // What was forgotten comes again, beside the row that stays.
    const { uniqueKeys: ___, ...again } = rest
    if (node.ttlMs !== undefined) return { ...again, lateness: lateness && !timed, timeOrdered: false }
    return { ...rest, lateness: lateness && !timed, timeOrdered: false, uniqueKeys: [...names] }
  },
  explain({ columns, ttlMs }) {
    const of = columns ? ` ${columns.map(name => JSON.stringify(name)).join(', ')}` : ''
    return `distinct${of}${ttlMs === undefined ? '' : `, forgotten after ${showDuration(ttlMs)}`}`
  },
  needs: (node, _wanted, input) => [
    ...distinctFields(node, input).map(({ name }) => name),
    ...(node.ttlMs === undefined ? [] : [input.eventTime!]),
  ],
  passesThrough: (node, column) => node.columns?.includes(column) ?? true,
  routes: (node, [input]) => [{ keys: distinctFields(node, input!).map(({ name }) => name) }],
  ordered: () => true,
  takesChanges: true,
  runtime: () => import('./distinct-runtime.ts'),
})

const distinctFields = ({ columns }: DistinctNode, { schema }: NodeOutput): readonly Field[] =>
  columns?.map(name => fieldOf(schema, name)) ?? schema

function checkTtl({ eventTime, rows }: NodeOutput): void {
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'the ttl of distinct goes by event time, and none is declared', {
      hint: "put .watermark('column') before .distinct(…)",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'distinct with a ttl cannot take a changelog', {
      hint: 'leave ttl out: the changelog says itself what is gone',
    })
  }
}
