/** The side input of q13: a file of 10,000 keys and values, which DuckDB reads. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Dataset, type RowOf, read } from '../../../src/index.ts'
import { below, drawKey } from './random.ts'

export const SIDE_ROWS = 10_000
const SIDE = { key: 'int53', value: 'utf8' } as const

export type Side = Dataset<RowOf<typeof SIDE>, 'bounded'>

/** The value of a key. */
export const sideValue = (key: number): string => `value-${below(1_000_000, drawKey(1, 'itemName'), key)}`

/** Writes the file into a folder, beside an empty database to read it through. */
export async function writeSide(folder: string): Promise<Side> {
  mkdirSync(folder, { recursive: true })
  const csv = join(folder, 'side.csv')
  const rows = Array.from({ length: SIDE_ROWS }, (_, key) => `${key},${sideValue(key)}`)
  writeFileSync(csv, `key,value\n${rows.join('\n')}\n`)
  const database = join(folder, 'side.duckdb')
  const instance = await DuckDBInstance.create(database)
  instance.closeSync()
  const sql = `SELECT key, value FROM read_csv('${csv.replaceAll("'", "''")}', columns = {'key': 'BIGINT', 'value': 'VARCHAR'})`
  return read.duckdb(database, { sql }, SIDE)
}
