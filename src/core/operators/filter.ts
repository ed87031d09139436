import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
import type { PlanNode } from '../plan.ts'
import { defineOperator } from './define.ts'

/** Keeps the rows whose test is true; null counts as false, as in SQL. */
export interface FilterNode extends PlanNode {
  readonly kind: 'filter'
  readonly test: Expr
}

export const filter = defineOperator<FilterNode>({
  kind: 'filter',
  output(node, [input]) {
    const type = typeOf(node.test, input!.schema)
    if (type !== 'bool') {
      throw new PlanError('FILTER_TYPE', `filter needs a condition, got ${type}: ${show(node.test)}`, {
        hint: 'compare it with something, for example .gt(0)',
      })
    }
    return input!
  },
  explain: node => `filter ${show(node.test)}`,
  needs: (node, wanted) => [...wanted, ...columnsUsed(node.test)],
  steps: node => [{ kind: 'filter', test: node.test }],
})
