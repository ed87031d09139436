/**
 * Parquet files as a sink: rows are gathered and written by DuckDB, a part at a time; several parts are put together by it
 * once more, so that files have row groups of the size asked for. The epochs are those of `connectors/files`.
 */

import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import type { Sink } from '../../core/connector.ts'
import { DataError, PlanError } from '../../core/errors.ts'
import { NULL_VALUE } from '../../core/formats/partition-rows.ts'
import { isText, isTimestamp, timestampUnit, timestampZone } from '../../core/types/column-type.ts'
import { fieldOf, type Schema } from '../../core/types/schema.ts'
import { quoteIdentifier, quoteText } from '../../sql/quote.ts'
import { placePart } from '../files/epoch-files.ts'
import { type FileSinkOptions, fileSink, type PartFormat, type PartWriter } from '../files/file-sink.ts'
import { RowStage } from './chunk-writer.ts'
import { explain } from './errors.ts'
import { type Database, openScratch } from './instances.ts'
import { RowFeed } from './row-feed.ts'

export interface ParquetSinkOptions extends FileSinkOptions {
  /** Default: `zstd`. */
  readonly compression?: 'zstd' | 'snappy' | 'gzip' | 'brotli' | 'lz4' | 'none'
  /** Rows of a row group; 122,880 by default. */
  readonly rowGroupRows?: number
}

const ROW_GROUP_ROWS = 122_880
/** Rows gathered before they are written: a part. */
const PART_ROWS = 122_880

/**
 * Parquet files as a sink.
 *
 * Errors: `SINK_SCHEMA` for columns that one file cannot have; `SINK_BUSY`, `SINK_EXISTS`, `IS_DIRECTORY`, `DIRECTORY`,
 * `DISK_FULL`, `PERMISSION`; `SINK_BEHIND` when a restored job finds other files than it left.
 */
export function parquetSink(path: string, options: ParquetSinkOptions = {}): Sink {
  return fileSink(path, new ParquetParts(options), options)
}

class ParquetParts implements PartFormat {
  readonly name = 'parquet'
  readonly #copyOptions: string
  #schema: Schema = []
  #partitionBy: readonly string[] = []
  #database: Database | undefined
  #connection: DuckDBConnection | undefined
  #feed: RowFeed | undefined
  #stage: RowStage | undefined

  constructor({ compression = 'zstd', rowGroupRows = ROW_GROUP_ROWS }: ParquetSinkOptions) {
    const codec = { lz4: 'lz4_raw', none: 'uncompressed' }[compression as string] ?? compression
    this.#copyOptions = `FORMAT parquet, COMPRESSION ${quoteText(codec)}, ROW_GROUP_SIZE ${rowGroupRows}`
  }

  async open(schema: Schema, partitionBy: readonly string[]): Promise<void> {
    checkSchema(schema, partitionBy)
    this.#schema = schema
    this.#partitionBy = partitionBy
    this.#database = await openScratch('ranges')
    this.#connection = await this.#database.connect()
    this.#feed = await RowFeed.open(this.#database, this.#connection, schema)
    this.#stage = new RowStage(schema, PART_ROWS)
  }

  parts(nextPath: () => string): PartWriter {
    const stage = this.#stage!
    stage.clear()
    return {
      write: async (batch: Batch) => {
        const count = rowCount(batch)
        for (let from = 0; from < count; ) {
          from += stage.append(batch, from)
          if (stage.isFull) await this.#writePart(nextPath())
        }
      },
      finish: async () => {
        if (stage.rows > 0) await this.#writePart(nextPath())
      },
      abort: async () => stage.clear(),
    }
  }

  readonly assemble = async (parts: readonly string[], directory: string): Promise<readonly string[]> => {
    const target = join(directory, 'part.parquet')
    try {
      if (this.#partitionBy.length > 0) return await this.#partition(parts, directory)
      if (parts.length === 1) await placePart(parts[0]!, target)
      else if (parts.length === 0) await this.#writePart(target)
      else await this.#copy(parts, target, this.#copyOptions)
    } catch (error) {
      throw explain(error, target, 'SINK')
    }
    return ['part.parquet']
  }

  async close(): Promise<void> {
    const database = this.#database
    this.#database = undefined
    if (!database) return
    this.#feed?.close()
    this.#connection?.disconnectSync()
    await database.release()
  }

  async #writePart(path: string): Promise<void> {
    const stage = this.#stage!
    const columns = this.#schema.map(({ name }, i) => `c${i} AS ${quoteIdentifier(name)}`)
    try {
      await this.#feed!.run(
        this.#connection!,
        stage,
        rows =>
          `COPY (SELECT ${columns.join(', ')} FROM ${rows}) TO ${quoteText(path)} (${this.#copyOptions})`,
      )
    } catch (error) {
      throw explain(error, JSON.stringify(path), 'SINK')
    }
    stage.clear()
  }

  async #copy(parts: readonly string[], target: string, options: string): Promise<void> {
    await this.#over(parts, (connection, rows) =>
      connection.run(`COPY (FROM ${rows}) TO ${quoteText(target)} (${options})`),
    )
  }

  /** DuckDB writes a text that is the name of null's folder to that folder, over the rows of null. */
  async #refuseNullNames(parts: readonly string[]): Promise<void> {
    const texts = this.#partitionBy.filter(name => isText(fieldOf(this.#schema, name).type))
    if (texts.length === 0) return
    const tests = texts.map(name => `${quoteIdentifier(name)} = ${quoteText(NULL_VALUE)}`)
    const found = await this.#over(parts, (connection, rows) =>
      connection.runAndReadAll(`SELECT 1 FROM ${rows} WHERE ${tests.join(' OR ')} LIMIT 1`),
    )
    if (found.currentRowCount === 0) return
    throw new DataError(
      'PARTITION_VALUE',
      `partitionBy ${JSON.stringify(texts.length === 1 ? texts[0] : texts)}: the text ${NULL_VALUE} names the folder of null`,
      { hint: 'replace it before, by nullIf() for example' },
    )
  }

  /** Runs a query over the rows of parts. */
  async #over<Out>(
    parts: readonly string[],
    run: (connection: DuckDBConnection, rows: string) => Promise<Out>,
  ): Promise<Out> {
    const list = parts.map(path => quoteText(path.replace(/[*?[]/g, '[$&]'))).join(', ')
    const database = await openScratch('whole')
    const connection = await database.connect()
    try {
      return await run(connection, `read_parquet([${list}], hive_partitioning = false)`)
    } finally {
      connection.disconnectSync()
      await database.release()
    }
  }

  async #partition(parts: readonly string[], directory: string): Promise<string[]> {
    if (parts.length === 0) return []
    await this.#refuseNullNames(parts)
    const keys = this.#partitionBy.map(quoteIdentifier).join(', ')
    await this.#copy(
      parts,
      directory,
      `${this.#copyOptions}, PARTITION_BY (${keys}), OVERWRITE_OR_IGNORE true`,
    )
    const found = await readdir(directory, { recursive: true, withFileTypes: true })
    return found
      .filter(entry => entry.isFile())
      .map(entry => relative(directory, join(entry.parentPath, entry.name)))
      .sort()
  }
}

/** What a Parquet file cannot hold. */
function checkSchema(schema: Schema, partitionBy: readonly string[]): void {
  for (const name of partitionBy) fieldOf(schema, name)
  if (schema.length <= new Set(partitionBy).size) {
    throw new PlanError('SINK_SCHEMA', 'a Parquet file has at least one column besides those of its path', {
      hint: 'leave a column out of partitionBy',
    })
  }
  const seen = new Map<string, string>()
  for (const { name, type } of schema) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) {
      throw new PlanError(
        'SINK_SCHEMA',
        `Parquet files are written by DuckDB, which does not tell ${JSON.stringify(other)} from ${JSON.stringify(name)}`,
        { hint: 'rename one of them' },
      )
    }
    seen.set(name.toLowerCase(), name)
    if (isTimestamp(type) && timestampZone(type) !== undefined && timestampUnit(type) === 'ns') {
      throw new PlanError(
        'UNSUPPORTED_TYPE',
        `column ${JSON.stringify(name)} is ${type}, and DuckDB has no nanoseconds with a zone`,
        { hint: `cast it to timestamp[us, ${timestampZone(type)}]` },
      )
    }
  }
}
