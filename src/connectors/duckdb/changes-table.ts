/**
 * Changes of an epoch on their way into a table: they are gathered in a temporary table of the sink's connection, and
 * applied in the transaction of the epoch. What cancels out within the epoch never reaches the table.
 *
 * Names are quoted; inside, columns go by their places.
 */

import type { DuckDBConnection } from '@duckdb/node-api'
import type { Batch } from '../../core/batch/batch.ts'
import { constantColumn, WEIGHT } from '../../core/batch/meta.ts'
import { DataError } from '../../core/errors.ts'
import { fieldIndex, type Schema } from '../../core/types/schema.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'

/** Where changes are gathered: no other connection sees it. */
const GATHERED = 'temp.millrace_changes'
/** What they amount to: each row once, with how often it came (n, negative where it is taken back). */
const NET = 'temp.millrace_net'
/** Rows of which some are taken back, and how often each is still there. */
const LEFT = 'temp.millrace_left'

export interface ChangesOptions {
  /** For messages. */
  readonly label: string
  /** The table, quoted. */
  readonly target: string
  readonly schema: Schema
  /** Columns by which rows find each other. Absent: by all of them, and a row may be there several times. */
  readonly keys?: readonly string[] | undefined
  /** Rows that stay: the last of each key takes the place of the others. */
  readonly overwrites: boolean
}

export class ChangesTable {
  /** Of the rows that are gathered: those written, their weight, their place among them. */
  readonly schema: Schema
  readonly gathered = GATHERED
  readonly #options: ChangesOptions
  /** By place. */
  readonly #keys: readonly number[] | undefined
  #rows = 0

  constructor(options: ChangesOptions) {
    const { schema, keys } = options
    this.#options = options
    this.#keys = keys?.map(key => fieldIndex(schema, key))
    this.schema = [
      ...schema.map(({ type }, i) => ({ name: `c${i}`, type })),
      { name: 'w', type: 'int32' },
      { name: 's', type: 'float64' },
    ]
  }

  /** Makes the temporary table, outside any transaction. */
  async create(connection: DuckDBConnection): Promise<void> {
    const columns = this.schema.map(({ name, type }) => `${name} ${sqlType(type)}`)
    await connection.run(`CREATE OR REPLACE TEMP TABLE millrace_changes (${columns.join(', ')})`)
  }

  /** A batch as it is gathered. */
  gather(batch: Batch): Batch {
    const weights = batch.meta?.[WEIGHT] ?? constantColumn('int32', 1, batch.length)
    const places = Float64Array.from({ length: batch.length }, (_, row) => this.#rows + row)
    this.#rows += batch.length
    return {
      ...batch,
      schema: this.schema,
      columns: [...batch.columns, weights, { type: 'float64', values: places }],
    }
  }

  /** Forgets what was gathered and not applied. */
  clear(): void {
    this.#rows = 0
  }

  /** Applies what was gathered to the table. @throws {DataError} `SINK_KEYS` when two rows have the same keys */
  async apply(connection: DuckDBConnection): Promise<void> {
    if (this.#rows === 0) return
    this.#rows = 0
    await connection.run(`CREATE OR REPLACE TEMP TABLE millrace_net AS ${this.#netQuery()}`)
    if (this.#keys && !this.#options.overwrites) await this.#checkKeys(connection, this.#keys)
    for (const statement of this.#statements()) await connection.run(statement)
    await connection.run(`DROP TABLE ${NET}`)
    await connection.run(`DELETE FROM ${GATHERED}`)
  }

  #netQuery(): string {
    const columns = this.#columns('').join(', ')
    if (this.#options.overwrites) {
      const keys = this.#keys!.length === 0 ? '' : `PARTITION BY ${this.#keys!.map(i => `c${i}`).join(', ')}`
      return `SELECT ${columns}, 1 AS n, s FROM ${GATHERED} QUALIFY row_number() OVER (${keys} ORDER BY s DESC) = 1`
    }
    return `SELECT ${columns}, sum(w)::BIGINT AS n, max(s) AS s FROM ${GATHERED} GROUP BY ${columns} HAVING sum(w) <> 0`
  }

  async #checkKeys(connection: DuckDBConnection, keys: readonly number[]): Promise<void> {
    const groups = keys.length === 0 ? '' : `GROUP BY ${keys.map(i => `c${i}`).join(', ')}`
    const twice = `SELECT 1 FROM ${NET} ${groups} HAVING sum(n) FILTER (WHERE n > 0) > 1 OR sum(n) FILTER (WHERE n < 0) < -1 LIMIT 1`
    const { rowCount } = await connection
      .runAndReadAll(twice)
      .then(result => ({ rowCount: result.currentRowCount }))
    if (rowCount === 0) return
    const names = keys.map(i => JSON.stringify(this.#options.schema[i]!.name)).join(', ')
    throw new DataError(
      'SINK_KEYS',
      `${this.#options.label} keeps one row of each ${names || 'table'}, and two rows that are there at one time share it`,
      { hint: 'give the sink more keys, or none: then it goes by all columns' },
    )
  }

  #statements(): string[] {
    const { target } = this.#options
    const columns = this.#columns('').join(', ')
    const insert = `INSERT INTO ${target} SELECT ${columns} FROM`
    if (this.#keys) {
      const same = this.#keys.map(i => this.#sameCell(i))
      const keys = this.#keys.map(i => `c${i}`).join(', ')
      const gone =
        same.length === 0
          ? `DELETE FROM ${target}`
          : `DELETE FROM ${target} AS t USING (SELECT DISTINCT ${keys} FROM ${NET}) AS n WHERE ${same.join(' AND ')}`
      return [gone, `${insert} ${NET} WHERE n > 0 ORDER BY s`]
    }
    const same = this.#options.schema.map((_, i) => this.#sameCell(i))
    // A column may be called rowid, so that equal rows cannot be told apart: all go, and those that stay come again.
    const left = this.#columns('n.').join(', ')
    return [
      `CREATE OR REPLACE TEMP TABLE millrace_left AS
SELECT ${left}, n.s AS s, count(*) + any_value(n.n) AS n FROM ${target} AS t JOIN ${NET} AS n ON ${same.join(' AND ')}
WHERE n.n < 0 GROUP BY ${left}, n.s`,
      `DELETE FROM ${target} AS t USING ${NET} AS n WHERE n.n < 0 AND ${same.join(' AND ')}`,
      `${insert} (SELECT *, unnest(range(n)) FROM ${LEFT} WHERE n > 0 ORDER BY s)`,
      `${insert} (SELECT *, unnest(range(n)) FROM ${NET} WHERE n > 0 ORDER BY s)`,
      `DROP TABLE ${LEFT}`,
    ]
  }

  #columns(of: string): string[] {
    return this.#options.schema.map((_, i) => `${of}c${i}`)
  }

  #sameCell(i: number): string {
    return `t.${quoteIdentifier(this.#options.schema[i]!.name)} IS NOT DISTINCT FROM n.c${i}`
  }
}
