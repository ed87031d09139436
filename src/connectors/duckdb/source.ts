/** A table of a DuckDB file, or a query over it, as a source. */

import type { DuckDBType } from '@duckdb/node-api'
import type {
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Expr, Literal } from '../../core/expr/expr.ts'
import { show } from '../../core/expr/show.ts'
import { marked, unmarked } from '../../core/formats/bad-rows.ts'
import { type Field, type Schema, schemaOf } from '../../core/types/schema.ts'
import { lowerExpr } from '../../sql/lower.ts'
import { quoteIdentifier, quoteText } from '../../sql/quote.ts'
import { castColumn, explainMisfit, findColumn, misfitSql, orderKey } from './casts.ts'
import { explain } from './errors.ts'
import { type FilterSqlOptions, filterSchema, filterSql } from './filter-sql.ts'
import { type Database, openDatabase } from './instances.ts'
import { markSql, nullWhereMisfit } from './marks.ts'
import { textParam } from './params.ts'
import { PartsReader } from './parts-reader.ts'
import { checkSelects } from './query.ts'
import { shortQuery } from './short-query.ts'
import { columnTypeOf, unsupportedType } from './types.ts'

export interface DuckdbSourceOptions {
  /** The columns there are and the types they are read as, instead of all columns as they are. */
  readonly schema?: Schema
  /** Whether a query may read other files, and what extensions that are installed reach. Default: false. */
  readonly allowFiles?: boolean
  /** What `$1`, `$2` … of a query stand for. */
  readonly params?: readonly Literal[]
  /** Rows that hold a value that does not fit are marked, by columns besides: see `MARKS` of `core/formats/bad-rows.ts`. */
  readonly marks?: boolean
  /** For messages. */
  readonly label?: string
}

/**
 * A table or view of a DuckDB file, or a query over it. The file is opened for reading only, unless this process is
 * writing it. Rows come in the order of the table, or of the query if it states one. A table can be read again from
 * a position as long as nobody changes it in between; a query cannot. A query reads this file and no other, unless
 * `allowFiles`, and writes nothing in either case.
 *
 * Errors: `FILE_NOT_FOUND`, `DATABASE_LOCKED`, `CORRUPT_FILE`, `NO_TABLE`, `SQL` (DuckDB's own words),
 * `UNSUPPORTED_TYPE`, `UNKNOWN_COLUMN`, `CAST`, `VALUE_TYPE`.
 */
export function duckdbSource(
  path: string,
  what: { readonly table: string } | { readonly sql: string },
  options: DuckdbSourceOptions = {},
): Source {
  return new DuckdbSource(path, what, options)
}

/** What is read: its SQL, its columns, and what tells the place of a row. */
interface Relation {
  readonly from: string
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[]
  readonly place: string
  /** A row's number, from 0; NULL where it has none. */
  readonly number: string
}

class DuckdbSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable: boolean
  readonly canOrder: boolean
  readonly runsIn = 'duckdb'
  readonly #path: string
  readonly #table: string | undefined
  readonly #sql: string
  readonly #declared: Schema | undefined
  readonly #files: boolean
  readonly #params: readonly Literal[]
  readonly #marks: boolean

  constructor(
    path: string,
    what: { readonly table: string } | { readonly sql: string },
    { schema, allowFiles = false, params = [], marks = false, label }: DuckdbSourceOptions,
  ) {
    this.#path = path
    this.#table = 'table' in what ? what.table : undefined
    this.#sql = 'table' in what ? quoteIdentifier(what.table) : bracketed(what.sql)
    this.#declared = schema
    this.#files = allowFiles
    this.replayable = this.#table !== undefined
    this.#params = params
    this.#marks = marks
    this.canOrder = !marks
    this.label = label ?? `duckdb ${path} ${this.#table ?? 'query'}`
  }

  async schema(): Promise<Schema> {
    const schema = await this.#with(async database => this.#fields(await this.#relation(database)))
    return this.#marks ? marked(schema) : schema
  }

  #fields({ columns }: Relation): Schema {
    if (this.#declared) {
      for (const field of this.#declared) castOf(columns, field, this.label)
      return this.#declared
    }
    return schemaOf(
      columns.map(({ name, type }) => {
        const natural = columnTypeOf(type)
        if (natural === undefined) throw unsupportedType(name, type, this.label)
        return { name, type: natural }
      }),
    )
  }

  canFilter(test: Expr, schema: Schema): boolean {
    // Which rows are bad does not depend on which are asked for.
    return !this.#marks && this.#params.length === 0 && lowerExpr(test, schema) !== undefined
  }

  async splits(request: ScanRequest): Promise<readonly Split[]> {
    const split = { id: 0, label: this.label }
    if (this.#table === undefined || request.filter) return [split]
    return this.#with(async database => {
      const { from } = await this.#relation(database)
      const { rows } = await shortQuery(database, `SELECT count(*) FROM ${from}`)
      return [{ ...split, rows: Number(rows[0]![0]) }]
    })
  }

  async open(
    split: Split,
    { rows: offset }: SplitPosition,
    request: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const database = await openDatabase(this.#path, { readOnly: true, files: this.#files })
    try {
      const relation = await this.#relation(database)
      const checked = this.#marks ? this.#fields(relation) : undefined
      const { sql, params } = scanSql(relation, request, this.label, checked)
      return new PartsReader({
        database,
        label: this.label,
        schema: request.schema,
        parts: [{ sql, params: [...this.#params, ...params], skip: offset }],
        connections: 1,
        batchRows: request.batchRows,
        memory,
        split: split.id,
        offset,
        explain: async error =>
          (await explainMisfit(error, unmarked(request.schema), field =>
            this.#with(async again => {
              const { misfit } = castOf(relation.columns, field, this.label)
              if (misfit === undefined) return undefined
              const column = findColumn(relation.columns, field.name, this.label)
              const { from, number } = relation
              const { rows } = await shortQuery(again, misfitSql(column, misfit, from, number), this.#params)
              return rows[0] && { where: this.label, row: rows[0][1], value: rows[0][0] }
            }),
          )) ?? this.#explain(error),
      })
    } catch (error) {
      await database.release()
      throw this.#explain(error)
    }
  }

  explain(request: ScanRequest): readonly string[] {
    const reach = this.#files ? ', and what the query names' : ' and no other'
    const lines = [`file ${JSON.stringify(this.#path)}${reach}`, `from ${this.#sql.trim()}`]
    if (request.filter) lines.push(`where ${show(request.filter)}`)
    if (request.orderBy !== undefined) lines.push(`in order of ${JSON.stringify(request.orderBy)}`)
    return lines
  }

  async #with<T>(task: (database: Database) => Promise<T>): Promise<T> {
    const database = await openDatabase(this.#path, { readOnly: true, files: this.#files })
    try {
      return await task(database)
    } catch (error) {
      throw this.#explain(error)
    } finally {
      await database.release()
    }
  }

  async #relation(database: Database): Promise<Relation> {
    let isTable = false
    if (this.#table !== undefined) {
      const { rows } = await shortQuery(
        database,
        `SELECT table_name, table_type, lower(table_name) = lower($1) FROM information_schema.tables
WHERE table_catalog = current_database() AND table_schema = current_schema() ORDER BY table_name`,
        [textParam(this.#table)],
      )
      const found = rows.find(row => row[2] === true)
      if (!found) {
        throw new ConnectorError(
          'NO_TABLE',
          `${JSON.stringify(this.#path)} has no table ${JSON.stringify(this.#table)}`,
          { hint: `the tables are ${rows.map(row => JSON.stringify(row[0])).join(', ') || '(none)'}` },
        )
      }
      isTable = found[1] === 'BASE TABLE'
    }
    const shape = `SELECT * FROM ${this.#sql} AS q LIMIT 0`
    if (this.#table === undefined) await checkOne(database, shape)
    const { names, types } = await shortQuery(database, shape, this.#params)
    const hasRowid = isTable && !names.some(name => name.toLowerCase() === 'rowid')
    return {
      from: `${this.#sql} AS q`,
      columns: names.map((name, i) => ({ name, type: types[i]! })),
      place: hasRowid ? 'rowid' : 'row_number() OVER ()',
      number: hasRowid ? 'rowid' : 'NULL',
    }
  }

  #explain(error: unknown): Error {
    return explain(error, this.label, 'SQL')
  }
}

/** A text that closes the bracket around it could be more than a query. */
async function checkOne(database: Database, sql: string): Promise<void> {
  const connection = await database.connect()
  try {
    await checkSelects(connection, sql)
  } finally {
    connection.disconnectSync()
  }
}

/** A query as a table. Brackets close on a line of their own: it may end in a comment. */
export const bracketed = (sql: string): string => `(${sql.replace(/;\s*$/, '')}\n)`

const castOf = (columns: Relation['columns'], field: Field, label: string) =>
  castColumn(field, findColumn(columns, field.name, label), label)

function filterOptions(columns: Relation['columns'], request: ScanRequest, label: string): FilterSqlOptions {
  const natural = columns.flatMap(({ name, type }): Field[] => {
    const own = columnTypeOf(type)
    return own === undefined ? [] : [{ name, type: own }]
  })
  return {
    schema: filterSchema(natural, request.schema),
    column: field => {
      const column = findColumn(columns, field.name, label)
      return orderKey(castColumn(field, column, label).sql, column.type)
    },
  }
}

/** @param checked the columns that rows are marked by */
function scanSql(
  { from, columns, place, number }: Relation,
  request: ScanRequest,
  label: string,
  checked: Schema | undefined,
): { sql: string; params: readonly Literal[] } {
  const read = checked?.map(field => ({
    field,
    own: findColumn(columns, field.name, label),
    cast: castOf(columns, field, label),
  }))
  const marks = read && markSql(read, () => quoteText(label), number)
  const list = request.schema.map((field, i) => {
    const sql = marks?.get(field.name)
    if (sql !== undefined) return `${sql} AS c${i}`
    const cast = castOf(columns, field, label)
    return `${marks ? nullWhereMisfit(cast) : cast.sql} AS c${i}`
  })
  if (list.length === 0) list.push('CAST(0 AS TINYINT) AS c0')
  const filter = request.filter && filterSql(request.filter, filterOptions(columns, request, label))
  const where = filter ? ` WHERE ${filter.sql}` : ''
  const params = filter?.params ?? []
  if (request.orderBy === undefined) return { sql: `SELECT ${list.join(', ')} FROM ${from}${where}`, params }
  const order = orderKey(quoteIdentifier(request.orderBy), findColumn(columns, request.orderBy, label).type)
  const names = request.schema.map((_, i) => `c${i}`).join(', ') || 'c0'
  const inner = `SELECT ${list.join(', ')}, ${order} AS o, ${place} AS r FROM ${from}${where}`
  return { sql: `SELECT ${names} FROM (${inner}) ORDER BY o ASC NULLS FIRST, r`, params }
}
