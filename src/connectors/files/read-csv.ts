/** `read.csv`. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import type { ColumnTypes } from '../../core/dataset/source-arguments.ts'
import {
  type RowOfValidator,
  type RowSchema,
  type RowValidators,
  rowsAsked,
  validated,
} from '../../core/dataset/validated.ts'
import { PlanError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import { cellKind } from '../../core/formats/csv/cell-column.ts'
import {
  type CsvDialectOptions,
  checkedDialect,
  DIALECT_OPTIONS,
} from '../../core/formats/csv/user-options.ts'
import { checkNames } from '../../core/options.ts'
import type { OpenRow, RowOf } from '../../core/types/row.ts'
import type { Schema } from '../../core/types/schema.ts'
import {
  badRows,
  FILE_OPTIONS,
  type FollowBounds,
  type FollowOptions,
  fromFiles,
  type Input,
} from './from-files.ts'

/** What {@link csv} takes after the schema. */
export interface CsvReadOptions<Follow extends boolean = boolean>
  extends FollowOptions<Follow>,
    CsvDialectOptions {}

/**
 * CSV and TSV files as one dataset. With a schema its columns are found by name in the header, in whatever order, and read as
 * these types. Without one, and for what the options leave out, dialect and types are found from the beginning of each file.
 *
 * @throws {PlanError} `COLUMN_TYPE`: the schema; `OPTION`
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `PERMISSION`, `COMPRESSION`
 * @throws {DataError} `CSV_COLUMN`, `CSV_HEADER` when the plan is built; `VALUE_TYPE`, `CSV_FIELDS`, `CSV_QUOTE`, `UTF8` while
 * rows are read: see `onBadRow`
 * @example
 * read.csv('flights.csv', { date: 'timestamp', delay: 'int32', origin: 'utf8' })
 * read.csv('umsatz.csv', undefined, { delimiter: ';', decimal: ',' })
 */
export function csv<V extends RowValidators, const Follow extends boolean = false>(
  paths: Input,
  validator: V,
  options?: CsvReadOptions<Follow>,
): Dataset<RowOfValidator<V>, FollowBounds<Follow>>
export function csv<S extends ColumnTypes, const Follow extends boolean = false>(
  paths: Input,
  schema: S,
  options?: CsvReadOptions<Follow>,
): Dataset<RowOf<S>, FollowBounds<Follow>>
export function csv<const Follow extends boolean = false>(
  paths: Input,
  schema?: undefined,
  options?: CsvReadOptions<Follow>,
): Dataset<OpenRow, FollowBounds<Follow>>
export function csv(paths: Input, columns?: RowSchema, options: CsvReadOptions = {}): Dataset<any, any> {
  checkNames('csv', options, [...DIALECT_OPTIONS, ...FILE_OPTIONS], csv)
  const dialect = checkedDialect(options, 'csv()', csv)
  const rows = rowsAsked(columns, csv)
  if (rows.schema) checkTypes(rows.schema)
  const read = { format: 'csv', options: dialect as Json, schema: rows.schema, files: options }
  return validated(fromFiles(paths, read, csv), rows, csv, badRows(options, csv))
}

/** @throws {PlanError} `COLUMN_TYPE` for types that no field is read as */
function checkTypes(schema: Schema): void {
  for (const { name, type } of schema) {
    if (cellKind(type)) continue
    throw new PlanError(
      'COLUMN_TYPE',
      `column ${JSON.stringify(name)}: no field of a CSV file is a ${type}`,
      {
        hint: "read it as 'utf8', and take it apart with expressions",
        above: csv,
      },
    )
  }
}
