/**
 * Rows of ours as something SQL can read: a table function `millrace_rows(feed)`.
 *
 * `INSERT INTO t SELECT * FROM millrace_rows(7)` runs off this thread and asks it only for chunks to be
 * filled, which costs microseconds. The appender would do all of it here, compression included.
 */

import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import type { ColumnType } from '../../core/types/column-type.ts'
import { elementType, isList, isMap, isStruct, mapTypes, structFields } from '../../core/types/nested-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { sqlType } from '../../sql/types.ts'
import { CHUNK_ROWS } from './chunk.ts'
import type { RowStage } from './chunk-writer.ts'
import type { Database } from './instances.ts'

interface Feed {
  readonly schema: Schema
  stage: RowStage | undefined
  from: number
  failed: unknown
}

/** Live feeds by number; numbers are never used twice. */
const feeds = new Map<number, Feed>()
let lastFeed = 0

const registered = new WeakSet<object>()
const FEED_FUNCTION = 'millrace_rows'

/** What a feed needs of a database. */
export interface FeedHost extends Pick<Database, 'duckdb' | 'exclusively'> {
  /** What has the function once it is registered: an instance, or a connection to one that is not known. */
  readonly instance: object
}

/** A feed of rows of one schema into one connection. */
export class RowFeed {
  readonly #id: number
  readonly #feed: Feed

  private constructor(id: number, feed: Feed) {
    this.#id = id
    this.#feed = feed
  }

  static async open(database: FeedHost, connection: DuckDBConnection, schema: Schema): Promise<RowFeed> {
    // One at a time: the function is an entry of the instance's catalog.
    await database.exclusively(async () => {
      if (registered.has(database.instance)) return
      try {
        register(database, connection)
      } catch (error) {
        // Through another connection.
        if (!/already exists|register table function/i.test(String(error))) throw error
      }
      registered.add(database.instance)
    })
    const id = ++lastFeed
    const feed: Feed = { schema, stage: undefined, from: 0, failed: undefined }
    feeds.set(id, feed)
    return new RowFeed(id, feed)
  }

  /** Runs `INSERT INTO <target> …` with the staged rows; they may be changed again when the promise settles. */
  insert(connection: DuckDBConnection, target: string, stage: RowStage): Promise<void> {
    return this.run(connection, stage, rows => `INSERT INTO ${target} SELECT * FROM ${rows}`)
  }

  /**
   * Runs a statement over the staged rows, whose columns are called `c0`, `c1`, …
   *
   * @param sqlOf the statement, of what stands for the rows after `FROM`
   */
  async run(connection: DuckDBConnection, stage: RowStage, sqlOf: (rows: string) => string): Promise<void> {
    const feed = this.#feed
    feed.stage = stage
    feed.from = 0
    feed.failed = undefined
    try {
      await connection.run(sqlOf(`${FEED_FUNCTION}(${this.#id})`))
    } catch (error) {
      throw feed.failed ?? error
    } finally {
      feed.stage = undefined
    }
  }

  close(): void {
    feeds.delete(this.#id)
  }
}

function register(database: FeedHost, connection: DuckDBConnection): void {
  const { api, raw } = database.duckdb
  connection.registerTableFunction(
    api.DuckDBTableFunction.create({
      name: FEED_FUNCTION,
      parameterTypes: [api.INTEGER],
      bindFunction: info => {
        const id = Number(info.getParameter(0))
        const feed = feeds.get(id)
        if (!feed) {
          info.setError(`${FEED_FUNCTION}(${id}) has no rows: it serves running sinks only`)
          return
        }
        for (const [i, { type }] of feed.schema.entries()) {
          info.addResultColumn(`c${i}`, duckdbType(api, type))
        }
        info.setBindData({ id })
        info.setCardinality(feed.stage?.rows ?? 0, true)
      },
      initFunction: info => info.setMaxThreads(1),
      mainFunction: (info, output) => {
        const { id } = info.bindData as { id: number }
        const feed = feeds.get(id)
        if (!feed?.stage) {
          output.rowCount = 0
          return
        }
        try {
          const count = feed.stage.fill(raw, output.chunk, feed.from)
          feed.from += Math.min(count, CHUNK_ROWS)
        } catch (error) {
          feed.failed = error
          info.setError(String(error))
        }
      },
    }),
  )
}

/** The type of a column in DuckDB: that of {@link sqlType}. */
function duckdbType(api: Database['duckdb']['api'], type: ColumnType): DuckDBType {
  if (isList(type)) return api.LIST(duckdbType(api, elementType(type)))
  if (isMap(type)) {
    const { key, value } = mapTypes(type)
    return api.MAP(duckdbType(api, key), duckdbType(api, value))
  }
  if (!isStruct(type)) return typeOf(api, sqlType(type))
  const fields = structFields(type)
  // Not by an object of the fields: there numbers come first, whatever the order, and `__proto__` is none.
  return new api.DuckDBStructType(
    fields.map(({ name }) => name),
    fields.map(field => duckdbType(api, field.type)),
  )
}

function typeOf(api: Database['duckdb']['api'], name: string): DuckDBType {
  const types: Record<string, DuckDBType> = {
    BOOLEAN: api.BOOLEAN,
    TINYINT: api.TINYINT,
    SMALLINT: api.SMALLINT,
    INTEGER: api.INTEGER,
    BIGINT: api.BIGINT,
    UTINYINT: api.UTINYINT,
    USMALLINT: api.USMALLINT,
    UINTEGER: api.UINTEGER,
    UBIGINT: api.UBIGINT,
    FLOAT: api.FLOAT,
    DOUBLE: api.DOUBLE,
    DATE: api.DATE,
    TIMESTAMP: api.TIMESTAMP,
    TIMESTAMP_S: api.TIMESTAMP_S,
    TIMESTAMP_MS: api.TIMESTAMP_MS,
    TIMESTAMP_NS: api.TIMESTAMP_NS,
    TIMESTAMPTZ: api.TIMESTAMPTZ,
    VARCHAR: api.VARCHAR,
    BLOB: api.BLOB,
    TIME: api.TIME,
    INTERVAL: api.INTERVAL,
  }
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(name) ?? []
  return width === undefined ? types[name]! : api.DECIMAL(Number(width), Number(scale))
}
