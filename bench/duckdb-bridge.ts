/**
 * The bridge to DuckDB, both ways, against DuckDB's client doing nothing but its part. Run with
 * `node bench/duckdb-bridge.ts`.
 *
 * Reading: three million flights (timestamp, delay as int32, origin) into batches of 65,536 rows, in file order and in
 * order of time; the peer fetches the same chunks and drops them unread, strings and all.
 * Writing: a million rows (timestamp, utf8, uint32, float64, int32) into a new table of a file, commit included; the
 * peers are the client's appender, given the same chunks, and DuckDB copying the rows out of its own memory.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  TIMESTAMP,
  UINTEGER,
  VARCHAR,
  version,
} from '@duckdb/node-api'
import benny from 'benny'
import { RowStage } from '../src/connectors/duckdb/chunk-writer.ts'
import { loadDuckDB } from '../src/connectors/duckdb/load.ts'
import { parquetSource } from '../src/connectors/duckdb/parquet.ts'
import { duckdbSink } from '../src/connectors/duckdb/sink.ts'
import type { Batch } from '../src/core/batch/batch.ts'
import { batchFromRows } from '../src/core/batch/build.ts'
import { SlabArena, SlabPool } from '../src/core/batch/slab.ts'
import { dictionaryText } from '../src/core/batch/take.ts'
import { FROM_START } from '../src/core/connector.ts'
import { schemaFrom } from '../src/core/types/schema.ts'

const FLIGHTS = fileURLToPath(
  new URL('../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url),
)
const FLIGHT_ROWS = 3_000_000
const WRITTEN_ROWS = 1_000_000
const BATCH_ROWS = 65_536

const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const pool = new SlabPool()
const memory = { pool, arena: () => new SlabArena(pool) }

const flights = parquetSource(FLIGHTS)
const wanted = schemaFrom({ date: 'timestamp', delay: 'int32', origin: 'utf8' })

async function scan(orderBy?: string): Promise<void> {
  const request = { schema: wanted, batchRows: BATCH_ROWS, ...(orderBy ? { orderBy } : {}) }
  const [split] = await flights.splits(request)
  const reader = await flights.open(split!, FROM_START, request, memory)
  let rows = 0
  for (;;) {
    const next = await reader.next()
    if (!next) break
    rows += next.batch.length
    for (const slab of next.slabs) pool.release(slab)
  }
  await reader.close()
  if (rows !== FLIGHT_ROWS) throw new Error(`${rows} rows`)
}

const memoryInstance = await DuckDBInstance.create(':memory:')

async function bareScan(): Promise<void> {
  // A connection a run: benny calls each case once more without waiting for it.
  const connection = await memoryInstance.connect()
  const result = await connection.stream(
    'SELECT date, CAST(delay AS INTEGER), origin FROM read_parquet($1)',
    [FLIGHTS],
  )
  let rows = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) break
    rows += chunk.rowCount
  }
  connection.disconnectSync()
  if (rows !== FLIGHT_ROWS) throw new Error(`${rows} rows`)
}

const landed = schemaFrom({ time: 'timestamp', origin: 'utf8', n: 'uint32', x: 'float64', i: 'int32' })

function batches(): Batch[] {
  const arena = new SlabArena(new SlabPool())
  const made: Batch[] = []
  for (let from = 0; from < WRITTEN_ROWS; from += BATCH_ROWS) {
    const rows = Array.from({ length: Math.min(BATCH_ROWS, WRITTEN_ROWS - from) }, (_, k) => {
      const i = from + k
      return {
        time: BigInt(i) * 60_000_000n,
        origin: `A${100 + ((i * 7) % 300)}`,
        n: i % 400,
        x: ((i * 0.6180339887498949) % 1) * 100,
        i: i % 1000,
      }
    })
    const batch = batchFromRows(landed, rows, arena)
    const columns = [...batch.columns]
    columns[1] = dictionaryText(columns[1]!, batch.length, arena)
    made.push({ ...batch, columns })
  }
  return made
}
const given = batches()

let files = 0
async function sink(): Promise<void> {
  const target = duckdbSink(join(directory, `${files++}.duckdb`), 't')
  await target.open(landed)
  await target.begin(0)
  for (const batch of given) await target.write(batch)
  await target.commit(0)
  await target.close()
}

const { raw } = await loadDuckDB()
const COLUMNS = 'time TIMESTAMP, origin VARCHAR, n UINTEGER, x DOUBLE, i INTEGER'

async function appender(): Promise<void> {
  const instance = await DuckDBInstance.create(join(directory, `${files++}.duckdb`))
  const connection = await instance.connect()
  await connection.run('BEGIN')
  await connection.run(`CREATE TABLE t (${COLUMNS})`)
  const target = await connection.createAppender('t')
  const stage = new RowStage(landed, BATCH_ROWS)
  const chunk = DuckDBDataChunk.create([TIMESTAMP, VARCHAR, UINTEGER, DOUBLE, INTEGER])
  for (const batch of given) {
    stage.clear()
    stage.append(batch, 0)
    for (let from = 0; ; ) {
      const filled = stage.fill(raw, chunk.chunk, from)
      if (filled === 0) break
      target.appendDataChunk(chunk)
      from += filled
    }
  }
  target.closeSync()
  await connection.run('COMMIT')
  connection.disconnectSync()
  instance.closeSync()
}

await (await memoryInstance.connect()).run(
  `CREATE TABLE t AS SELECT make_timestamp(i * 60000000) AS time, 'A' || (100 + (i * 7) % 300) AS origin, (i % 400)::UINTEGER AS n,
  ((i * 0.6180339887498949) % 1) * 100 AS x, (i % 1000)::INTEGER AS i FROM range(${WRITTEN_ROWS}) r(i)`,
)

async function itself(): Promise<void> {
  const connection = await memoryInstance.connect()
  const file = `file${files++}`
  await connection.run(`ATTACH '${join(directory, `${file}.duckdb`)}' AS ${file}`)
  await connection.run(`CREATE TABLE ${file}.t AS FROM t`)
  await connection.run(`DETACH ${file}`)
  connection.disconnectSync()
}

/** Rounds of all cases in turn, so that what else the machine does falls on all alike; the best median of each counts. */
const ROUNDS = 4

async function compare(
  name: string,
  rows: number,
  cases: Record<string, () => Promise<void>>,
): Promise<void> {
  const seconds = new Map<string, number>()
  const options = { minSamples: 5, maxTime: 0.6 }
  for (let round = 0; round < ROUNDS; round++) {
    const summary = await benny.suite(
      name,
      ...Object.entries(cases).map(([label, run]) => benny.add(label, () => run(), options)),
    )
    for (const { name: label, details } of summary.results) {
      seconds.set(label, Math.min(details.median, seconds.get(label) ?? Number.POSITIVE_INFINITY))
    }
  }
  const [peer, peerSeconds] = [...seconds].at(-1)!
  for (const [label, best] of seconds) {
    const rate = rows / 1e6 / best
    figures[`${name}: ${label}`] = rate
    console.log(
      `${name}: ${label.padEnd(26)} ${rate.toFixed(1).padStart(6)} M rows/s, ${(peerSeconds / best).toFixed(2)} × ${peer}`,
    )
  }
}

const figures: Record<string, number> = {}
const environment = {
  node: process.version,
  duckdb: version(),
  threads: availableParallelism(),
  cpu: cpus()[0]?.model,
}
console.log(JSON.stringify(environment))
await compare('read 3 M flights', FLIGHT_ROWS, {
  'batches in file order': () => scan(),
  'batches in order of time': () => scan('date'),
  'bare fetchChunk loop': bareScan,
})
await compare('write 1 M rows to a file', WRITTEN_ROWS, {
  duckdbSink: sink,
  appender,
  'DuckDB from its own memory': itself,
})
console.log(JSON.stringify({ environment, millionRowsPerSecond: figures }))
rmSync(directory, { recursive: true, force: true })
