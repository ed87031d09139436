/**
 * The job of docs/architecture.md: from a Parquet file through two stages on threads into a DuckDB table. Run by
 * `architecture.test.ts` in a directory it may use, to see which files a batch passes.
 */

import { DuckDBInstance } from '@duckdb/node-api'
import { count, counts, duckdb, read, tumbling } from '../../src/index.ts'

const maker = await DuckDBInstance.create(':memory:')
const connection = await maker.connect()
await connection.run(`
  COPY (
    SELECT TIMESTAMP '2001-01-01' + INTERVAL (i) MINUTE AS date, 'airport ' || i % 7 AS origin, (i % 90)::INTEGER AS delay
    FROM range(60000) AS rows(i)
  ) TO 'flights.parquet'
`)
connection.closeSync()
maker.closeSync()

const job = await read
  .parquet('flights.parquet', { date: 'timestamp', origin: 'utf8', delay: 'int32' })
  .with({ hours: r => r.delay.div(60) })
  .filter(r => r.hours.gt(0.25))
  .watermark('date')
  .groupBy('origin')
  .window(tumbling('1h'))
  .agg({ departures: count() })
  .detect('departures', counts())
  .write(duckdb('path.duckdb', 'hourly'))
  .start({ shards: 2, batchRows: 8192, exchange: 'rows' })
console.log((await job.done).rowsOut)
