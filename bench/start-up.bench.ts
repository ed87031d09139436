/**
 * From the start of a process to its end: `millrace query` on a small database and a five-row `collect()`, beside Node
 * doing nothing and DuckDB's own client answering the same query.
 */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { duckdb, read } from '../src/index.ts'
import { type Case, measure } from './harness/measure.ts'
import type { Suite } from './harness/suite.ts'

const run = promisify(execFile)
const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const BARE = 'node alone'
const SQL = 'SELECT count(*) AS n FROM numbers'

const CLIENT = `
import { DuckDBInstance } from '@duckdb/node-api'
const connection = await (await DuckDBInstance.create(process.argv[1], { access_mode: 'READ_ONLY' })).connect()
console.log((await connection.runAndReadAll(process.argv[2])).getRows())
`

export const startUpSuite: Suite = async ({ quick, show }) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const database = join(directory, 'numbers.duckdb')
    const rows = Array.from({ length: 1000 }, (_, n) => ({ n }))
    const job = await read.rows(rows).write(duckdb(database, 'numbers')).start()
    await job.done
    const empty = join(directory, 'empty.mjs')
    writeFileSync(empty, '')
    const measured = await measure(
      'process from start to end',
      [
        program(BARE, [empty]),
        program('collect() of five rows', [fileOf('./harness/collect-five.ts')]),
        program('millrace query', [fileOf('../src/cli/main.ts'), 'query', database, SQL]),
        program("the same query, DuckDB's client", [
          '--input-type=module',
          '--eval',
          CLIENT,
          '--',
          database,
          SQL,
        ]),
        program('millrace --help', [fileOf('../src/cli/main.ts'), '--help']),
      ],
      { rounds: quick ? 5 : 11, peers: [BARE] },
    )
    show(measured)
    return { measured: [measured], aims: [] }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const program = (name: string, args: readonly string[]): Case => ({
  name,
  rows: 0,
  run: () => run(process.execPath, args, { cwd: fileOf('..') }),
})
