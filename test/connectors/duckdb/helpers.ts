/** Real files for the tests of what speaks to DuckDB. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type JS } from '@duckdb/node-api'
import { afterAll } from 'vitest'
import { type Row, rowsOf } from '../../../src/core/batch/rows.ts'
import type { ScanRequest, Source } from '../../../src/core/connector.ts'
import { readerMemory } from '../laws.ts'

/** A directory that is gone after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Runs SQL in DuckDB itself, with nothing of ours in between. */
export async function sql(path: string, ...statements: string[]): Promise<JS[][]> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    let rows: JS[][] = []
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowsJS()
    return rows
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A Parquet file with the rows of a query. */
export async function parquetFile(path: string, query: string, options = ''): Promise<string> {
  await sql(':memory:', `COPY (${query}) TO ${quoteText(path)} (FORMAT parquet${options && `, ${options}`})`)
  return path
}

/** Everything a scan of split `split` delivers from `offset`, as rows with exact timestamps. */
export async function scan(
  source: Source,
  request: Partial<ScanRequest> = {},
  { split = 0, offset = 0 } = {},
): Promise<Row[]> {
  const full = { schema: request.schema ?? (await source.schema()), batchRows: 1000, ...request }
  const memory = readerMemory()
  const splits = await source.splits(full)
  const reader = await source.open(splits[split]!, { rows: offset }, full, memory)
  const rows: Row[] = []
  try {
    for (;;) {
      const next = await reader.next()
      if (!next) break
      if (next.batch.position.offset !== offset + rows.length) throw new Error('wrong position')
      rows.push(...rowsOf(next.batch, { timestamps: 'bigint' }))
      for (const slab of next.slabs) memory.pool.release(slab)
    }
  } finally {
    await reader.close()
  }
  if (memory.pool.inUse !== 0) throw new Error(`${memory.pool.inUse} slabs were not given back`)
  return rows
}
