/** One SQL query over a DuckDB file, its whole result in memory: what the command line shows. */

import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import type { Batch } from '../../core/batch/batch.ts'
import { columnFrom } from '../../core/batch/build.ts'
import type { Column } from '../../core/batch/column.ts'
import { type Row, rowsOf } from '../../core/batch/rows.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { ConnectorError, MillraceError } from '../../core/errors.ts'
import { literal } from '../../core/expr/literal.ts'
import { type ColumnType, MAX_PRECISION } from '../../core/types/column-type.ts'
import { maxUnits } from '../../core/types/decimal.ts'
import { type Field, type Schema, schemaOf } from '../../core/types/schema.ts'
import { closeChunk, openChunk } from './chunk.ts'
import { ChunkReader, chunkFormat } from './chunk-reader.ts'
import { explain } from './errors.ts'
import { type Database, openDatabase, openScratch } from './instances.ts'
import { bindLiterals } from './params.ts'
import { castFirst, columnTypeOf, TypeId } from './types.ts'

/** What `?` and `$1` in a query may stand for. */
export type QueryParameter = number | bigint | string | boolean | Date | null

export interface QueryOptions {
  /** Rows to stop after; `truncated` says whether there were more. */
  readonly maxRows?: number
  /** Whether the query may change the file; false by default, which also lets others read it meanwhile. */
  readonly write?: boolean
  /**
   * Whether the SQL may read other files, and what extensions that are installed reach; false by default. It cannot write
   * them, and only selects.
   */
  readonly allowFiles?: boolean
}

export interface QueryResult {
  readonly schema: Schema
  readonly batches: readonly Batch[]
  /** The rows as objects. */
  readonly rows: readonly Row[]
  readonly truncated: boolean
}

const BATCH_ROWS = 65_536

/**
 * Runs SQL on a DuckDB file. Several statements may be given; the result is the last one's. Types that no column can
 * hold are shown as text; a sum of integers (HUGEINT) as int64 where it fits. Columns of equal names are numbered.
 *
 * @throws {ConnectorError} `SQL` with DuckDB's message; `FILE_NOT_FOUND`, `DATABASE_LOCKED`, `CORRUPT_FILE`
 */
export async function query(
  path: string,
  sql: string,
  params: readonly QueryParameter[] = [],
  { maxRows = Number.POSITIVE_INFINITY, write = false, allowFiles = false }: QueryOptions = {},
): Promise<QueryResult> {
  const database = await openDatabase(path, { readOnly: !write, files: allowFiles })
  try {
    return await run(database, sql, params, { maxRows, allowFiles })
  } finally {
    await database.release()
  }
}

/**
 * Runs one SQL query over the files that it names; otherwise as {@link query}.
 *
 * @throws {ConnectorError} `SQL`, also for what is no query; `EXTENSION`
 */
export async function queryFiles(
  sql: string,
  { maxRows = Number.POSITIVE_INFINITY }: Pick<QueryOptions, 'maxRows'> = {},
): Promise<QueryResult> {
  const database = await openScratch('whole')
  try {
    return await run(database, sql, [], { maxRows, allowFiles: true })
  } finally {
    await database.release()
  }
}

async function run(
  database: Database,
  sql: string,
  params: readonly QueryParameter[],
  { maxRows, allowFiles }: { readonly maxRows: number; readonly allowFiles: boolean },
): Promise<QueryResult> {
  const { duckdb } = database
  const connection = await database.connect()
  try {
    const { values, types } = bindLiterals(
      duckdb,
      params.map(value => literal(value)),
    )
    if (allowFiles) await checkSelects(connection, sql)
    const result = await connection.stream(sql, values, types)
    const columnTypes = result.columnTypes()
    const fields = fieldsOf(result.columnNames(), columnTypes)
    const carried = columnTypes.flatMap((type, i) => (isCarried(type) ? [i] : []))
    const format = chunkFormat(
      duckdb.raw,
      carried.map(i => fields[i]!),
      carried.map(i => columnTypes[i]!),
    )
    const others = columnTypes.map((_, i) => (carried.includes(i) ? undefined : ([] as unknown[])))
    const groups: { columns: Column[]; rows: number; end: number }[] = []
    const reader = new ChunkReader(duckdb.raw, format)
    let total = 0
    let truncated = false
    reader.begin(heapArena, BATCH_ROWS)
    const finish = () => {
      if (reader.rows > 0) groups.push({ rows: reader.rows, end: total, columns: reader.finish() })
    }
    for (;;) {
      const chunk = await result.fetchChunk()
      const rows = chunk?.rowCount ?? 0
      if (!chunk || rows === 0) break
      const count = Math.min(rows, maxRows - total)
      truncated = count < rows
      if (count === 0) break
      if (reader.rows + count > BATCH_ROWS) {
        finish()
        reader.begin(heapArena, BATCH_ROWS)
      }
      const opened = openChunk(duckdb.raw, chunk.chunk, rows, format.shapes, carried)
      reader.append(opened, 0, count)
      closeChunk(opened)
      for (const [i, values] of others.entries()) {
        if (!values) continue
        const vector = chunk.getColumnVector(i)
        for (let row = 0; row < count; row++) values.push(vector.getItem(row))
      }
      total += count
      if (truncated) break
    }
    finish()
    return assemble(fields, carried, others, groups, truncated)
  } catch (error) {
    throw sqlError(error, database.label)
  } finally {
    await connection.run('SELECT 1').catch(() => {})
    connection.disconnectSync()
  }
}

/**
 * Refuses SQL that is more than one query: what reads files could write them, too.
 *
 * @throws {ConnectorError} `SQL`
 */
export async function checkSelects(connection: DuckDBConnection, sql: string): Promise<void> {
  const statements = await connection.extractStatements(sql)
  const prepared = statements.count === 1 ? await statements.prepare(0) : undefined
  const type = prepared?.statementType
  prepared?.destroySync()
  if (type === SELECT || type === EXPLAIN) return
  // Of a PIVOT whose values are not named DuckDB makes a statement more, which finds them.
  const pivots = statements.count > 1 && /\bpivot\b/i.test(sql)
  throw new ConnectorError('SQL', 'only one query is run, and nothing that writes', {
    hint: pivots
      ? "name the values of a PIVOT, which make its columns: ON origin IN ('IAH', 'HOU'), in sql`…` also IN (${codes}); or dataset.pivot()"
      : 'SELECT … FROM …, PIVOT … ON … IN (…), or EXPLAIN',
  })
}

/** Numbers of DuckDB's `StatementType`. */
const SELECT = 1
const EXPLAIN = 4

/** Puts carried columns and those converted value by value together. */
function assemble(
  fields: readonly Field[],
  carried: readonly number[],
  others: readonly (unknown[] | undefined)[],
  groups: readonly { columns: Column[]; rows: number; end: number }[],
  truncated: boolean,
): QueryResult {
  const types: ColumnType[] = fields.map((field, i) => (others[i] ? typeOfValues(others[i]) : field.type))
  const schema = schemaOf(fields.map(({ name }, i) => ({ name, type: types[i]! })))
  const batches = groups.map(({ columns, rows, end }): Batch => {
    const all = fields.map((_, i) => {
      const place = carried.indexOf(i)
      if (place >= 0) return columns[place]!
      const values = others[i]!.slice(end - rows, end)
      return columnFrom(
        types[i]!,
        values.map(value => cellOf(value, types[i]!)),
        heapArena,
      )
    })
    return { schema, length: rows, columns: all, position: { split: 0, offset: end - rows } }
  })
  let rows: Row[] | undefined
  return {
    schema,
    batches,
    truncated,
    get rows() {
      rows ??= batches.flatMap(batch => rowsOf(batch))
      return rows
    },
  }
}

/** Whether a column's values are read as they lie; HUGEINTs and intervals depend on what there is of them. */
const isCarried = (type: DuckDBType): boolean =>
  columnTypeOf(type) !== undefined && castFirst(type) === undefined && type.typeId !== TypeId.INTERVAL

/** The narrowest type that holds values DuckDB has no column type for: text where nothing else does. */
function typeOfValues(values: readonly unknown[]): ColumnType {
  const some = values.filter(value => value !== null)
  if (some.length === 0) return 'utf8'
  if (some.every(isInt64)) return 'int64'
  if (some.every(value => typeof value === 'bigint' && abs(value) <= maxUnits(MAX_PRECISION)))
    return 'decimal(38, 0)'
  return some.every(value => isInterval(value) && value.months === 0) ? 'duration[us]' : 'utf8'
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)
const isInt64 = (value: unknown): boolean => typeof value === 'bigint' && BigInt.asIntN(64, value) === value

interface Interval {
  readonly months: number
  readonly days: number
  readonly micros: bigint
}

const isInterval = (value: unknown): value is Interval =>
  typeof value === 'object' && value !== null && 'months' in value && 'micros' in value

function cellOf(value: unknown, type: ColumnType): unknown {
  if (value === null || typeof value === 'bigint')
    return type === 'utf8' && value !== null ? String(value) : value
  if (type === 'duration[us]' && isInterval(value)) return BigInt(value.days) * 86_400_000_000n + value.micros
  return String(value)
}

function fieldsOf(names: readonly string[], types: readonly DuckDBType[]): Field[] {
  const taken = new Set<string>()
  return names.map((given, i) => {
    let name = given
    for (let n = 1; taken.has(name); n++) name = `${given}_${n}`
    taken.add(name)
    const type = types[i]!
    return { name, type: columnTypeOf(type) ?? 'utf8' }
  })
}

/** DuckDB points at the place in the SQL: all of its message is kept. */
function sqlError(error: unknown, label: string): Error {
  if (error instanceof MillraceError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (
    !/^(Parser|Binder|Catalog|Syntax|Invalid Input|Conversion|Not implemented|Out of Range|Permission) Error/i.test(
      text,
    )
  ) {
    return explain(error, label, 'SQL')
  }
  if (/disabled by configuration/i.test(text)) return explain(error, label)
  const hint = /read-only mode/i.test(text) ? 'the file was opened for reading only' : undefined
  return new ConnectorError('SQL', `${label}: ${text.trim()}`, {
    ...(hint ? { hint } : {}),
    cause: error,
  })
}
