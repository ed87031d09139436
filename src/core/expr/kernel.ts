/** An expression and the name of the column that it makes. */
export interface NamedExpr {
  readonly name: string
  readonly expr: Expr
  /** Another column held the same values when the plan was made, and what is known of them went there. */
  readonly copy?: true
}

/**
 * The types of kernels, which `compile.ts` and the files below it share: steps, steps fused, the kernel made of them.
 */

import type { Batch } from '../batch/batch.ts'
import type { Arena } from '../batch/slab.ts'
import type { Schema } from '../types/schema.ts'
import type { Expr } from './expr.ts'
import type { Bound } from './functions/contract.ts'

export type KernelStep =
  | { readonly kind: 'filter'; readonly test: Expr }
  | { readonly kind: 'project'; readonly columns: readonly NamedExpr[] }

export interface Kernel {
  /** What `run` gives: the input's schema, or that of the last projection. */
  readonly schema: Schema
  /**
   * The batch that comes out: the same physical rows, fewer selected. A column that is only passed on is shared, not
   * copied. Computed columns are allocated in `arena` and hold values at selected rows only.
   *
   * @throws {DataError} `OVERFLOW` when a value of a selected row does not fit its type
   */
  run(batch: Batch, arena: Arena): Batch
}

/** Fused steps: a row passes when all tests are true; then the outputs are computed. */
export interface FusedSteps {
  readonly schema: Schema
  readonly tests: readonly Bound[]
  readonly outputs: readonly Bound[]
}
