/**
 * SQL over datasets as a source: their rows are put into tables of a database of its own, in a temporary folder, which DuckDB
 * queries. The folder is gone when the rows have been read, or reading has failed.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import type { Literal } from '../../core/expr/expr.ts'
import type { Schema } from '../../core/types/schema.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { columnsRead, type NamedTable } from './columns-read.ts'
import { explain } from './errors.ts'
import { openDatabase } from './instances.ts'
import { bracketed, duckdbSource } from './source.ts'

/** A query, with what it is over. */
export interface SqlOverTables {
  readonly sql: string
  /** What `$1`, `$2` … stand for. */
  readonly params: readonly Literal[]
  readonly tables: readonly { readonly name: string; schema(): Promise<Schema> }[]
  /**
   * Writes all tables into the database in this file.
   *
   * @param read by table: the columns that the query reads; of others the values do not count. None: all
   */
  fill(path: string, read: ReadonlyMap<string, ReadonlySet<string>>): Promise<void>
  /** The types the result is read as, instead of those it has. */
  readonly schema?: Schema
}

export const sqlSource = (query: SqlOverTables): Source => new SqlSource(query)

class SqlSource implements Source {
  readonly label = 'sql'
  readonly bounded = true
  readonly replayable = false
  readonly canOrder = false
  readonly runsIn = 'duckdb'
  readonly #query: SqlOverTables
  #read: ReadonlyMap<string, ReadonlySet<string>> | undefined

  constructor(query: SqlOverTables) {
    this.#query = query
  }

  /** Asked of tables that are empty. */
  async schema(): Promise<Schema> {
    const { tables } = this.#query
    const schemas = await Promise.all(tables.map(table => table.schema()))
    return inFolder(async path => {
      const database = await openDatabase(path)
      try {
        const connection = await database.connect()
        try {
          for (const [i, { name }] of tables.entries()) {
            const columns = schemas[i]!.map(field => `${quoteIdentifier(field.name)} ${sqlType(field.type)}`)
            await connection.run(`CREATE TABLE ${quoteIdentifier(name)} (${columns.join(', ')})`)
          }
        } catch (error) {
          throw explain(error, this.label, 'SQL')
        } finally {
          connection.disconnectSync()
        }
      } finally {
        await database.release()
      }
      const schema = await this.#source(path).schema()
      this.#read = await this.#columnsRead(
        path,
        tables.map(({ name }, i) => ({ name, schema: schemas[i]! })),
      )
      return schema
    })
  }

  /** Asked where the query is known to be one, and reaches no more than it does when it runs. */
  async #columnsRead(path: string, tables: readonly NamedTable[]) {
    if (tables.length === 0) return undefined
    const { sql, params } = this.#query
    const database = await openDatabase(path, { readOnly: true })
    try {
      return await columnsRead(database, `SELECT * FROM ${bracketed(sql)}`, params, tables)
    } catch {
      // Planned as it never is otherwise: that it cannot be says nothing against the query.
      return undefined
    } finally {
      await database.release()
    }
  }

  canFilter(): boolean {
    return false
  }

  async splits(): Promise<readonly Split[]> {
    return [{ id: 0, label: this.label }]
  }

  async open(
    split: Split,
    from: SplitPosition,
    request: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-sql-'))
    try {
      const path = join(folder, 'tables.duckdb')
      // Without tables there is nothing that makes the file.
      if (this.#query.tables.length === 0) await (await openDatabase(path)).release()
      else await this.#query.fill(path, this.#read ?? new Map())
      const reader = await this.#source(path).open(split, from, request, memory)
      return {
        next: () => reader.next(),
        close: async () => {
          await reader.close()
          await remove(folder)
        },
      }
    } catch (error) {
      await remove(folder)
      throw error
    }
  }

  explain(): readonly string[] {
    const { tables, sql } = this.#query
    const names = tables.map(({ name }) => name).join(', ')
    return [`tables ${names || '(none)'} in a database of its own, and no other file`, `from (${sql.trim()})`]
  }

  #source(path: string): Source {
    const { sql, params, schema } = this.#query
    return duckdbSource(path, { sql }, { params, label: this.label, ...(schema ? { schema } : {}) })
  }
}

async function inFolder<T>(task: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sql-'))
  try {
    return await task(join(folder, 'tables.duckdb'))
  } finally {
    await remove(folder)
  }
}

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
