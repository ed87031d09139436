/**
 * From the start of a process to its end, as users have the package (JavaScript): importing it, a five-row `collect()`
 * and `millrace query` on a small database, beside Node doing nothing and DuckDB's own client answering the same query.
 */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

const FIVE_ROWS = `
import { read } from 'millrace'
const rows = await read.rows([1, 2, 3, 4, 5].map(delay => ({ delay }))).filter(r => r.delay.gt(0)).collect()
if (rows.length !== 5) throw new Error('expected 5 rows')
`

export const startUpSuite: Suite = async ({ quick, show }) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const database = join(directory, 'numbers.duckdb')
    const rows = Array.from({ length: 1000 }, (_, n) => ({ n }))
    const job = await read.rows(rows).write(duckdb(database, 'numbers')).start()
    await job.done
    const dist = await built()
    const program = (name: string, source: string): Case => {
      const file = join(directory, `${name.replaceAll(/\W+/g, '-')}.mjs`)
      writeFileSync(
        file,
        source.replaceAll("'millrace'", JSON.stringify(pathToFileURL(join(dist, 'index.js')))),
      )
      return programOf(name, [file])
    }
    const command = (name: string, ...args: readonly string[]): Case =>
      programOf(name, [join(dist, 'cli/main.js'), ...args])
    const measured = await measure(
      'process from start to end',
      [
        program(BARE, ''),
        program("import 'millrace'", "import 'millrace'"),
        program('collect() of five rows', FIVE_ROWS),
        command('millrace query', 'query', database, SQL),
        programOf("the same query, DuckDB's client", [
          '--input-type=module',
          '--eval',
          CLIENT,
          '--',
          database,
          SQL,
        ]),
        command('millrace --help', '--help'),
      ],
      { rounds: quick ? 5 : 11, peers: [BARE] },
    )
    show(measured)
    return { measured: [measured], aims: [] }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The package as it is published, beside the packages it needs. */
async function built(): Promise<string> {
  const dist = fileOf('../node_modules/.cache/millrace-dist')
  await run(process.execPath, [fileOf('../build.ts'), dist])
  return dist
}

const programOf = (name: string, args: readonly string[]): Case => ({
  name,
  rows: 0,
  run: () => run(process.execPath, args, { cwd: fileOf('..') }),
})
