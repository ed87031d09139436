import { isDateLike } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'

/**
 * Bounded history as a stream: rows in order of a time column, ties in source order, at a multiple of the speed at
 * which they happened.
 */
export interface ReplayNode extends PlanNode {
  readonly kind: 'replay'
  readonly time: string
  /** Milliseconds of history per millisecond; absent: as fast as rows can be read. */
  readonly speed?: number
  /** Replays of one group share a clock: their rows leave in time order, ties in the order of the members. */
  readonly together?: { readonly group: number; readonly member: number }
}

export const replay = defineOperator<ReplayNode>({
  kind: 'replay',
  output(node, [input]) {
    const { type } = fieldOf(input!.schema, node.time)
    if (!isDateLike(type)) {
      throw new PlanError(
        'EVENT_TIME_TYPE',
        `replay goes by a timestamp or a date, but ${JSON.stringify(node.time)} is ${type}`,
      )
    }
    if (!input!.bounded) {
      throw new PlanError(
        'REPLAY_UNBOUNDED',
        'replay turns data that ends into a stream, and this does not end',
        { hint: 'leave replay out: the data is a stream already' },
      )
    }
    // A stream has no event time before a watermark says so; its rows have the order of the time column only.
    const { schema, keys, uniqueKeys } = input!
    return {
      ...{ schema, bounded: false, lateness: false, timeOrdered: false, rows: 'append' as const },
      ...(keys ? { keys } : {}),
      ...(uniqueKeys ? { uniqueKeys } : {}),
    }
  },
  bounded: () => false,
  needs: (node, wanted) => [...wanted, node.time],
  explain: node =>
    `replay by ${JSON.stringify(node.time)} at ${node.speed === undefined ? 'full speed' : `${node.speed} times the speed of history`}`,
})
