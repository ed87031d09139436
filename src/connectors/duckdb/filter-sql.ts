/** The filter of a scan as SQL over the columns of a file, table or query. */

import { PlanError } from '../../core/errors.ts'
import type { Expr, Literal } from '../../core/expr/expr.ts'
import { type Field, fieldIndex, type Schema } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'

export interface FilterSqlOptions {
  /** The columns that the filter may be over, with the types it was made for. */
  readonly schema: Schema
  /** The number of the first parameter; 1 by default. */
  readonly firstParameter?: number
  /** A column as it stands in the filter. */
  readonly column: (field: Field) => string
}

/**
 * A filter in SQL.
 *
 * @throws {PlanError} `FILTER` when it cannot run inside DuckDB, which `canFilter` would have said
 */
export function filterSql(
  filter: Expr,
  { schema, firstParameter = 1, column }: FilterSqlOptions,
): { readonly sql: string; readonly params: readonly Literal[] } {
  const lowered = lowerExpr(filter, schema, {
    firstParameter,
    column: name => column(schema[fieldIndex(schema, name)]!),
  })
  if (lowered) return lowered
  throw new PlanError('FILTER', 'this filter cannot run inside DuckDB', {
    hint: 'ask canFilter before pushing a filter into a source',
  })
}

/** The columns of a filter: those that are read, with the types they are read as, and the others as they are. */
export const filterSchema = (all: Schema, read: Schema): Schema => [
  ...read,
  ...all.filter(({ name }) => fieldIndex(read, name) < 0),
]
