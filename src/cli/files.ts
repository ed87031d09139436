/** Files as people name them on the command line: which format they have, and how they are read and written. */

import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { shownAddress } from '../connectors/files/find-files.ts'
import type { Sink } from '../core/connector.ts'
import type { Lazy } from '../core/planner/build.ts'
import { arrow, csv, type Dataset, duckdb, json, lines, parquet, read } from '../index.ts'
import type { Reading } from './read-options.ts'
import { UsageError } from './usage.ts'

/** A format, and how the names of its files end. */
const ENDINGS = {
  parquet: ['.parquet', '.pq', '.parq'],
  arrow: ['.arrow', '.arrows', '.feather', '.ipc'],
  csv: ['.csv', '.tsv'],
  json: ['.json', '.jsonl', '.ndjson'],
  lines: ['.txt', '.log'],
  duckdb: ['.duckdb', '.db', '.ddb'],
} as const

export type FileFormat = keyof typeof ENDINGS
export const FORMATS = Object.keys(ENDINGS) as readonly FileFormat[]

/** What `--help` says of files. */
export const FILES_HELP = `Files are Parquet, Arrow (IPC, Feather), CSV, JSON or text by their names, also .gz and .zst; FILE may be a directory, a
pattern in quotes or an address (https:). db.duckdb:table is a table. - is the standard input, with --format.`

export const FOLLOW_HELP = `  --follow             CSV, JSON and text are read on as they grow, until Ctrl-C: what was read by then is kept`

/** @throws {UsageError} for what is none */
export function formatOption(name: string | undefined): FileFormat | undefined {
  if (name === undefined || FORMATS.includes(name as FileFormat)) return name as FileFormat | undefined
  throw new UsageError(`--format is one of ${FORMATS.join(', ')}, got ${JSON.stringify(name)}`)
}

/** The rows of files, and what is to be called when they are no longer needed. */
export interface Opened extends AsyncDisposable {
  readonly dataset: Dataset<any, any>
}

/** @throws {UsageError} when there is none */
export function checkFiles(paths: readonly string[], command: string): void {
  if (paths.length > 0) return
  throw new UsageError(`${command} takes at least one file`, `millrace ${command} flights.parquet`)
}

/**
 * The rows of files of one format.
 *
 * @param command that was called, for errors
 * @param follow whether files are read on as they grow
 * @throws {UsageError} when there is none, or no format can be told
 */
export async function openFiles(
  paths: readonly string[],
  reading: Reading,
  command: string,
  follow = false,
): Promise<Opened> {
  checkFiles(paths, command)
  if (!follow && paths.includes('-')) return openStandardInput(paths, reading)
  const formats = new Set(await Promise.all(paths.map(path => reading.format ?? formatOf(path))))
  if (formats.size > 1)
    throw new UsageError(
      `the files are of several formats: ${[...formats].join(', ')}`,
      'give files of one format, or convert them first',
    )
  const [format] = formats as unknown as [FileFormat]
  reading.check(format)
  const dataset = follow ? followed(format, paths, reading) : datasetOf(format, paths, reading)
  return { dataset, async [Symbol.asyncDispose]() {} }
}

/** What comes in is put into a file: some formats are read from their end. */
async function openStandardInput(paths: readonly string[], reading: Reading): Promise<Opened> {
  if (paths.length > 1) throw new UsageError('the standard input, -, is read alone')
  const given = reading.format
  if (given === undefined || given === 'duckdb') {
    throw new UsageError('what the standard input is has to be said', '--format csv')
  }
  reading.check(given)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-stdin-'))
  const path = join(directory, `stdin${ENDINGS[given][0]}`)
  await pipeline(process.stdin, createWriteStream(path))
  return {
    dataset: datasetOf(given, [path], reading),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** @throws {UsageError} for a format whose files do not grow */
function followed(format: FileFormat, paths: readonly string[], reading: Reading): Dataset<any, 'unbounded'> {
  // The standard input is no path in a list.
  const input = paths.length === 1 ? paths[0]! : paths
  const options = { ...reading.options, follow: true } as const
  switch (format) {
    case 'csv':
      return read.csv(input, undefined, options)
    case 'json':
      return read.json(input, undefined, options) as Dataset<any, 'unbounded'>
    case 'lines':
      return read.lines(input, options) as Dataset<any, 'unbounded'>
    default:
      throw new UsageError(`--follow reads csv, json and lines, not ${format}: such files do not grow`)
  }
}

function datasetOf(
  format: FileFormat,
  paths: readonly string[],
  { options }: Reading,
): Dataset<any, 'bounded'> {
  switch (format) {
    case 'parquet':
      return read.parquet(paths)
    case 'arrow':
      return read.arrowFile(paths)
    case 'csv':
      return read.csv(paths, undefined, options)
    case 'json':
      return read.json(paths, undefined, options) as Dataset<any, 'bounded'>
    case 'lines':
      return read.lines(paths, options) as Dataset<any, 'bounded'>
    case 'duckdb': {
      if (paths.length > 1) throw new UsageError('one table of a DuckDB file is read at a time')
      const { path, table } = tableOf(paths[0]!)
      if (table === undefined)
        throw new UsageError(`which table of ${path}?`, `${path}:TABLE; millrace query ${path} "SHOW TABLES"`)
      return read.duckdb(path, table)
    }
  }
}

/**
 * Where a conversion goes; `rolls`: of rows that do not end, a folder that gets a file with each commit.
 *
 * @throws {UsageError} when the format cannot be told, or does not do this
 */
export function targetOf(
  path: string,
  given: FileFormat | undefined,
  {
    partitionBy,
    compression,
    rolls = false,
  }: { partitionBy?: readonly string[] | undefined; compression?: string | undefined; rolls?: boolean },
): Lazy<Sink> {
  const format = given ?? formatOfName(path) ?? raise(unknownFormat(path, '--to'))
  const options = {
    ...(partitionBy && partitionBy.length > 0 ? { partitionBy } : {}),
    ...(compression === undefined ? {} : { compression }),
    ...(rolls && format !== 'duckdb' ? { rollEveryMs: 0 } : {}),
  } as object
  switch (format) {
    case 'parquet':
      return parquet(path, options)
    case 'arrow':
      return arrow(path, options)
    case 'csv':
      return csv(path, options)
    case 'json':
      return json(path, options)
    case 'lines':
      return lines(path, options)
    case 'duckdb': {
      const { path: file, table = 'data' } = tableOf(path)
      return duckdb(file, table, options)
    }
  }
}

/** The format of a path; of a directory that of the first file in it whose name says one. */
async function formatOf(path: string): Promise<FileFormat> {
  const own = formatOfName(path)
  if (own) return own
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    const { filesBelow } = await import('../connectors/files/glob.ts')
    for (const file of await filesBelow(path)) {
      const format = formatOfName(file)
      if (format) return format
    }
  }
  throw unknownFormat(path, '--format')
}

function formatOfName(path: string): FileFormat | undefined {
  const name = shownAddress(path)
    .toLowerCase()
    .replace(/\.(?:gz|zst|lz4)$/, '')
  const table = /\.(?:duckdb|ddb|db):[^/\\]+$/.test(name)
  return table ? 'duckdb' : FORMATS.find(format => ENDINGS[format].some(end => name.endsWith(end)))
}

const unknownFormat = (path: string, option: string): UsageError =>
  new UsageError(
    `the name of ${JSON.stringify(path)} does not say what format it has`,
    `${option} ${FORMATS.join(', ')}`,
  )

function raise(error: Error): never {
  throw error
}

/** `db.duckdb:table` apart; a colon in a directory's name, or after a drive's letter, separates nothing. */
function tableOf(path: string): { path: string; table?: string } {
  const at = path.lastIndexOf(':')
  return at <= 1 || /[/\\]/.test(path.slice(at))
    ? { path }
    : { path: path.slice(0, at), table: path.slice(at + 1) }
}
