/** Small files for the command line, made by DuckDB. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DuckDBInstance, type Json } from '@duckdb/node-api'

const require = createRequire(import.meta.url)

/** The three million flights. */
export const allFlights = resolve(require.resolve('vega-datasets'), '../../data/flights-3m.parquet')

/** A directory that goes away with the scope. */
export function scratch(): { path: (...parts: string[]) => string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  return {
    path: (...parts) => join(root, ...parts),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Text as a SQL literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** Runs SQL in DuckDB, without Millrace; the rows of the last statement. */
export async function sql(statements: string, database = ':memory:'): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create(database)
  try {
    const connection = await instance.connect()
    try {
      return (await connection.runAndReadAll(statements)).getRowObjectsJson()
    } finally {
      connection.disconnectSync()
    }
  } finally {
    instance.closeSync()
  }
}

/** Four airports, five weeks with a tropical storm in them. */
export const sampleFlights = (to: string) =>
  sql(`COPY (
    SELECT * FROM read_parquet(${text(allFlights)}, file_row_number = true)
    WHERE origin IN ('IAH', 'ORD', 'SNA', 'BOI') AND date >= '2001-05-14' AND date < '2001-06-18'
    ORDER BY file_row_number
  ) TO ${text(to)} (FORMAT parquet)`)
