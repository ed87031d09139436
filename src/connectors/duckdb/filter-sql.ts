/** The filter of a scan as SQL over the columns of a file, table or query. */

import type { DuckDBType } from '@duckdb/node-api'
import type { ScanRequest } from '../../core/connector.ts'
import { PlanError } from '../../core/errors.ts'
import type { Literal } from '../../core/expr/expr.ts'
import { type Field, fieldIndex } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'
import { castColumn, findColumn, orderKey } from './casts.ts'
import { columnTypeOf } from './types.ts'

export interface FilterSqlOptions {
  /** What is read, for errors. */
  readonly label: string
  /** The number of the first parameter; 1 by default. */
  readonly firstParameter?: number
  /** A column as it stands in the filter; as it is by default. */
  readonly column?: (sql: string, field: Field) => string
}

/**
 * The request's filter, over the columns as the request reads them: a column that it does not read has its natural type.
 *
 * @throws {PlanError} `FILTER` when it cannot run inside DuckDB, which `canFilter` would have said
 */
export function filterSql(
  columns: readonly { readonly name: string; readonly type: DuckDBType }[],
  request: ScanRequest,
  { label, firstParameter = 1, column = sql => sql }: FilterSqlOptions,
): { readonly sql: string; readonly params: readonly Literal[] } | undefined {
  if (!request.filter) return undefined
  const fields = columns.flatMap(({ name, type }): Field[] => {
    const at = fieldIndex(request.schema, name)
    if (at >= 0) return [request.schema[at]!]
    const natural = columnTypeOf(type)
    return natural === undefined ? [] : [{ name, type: natural }]
  })
  const lowered = lowerExpr(request.filter, fields, {
    firstParameter,
    column: name => {
      const field = fields[fieldIndex(fields, name)]!
      const { type } = findColumn(columns, name, label)
      return column(orderKey(castColumn(field, type, label).sql, type), field)
    },
  })
  if (lowered) return lowered
  throw new PlanError('FILTER', 'this filter cannot run inside DuckDB', {
    hint: 'ask canFilter before pushing a filter into a source',
  })
}
