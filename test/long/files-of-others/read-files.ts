/**
 * Reads files that others made, one after the other, and says of each what came of it, in a line of JSON: `equal` to what an
 * independent reader has, `refused` with a code, or what is wrong.
 *
 * usage: node read-files.ts parquet|arrow|json DIRECTORY < PATHS, a line each
 */

import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../../src/core/errors.ts'
import { read } from '../../../src/index.ts'
import { arrowRows, isGolden } from './arrow-rows.ts'
import { type CellStruct, difference } from './cells.ts'
import { jsonRows, sameJson } from './json-rows.ts'
import { parquetRows } from './parquet-rows.ts'

/** What came of a file. */
export type Outcome =
  | { readonly path: string; readonly is: 'equal'; readonly rows: number }
  | { readonly path: string; readonly is: 'refused'; readonly code: string; readonly message: string }
  | { readonly path: string; readonly is: 'wrong'; readonly why: string }

type Format = 'parquet' | 'arrow' | 'json'
type Result = Outcome extends infer One ? (One extends unknown ? Omit<One, 'path'> : never) : never

const [format, directory] = process.argv.slice(2) as [Format, string]

/** Codes that say nothing about the file. */
const UNCLEAR = ['INTERNAL', 'SOURCE_FAILED', 'DUCKDB']
/** What may be refused although the independent reader has rows: with the columns that there are, and by what is documented. */
const LIMITS = [
  'UNSUPPORTED_TYPE',
  'UNSUPPORTED_FILE',
  'DUPLICATE_COLUMN',
  'VALUE_TYPE',
  'TEXT_SIZE',
  'LIST_SIZE',
  'UTF8',
  'SCHEMA_NEEDED',
]

for (const path of readFileSync(0, 'utf8').split('\n')) {
  if (path === '') continue
  const outcome = format === 'json' ? await compareJson(path) : await compare(path)
  writeSync(1, `${JSON.stringify({ path, ...outcome })}\n`)
}
process.exit(0)

async function compare(path: string): Promise<Result> {
  const ours = await attempt(() =>
    (format === 'parquet' ? read.parquet(path) : read.arrowFile(path)).collect({
      shards: 0,
      timestamps: 'bigint',
    }),
  )
  // apache-arrow looks at little before it is asked for a value: that it opens a damaged file says nothing.
  if (ours.error !== undefined && format === 'arrow' && !isGolden(path)) return refusal(ours.error, false)
  const theirs = await attempt(() => (format === 'parquet' ? parquetRows(path) : arrowRows(path)))
  if (ours.error !== undefined) return refusal(ours.error, theirs.value !== undefined)
  if (theirs.value === undefined)
    return { is: 'wrong', why: `${ours.value!.length} rows, where the other says ${theirs.error}` }
  const why = difference(ours.value as CellStruct[], theirs.value)
  return why === undefined ? { is: 'equal', rows: theirs.value.length } : { is: 'wrong', why }
}

/** JSON texts are no rows: each is the value of a column, and once more the whole file where it is an object. */
async function compareJson(path: string): Promise<Result> {
  const bytes = readFileSync(path)
  const wrapped = Buffer.concat([Buffer.from('{"v":'), bytes, Buffer.from('}\n')])
  const first = await compareText(wrapped)
  const isObject = /^\s*\{/.test(bytes.toString('latin1'))
  const second = isObject && first.is !== 'wrong' ? await compareText(bytes) : first
  return second.is === 'wrong' ? second : first
}

async function compareText(bytes: Uint8Array): Promise<Result> {
  const place = join(directory, 'one.json')
  writeFileSync(place, bytes)
  const ours = await attempt(() => read.json(place).collect({ shards: 0 }))
  const theirs = await attempt(() => jsonRows(bytes))
  if (ours.error !== undefined) return refusal(ours.error, theirs.value !== undefined)
  if (theirs.value === undefined) return { is: 'wrong', why: `rows, where JSON.parse says ${theirs.error}` }
  return sameJson(ours.value as CellStruct[], theirs.value)
    ? { is: 'equal', rows: 1 }
    : {
        is: 'wrong',
        why: JSON.stringify(ours.value, (_, cell) => (typeof cell === 'bigint' ? `${cell}n` : cell)),
      }
}

function refusal(error: unknown, isRead: boolean): Result {
  if (!(error instanceof MillraceError) || UNCLEAR.includes(error.code))
    return { is: 'wrong', why: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  const message = error.message.split('\n')[0]!.slice(0, 300)
  if (isRead && !LIMITS.includes(error.code))
    return { is: 'wrong', why: `refused, where the other reads it: ${error.code}: ${message}` }
  return { is: 'refused', code: error.code, message }
}

async function attempt<T>(
  task: () => T | Promise<T>,
): Promise<{ value: T; error?: undefined } | { value?: undefined; error: unknown }> {
  try {
    return { value: await task() }
  } catch (error) {
    return { error }
  }
}
