/** Sinks as users name them. Drivers are loaded when a plan is built, not before. */

import type { ArrowSinkOptions } from './connectors/arrow/arrow-sink.ts'
import type { ConsoleOptions } from './connectors/console.ts'
import type { ParquetSinkOptions } from './connectors/duckdb/parquet-sink.ts'
import type { DuckdbSinkOptions } from './connectors/duckdb/sink.ts'
import type { FileSinkOptions } from './connectors/files/file-sink.ts'
import type { EncodedSinkOptions } from './connectors/files/write-files.ts'
import { type CollectSink, collectSink } from './connectors/memory/collect.ts'
import { MAX_DIGITS } from './core/batch/format-number.ts'
import type { Row } from './core/batch/rows.ts'
import type { Sink } from './core/connector.ts'
import {
  type CsvWriteDialect,
  checkedWriteDialect,
  WRITE_DIALECT_OPTIONS,
} from './core/formats/csv/user-options.ts'
import { JSON_WRITE_OPTIONS, type JsonWriteOptions, jsonEncoding } from './core/formats/encoder-options.ts'
import { callback, checkNames, oneOf, text, whole } from './core/options.ts'
import type { Lazy } from './core/planner/build.ts'

/** What {@link csv} takes. */
export interface CsvSinkOptions extends EncodedSinkOptions, CsvWriteDialect {}

/**
 * A table of a DuckDB file. Exactly once: rows and the mark of how far the job came are one transaction.
 *
 * @param options `mode`: `replace` (default) makes the table again when the first rows are committed, and leaves the old
 * one as it is when the job fails before; `append` adds rows to it. `keys`: a row takes the place of the one with its keys.
 * Changelogs are taken with and without. `snapshotTo`: a file that gets a copy of the database after a commit now and then
 * (`snapshotEveryMs`, a minute by default): other processes cannot open the one that is being written
 * @throws {ConnectorError} when the job starts: `DATABASE_LOCKED`, `CORRUPT_FILE`, `SINK_SCHEMA`, `SINK_IS_VIEW`, …
 * @example
 * await (await hourly.write(duckdb('flights.duckdb', 'hourly')).start()).done
 */
export function duckdb(path: string, table: string, options: DuckdbSinkOptions = {}): Lazy<Sink> {
  text(path, 'the path of duckdb()', duckdb)
  text(table, 'the table of duckdb()', duckdb)
  checkNames('duckdb', options, ['mode', 'job', 'keys', 'snapshotTo', 'snapshotEveryMs'], duckdb)
  const { snapshotTo, snapshotEveryMs } = options
  if (snapshotTo !== undefined) text(snapshotTo, 'snapshotTo of duckdb()', duckdb)
  if (snapshotEveryMs !== undefined)
    whole(snapshotEveryMs, 'snapshotEveryMs of duckdb()', 0, Number.MAX_SAFE_INTEGER, duckdb)
  oneOf(options.mode ?? 'replace', 'mode of duckdb()', ['replace', 'append'], duckdb)
  if (options.job !== undefined) text(options.job, 'job of duckdb()', duckdb)
  if (options.keys !== undefined)
    for (const key of [options.keys].flat()) text(key, 'a key of duckdb()', duckdb)
  const load = async () => (await import('./connectors/duckdb/sink.ts')).duckdbSink(path, table, options)
  return Object.freeze({ label: `duckdb ${path} ${table}`, load })
}

/**
 * A Parquet file, whole when the data ends; or a folder of files: with `partitionBy` (`year=2026/…`), and for data that does not
 * end `rollEveryMs` or `rollBytes`. Exactly once.
 *
 * @param options `compression`: `zstd` (default), `snappy`, `gzip`, `brotli`, `lz4`, `none`; `rowGroupRows`: 122,880 by default;
 * `mode: 'append'`: beside files of other jobs in a folder
 * @throws {PlanError} `SINK_ENDLESS` for data without an end in one file, `SINK_SCHEMA`
 * @throws {ConnectorError} when the job starts: `SINK_EXISTS`, `SINK_BUSY`, `PERMISSION`, …
 * @example
 * await (await flights.write(parquet('out/flights.parquet')).start()).done
 * await (await hourly.write(parquet('out/hourly', { rollEveryMs: 60_000 })).start()).done
 */
export function parquet(path: string, options: ParquetSinkOptions = {}): Lazy<Sink> {
  fileOptions('parquet', path, options, ['compression', 'rowGroupRows', 'partitionBy'], parquet)
  const { compression, rowGroupRows } = options
  if (compression !== undefined) oneOf(compression, 'compression of parquet()', COMPRESSIONS, parquet)
  if (rowGroupRows !== undefined) whole(rowGroupRows, 'rowGroupRows of parquet()', 2048, 2 ** 31 - 1, parquet)
  const load = async () => (await import('./connectors/duckdb/parquet-sink.ts')).parquetSink(path, options)
  return Object.freeze({ label: `parquet ${path}`, load })
}

/**
 * An Arrow file (IPC, Feather), whole when the data ends; or a folder of files: with `partitionBy` (`year=2026/…`), and for data
 * that does not end `rollEveryMs` or `rollBytes`. Exactly once.
 *
 * @param options `compression`: `none` (default), `zstd`, `lz4`; `mode: 'append'`: beside files of other jobs in a folder
 * @throws {PlanError} `SINK_ENDLESS` for data without an end in one file
 * @example
 * await (await flights.write(arrow('out/flights.arrow')).start()).done
 */
export function arrow(path: string, options: ArrowSinkOptions = {}): Lazy<Sink> {
  fileOptions('arrow', path, options, ['partitionBy', 'compression'], arrow)
  const { compression } = options
  if (compression !== undefined) oneOf(compression, 'compression of arrow()', ['none', 'zstd', 'lz4'], arrow)
  const load = async () => (await import('./connectors/arrow/arrow-sink.ts')).arrowSink(path, options)
  return Object.freeze({ label: `arrow ${path}`, load })
}

/**
 * Lines of text: the only column, or the one called `text`. A file, whole when the data ends; or a folder of files: with
 * `partitionBy`, `rollEveryMs` or `rollBytes`. Exactly once.
 *
 * @param options `compression`: `none`, `gzip`, `zstd`; by default as the name of the file says
 * @throws {PlanError} `LINES_COLUMN`, `SINK_ENDLESS`, `SINK_SCHEMA`
 * @throws {DataError} `LINE_BREAK` for a text that is no one line
 * @example
 * await (await flights.select('origin').write(lines('out/origins.txt')).start()).done
 */
export function lines(path: string, options: EncodedSinkOptions = {}): Lazy<Sink> {
  fileOptions('lines', path, options, ['partitionBy', 'compression'], lines)
  const { compression } = options
  if (compression !== undefined) oneOf(compression, 'compression of lines()', ['none', 'gzip', 'zstd'], lines)
  const load = async () =>
    (await import('./connectors/files/write-files.ts')).encodedSink(path, 'lines', {}, options)
  return Object.freeze({ label: `lines ${path}`, load })
}

/**
 * Lines of JSON, an object per row: one file, whole when the data ends, or a folder of files, as {@link lines} has it. Exactly once.
 *
 * @param options `wideNumbers: 'text'`: `int64`, `uint64` and decimals as text, which `JSON.parse` does not round; `omitNulls`:
 * leaves out what is null; `compression`: `none`, `gzip`, `zstd`; folders: `partitionBy`, `rollEveryMs`, `rollBytes`
 * @throws {PlanError} `SINK_ENDLESS`, `SINK_SCHEMA`
 * @example
 * await (await flights.write(json('out/flights.jsonl')).start()).done
 * await (await flights.write(json('out/flights', { partitionBy: 'origin' })).start()).done
 */
export function json(path: string, options: JsonSinkOptions = {}): Lazy<Sink> {
  fileOptions('json', path, options, ['partitionBy', 'compression', ...JSON_WRITE_OPTIONS], json)
  const { compression } = options
  if (compression !== undefined) oneOf(compression, 'compression of json()', ['none', 'gzip', 'zstd'], json)
  const encoding = jsonEncoding(options, 'json()', json)
  const load = async () =>
    (await import('./connectors/files/write-files.ts')).encodedSink(path, 'json', encoding, options)
  return Object.freeze({ label: `json ${path}`, load })
}

/** What {@link json} takes besides what all sinks to files do. */
export interface JsonSinkOptions extends EncodedSinkOptions, JsonWriteOptions {}

/**
 * CSV: a file, whole when the data ends; or a folder of files: with `partitionBy`, `rollEveryMs` or `rollBytes`. Exactly once.
 *
 * Texts are quoted where they must be; null is nothing, an empty text `""`. What spreadsheets take for a formula (`=1+1`) is
 * written as it is.
 *
 * @param options `delimiter`: a comma, or a tab in `.tsv`; `quote`; `header`; `nullValue`; `timestampFormat`: a pattern of
 * strftime, ISO 8601 by default; `compression`: `none`, `gzip`, `zstd`, by default as the name of the file says
 * @throws {PlanError} `OPTION`, `CSV_TYPE` for columns that are binary or nested, `SINK_ENDLESS`, `SINK_SCHEMA`
 * @example
 * await (await flights.write(csv('out/flights.csv', { delimiter: ';', nullValue: 'NA' })).start()).done
 */
export function csv(path: string, options: CsvSinkOptions = {}): Lazy<Sink> {
  fileOptions('csv', path, options, ['partitionBy', 'compression', ...WRITE_DIALECT_OPTIONS], csv)
  const dialect = checkedWriteDialect(path, options, 'csv()', csv)
  const { compression } = options
  if (compression !== undefined) oneOf(compression, 'compression of csv()', ['none', 'gzip', 'zstd'], csv)
  const load = async () =>
    (await import('./connectors/files/write-files.ts')).encodedSink(path, 'csv', dialect, options)
  return Object.freeze({ label: `csv ${path}`, load })
}

const COMPRESSIONS = ['zstd', 'snappy', 'gzip', 'brotli', 'lz4', 'none'] as const

/** Checks a path and what all sinks to files take. */
function fileOptions(
  call: string,
  path: string,
  options: FileSinkOptions,
  own: readonly string[],
  above: Function,
): void {
  text(path, `the path of ${call}()`, above)
  checkNames(call, options, [...own, 'rollEveryMs', 'rollBytes', 'mode', 'job'], above)
  const { partitionBy = [], rollEveryMs, rollBytes, mode, job } = options
  for (const name of [partitionBy].flat()) text(name, `partitionBy of ${call}()`, above)
  if (rollEveryMs !== undefined)
    whole(rollEveryMs, `rollEveryMs of ${call}()`, 0, Number.MAX_SAFE_INTEGER, above)
  if (rollBytes !== undefined) whole(rollBytes, `rollBytes of ${call}()`, 1, Number.MAX_SAFE_INTEGER, above)
  if (mode !== undefined) oneOf(mode, `mode of ${call}()`, ['append'], above)
  if (job !== undefined) text(job, `job of ${call}()`, above)
}

/**
 * Prints a table of the first rows of every commit. At least once.
 *
 * @param options `limit`: rows shown per commit, 20 by default; `digits`: of fractions, all by default
 * @example
 * await (await alerts.write(toConsole({ limit: 5 })).start()).done
 */
export function toConsole(options: ConsoleOptions = {}): Lazy<Sink> {
  checkNames('toConsole', options, ['limit', 'maxCellWidth', 'digits', 'write'], toConsole)
  const { limit, maxCellWidth, digits, write } = options
  if (limit !== undefined) whole(limit, 'limit of toConsole()', 0, Number.POSITIVE_INFINITY, toConsole)
  if (maxCellWidth !== undefined) whole(maxCellWidth, 'maxCellWidth', 1, Number.POSITIVE_INFINITY, toConsole)
  if (digits !== undefined) whole(digits, 'digits of toConsole()', 1, MAX_DIGITS, toConsole)
  if (write !== undefined) callback(write, 'write of toConsole()', toConsole)
  const load = async () => (await import('./connectors/console.ts')).consoleSink(options)
  return Object.freeze({ label: 'console', load })
}

/**
 * Keeps what is committed in memory, for `rows()` after the job is done, of the type that `memory<Row>()` says. Exactly once.
 *
 * @example
 * const sink = memory<{ origin: string | null; n: number }>()
 * const job = await hourly.write(sink).start()
 * await job.done
 * console.log(sink.rows())
 */
export function memory<R = Row>(): CollectSink<R>
export function memory(): CollectSink
export function memory(): CollectSink {
  return collectSink()
}
