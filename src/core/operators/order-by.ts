import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan/plan.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openOrderBy } from './order-by-runtime.ts'

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
  shape(node, [input]) {
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
  distribution: () => 'single',
  open: openOrderBy,
})
