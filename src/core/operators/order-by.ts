import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { sortRows } from '../batch/compare.ts'
import { runsInOrder } from '../batch/merge.ts'
import { orderMeta, withMeta } from '../batch/meta.ts'
import { placeColumns, placedAt } from '../batch/place.ts'
import { type Arena, allocFloat64, heapArena } from '../batch/slab.ts'
import { concat, take } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { fieldIndex, fieldOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator, OUTPUT_ROWS } from './define.ts'
import { HeldBatches } from './held-rows.ts'

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

/**
 * Collects everything, sorts once at the end, and emits in chunks. Ties go by place, which is the order that rows had;
 * from here on the place of a row is its rank.
 */
function openOrderBy(node: OrderByNode, context: OperatorContext): Operator {
  const { schema } = context.output
  const keys = node.by.map(({ column, descending }) => ({ column: fieldIndex(schema, column), descending }))
  const held = new HeldBatches([])
  /** Whether batches hold rows in the order of their places. */
  let inOrder = true
  return {
    onBatch(batch) {
      held.add(batch)
    },
    onTime(signal, emit) {
      if (signal.watermarkMs !== Number.POSITIVE_INFINITY || held.batches.length === 0) return
      const batches = held.replace()
      const all = concat(schema, batches, heapArena)
      const places = inOrder && runsInOrder(batches).length < 2 ? [] : placeColumns(all, heapArena)
      const columns = [...all.columns, ...places]
      const ties = places.map((_, i) => ({ column: all.columns.length + i }))
      const order = sortRows({ ...all, columns }, [...keys, ...ties])
      for (let start = 0; start < order.length; start += OUTPUT_ROWS) {
        const batch = take(all, order.subarray(start, start + OUTPUT_ROWS), context.arena)
        emit(ranked(batch, start, context.arena))
      }
    },
    save: to => held.save(to, 'rows'),
    load(from) {
      held.load(from, 'rows')
      inOrder = false
    },
  }
}

/** The batch with ranks from `first` on as places. */
function ranked(batch: Batch, first: number, arena: Arena): Batch {
  const values = allocFloat64(arena, batch.length)
  for (let i = 0; i < values.length; i++) values[i] = first + i
  return withMeta(placedAt(batch, NO_POSITION), orderMeta([{ type: 'float64', values }]))
}
