import { rowCount, withSelection } from '../batch/batch.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { defineOperator } from './define.ts'
import { HeldBatches } from './held-rows.ts'

/** All rows but the first ones, in the order they come. */
export interface SkipNode extends PlanNode {
  readonly kind: 'skip'
  readonly rows: number
}

export const skip = defineOperator<SkipNode>({
  kind: 'skip',
  output: (_node, [input]) => input!,
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  explain: node => `skip ${node.rows}`,
  notRepeatable: (_node, [input]) =>
    input!.bounded ? undefined : 'which rows of a stream come first depends on when they arrive',
  routes: () => ['one'],
  open(node) {
    let left = node.rows
    return {
      onBatch(batch, _port, emit) {
        const rows = rowCount(batch)
        if (rows <= left) {
          left -= rows
          return
        }
        if (left > 0) {
          const { selection } = batch
          const from = left
          const rest = selection?.slice(from) ?? Uint32Array.from({ length: rows - from }, (_, i) => from + i)
          left = 0
          emit(withSelection(batch, rest))
        } else emit(batch)
      },
      save: to => to.scalars({ left }),
      load(from) {
        left = from.scalars()?.left ?? left
      },
    }
  },
})

/** The last rows, in the order they come: once the input has ended. */
export interface TailNode extends PlanNode {
  readonly kind: 'tail'
  readonly rows: number
}

export const tail = defineOperator<TailNode>({
  kind: 'tail',
  output(_node, [input]) {
    if (input!.bounded) return input!
    throw new PlanError('UNBOUNDED', 'the last rows need data that ends, and this does not', {
      hint: "topN(10, 'at', 'desc') keeps the latest so far, as a changelog",
    })
  },
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  explain: node => `tail ${node.rows}`,
  routes: () => ['one'],
  open({ rows: wanted }) {
    const held = new HeldBatches([])
    let count = 0
    /** How many of the first held rows are not among the last. */
    const excess = (): number => Math.max(0, count - wanted)
    return {
      onBatch(batch) {
        held.add(batch)
        count += rowCount(batch)
        let first = 0
        for (let size = 0; first < held.batches.length; first++) {
          size = rowCount(held.batches[first]!)
          if (size > excess()) break
          count -= size
        }
        if (first > 0) held.replace(held.batches.slice(first))
      },
      onTime({ watermarkMs }, emit) {
        if (watermarkMs !== Number.POSITIVE_INFINITY || wanted === 0) return
        let left = excess()
        for (const batch of held.replace()) {
          const rows = rowCount(batch)
          const from = Math.min(left, rows)
          left -= from
          if (from === rows) continue
          const { selection } = batch
          const rest = selection?.slice(from) ?? Uint32Array.from({ length: rows - from }, (_, i) => from + i)
          emit(from === 0 ? batch : withSelection(batch, rest))
        }
        count = 0
      },
      save: to => held.save(to, 'rows'),
      load(from) {
        held.load(from, 'rows')
        for (const batch of held.batches) count += rowCount(batch)
      },
    }
  },
})
