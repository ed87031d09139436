/**
 * Files of any format that DuckDB reads, as a source.
 *
 * The rows of a file come in file order, or in ascending order of a column with ties in file order. Everything a scan
 * asks for is done by DuckDB in one query per part: columns, casts, filter and order. A format is a {@link FileFormat}.
 */

import type {
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import { DataError, PlanError } from '../../core/errors.ts'
import type { Expr } from '../../core/expr/expr.ts'
import { show } from '../../core/expr/show.ts'
import { marked, unmarked } from '../../core/formats/bad-rows.ts'
import type { Schema } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'
import { baseName, type FoundFile, findFiles, pathOf, shownAddress } from '../files/find-files.ts'
import { explainMisfit, misfitSql } from './casts.ts'
import { explain, firstLine } from './errors.ts'
import {
  checkDeclared,
  filterFields,
  ownColumn,
  readOwn,
  type SchemaOptions,
  schemaOfFiles,
} from './file-fields.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { checkUnchanged, listRemote, openFile, withScratch } from './file-open.ts'
import { filesThatMayPass } from './file-partitions.ts'
import { mayPass, partsOf } from './file-parts.ts'
import { type Database, openScratch } from './instances.ts'
import { PartsReader } from './parts-reader.ts'
import { shortQuery } from './short-query.ts'

export interface FileScanOptions {
  /** Connections that read one split at a time; 3 by default. */
  readonly connections?: number
  /**
   * The columns there are and the types they are read as, instead of all columns as the file has them. The way to
   * read a file that also has columns of types Millrace does not know.
   */
  readonly schema?: Schema
  /**
   * What files with different columns are. `merge`, the default: they are put together by name, a column has its widest type,
   * and is null in the rows of a file that lacks it. `same`: an error.
   */
  readonly schemas?: 'merge' | 'same'
  /** Rows that hold a value that does not fit are marked, by columns besides: see `MARKS` of `core/formats/bad-rows.ts`. */
  readonly marks?: boolean
}

/**
 * Files as one source: a path, a list of them, directories, patterns. Each file is a split; in the order of a column all
 * files are one split. A path that is there is taken literally: `*` and `[` are characters of a name.
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
  return new FileSource(format, list.map(pathOf), options)
}

class FileSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable = true
  readonly canOrder: boolean
  readonly runsIn = 'duckdb'
  readonly #format: FileFormat
  readonly #paths: readonly string[]
  readonly #connections: number
  readonly #options: SchemaOptions
  readonly #marks: boolean
  /** Of the last request that was planned, for `explain`. */
  #left: readonly string[] = []
  /** The files there were at first: a plan keeps to them. */
  #found: readonly FoundFile[] | undefined
  #all: readonly ScanFile[] | undefined

  constructor(format: FileFormat, paths: readonly string[], options: FileScanOptions) {
    if (paths.length === 0) {
      throw new PlanError('NO_FILES', `a ${format.name} source needs at least one file`, {
        hint: 'an empty list of paths often comes from a directory listing that found nothing',
      })
    }
    this.#format = format
    this.#paths = paths
    this.#connections = Math.max(1, Math.floor(options.connections ?? 3))
    this.#options = { declared: options.schema, same: options.schemas === 'same' }
    this.#marks = options.marks === true
    this.canOrder = !this.#marks
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
    this.label = `${format.name.toLowerCase()} ${baseName(paths[0]!)}${others}`
  }

  async schema(): Promise<Schema> {
    const schema = await withScratch(async database =>
      schemaOfFiles(await this.#open(database), this.#options),
    )
    return this.#marks ? marked(schema) : schema
  }

  canFilter(test: Expr, schema: Schema): boolean {
    // Which rows are bad does not depend on which are asked for.
    return !this.#marks && lowerExpr(test, schema) !== undefined
  }

  async splits(request: ScanRequest): Promise<readonly Split[]> {
    const files = await withScratch(database => this.#filesOf(database, request))
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
    const scratch = await openScratch('ranges')
    let database = scratch
    let files: readonly ScanFile[] = []
    try {
      const all = this.#all ?? (await this.#open(scratch))
      for (const field of unmarked(request.schema)) checkDeclared(all, field)
      const passing = this.#passing(all, request)
      const wanted = request.orderBy === undefined ? [passing[split.id]!] : passing
      files = await openFiles(scratch, this.#format, wanted)
      const schema = this.#marks
        ? schemaOfFiles(all, this.#options)
        : filterFields(all, this.#options.declared)
      const scan = { format: this.#format, files, schema, request }
      const { parts, planned } = await partsOf(scratch, scan, offset)
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
        check: () => checkUnchanged(files),
        explain: error => explainRead(error, this.#format, files, request),
      })
    } catch (error) {
      await database.release()
      throw await explainRead(error, this.#format, files, request)
    }
  }

  explain(request: ScanRequest): readonly string[] {
    const { rowGroups } = this.#format
    const columns = unmarked(request.schema)
      .map(field => `${field.name} ${field.type}`)
      .join(', ')
    const lines = [
      `${this.#paths.length === 1 ? 'file' : 'files'} ${this.#paths.map(path => JSON.stringify(shownAddress(path))).join(', ')}`,
      `columns ${columns}`,
    ]
    if (rowGroups) lines.push(`over ${this.#connections} connections, row groups put back in order`)
    if (request.filter) lines.push(`where ${show(request.filter)}`, ...this.#left)
    if (request.orderBy !== undefined) {
      const sorted = rowGroups?.inOrder ? '; sorted where it is not yet' : '; sorted'
      lines.push(`in order of ${JSON.stringify(request.orderBy)}, ties in file order${sorted}`)
    }
    return lines
  }

  async #open(database: Database): Promise<readonly ScanFile[]> {
    const { name, extensions = [`.${name.toLowerCase()}`] } = this.#format
    this.#found ??= await listRemote(database, await findFiles(this.#paths, extensions))
    this.#all = await openFiles(database, this.#format, this.#found)
    return this.#all
  }

  /** The files of a request, and how much of them is read, for `explain`. */
  async #filesOf(database: Database, request: ScanRequest): Promise<readonly ScanFile[]> {
    const all = await this.#open(database)
    const files = this.#passing(all, request)
    if (!request.filter) return files
    const scan = { format: this.#format, schema: filterFields(all, this.#options.declared), request }
    const lines = files.length < all.length ? [`files ${files.length} of ${all.length}, by their paths`] : []
    let groups = 0
    let passing = 0
    for (const file of files.slice(0, MAX_EXPLAINED)) {
      const group = (await mayPass(database, scan, file)) ?? []
      groups += group.length
      passing += group.filter(may => may).length
    }
    const some = files.length > MAX_EXPLAINED ? ` of the first ${MAX_EXPLAINED} files` : ''
    if (groups > 0) lines.push(`row groups ${passing} of ${groups}${some}, by their statistics`)
    this.#left = lines
    return files
  }

  /** The files whose paths do not say that no row passes. */
  #passing(all: readonly ScanFile[], { filter }: ScanRequest): readonly ScanFile[] {
    return filter ? filesThatMayPass(all, filter, filterFields(all, this.#options.declared)) : all
  }
}

/** Files whose row groups are counted for `explain`. */
const MAX_EXPLAINED = 100

/** The files' paths; a file that is read again gets a number, since no two splits may have one label. */
function labels(files: readonly ScanFile[]): string[] {
  const times = new Map<string, number>()
  return files.map(file => {
    const path = shownAddress(file.path)
    const time = (times.get(path) ?? 0) + 1
    times.set(path, time)
    return time === 1 ? path : `${path} (${time})`
  })
}

async function openFiles(
  database: Database,
  format: FileFormat,
  found: readonly FoundFile[],
): Promise<ScanFile[]> {
  const files: ScanFile[] = []
  for (const file of found) files.push(await openFile(database, format, file))
  return files
}

/** An error met while reading, in terms of the file and its columns. */
async function explainRead(
  error: unknown,
  format: FileFormat,
  files: readonly ScanFile[],
  request: ScanRequest,
): Promise<unknown> {
  const misfit = await explainMisfit(error, unmarked(request.schema), field =>
    withScratch(async database => {
      for (const file of files) {
        const own = ownColumn(file, field.name)
        const { misfit, misfits } = own ? readOwn(own, field, file.label) : {}
        if (misfit === undefined) continue
        const [from, place] = file.numbered
          ? [format.rowGroups!.numberedFrom, format.rowGroups!.number]
          : [format.from, 'NULL']
        const sql = misfitSql(own!, misfit, from, place)
        const { rows } = await shortQuery(database, sql, formatParams(format, file))
        if (rows.length > 0) return { where: file.label, row: rows[0]![1], value: misfits ?? rows[0]![0] }
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
