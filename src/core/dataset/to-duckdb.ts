/** Rows as a table of a DuckDB connection of the user's. */

import type { Sink } from '../connector.ts'
import type { JobOptions } from '../engine.ts'
import { PlanError } from '../errors.ts'
import { text } from '../options.ts'
import type { CallSite } from '../planner/build.ts'
import type { Dataset } from './dataset.ts'
import { PendingWrite, startAll } from './pending-write.ts'

/** What is needed of a `DuckDBConnection` of `@duckdb/node-api`. */
export interface DuckdbConnection {
  run(sql: string): Promise<unknown>
  registerTableFunction(tableFunction: any): unknown
}

type TableSink = (connection: DuckdbConnection, table: string) => Promise<Sink>

let tableSink: TableSink | undefined

/** Wires what writes the tables: drivers are loaded when they are needed. */
export function useTableSink(sink: TableSink): void {
  tableSink = sink
}

/** Writes all rows of a dataset that ends; gives how many there were. */
export async function writeToDuckdb(
  dataset: Dataset<any, 'bounded'>,
  connection: DuckdbConnection,
  table: string,
  options: JobOptions,
  site: CallSite,
  above: Function,
): Promise<number> {
  text(table, 'the table of toDuckDB()', above)
  if (typeof connection?.run !== 'function' || typeof connection.registerTableFunction !== 'function') {
    throw new PlanError('SINK', 'toDuckDB takes a connection of @duckdb/node-api and the name of a table', {
      hint: "await dataset.toDuckDB(await instance.connect(), 'flights')",
      above,
    })
  }
  const sink = await tableSink!(connection, table)
  const job = await startAll([new PendingWrite(dataset, sink, above)], options, site)
  return (await job.done).rowsOut
}
