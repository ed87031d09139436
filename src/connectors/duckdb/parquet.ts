/**
 * Parquet files as a source, read by DuckDB.
 *
 * The rows of a file come in file order, or in ascending order of a column with ties in file order. Row groups are
 * read over several connections and put back in order; whether they are in order of a column already is taken from
 * their statistics and checked while they are read.
 */

import { stat } from 'node:fs/promises'
import { basename, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DuckDBType } from '@duckdb/node-api'
import type { ReaderMemory, ScanRequest, Source, Split, SplitReader } from '../../core/connector.ts'
import { ConnectorError, PlanError } from '../../core/errors.ts'
import type { Expr, Literal } from '../../core/expr/expr.ts'
import { show } from '../../core/expr/show.ts'
import { type ColumnType, isFloat } from '../../core/types/column-type.ts'
import { type Field, fieldIndex, type Schema, schemaOf } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { castColumn, explainMisfit, findColumn } from './casts.ts'
import { explain } from './errors.ts'
import { type Database, openScratch } from './instances.ts'
import { isCheckable } from './order-check.ts'
import { textParam, wholeParam } from './params.ts'
import { type Part, PartsReader } from './parts-reader.ts'
import { shortQuery } from './short-query.ts'
import { columnTypeOf, unsupportedType } from './types.ts'

export interface ParquetOptions {
  /** Connections that read one split at a time; 3 by default. */
  readonly connections?: number
  /**
   * The columns there are and the types they are read as, instead of all columns as the file has them. The way to
   * read a file that also has columns of types Millrace does not know.
   */
  readonly schema?: Schema
}

/** Row groups are read together until they have this many rows: a query costs as much as reading some thousand. */
const PART_ROWS = 100_000

/** Statistics of more files than this are not looked at: sorting is cheaper than asking. */
const MAX_FILES_FOR_STATISTICS = 500

interface Range {
  /** Rows of the file, from and up to. */
  readonly from: number
  readonly to: number
}

interface ParquetFile {
  readonly path: string
  readonly version: string
  /** The path as DuckDB takes it: wildcards escaped. */
  readonly pattern: string
  readonly label: string
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[]
  readonly rows: number
  /** What the rows' place in the file is called in SQL; undefined when a column of the file has taken the name. */
  readonly rowNumber: string | undefined
}

/**
 * A Parquet file, or several of the same columns, as one source. Each file is a split; in the order of a column all
 * files are one split. Paths are taken literally: `*` and `[` are characters of a name.
 *
 * Errors, when it is first asked something: `FILE_NOT_FOUND`, `IS_DIRECTORY`, `CORRUPT_FILE`, `UNSUPPORTED_TYPE`
 * (a column of a type that no column can hold), `UNKNOWN_COLUMN`, `CAST`. While reading: `CORRUPT_FILE`, and
 * `VALUE_TYPE` (a DataError) for a value that does not fit the narrower type asked for.
 */
export function parquetSource(
  paths: string | URL | readonly (string | URL)[],
  options: ParquetOptions = {},
): Source {
  const list = (Array.isArray(paths) ? paths : [paths]) as readonly (string | URL)[]
  return new ParquetSource(list.map(toPath), options)
}

const toPath = (path: string | URL): string =>
  path instanceof URL || path.startsWith('file://') ? fileURLToPath(path) : path

class ParquetSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable = true
  readonly canOrder = true
  readonly #paths: readonly string[]
  readonly #connections: number
  readonly #declared: Schema | undefined

  constructor(paths: readonly string[], options: ParquetOptions) {
    if (paths.length === 0) {
      throw new PlanError('NO_FILES', 'a Parquet source needs at least one file', {
        hint: 'an empty list of paths often comes from a directory listing that found nothing',
      })
    }
    this.#paths = paths
    this.#connections = Math.max(1, Math.floor(options.connections ?? 3))
    this.#declared = options.schema
    this.label = `parquet ${basename(paths[0]!)}${paths.length > 1 ? ` and ${paths.length - 1} more` : ''}`
  }

  async schema(): Promise<Schema> {
    return withScratch(async database => {
      const file = await openFile(database, this.#paths[0]!)
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
    return withScratch(async database => {
      const files = await openFiles(database, this.#paths)
      if (request.orderBy !== undefined) {
        const rows = files.reduce((sum, file) => sum + file.rows, 0)
        return [{ id: 0, label: this.label, ...(request.filter ? {} : { rows }) }]
      }
      return files.map((file, id) => ({
        id,
        label: file.path,
        ...(request.filter ? {} : { rows: file.rows }),
      }))
    })
  }

  async open(split: Split, offset: number, request: ScanRequest, memory: ReaderMemory): Promise<SplitReader> {
    const ordered = request.orderBy !== undefined
    const scratch = await openScratch('ranges')
    let database = scratch
    try {
      const files = await openFiles(scratch, ordered ? this.#paths : [this.#paths[split.id]!])
      const plan = await planScan(scratch, files, request)
      const parts = await skipRows(scratch, plan, offset)
      if (plan.parts.length === 1) {
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
        explain: error => explainRead(error, files, request),
      })
    } catch (error) {
      await database.release()
      throw error
    }
  }

  explain(request: ScanRequest): readonly string[] {
    const columns = request.schema.map(field => `${field.name} ${field.type}`).join(', ')
    const lines = [
      `${this.#paths.length === 1 ? 'file' : 'files'} ${this.#paths.map(path => JSON.stringify(path)).join(', ')}`,
      `columns ${columns}`,
      `over ${this.#connections} connections, row groups put back in order`,
    ]
    if (request.filter) lines.push(`where ${show(request.filter)}`)
    if (request.orderBy !== undefined) {
      lines.push(
        `in order of ${JSON.stringify(request.orderBy)}, ties in file order; sorted where it is not yet`,
      )
    }
    return lines
  }
}

async function withScratch<T>(task: (database: Database) => Promise<T>): Promise<T> {
  const database = await openScratch('ranges')
  try {
    return await task(database)
  } finally {
    await database.release()
  }
}

const openFiles = async (database: Database, paths: readonly string[]): Promise<ParquetFile[]> => {
  const files: ParquetFile[] = []
  for (const path of paths) files.push(await openFile(database, path))
  return files
}

/** What is known of the files asked for last; a plan asks for each several times. */
const known = new Map<string, ParquetFile>()
const MAX_KNOWN = 1000

async function openFile(database: Database, given: string): Promise<ParquetFile> {
  const { path, version } = await checkPath(given)
  const before = known.get(path)
  if (before?.version === version) return before
  const label = JSON.stringify(path)
  const pattern = path.replace(/[*?[]/g, '[$&]')
  try {
    const { names, types } = await shortQuery(database, 'SELECT * FROM read_parquet($1) LIMIT 0', [
      textParam(pattern),
    ])
    const { rows } = await shortQuery(database, 'SELECT num_rows FROM parquet_file_metadata($1)', [
      textParam(pattern),
    ])
    const taken = names.some(name => name.toLowerCase() === 'file_row_number')
    const file: ParquetFile = {
      path,
      version,
      pattern,
      label,
      columns: names.map((name, i) => ({ name, type: types[i]! })),
      rows: Number(rows[0]![0]),
      rowNumber: taken ? undefined : 'file_row_number',
    }
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(path, file)
    return file
  } catch (error) {
    throw explain(error, label, 'CORRUPT_FILE')
  }
}

/** The whole path of a file that is there, and what changes when the file does. */
async function checkPath(given: string): Promise<{ path: string; version: string }> {
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
      throw new ConnectorError('IS_DIRECTORY', `${JSON.stringify(path)} is a directory, not a Parquet file`, {
        hint: 'list the files in it and give their paths',
      })
    }
    if (found.size === 0) {
      throw new ConnectorError('CORRUPT_FILE', `${JSON.stringify(path)} is empty: not even a Parquet header`)
    }
    return { path, version: `${found.ino} ${found.size} ${found.mtimeMs}` }
  } catch (error) {
    if (error instanceof ConnectorError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explain(error, JSON.stringify(path))
    throw new ConnectorError('FILE_NOT_FOUND', `there is no file ${JSON.stringify(path)}`, {
      hint: `paths are relative to ${JSON.stringify(process.cwd())}`,
    })
  }
}

function naturalType(file: ParquetFile, name: string, type: DuckDBType): ColumnType {
  const natural = columnTypeOf(type)
  if (natural === undefined) throw unsupportedType(name, type, file.label)
  return natural
}

const columnOf = (file: ParquetFile, name: string) => findColumn(file.columns, name, file.label)

const castOf = (file: ParquetFile, field: Field) =>
  castColumn(field, columnOf(file, field.name).type, file.label)

/** The parts of a scan and what skipping over them takes. */
interface ScanPlan {
  readonly parts: readonly Part[]
  /** Rows of each part, when they can be told from the files' metadata. */
  readonly rows: readonly number[] | undefined
  /** SQL that counts the rows of each part, same parameters. */
  readonly countSql: readonly string[]
}

async function planScan(
  database: Database,
  files: readonly ParquetFile[],
  request: ScanRequest,
): Promise<ScanPlan> {
  const { orderBy, filter } = request
  const pieces = files.map(file => piece(file, request))
  if (orderBy !== undefined) {
    const order = columnOf(files[0]!, orderBy)
    const type = columnTypeOf(order.type)
    const ranges = await orderedRanges(database, files, orderBy, type)
    if (!ranges) return sortedPlan(files, pieces, orderBy, request.schema.length)
    return rangesPlan(files, pieces, ranges, filter !== undefined, type!)
  }
  const ranges = files.map(file => (file.rowNumber ? undefined : [{ from: 0, to: file.rows }]))
  for (let i = 0; i < files.length; i++) ranges[i] ??= await rowGroups(database, files[i]!)
  return rangesPlan(files, pieces, ranges as Range[][], filter !== undefined, undefined)
}

/** One file's part of the SQL. Parameter `$1` is the path. */
interface Piece {
  /** The columns wanted, as `c0`, `c1`, … */
  readonly list: string
  /** What to select besides to have the ordering column, with a comma before it. */
  readonly orderList: string
  readonly from: string
  /** The filter with ` AND ` before it, or nothing. */
  readonly where: string
  readonly params: readonly Literal[]
  readonly orderSql: string | undefined
  /** Where in list and order list the ordering column stands, unchanged. */
  readonly orderColumn: number
}

/** Parameters of a piece before those of the filter: path, first row, row after the last. */
const OWN_PARAMS = 3

function piece(file: ParquetFile, request: ScanRequest): Piece {
  const columns = request.schema.map(field => castOf(file, field).sql)
  if (columns.length === 0) columns.push('CAST(0 AS TINYINT)')
  let orderColumn = -1
  let orderSql: string | undefined
  if (request.orderBy !== undefined) {
    columnOf(file, request.orderBy)
    orderSql = quoteIdentifier(request.orderBy)
    orderColumn = columns.indexOf(orderSql)
  }
  const extra = orderSql !== undefined && orderColumn < 0
  let where = ''
  const params: Literal[] = [textParam(file.pattern)]
  if (request.filter) {
    const fields = file.columns.flatMap(({ name, type }): Field[] => {
      const at = fieldIndex(request.schema, name)
      if (at >= 0) return [request.schema[at]!]
      const natural = columnTypeOf(type)
      return natural === undefined ? [] : [{ name, type: natural }]
    })
    const lowered = lowerExpr(request.filter, fields, {
      firstParameter: OWN_PARAMS + 1,
      column: name => {
        const field = fields[fieldIndex(fields, name)]!
        return shielded(castOf(file, field).sql, field)
      },
    })
    if (!lowered) {
      throw new PlanError('FILTER', 'this filter cannot run inside DuckDB', {
        hint: 'ask canFilter before pushing a filter into a source',
      })
    }
    where = ` AND (${lowered.sql})`
    params.push(...lowered.params)
  }
  return {
    list: columns.map((sql, i) => `${sql} AS c${i}`).join(', '),
    orderList: extra ? `, ${orderSql} AS o` : '',
    from: file.rowNumber ? 'read_parquet($1, file_row_number = true)' : 'read_parquet($1)',
    where,
    params,
    orderSql,
    orderColumn: extra ? columns.length : orderColumn,
  }
}

/**
 * Statistics of a Parquet file leave NaN out, so DuckDB would skip row groups by them though NaN is greater than every
 * number. Negated twice a column means the same, and DuckDB no longer sees that it is one.
 */
const shielded = (sql: string, { type }: Field): string => (isFloat(type) ? `(- (- ${sql}))` : sql)

/** Parts over row ranges of files, in order. */
function rangesPlan(
  files: readonly ParquetFile[],
  pieces: readonly Piece[],
  ranges: readonly (readonly Range[])[],
  filtered: boolean,
  ordered: ColumnType | undefined,
): ScanPlan {
  const parts: Part[] = []
  const rows: number[] = []
  const countSql: string[] = []
  for (let f = 0; f < files.length; f++) {
    const { list, orderList, from, where, params, orderSql, orderColumn } = pieces[f]!
    const { rowNumber } = files[f]!
    for (const range of ranges[f]!) {
      const bounds = rowNumber ? `${rowNumber} >= $2 AND ${rowNumber} < $3` : '$2 <= $3'
      const source = `FROM ${from} WHERE ${bounds}${where}`
      const sql = `SELECT ${list}${ordered ? orderList : ''} ${source}`
      parts.push({
        sql,
        params: [params[0]!, wholeParam(range.from), wholeParam(range.to), ...params.slice(1)],
        skip: 0,
        ...(ordered
          ? {
              ordered: {
                column: orderColumn,
                type: ordered,
                sortedSql: `${sql} ORDER BY ${orderSql} ASC NULLS FIRST, ${rowNumber}`,
              },
            }
          : {}),
      })
      rows.push(range.to - range.from)
      countSql.push(`SELECT count(*) ${source}`)
    }
  }
  return { parts, rows: filtered ? undefined : rows, countSql }
}

/** One query that sorts everything. */
function sortedPlan(
  files: readonly ParquetFile[],
  pieces: readonly Piece[],
  orderBy: string,
  columns: number,
): ScanPlan {
  const params: Literal[] = []
  const order = quoteIdentifier(orderBy)
  const selects = pieces.map(({ list, from, where, params: own }, f) => {
    // Renumber this piece's parameters to stand after those of the others.
    const shift = params.length
    params.push(own[0]!, wholeParam(0), wholeParam(0), ...own.slice(1))
    const text = `SELECT ${list}, ${order} AS o, ${f} AS f, ${files[f]!.rowNumber ?? 'row_number() OVER ()'} AS r FROM ${from} WHERE $2 <= $3${where}`
    return text.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\d+)/g, (all, number) =>
      number === undefined ? all : `$${Number(number) + shift}`,
    )
  })
  const all = selects.join(' UNION ALL ')
  const list = Array.from({ length: Math.max(1, columns) }, (_, i) => `c${i}`).join(', ')
  const sql = `SELECT ${list} FROM (${all}) ORDER BY o ASC NULLS FIRST, f, r`
  return {
    parts: [{ sql, params, skip: 0 }],
    rows: undefined,
    countSql: [],
  }
}

/** Leaves out the first `offset` rows: whole parts first. */
async function skipRows(database: Database, plan: ScanPlan, offset: number): Promise<readonly Part[]> {
  if (offset === 0) return plan.parts
  let rest = offset
  for (let i = 0; i < plan.parts.length; i++) {
    const part = plan.parts[i]!
    const counted = plan.rows?.[i] ?? (await countRows(database, plan.countSql[i], part.params))
    if (rest < counted) return [{ ...part, skip: rest }, ...plan.parts.slice(i + 1)]
    rest -= counted
  }
  return []
}

async function countRows(
  database: Database,
  sql: string | undefined,
  params: readonly Literal[],
): Promise<number> {
  if (sql === undefined) return Number.POSITIVE_INFINITY
  const { rows } = await shortQuery(database, sql, params)
  return Number(rows[0]![0])
}

/** Row groups, joined until they have {@link PART_ROWS} rows. */
async function rowGroups(database: Database, file: ParquetFile): Promise<Range[]> {
  const { rows } = await shortQuery(
    database,
    'SELECT row_group_id, max(row_group_num_rows) FROM parquet_metadata($1) GROUP BY 1 ORDER BY 1',
    [textParam(file.pattern)],
  )
  return joinRanges(rows.map(row => Number(row[1])))
}

function joinRanges(groupRows: readonly number[]): Range[] {
  const ranges: Range[] = []
  let from = 0
  let to = 0
  for (const rows of groupRows) {
    to += rows
    if (to - from >= PART_ROWS) {
      ranges.push({ from, to })
      from = to
    }
  }
  if (to > from) ranges.push({ from, to })
  return ranges
}

/**
 * The row groups of all files as ranges, when their statistics say that each ends, in the ordering column, before or
 * where the next begins, and that there are no nulls. Undefined when they do not say so.
 */
async function orderedRanges(
  database: Database,
  files: readonly ParquetFile[],
  orderBy: string,
  type: ColumnType | undefined,
): Promise<Range[][] | undefined> {
  if (type === undefined || !isCheckable(type)) return undefined
  if (files.length > MAX_FILES_FOR_STATISTICS) return undefined
  const sameType = files.every(file => file.rowNumber && columnTypeOf(columnOf(file, orderBy).type) === type)
  if (!sameType) return undefined
  const column = `$${files.length + 1}`
  const target = sqlType(type)
  const groups = files.map(
    (_, f) => `SELECT ${f} AS f, row_group_id AS g, max(row_group_num_rows) AS n,
  count(*) FILTER (WHERE path_in_schema = ${column}) AS found,
  max(TRY_CAST(stats_min_value AS ${target})) FILTER (WHERE path_in_schema = ${column}) AS low,
  max(TRY_CAST(stats_max_value AS ${target})) FILTER (WHERE path_in_schema = ${column}) AS high,
  max(stats_null_count) FILTER (WHERE path_in_schema = ${column}) AS nulls
FROM parquet_metadata($${f + 1}) GROUP BY row_group_id`,
  )
  const { rows } = await shortQuery(
    database,
    `SELECT f, n, found = 1 AND nulls = 0 AND low IS NOT NULL AND high IS NOT NULL
  AND coalesce(lag(high) OVER (ORDER BY f, g) <= low, true) AS inOrder
FROM (${groups.join(' UNION ALL ')}) WHERE n > 0 ORDER BY f, g`,
    [...files.map(file => textParam(file.pattern)), textParam(orderBy)],
  )
  if (rows.some(row => row[2] !== true)) return undefined
  return files.map((_, f) => joinRanges(rows.filter(row => row[0] === f).map(row => Number(row[1]))))
}

/** An error met while reading, in terms of the file and its columns. */
async function explainRead(
  error: unknown,
  files: readonly ParquetFile[],
  request: ScanRequest,
): Promise<unknown> {
  const misfit = await explainMisfit(error, request.schema, field =>
    withScratch(async database => {
      for (const file of files) {
        const { misfit } = castOf(file, field)
        if (misfit === undefined) continue
        const text = `SELECT CAST(${quoteIdentifier(field.name)} AS VARCHAR) FROM read_parquet($1) WHERE ${misfit} LIMIT 1`
        const { rows } = await shortQuery(database, text, [textParam(file.pattern)])
        if (rows.length > 0) return rows[0]![0]
      }
      return undefined
    }),
  )
  return misfit ?? explain(error, files.map(file => file.label).join(', '), 'CORRUPT_FILE')
}
