/** `read`: where datasets come from. Connectors are loaded when a plan is built, not before. */

import type { RecordBatch, Table } from 'apache-arrow'
import type { ParquetOptions } from './connectors/duckdb/parquet.ts'
import { shownAddress } from './connectors/files/find-files.ts'
import { badRows, type FileOptions } from './connectors/files/from-files.ts'
import { csv } from './connectors/files/read-csv.ts'
import { json } from './connectors/files/read-json.ts'
import { lines } from './connectors/files/read-lines.ts'
import type { IterableItem } from './connectors/memory/iterable.ts'
import { events, exec, http, scrape, socket } from './connectors/net/read-net.ts'
import type { RowLike } from './core/batch/build.ts'
import { inferSchema } from './core/batch/infer-schema.ts'
import type { Source } from './core/connector.ts'
import type { Dataset } from './core/dataset/dataset.ts'
import { fromSource } from './core/dataset/from-source.ts'
import { siftedSource } from './core/dataset/sifted.ts'
import { type ColumnTypes, located, mustBe } from './core/dataset/source-arguments.ts'
import type { Bounds } from './core/dataset/types.ts'
import {
  type RowOfValidator,
  type RowSchema,
  type RowValidators,
  rowsAsked,
  validated,
} from './core/dataset/validated.ts'
import { PlanError } from './core/errors.ts'
import { checkNames, flag, oneOf, whole } from './core/options.ts'
import type { OpenRow, RowOf } from './core/types/row.ts'
import type { Schema } from './core/types/schema.ts'

export type { ColumnTypes } from './core/dataset/source-arguments.ts'

type Keys<T> = T extends unknown ? keyof T : never

/** The row that JavaScript objects make: a column may be null when some object lacks it. */
export type RowIn<T> = {
  [K in Keys<T>]: T extends unknown
    ? K extends keyof T
      ? Exclude<T[K], undefined> | (undefined extends T[K] ? null : never)
      : null
    : never
}

/** What becomes of rows that a validator refuses. */
type BadRowOptions = Pick<FileOptions, 'onBadRow'>

type BoundsWhen<Bounded> = Bounded extends true ? 'bounded' : 'unbounded'

/**
 * JavaScript objects as rows; a column that an object lacks is null there. The array is read when the plan runs.
 *
 * Without a schema, numbers are float64, bigints int64, strings utf8, booleans bool, Dates timestamp[ms].
 *
 * @throws {PlanError} `SCHEMA_NEEDED` for no rows or a column of nulls, `MIXED_TYPES`, `UNSUPPORTED_TYPE`: without a
 * schema; `COLUMN_TYPE` for a type there is not
 * @example
 * await read.rows([{ city: 'Houston', delay: 5 }, { city: 'Austin', delay: null }]).show()
 */
function rows<V extends RowValidators>(
  items: readonly object[],
  validator: V,
  options?: BadRowOptions,
): Dataset<RowOfValidator<V>, 'bounded'>
function rows<S extends ColumnTypes>(items: readonly object[], schema: S): Dataset<RowOf<S>, 'bounded'>
function rows<T extends object>(items: readonly T[]): Dataset<RowIn<T>, 'bounded'>
function rows(
  objects: readonly object[],
  columns?: RowSchema,
  options: BadRowOptions = {},
): Dataset<any, 'bounded'> {
  mustBe(
    Array.isArray(objects),
    'rows takes an array of objects',
    objects,
    "rows([{ city: 'Houston' }])",
    rows,
  )
  const items = objects as readonly RowLike[]
  checkNames('rows', options, ['onBadRow'], rows)
  const asked = rowsAsked(columns, rows)
  const schema = asked.schema ?? inferred(items, rows)
  const load = async () => (await import('./connectors/memory/rows.ts')).rowsSource(items, schema)
  return validated(
    fromSource({ label: 'rows', load }, true, schema, rows),
    asked,
    rows,
    badRows(options, rows),
  )
}

/**
 * An apache-arrow table or record batch, or the path of an Arrow file (`arrowFile` has more). Its columns are checked when the plan is built; a schema types the rows.
 *
 * @example
 * read.arrow(tableFromIPC(bytes), { date: 'timestamp[ms]', delay: 'int32' })
 */
function arrow<V extends RowValidators>(
  table: Table | RecordBatch | string | URL,
  validator: V,
): Dataset<RowOfValidator<V>, 'bounded'>
function arrow<S extends ColumnTypes>(
  table: Table | RecordBatch | string | URL,
  schema: S,
): Dataset<RowOf<S>, 'bounded'>
function arrow(table: Table | RecordBatch | string | URL): Dataset<OpenRow, 'bounded'>
function arrow(table: Table | RecordBatch | string | URL, columns?: RowSchema): Dataset<any, 'bounded'> {
  if (typeof table === 'string' || table instanceof URL)
    return columns ? arrowFile(table, columns as ColumnTypes) : arrowFile(table)
  mustBe(
    () => isArrow(table),
    'arrow takes an apache-arrow table or record batch, or the path of a file',
    table,
    'tableFromIPC(bytes)',
    arrow,
  )
  const asked = rowsAsked(columns, arrow)
  const names = asked.schema?.map(({ name }) => name)
  const load = async () => (await import('./connectors/memory/arrow.ts')).arrowSource(table, names)
  return validated(fromSource({ label: 'arrow table', load }, true, asked.schema, arrow), asked, arrow)
}

/**
 * Anything that `for await` takes: generators, Node and Web streams. Items are rows, arrow record batches or tables. It
 * can be read once: by one job, which cannot be resumed.
 *
 * @param options `bounded`: whether it ends; false by default
 * @throws {PlanError} `COLUMN_TYPE`: the schema
 * @throws {ConnectorError} while the job runs: `NOT_REPLAYABLE` when it was read before, `SOURCE_FAILED` with what the
 * iterable threw as `cause`; {@link DataError} `VALUE_TYPE`, `ROW_TYPE`, `SCHEMA_MISMATCH` for an item that does not fit
 * @example
 * read.iterable(ticks(), { at: 'timestamp[ms]', price: 'float64' }).watermark('at')
 */
function iterable<V extends RowValidators, const Bounded extends boolean = false>(
  items: AsyncIterable<IterableItem> | Iterable<IterableItem>,
  validator: V,
  options?: BadRowOptions & { readonly bounded?: Bounded },
): Dataset<RowOfValidator<V>, BoundsWhen<Bounded>>
function iterable<S extends ColumnTypes, const Bounded extends boolean = false>(
  items: AsyncIterable<IterableItem> | Iterable<IterableItem>,
  schema: S,
  options?: { readonly bounded?: Bounded },
): Dataset<RowOf<S>, BoundsWhen<Bounded>>
function iterable(
  items: AsyncIterable<IterableItem> | Iterable<IterableItem>,
  schema: RowSchema,
  options: BadRowOptions & { readonly bounded?: boolean } = {},
): Dataset<any, any> {
  const hint = "an array, a generator, a Node or Web stream: read.iterable(ticks(), { price: 'float64' })"
  mustBe(() => isIterable(items), 'iterable takes what for await takes', items, hint, iterable)
  checkNames('iterable', options, ['bounded', 'onBadRow'], iterable)
  const ends = flag(options.bounded ?? false, 'bounded of iterable()', iterable)
  const asked = rowsAsked(schema, iterable)
  const columns = asked.schema
  if (!columns) {
    throw new PlanError(
      'SCHEMA_NEEDED',
      'iterable needs a schema: its items are not known before it is read',
      {
        hint: "read.iterable(ticks(), { at: 'timestamp[ms]', price: 'float64' })",
        above: iterable,
      },
    )
  }
  // One source for every job: it knows whether the items were read, where a second one would find none, in silence.
  let source: Source | undefined
  const load = async () => {
    const { iterableSource } = await import('./connectors/memory/iterable.ts')
    source ??= iterableSource(items, columns, { bounded: ends })
    return source
  }
  const dataset = fromSource({ label: 'iterable', load }, ends, columns, iterable)
  return validated(dataset, asked, iterable, badRows(options, iterable))
}

/** A reader of files: with a schema its rows are typed, and only the schema's columns are read. */
interface FileReader<Options> {
  <V extends RowValidators>(
    path: string | URL | readonly (string | URL)[],
    validator: V,
    options?: FileReaderOptions<Options>,
  ): Dataset<RowOfValidator<V>, 'bounded'>
  <S extends ColumnTypes>(
    path: string | URL | readonly (string | URL)[],
    schema: S,
    options?: FileReaderOptions<Options>,
  ): Dataset<RowOf<S>, 'bounded'>
  (
    path: string | URL | readonly (string | URL)[],
    schema?: undefined,
    options?: FileReaderOptions<Options>,
  ): Dataset<OpenRow, 'bounded'>
}

/** With what becomes of rows that hold a value which does not fit its column. */
type FileReaderOptions<Options> = Omit<Options, 'schema' | 'marks'> & BadRowOptions

/** What {@link files} calls to open files once a plan is built. */
type FileSource<Options> = (path: string | URL | readonly (string | URL)[], options: Options) => Source

function files<Options extends { readonly schema?: Schema }>(
  format: string,
  example: string,
  optionNames: readonly string[],
  connector: () => Promise<FileSource<Options>>,
): FileReader<Options> {
  const reader = (
    path: string | URL | readonly (string | URL)[],
    columns?: RowSchema,
    options?: FileReaderOptions<Options>,
  ): Dataset<any, 'bounded'> => {
    for (const each of [path].flat()) {
      const hint = `read.${format}('${example}'), or a list of paths`
      mustBe(typeof each === 'string' || each instanceof URL, `${format} takes paths`, each, hint, reader)
    }
    checkNames(format, options ?? {}, [...optionNames, 'onBadRow'], reader)
    const { connections, schemas } = (options ?? {}) as ParquetOptions
    if (schemas !== undefined) oneOf(schemas, `schemas of ${format}()`, ['merge', 'same'], reader)
    if (connections !== undefined) whole(connections, `connections of ${format}()`, 1, 64, reader)
    const asked = rowsAsked(columns, reader)
    const { schema } = asked
    const { onBadRow, ...given } = (options ?? {}) as BadRowOptions
    const bad = badRows(onBadRow === undefined ? {} : { onBadRow }, reader)
    const load = async (marks: boolean) =>
      (await connector())(path, {
        ...given,
        ...(schema ? { schema } : {}),
        ...(marks && { marks }),
      } as unknown as Options)
    const label = `${format} ${[path].flat().map(shownAddress).join(', ')}`
    return validated(siftedSource({ label, load }, schema, bad, reader), asked, reader, bad)
  }
  return reader
}

/**
 * Parquet files as one dataset: a path, several, a directory, a pattern. Directories and patterns name columns
 * (`year=2026`), by which filters leave out files. Files of different columns are put together by name. With a schema only its columns are read, as these types: narrower ones
 * than the file's are checked while reading. Without one the columns are found when the plan is built, and are `any` in
 * the types.
 *
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `CORRUPT_FILE`
 * @example
 * read.parquet('flights.parquet', { date: 'timestamp', delay: 'int32', origin: 'utf8' })
 * read.parquet('flights*.parquet')
 */
const parquet = files<ParquetOptions>(
  'parquet',
  'flights.parquet',
  ['connections', 'schemas'],
  async () => (await import('./connectors/duckdb/parquet.ts')).parquetSource,
)

/**
 * Arrow files as one dataset: IPC files, Feather (version 2), streams, also compressed; a path, several, a directory, a pattern.
 * Record batches are read one after the other. A schema names the columns that are read, with the types they have.
 *
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `CORRUPT_FILE`, `UNSUPPORTED_FILE`
 * @example
 * read.arrowFile('flights.arrow', { delay: 'int16', distance: 'int16' })
 */
const arrowFile = files<{ readonly schema?: Schema; readonly marks?: boolean }>(
  'arrowFile',
  'flights.arrow',
  [],
  async () => (await import('./connectors/arrow/arrow-source.ts')).arrowFileSource,
)

/**
 * A table of a DuckDB file, or a query over it: `{ sql }`. The query reads this file and no other, and writes nothing; with
 * `allowFiles: true` it may read other files (`read_csv('…')`). Extensions are never installed.
 *
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `DATABASE_LOCKED`, `CORRUPT_FILE` …
 * @example
 * read.duckdb('flights.duckdb', 'hourly', { origin: 'utf8', departures: 'int64' })
 * read.duckdb('flights.duckdb', { sql: 'FROM hourly WHERE departures > 100' })
 */
function duckdb<V extends RowValidators>(
  path: string,
  table: string | { readonly sql: string },
  validator: V,
  options?: BadRowOptions,
): Dataset<RowOfValidator<V>, 'bounded'>
function duckdb<S extends ColumnTypes>(
  path: string,
  table: string | { readonly sql: string; readonly allowFiles?: boolean },
  schema: S,
  options?: BadRowOptions,
): Dataset<RowOf<S>, 'bounded'>
function duckdb(
  path: string,
  table: string | { readonly sql: string; readonly allowFiles?: boolean },
  schema?: undefined,
  options?: BadRowOptions,
): Dataset<OpenRow, 'bounded'>
function duckdb(
  path: string,
  table: string | { readonly sql: string; readonly allowFiles?: boolean },
  columns?: RowSchema,
  options: BadRowOptions = {},
): Dataset<any, 'bounded'> {
  const hint = "read.duckdb('flights.duckdb', 'hourly'), or { sql: 'FROM hourly' } in place of the table"
  mustBe(typeof path === 'string', 'duckdb takes the path of a file', path, hint, duckdb)
  const what = typeof table === 'string' ? { table } : table
  mustBe(
    typeof table === 'string' || typeof table?.sql === 'string',
    'duckdb takes the name of a table, or { sql }',
    table,
    hint,
    duckdb,
  )
  checkNames('duckdb', options, ['onBadRow'], duckdb)
  const bad = badRows(options, duckdb)
  const asked = rowsAsked(columns, duckdb)
  const { schema } = asked
  const load = async (marks: boolean) =>
    (await import('./connectors/duckdb/source.ts')).duckdbSource(path, what, {
      marks,
      ...(schema ? { schema } : {}),
      ...('allowFiles' in what && what.allowFiles ? { allowFiles: true } : {}),
    })
  const label = `duckdb ${path} ${typeof table === 'string' ? table : 'query'}`
  return validated(siftedSource({ label, load }, schema, bad, duckdb), asked, duckdb, bad)
}

/**
 * Any source that keeps the connector contract: your own, or one of a test.
 *
 * @example
 * read.source(mySource(), { at: 'timestamp', value: 'float64' })
 */
function source<V extends RowValidators, const Bounded extends boolean>(
  from: Source & { readonly bounded: Bounded },
  validator: V,
): Dataset<RowOfValidator<V>, BoundsWhen<Bounded>>
function source<S extends ColumnTypes, const Bounded extends boolean>(
  from: Source & { readonly bounded: Bounded },
  schema: S,
): Dataset<RowOf<S>, BoundsWhen<Bounded>>
function source<const Bounded extends boolean>(
  from: Source & { readonly bounded: Bounded },
): Dataset<OpenRow, BoundsWhen<Bounded>>
function source(from: Source, columns?: RowSchema): Dataset<any, Bounds> {
  const hint = 'see the contract of Source: label, bounded, schema(), splits(), open() and others'
  mustBe(() => isSource(from), 'source takes a source', from, hint, source)
  flag(from.bounded, 'bounded of a source', source)
  const load = async () => from
  const asked = rowsAsked(columns, source)
  return validated(fromSource({ label: from.label, load }, from.bounded, asked.schema, source), asked, source)
}

/** Where datasets come from: one function per kind of source. */
export const read = Object.freeze({
  rows,
  arrow,
  arrowFile,
  iterable,
  parquet,
  duckdb,
  json,
  lines,
  csv,
  exec,
  socket,
  http,
  events,
  scrape,
  source,
})

const isSource = (value: any): boolean =>
  ['schema', 'splits', 'open', 'canFilter'].every(method => typeof value?.[method] === 'function')

/** A text can be iterated too, but its characters are no rows. */
const isIterable = (value: any): boolean =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function')

/** An apache-arrow table or batch, of whichever copy of the package. */
const isArrow = (value: any): boolean =>
  typeof value === 'object' && value !== null && typeof value.schema === 'object' && 'numRows' in value

function inferred(items: readonly RowLike[], above: Function): Schema {
  return located(() => inferSchema(items), above)
}
