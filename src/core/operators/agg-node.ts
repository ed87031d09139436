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

/**
 * When the row of a window leaves, over data that does not end: when the watermark passes its end; after each batch that
 * changes it; when the watermark comes to a multiple of so many ms; or after every so many rows.
 */
export type EmitSpec =
  | { readonly on: 'close' | 'change' }
  | { readonly everyMs: number }
  | { readonly rows: number }

/** Groups rows by key columns, and by window when there is one, and folds each group. */
export interface AggNode extends PlanNode {
  readonly kind: 'agg'
  readonly keys: readonly string[]
  readonly window?: WindowSpec
  /** Default: when it closes. */
  readonly emit?: EmitSpec
  /** Without windows, over data that does not end: keys that are silent for longer, in event time, start anew, ms. */
  readonly ttlMs?: number
  /** How far behind the end of its window a row may be, when its split's watermark has passed that. Default: 0. */
  readonly allowedLatenessMs?: number
  readonly aggregates: readonly AggregateSpec[]
}
