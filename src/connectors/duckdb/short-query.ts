/** Queries whose few rows are wanted as JavaScript values. */

import type { DuckDBConnection, DuckDBType, JS } from '@duckdb/node-api'
import type { Literal } from '../../core/expr/expr.ts'
import type { Database } from './instances.ts'
import { bindLiterals } from './params.ts'

export interface ShortResult {
  readonly rows: readonly (readonly JS[])[]
  readonly names: readonly string[]
  readonly types: readonly DuckDBType[]
}

/** Runs a query on a connection of its own, or on the one given. */
export async function shortQuery(
  database: Database,
  sql: string,
  params: readonly Literal[] = [],
  on?: DuckDBConnection,
): Promise<ShortResult> {
  const connection = on ?? (await database.connect())
  try {
    const { values, types } = bindLiterals(database.duckdb, params)
    const result = await connection.runAndReadAll(sql, values, types)
    return { rows: result.getRowsJS(), names: result.columnNames(), types: result.columnTypes() }
  } finally {
    if (!on) connection.disconnectSync()
  }
}
