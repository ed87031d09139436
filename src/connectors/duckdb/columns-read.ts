/** Which columns of its tables a query reads, as DuckDB itself says. */

import type { Literal } from '../../core/expr/expr.ts'
import type { Schema } from '../../core/types/schema.ts'
import { quoteText } from '../../sql/quote.ts'
import type { Database } from './instances.ts'
import { shortQuery } from './short-query.ts'

/** A table of the schema `main`. */
export interface NamedTable {
  readonly name: string
  readonly schema: Schema
}

/**
 * By table: the columns whose values the query reads. A table is left out of which that is not known, all of whose columns
 * count as read then.
 *
 * The query is planned with no optimizer but the one that leaves columns out, so that nothing depends on what the tables
 * hold; with the others on no more is read. The setting stays: the database is to be used for nothing else.
 *
 * @param sql a query, which has been checked
 */
export async function columnsRead(
  database: Database,
  sql: string,
  params: readonly Literal[],
  tables: readonly NamedTable[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const connection = await database.connect()
  try {
    const all = await shortQuery(database, 'SELECT name FROM duckdb_optimizers()', [], connection)
    const off = all.rows.map(([name]) => String(name)).filter(name => name !== 'unused_columns')
    await connection.run(`SET disabled_optimizers = ${quoteText(off.join(','))}`)
    const { rows } = await shortQuery(database, `EXPLAIN (FORMAT json) ${sql}`, params, connection)
    const scans = (JSON.parse(String(rows[0]![1])) as PlanLine[]).flatMap(scansOf)
    return new Map(
      tables.flatMap(({ name, schema }) => {
        const columns = columnsOf(
          schema,
          scans.filter(({ table }) => table.endsWith(`.main.${name}`)),
        )
        return columns ? [[name, columns] as const] : []
      }),
    )
  } finally {
    connection.disconnectSync()
  }
}

/** A line of a plan, in DuckDB's JSON. */
interface PlanLine {
  readonly children: readonly PlanLine[]
  readonly extra_info: { readonly Table?: string; readonly Projections?: string | readonly string[] }
}

interface Scan {
  readonly table: string
  /** Columns, or fields of them: `c.x`. */
  readonly columns: readonly string[] | undefined
}

function scansOf({ children, extra_info: { Table: table, Projections: columns } }: PlanLine): Scan[] {
  const own =
    table === undefined ? [] : [{ table, columns: columns === undefined ? undefined : list(columns) }]
  return [...own, ...children.flatMap(scansOf)]
}

const list = (columns: string | readonly string[]): readonly string[] =>
  typeof columns === 'string' ? (columns === '' ? [] : [columns]) : columns

/** Undefined where some name is that of no column, or might be of another one: DuckDB parts names at line breaks. */
function columnsOf(schema: Schema, scans: readonly Scan[]): ReadonlySet<string> | undefined {
  if (scans.length === 0 || schema.some(({ name }) => /[\r\n]/.test(name))) return undefined
  const read = new Set<string>()
  for (const { columns } of scans) {
    if (!columns) return undefined
    for (const column of columns) {
      const meant = schema.filter(({ name }) => column === name || column.startsWith(`${name}.`))
      if (meant.length === 0) return undefined
      for (const { name } of meant) read.add(name)
    }
  }
  return read
}
