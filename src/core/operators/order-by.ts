import type { Batch } from '../batch/batch.ts'
import { sortRows } from '../batch/compare.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, type DictionaryCopies, take } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import type { StateSnapshot } from '../state/snapshot.ts'
import { fieldIndex, fieldOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'

export interface SortKey {
  readonly column: string
  readonly descending: boolean
}

/** All rows in order; ties keep the order they had. Nulls last, NaN after every number. */
export interface OrderByNode extends PlanNode {
  readonly kind: 'orderBy'
  readonly by: readonly SortKey[]
}

export const orderBy = defineOperator<OrderByNode>({
  kind: 'orderBy',
  output(node, [input]) {
    for (const { column } of node.by) fieldOf(input!.schema, column)
    if (!input!.bounded) {
      throw new PlanError('UNBOUNDED_SORT', 'orderBy needs data that ends', {
        hint: 'sort what was written, with SQL, or sort the bounded dataset before replay()',
      })
    }
    return { ...input!, timeOrdered: false }
  },
  needs: (node, wanted) => [...wanted, ...node.by.map(key => key.column)],
  explain: node =>
    `orderBy ${node.by.map(({ column, descending }) => `${JSON.stringify(column)}${descending ? ' desc' : ''}`).join(', ')}`,
  readsValues: (node, name) => node.by.some(key => key.column === name),
  passesThrough: () => true,
  routes: () => ['one'],
  open: openOrderBy,
})

/** Collects everything, sorts once at the end, and emits in chunks. */
function openOrderBy(node: OrderByNode, context: OperatorContext): Operator {
  const { schema } = context.output
  const keys = node.by.map(({ column, descending }) => ({ column: fieldIndex(schema, column), descending }))
  const copies: DictionaryCopies = new Map()
  let held: Batch[] = []
  return {
    onBatch(batch) {
      held.push(copyToHeap(batch, copies))
    },
    onTime(signal, emit) {
      if (signal.watermarkMs !== Number.POSITIVE_INFINITY || held.length === 0) return
      const all = concat(schema, held, heapArena)
      held = []
      const order = sortRows(all, keys)
      for (let start = 0; start < order.length; start += OUTPUT_ROWS) {
        emit(take(all, order.subarray(start, start + OUTPUT_ROWS), context.arena))
      }
    },
    snapshot(): StateSnapshot {
      if (held.length === 0) return { version: 1, tables: {} }
      const batch = concat(schema, held, heapArena)
      held = [batch]
      // All rows lie on shard 0, which owns key group 0 at any shard count.
      return { version: 1, tables: { rows: { batch, keyGroups: new Uint8Array(batch.length) } } }
    },
    restore(state) {
      const rows = state.tables.rows?.batch
      if (rows) held.push(copyToHeap(rows))
    },
  }
}
