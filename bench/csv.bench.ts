/**
 * CSV into typed columns: from a file to a sink that counts rows, beside DuckDB's `read_csv` writing the same columns to a
 * table in memory, and, with fewer rows, csv-parse and Arquero, which make JavaScript values of them.
 *
 * Files: flights of mixed columns (times, whole numbers, decimals, codes, names), numbers only, texts with quotes. Types are
 * declared to all that take them.
 */

import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import * as aq from 'arquero'
import { parse } from 'csv-parse'
import { type ColumnTypes, type JobOptions, read } from '../src/index.ts'
import { type Case, type Measured, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import { type Aim, ratioOf } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const SLOW_PEER_ROWS = 100_000

const ONE = 'Millrace, 1 shard'
const TWO = 'Millrace, 2 shards'
const DUCKDB_1 = 'DuckDB, 1 thread'
const DUCKDB_2 = 'DuckDB, 2 threads'

interface Kind {
  readonly title: string
  readonly schema: ColumnTypes
  /** DuckDB's names of the types, in order. */
  readonly sqlTypes: readonly string[]
  row(i: number, random: () => number): readonly unknown[]
}

const code = (n: number) => String.fromCharCode(65 + (n % 26), 65 + ((n * 7) % 26), 65 + ((n * 11) % 26))
const timeOf = (i: number) =>
  new Date(978_307_200_000 + i * 1000).toISOString().slice(0, 19).replace('T', ' ')

const KINDS: readonly Kind[] = [
  {
    title: 'mixed columns',
    schema: {
      id: 'int64',
      at: 'timestamp',
      delay: 'int32',
      price: 'float64',
      origin: 'utf8',
      name: 'utf8',
      late: 'bool',
    },
    sqlTypes: ['BIGINT', 'TIMESTAMP', 'INTEGER', 'DOUBLE', 'VARCHAR', 'VARCHAR', 'BOOLEAN'],
    row: (i, random) => [
      i,
      timeOf(i),
      Math.floor(random() * 300 - 60),
      (random() * 1000).toFixed(2),
      code(Math.floor(random() * 300)),
      `customer ${Math.floor(random() * 1e6)}`,
      random() < 0.3,
    ],
  },
  {
    title: 'numbers',
    schema: { a: 'int32', b: 'int32', c: 'int64', d: 'float64', e: 'float64', f: 'float64' },
    sqlTypes: ['INTEGER', 'INTEGER', 'BIGINT', 'DOUBLE', 'DOUBLE', 'DOUBLE'],
    row: (i, random) => [
      i,
      Math.floor(random() * 1000),
      Math.floor(random() * 1e12),
      (random() * 100).toFixed(3),
      random(),
      (random() * 1e6).toFixed(1),
    ],
  },
  {
    title: 'texts',
    schema: { id: 'int32', city: 'utf8', title: 'utf8', body: 'utf8' },
    sqlTypes: ['INTEGER', 'VARCHAR', 'VARCHAR', 'VARCHAR'],
    row: (i, random) => [
      i,
      code(Math.floor(random() * 300)),
      `"title ${Math.floor(random() * 1e6)}, with ""quotes"""`,
      'lorem ipsum dolor sit amet '.repeat(1 + Math.floor(random() * 4)),
    ],
  },
]

export const csvSuite: Suite = async ({ quick, show }) => {
  const rows = quick ? 300_000 : 2_000_000
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const measured: Measured[] = []
  const aims: Aim[] = []
  try {
    for (const kind of KINDS) {
      const table = await besideDuckdb(kind, write(kind, rows, join(directory, 'rows.csv')), quick)
      measured.push(table)
      show(table)
      for (const [ours, peer] of [
        [ONE, DUCKDB_1],
        [TWO, DUCKDB_2],
      ] as const) {
        const what = `CSV, ${kind.title}: ${ours} beside ${peer}`
        aims.push({ what, got: ratioOf(table, ours, peer), atLeast: 1, unit: '×' })
      }
    }
    const few = write(KINDS[0]!, Math.min(rows, SLOW_PEER_ROWS), join(directory, 'few.csv'))
    const slow = await besideJavaScript(KINDS[0]!, few, quick)
    measured.push(slow)
    show(slow)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return { measured, aims }
}

interface File {
  readonly path: string
  readonly rows: number
}

function write({ schema, row }: Kind, rows: number, path: string): File {
  const random = randomNumbers()
  const lines = Array.from({ length: rows }, (_, i) => row(i, random).join(','))
  writeFileSync(path, `${Object.keys(schema).join(',')}\n${lines.join('\n')}\n`)
  return { path, rows }
}

async function besideDuckdb(kind: Kind, file: File, quick: boolean): Promise<Measured> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const cases: Case[] = [
      { name: ONE, rows: file.rows, run: () => readAll(kind, file, { shards: 1 }) },
      { name: TWO, rows: file.rows, run: () => readAll(kind, file, { shards: 2 }) },
      { name: DUCKDB_1, rows: file.rows, run: () => intoTable(connection, kind, file, 1) },
      { name: DUCKDB_2, rows: file.rows, run: () => intoTable(connection, kind, file, 2) },
    ]
    const title = `${kind.title}, ${file.rows} rows`
    return await measure(title, cases, { rounds: quick ? 3 : 5, peers: [DUCKDB_1, DUCKDB_2] })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** @throws when rows are missing */
async function readAll({ schema }: Kind, { path, rows }: File, options: JobOptions): Promise<void> {
  const sink = nullSink()
  const job = await read.csv(path, schema).write(sink).start(options)
  await job.done
  if (sink.rows !== rows) throw new Error(`expected ${rows} rows, got ${sink.rows}`)
}

async function intoTable(
  connection: DuckDBConnection,
  kind: Kind,
  file: File,
  threads: number,
): Promise<void> {
  const columns = Object.keys(kind.schema).map((name, i) => `'${name}': '${kind.sqlTypes[i]}'`)
  await connection.run(`set threads = ${threads}`)
  await connection.run(
    `create or replace table output as from read_csv('${file.path}', header = true, columns = {${columns.join(', ')}})`,
  )
}

async function besideJavaScript(kind: Kind, file: File, quick: boolean): Promise<Measured> {
  const { rows, path } = file
  const cases: Case[] = [
    { name: ONE, rows, run: () => readAll(kind, file, { shards: 1 }) },
    {
      name: 'Millrace, rows as objects',
      rows,
      run: () => read.csv(path, kind.schema).collect({ shards: 1 }),
    },
    { name: 'Arquero', rows, run: () => aq.fromCSV(readFileSync(path, 'utf8')).numRows() },
    { name: 'csv-parse', rows, run: () => parsed(file) },
  ]
  return measure(`${kind.title}, ${rows} rows`, cases, {
    rounds: quick ? 2 : 3,
    peers: ['Arquero', 'csv-parse'],
  })
}

async function parsed({ path, rows }: File): Promise<void> {
  let count = 0
  for await (const _ of createReadStream(path).pipe(parse({ columns: true, cast: true }))) count++
  if (count !== rows) throw new Error(`csv-parse gave ${count} rows`)
}

/** Numbers from 0 to 1, the same in every run (Numerical Recipes' linear congruential generator). */
function randomNumbers(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}
