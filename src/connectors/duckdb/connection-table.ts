/** Rows as a table of a connection that the user has: `toDuckDB`. */

import type { DuckDBConnection } from '@duckdb/node-api'
import { rowCount } from '../../core/batch/batch.ts'
import type { Sink } from '../../core/connector.ts'
import type { DuckdbConnection } from '../../core/dataset/to-duckdb.ts'
import type { Schema } from '../../core/types/schema.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { RowStage } from './chunk-writer.ts'
import { explain } from './errors.ts'
import { loadDuckDB } from './load.ts'
import { type FeedHost, RowFeed } from './row-feed.ts'

/** Rows staged before DuckDB gets them. */
const STAGE_ROWS = 61_440

/** A table that is made in one transaction, in place of one of that name. */
export function connectionTable(given: DuckdbConnection, table: string): Sink {
  const connection = given as DuckDBConnection
  const label = `table ${JSON.stringify(table)} of a connection`
  const target = quoteIdentifier(table)
  let feed: RowFeed | undefined
  let stage: RowStage | undefined
  let schema: Schema = []
  let inTransaction = false
  const flush = async () => {
    if (stage!.rows === 0) return
    await feed!.insert(connection, target, stage!)
    stage!.clear()
  }
  const tried = async (task: () => Promise<unknown>) => {
    try {
      await task()
    } catch (error) {
      throw explain(error, label, 'SINK')
    }
  }
  return {
    label,
    guarantee: 'at-least-once',
    boundedOnly: true,
    async open(of) {
      schema = of
      const host: FeedHost = { duckdb: await loadDuckDB(), instance: connection, exclusively: task => task() }
      await tried(async () => {
        feed = await RowFeed.open(host, connection, of)
      })
      stage = new RowStage(of, STAGE_ROWS)
    },
    begin: () =>
      tried(async () => {
        await connection.run('BEGIN TRANSACTION')
        inTransaction = true
        const columns = schema.map(({ name, type }) => `${quoteIdentifier(name)} ${sqlType(type)}`)
        await connection.run(`CREATE OR REPLACE TABLE ${target} (${columns.join(', ')})`)
      }),
    write: batch =>
      tried(async () => {
        const count = rowCount(batch)
        for (let from = 0; from < count; ) {
          from += stage!.append(batch, from)
          if (stage!.isFull) await flush()
        }
      }),
    commit: () =>
      tried(async () => {
        await flush()
        await connection.run('COMMIT')
        inTransaction = false
      }),
    async abort() {
      stage?.clear()
      if (inTransaction) await connection.run('ROLLBACK').catch(() => {})
      inTransaction = false
    },
    async close() {
      feed?.close()
      feed = undefined
    },
  }
}
