import { rowCount, withSelection } from '../batch/batch.ts'
import type { PlanNode } from '../plan.ts'
import { defineOperator } from './define.ts'
import { withArrival } from './timely.ts'

/** The first rows, in the order they come. A limited dataset ends, even where its input does not. */
export interface LimitNode extends PlanNode {
  readonly kind: 'limit'
  readonly rows: number
}

export const limit = defineOperator<LimitNode>({
  kind: 'limit',
  output: (_node, [input]) => ({ ...input!, bounded: true }),
  bounded: () => true,
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  explain: node => `limit ${node.rows}`,
  notRepeatable: (_node, [input]) =>
    input!.bounded ? undefined : 'which rows of a stream come first depends on when they arrive',
  routes: () => ['one'],
  open(node, { arena }) {
    let left = node.rows
    return {
      onBatch(arrived, _port, emit, arrival) {
        const rows = rowCount(arrived)
        if (left === 0) return
        const batch = withArrival(arrived, arrival, arena)
        if (rows <= left) {
          left -= rows
          emit(batch)
          return
        }
        const first = batch.selection?.slice(0, left) ?? Uint32Array.from({ length: left }, (_, i) => i)
        left = 0
        emit(withSelection(batch, first))
      },
      get exhausted() {
        return left === 0
      },
      save: to => to.scalars({ left }),
      load(from) {
        left = from.scalars()?.left ?? left
      },
    }
  },
})
