/** Sinks as users name them. Drivers are loaded when a plan is built, not before. */

import type { ConsoleOptions } from './connectors/console.ts'
import type { DuckdbSinkOptions } from './connectors/duckdb/sink.ts'
import { type CollectSink, collectSink } from './connectors/memory/collect.ts'
import { MAX_DIGITS } from './core/batch/format-number.ts'
import type { Sink } from './core/connector.ts'
import { callback, checkNames, oneOf, text, whole } from './core/options.ts'
import type { Lazy } from './core/planner/build.ts'

/**
 * A table of a DuckDB file. Exactly once: rows and the mark of how far the job came are one transaction.
 *
 * @param options `mode`: `replace` (default) makes the table again when the first rows are committed, and leaves the old
 * one as it is when the job fails before; `append` adds rows to it. `keys`: a row takes the place of the one with its keys.
 * Changelogs are taken with and without
 * @throws {ConnectorError} when the job starts: `DATABASE_LOCKED`, `CORRUPT_FILE`, `SINK_SCHEMA`, `SINK_IS_VIEW`, …
 * @example
 * await hourly.write(duckdb('flights.duckdb', 'hourly')).start()
 */
export function duckdb(path: string, table: string, options: DuckdbSinkOptions = {}): Lazy<Sink> {
  text(path, 'the path of duckdb()', duckdb)
  text(table, 'the table of duckdb()', duckdb)
  checkNames('duckdb', options, ['mode', 'job', 'keys'], duckdb)
  oneOf(options.mode ?? 'replace', 'mode of duckdb()', ['replace', 'append'], duckdb)
  if (options.job !== undefined) text(options.job, 'job of duckdb()', duckdb)
  if (options.keys !== undefined)
    for (const key of [options.keys].flat()) text(key, 'a key of duckdb()', duckdb)
  const load = async () => (await import('./connectors/duckdb/sink.ts')).duckdbSink(path, table, options)
  return Object.freeze({ label: `duckdb ${path} ${table}`, load })
}

/**
 * Prints a table of the first rows of every commit. At least once.
 *
 * @param options `limit`: rows shown per commit, 20 by default; `digits`: of fractions, all by default
 * @example
 * await alerts.write(toConsole({ limit: 5 })).start()
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
 * Keeps what is committed in memory, for `rows()` after the job is done. Exactly once.
 *
 * @example
 * const sink = memory()
 * const job = await hourly.write(sink).start()
 * await job.done
 * console.log(sink.rows())
 */
export function memory(): CollectSink {
  return collectSink()
}
