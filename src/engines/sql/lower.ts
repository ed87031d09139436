/**
 * Expressions as SQL. This folder turns plans into SQL text for the engines that speak it; it may import `core` only,
 * and knows nothing of connections.
 *
 * Invariant: values never appear in the text, and what is lowered means in SQL exactly what it means here.
 */

import type { Expr, Literal } from '../../core/expr/expr.ts'
import { fieldIndex, type Schema } from '../../core/types/schema.ts'
import { quoteIdentifier } from './quote.ts'

export interface Lowered {
  /** An SQL expression with parameters `$1`, `$2`, … */
  readonly sql: string
  readonly params: readonly Literal[]
}

export interface LowerOptions {
  /** The number of the first parameter; 1 by default. */
  readonly firstParameter?: number
  /** How a column is written; by default its quoted name. */
  column?(name: string): string
}

/**
 * An expression as parameterised SQL for DuckDB, or undefined when any part of it could give another answer there.
 */
export function lowerExpr(expr: Expr, schema: Schema, options: LowerOptions = {}): Lowered | undefined {
  if (expr.kind === 'column' && fieldIndex(schema, expr.name) >= 0) {
    return { sql: (options.column ?? quoteIdentifier)(expr.name), params: [] }
  }
  return undefined
}
