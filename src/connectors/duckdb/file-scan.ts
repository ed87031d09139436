/**
 * Files of any format that DuckDB reads, as a source.
 *
 * The rows of a file come in file order, or in ascending order of a column with ties in file order. Everything a scan
 * asks for is done by DuckDB in one query per part: columns, casts, filter and order. A format is a {@link FileFormat}.
 */

import { stat } from 'node:fs/promises'
import { basename, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DuckDBType } from '@duckdb/node-api'
import type {
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import { ConnectorError, DataError, PlanError } from '../../core/errors.ts'
import type { Expr } from '../../core/expr/expr.ts'
import { show } from '../../core/expr/show.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { type Schema, schemaOf } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'
import { explainMisfit, misfitSql } from './casts.ts'
import { explain, firstLine } from './errors.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { castOf, partsOf } from './file-parts.ts'
import { type Database, openScratch } from './instances.ts'
import { PartsReader } from './parts-reader.ts'
import { shortQuery } from './short-query.ts'
import { columnTypeOf, unsupportedType } from './types.ts'

export interface FileScanOptions {
  /** Connections that read one split at a time; 3 by default. */
  readonly connections?: number
  /**
   * The columns there are and the types they are read as, instead of all columns as the file has them. The way to
   * read a file that also has columns of types Millrace does not know.
   */
  readonly schema?: Schema
}

/**
 * A file, or several of the same columns, as one source. Each file is a split; in the order of a column all files are
 * one split. Paths are taken literally: `*` and `[` are characters of a name.
 *
 * Errors, when it is first asked something: `FILE_NOT_FOUND`, `IS_DIRECTORY`, `CORRUPT_FILE`, `UNSUPPORTED_TYPE`
 * (a column of a type that no column can hold), `UNKNOWN_COLUMN`, `CAST`. While reading: `CORRUPT_FILE`, and
 * `VALUE_TYPE` (a DataError) for a value that does not fit the narrower type asked for.
 */
export function fileSource(
  format: FileFormat,
  paths: string | URL | readonly (string | URL)[],
  options: FileScanOptions = {},
): Source & { readonly bounded: true } {
  const list = (Array.isArray(paths) ? paths : [paths]) as readonly (string | URL)[]
  return new FileSource(format, list.map(toPath), options)
}

const toPath = (path: string | URL): string =>
  path instanceof URL || path.startsWith('file://') ? fileURLToPath(path) : path

class FileSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable = true
  readonly canOrder = true
  readonly runsIn = 'duckdb'
  readonly #format: FileFormat
  readonly #paths: readonly string[]
  readonly #connections: number
  readonly #declared: Schema | undefined

  constructor(format: FileFormat, paths: readonly string[], options: FileScanOptions) {
    if (paths.length === 0) {
      throw new PlanError('NO_FILES', `a ${format.name} source needs at least one file`, {
        hint: 'an empty list of paths often comes from a directory listing that found nothing',
      })
    }
    this.#format = format
    this.#paths = paths
    this.#connections = Math.max(1, Math.floor(options.connections ?? 3))
    this.#declared = options.schema
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
    this.label = `${format.name.toLowerCase()} ${basename(paths[0]!)}${others}`
  }

  async schema(): Promise<Schema> {
    return withScratch(async database => {
      const file = await openFile(database, this.#format, this.#paths[0]!)
      if (this.#declared) {
        for (const field of this.#declared) castOf(file, field)
        return this.#declared
      }
      return schemaOf(file.columns.map(({ name, type }) => ({ name, type: naturalType(file, name, type) })))
    })
  }

  canFilter(test: Expr, schema: Schema): boolean {
    return lowerExpr(test, schema) !== undefined
  }

  async splits(request: ScanRequest): Promise<readonly Split[]> {
    const files = await withScratch(database => openFiles(database, this.#format, this.#paths))
    // Nobody knows how many rows a filter leaves.
    const known = (rows: number | undefined) => (rows === undefined || request.filter ? {} : { rows })
    if (request.orderBy === undefined)
      return labels(files).map((label, id) => ({ id, label, ...known(files[id]!.rows) }))
    const rows = files.every(file => file.rows !== undefined)
      ? files.reduce((sum, file) => sum + file.rows!, 0)
      : undefined
    return [{ id: 0, label: this.label, ...known(rows) }]
  }

  async open(
    split: Split,
    { rows: offset }: SplitPosition,
    request: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const ordered = request.orderBy !== undefined
    const scratch = await openScratch('ranges')
    let database = scratch
    let files: readonly ScanFile[] = []
    try {
      const paths = ordered ? this.#paths : [this.#paths[split.id]!]
      files = await openFiles(scratch, this.#format, paths)
      const { parts, planned } = await partsOf(scratch, this.#format, files, request, offset)
      if (planned === 1) {
        // One query alone may use all threads.
        database = await openScratch('whole')
        await scratch.release()
      }
      return new PartsReader({
        database,
        label: files.map(file => file.label).join(', '),
        schema: request.schema,
        parts,
        connections: this.#connections,
        batchRows: request.batchRows,
        memory,
        split: split.id,
        offset,
        explain: error => explainRead(error, this.#format, files, request),
      })
    } catch (error) {
      await database.release()
      throw await explainRead(error, this.#format, files, request)
    }
  }

  explain(request: ScanRequest): readonly string[] {
    const { rowGroups } = this.#format
    const columns = request.schema.map(field => `${field.name} ${field.type}`).join(', ')
    const lines = [
      `${this.#paths.length === 1 ? 'file' : 'files'} ${this.#paths.map(path => JSON.stringify(path)).join(', ')}`,
      `columns ${columns}`,
    ]
    if (rowGroups) lines.push(`over ${this.#connections} connections, row groups put back in order`)
    if (request.filter) lines.push(`where ${show(request.filter)}`)
    if (request.orderBy !== undefined) {
      const sorted = rowGroups?.inOrder ? '; sorted where it is not yet' : '; sorted'
      lines.push(`in order of ${JSON.stringify(request.orderBy)}, ties in file order${sorted}`)
    }
    return lines
  }
}

/** The files' paths; a file that is read again gets a number, since no two splits may have one label. */
function labels(files: readonly ScanFile[]): string[] {
  const times = new Map<string, number>()
  return files.map(({ path }) => {
    const time = (times.get(path) ?? 0) + 1
    times.set(path, time)
    return time === 1 ? path : `${path} (${time})`
  })
}

async function withScratch<T>(task: (database: Database) => Promise<T>): Promise<T> {
  const database = await openScratch('ranges')
  try {
    return await task(database)
  } finally {
    await database.release()
  }
}

async function openFiles(
  database: Database,
  format: FileFormat,
  paths: readonly string[],
): Promise<ScanFile[]> {
  const files: ScanFile[] = []
  for (const path of paths) files.push(await openFile(database, format, path))
  return files
}

/** What is known of the files asked for last; a plan asks for each several times. */
const known = new Map<string, ScanFile>()
const MAX_KNOWN = 1000

async function openFile(database: Database, format: FileFormat, given: string): Promise<ScanFile> {
  const { path, version } = await checkPath(format, given)
  const key = JSON.stringify([path, format.from, format.params ?? []])
  const before = known.get(key)
  if (before?.version === version) return before
  const label = JSON.stringify(path)
  const pattern = path.replace(/[*?[]/g, '[$&]')
  try {
    const { names, types } = await shortQuery(
      database,
      `SELECT * FROM ${format.from} LIMIT 0`,
      formatParams(format, { pattern }),
    )
    const number = format.rowGroups?.number
    const file: ScanFile = {
      path,
      version,
      pattern,
      label,
      columns: names.map((name, i) => ({ name, type: types[i]! })),
      rows: undefined,
      numbered: number !== undefined && !names.some(name => name.toLowerCase() === number),
    }
    const counted = format.rowGroups ? { ...file, rows: await format.rowGroups.count(database, file) } : file
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(key, counted)
    return counted
  } catch (error) {
    throw explain(error, label, 'CORRUPT_FILE')
  }
}

/** The whole path of a file that is there, and what changes when the file does. */
async function checkPath(
  { name }: FileFormat,
  given: string,
): Promise<{ readonly path: string; readonly version: string }> {
  const path = resolve(given)
  if (given === '' || path.includes('\0')) {
    throw new ConnectorError('FILE_NOT_FOUND', `${JSON.stringify(given)} cannot be the path of a file`)
  }
  if (sep === '/' && path.includes('\\') && /[*?[]/.test(path)) {
    // With a wildcard to escape, DuckDB takes every backslash for a slash.
    throw new ConnectorError('PATH', `${JSON.stringify(path)} has both a backslash and one of * ? [`, {
      hint: 'DuckDB cannot open such a path: rename the file, or make a symbolic link to it',
    })
  }
  try {
    const found = await stat(path)
    if (found.isDirectory()) {
      throw new ConnectorError('IS_DIRECTORY', `${JSON.stringify(path)} is a directory, not a ${name} file`, {
        hint: 'list the files in it and give their paths',
      })
    }
    if (found.size === 0) {
      throw new ConnectorError('CORRUPT_FILE', `${JSON.stringify(path)} is empty, and so not a ${name} file`)
    }
    return { path, version: `${found.ino} ${found.size} ${found.mtimeMs}` }
  } catch (error) {
    if (error instanceof ConnectorError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explain(error, JSON.stringify(path))
    throw new ConnectorError('FILE_NOT_FOUND', `there is no file ${JSON.stringify(path)}`, {
      hint: /[*?[]/.test(path)
        ? 'paths are taken literally: list the files, for example with globSync of node:fs, and give the list'
        : `paths are relative to ${JSON.stringify(process.cwd())}`,
    })
  }
}

function naturalType(file: ScanFile, name: string, type: DuckDBType): ColumnType {
  const natural = columnTypeOf(type)
  if (natural === undefined) throw unsupportedType(name, type, file.label)
  return natural
}

/** An error met while reading, in terms of the file and its columns. */
async function explainRead(
  error: unknown,
  format: FileFormat,
  files: readonly ScanFile[],
  request: ScanRequest,
): Promise<unknown> {
  const misfit = await explainMisfit(error, request.schema, field =>
    withScratch(async database => {
      for (const file of files) {
        const { misfit } = castOf(file, field)
        if (misfit === undefined) continue
        const sql = misfitSql(field, misfit, format.from)
        const { rows } = await shortQuery(database, sql, formatParams(format, file))
        if (rows.length > 0) return rows[0]![0]
      }
      return undefined
    }),
  )
  if (misfit) return misfit
  const where = files.map(file => file.label).join(', ')
  if (/^Conversion Error/.test(firstLine(error))) {
    const message = `${where} holds a value that its type cannot hold (DuckDB: ${firstLine(error)})`
    return new DataError('VALUE_TYPE', message, {
      hint: 'leave the column out by a schema, or write the file again with a wider type',
      cause: error,
    })
  }
  return explain(error, where, 'CORRUPT_FILE')
}
