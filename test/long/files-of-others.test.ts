/**
 * Files that others made to try readers with: each is read and has the rows that an independent reader has, or is refused by an
 * error that says why; none crashes, hangs, or gives other rows in silence. Which folders they are in is said by the environment:
 *
 * - PARQUET_TESTING: github.com/apache/parquet-testing, whose rows are compared with plain DuckDB's
 * - ARROW_TESTING: github.com/apache/arrow-testing, compared with the JSON beside golden files, else with apache-arrow; its
 *   Parquet files, too
 * - JSON_TEST_SUITE: github.com/nst/JSONTestSuite, compared with JSON.parse
 */

import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../connectors/duckdb/helpers.ts'
import type { Outcome } from './files-of-others/read-files.ts'

const directory = temporaryDirectory()
/** For one file, read twice, on a machine that is busy. */
const PATIENCE_MS = 180_000

corpus('PARQUET_TESTING', root => {
  it('Parquet files', { timeout: 900_000 }, async () => {
    const paths = filesBelow(root, /\.parquet(\.encrypted)?$/)
    const { equal } = await outcomes('parquet', root, paths)
    expect(equal).toBeGreaterThan(60)
  })
})

corpus('ARROW_TESTING', root => {
  it('Arrow files and streams', { timeout: 900_000 }, async () => {
    const paths = ['arrow-ipc-file', 'arrow-ipc-stream', 'forward-compatibility']
      .flatMap(name => filesBelow(join(root, 'data', name), /./))
      .filter(path => !/\.(json\.gz|md)$/.test(path))
    const { equal } = await outcomes('arrow', root, paths)
    expect(equal).toBeGreaterThan(90)
  })

  it('its Parquet files', { timeout: 900_000 }, async () => {
    const paths = filesBelow(join(root, 'data', 'parquet'), /\.parquet$|clusterfuzz/)
    await outcomes('parquet', root, paths)
  })
})

corpus('JSON_TEST_SUITE', root => {
  it('JSON texts', { timeout: 900_000 }, async () => {
    const paths = ['test_parsing', 'test_transform'].flatMap(name => filesBelow(join(root, name), /\.json$/))
    const { all, equal } = await outcomes('json', root, paths)
    const name = (path: string) => path.slice(path.lastIndexOf('/') + 1)
    expect(all.filter(({ path, is }) => name(path).startsWith('y_') && is !== 'equal')).toEqual([])
    expect(all.filter(({ path, is }) => name(path).startsWith('n_') && is !== 'refused')).toEqual([])
    expect(equal).toBeGreaterThan(100)
  })
})

function corpus(variable: string, tests: (root: string) => void): void {
  const root = process.env[variable]
  if (root) describe(variable, () => tests(root))
  else it.skip(`${variable} names no folder: its files are not read`, () => {})
}

function filesBelow(root: string, name: RegExp): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && name.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** What came of the files; none may be wrong. */
async function outcomes(format: string, root: string, paths: readonly string[]) {
  const all: Outcome[] = []
  // A process that ends, or is ended, takes the file it was reading with it, and no other.
  while (all.length < paths.length) {
    const before = all.length
    const ended = await readFiles(format, paths.slice(before), outcome => all.push(outcome))
    const path = paths[all.length]
    if (path !== undefined) all.push({ path, is: 'wrong', why: ended })
  }
  const wrong = all.flatMap(one => (one.is === 'wrong' ? [`${relative(root, one.path)}: ${one.why}`] : []))
  const equal = all.filter(({ is }) => is === 'equal').length
  const refused = all.flatMap(one => (one.is === 'refused' ? [one.code] : []))
  console.log(
    `${format}: ${all.length} files, ${equal} equal, ${refused.length} refused, ${wrong.length} wrong`,
  )
  console.log(
    Object.entries(Object.groupBy(refused, one => one))
      .map(([code, of]) => `${code} ${of!.length}`)
      .join(', '),
  )
  expect(wrong).toEqual([])
  return { all, equal }
}

/** Reads files in a process of its own, up to the one that ends it: how that ended. */
async function readFiles(
  format: string,
  paths: readonly string[],
  done: (outcome: Outcome) => void,
): Promise<string> {
  const script = fileURLToPath(new URL('./files-of-others/read-files.ts', import.meta.url))
  const child = spawn(process.execPath, [script, format, directory], { stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', part => {
    errors = (errors + part).slice(-2000)
  })
  let watch: NodeJS.Timeout | undefined
  const wind = () => {
    clearTimeout(watch)
    watch = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  }
  wind()
  createInterface(child.stdout).on('line', line => {
    wind()
    done(JSON.parse(line) as Outcome)
  })
  child.stdin.on('error', () => {}).end(paths.join('\n'))
  const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
    child.on('close', (...ended) => resolve(ended)),
  )
  clearTimeout(watch)
  return `the process ended with ${signal ?? code} ${errors}`
}
