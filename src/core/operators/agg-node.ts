/** The plan node of an aggregation. */

import type { Expr } from '../expr/expr.ts'
import type { FoldOptions } from '../folds/index.ts'
import type { PlanNode } from '../plan.ts'
import type { WindowSpec } from '../time/windows/spec.ts'

/** One aggregate: a fold of `core/folds` over the values of expressions. */
export interface AggregateSpec {
  readonly name: string
  readonly fold: string
  readonly args: readonly Expr[]
  /** Constants of the fold, such as which quantile. JSON. */
  readonly options?: FoldOptions
  /** Only rows for which this is true are folded. Absent: all. */
  readonly filter?: Expr
}

/** Groups rows by key columns, and by window when there is one, and folds each group. */
export interface AggNode extends PlanNode {
  readonly kind: 'agg'
  readonly keys: readonly string[]
  readonly window?: WindowSpec
  readonly aggregates: readonly AggregateSpec[]
}
