/** `read.json`. */

import type { Dataset } from '../../core/dataset/dataset.ts'
import type { ColumnTypes } from '../../core/dataset/source-arguments.ts'
import {
  type RowOfValidator,
  type RowSchema,
  type RowValidators,
  rowsAsked,
  validated,
} from '../../core/dataset/validated.ts'
import { checkNames, flag, oneOf } from '../../core/options.ts'
import type { TimeUnit } from '../../core/types/column-type.ts'
import type { OpenRow, RowOf } from '../../core/types/row.ts'
import {
  badRows,
  FILE_OPTIONS,
  type FollowBounds,
  type FollowOptions,
  fromFiles,
  type Input,
} from './from-files.ts'

/** What {@link json} takes after the schema. */
export interface JsonReadOptions<Follow extends boolean = boolean> extends FollowOptions<Follow> {
  /**
   * True: each line is a record. False: the file is one array, or objects one after the other, over any number of lines.
   * Default: what the beginning of the file looks like.
   */
  readonly lines?: boolean
  /** What numbers in columns of `timestamp` count, since 1970. Default: `ms`, as `Date.now()` does. */
  readonly epochUnit?: TimeUnit
}

/**
 * JSON files as one dataset: lines of JSON, arrays of objects, objects one after the other. With a schema only its columns are
 * read, by their keys; those that an object lacks are null. Without one the columns are all keys at the beginning of the first
 * file, with the types that hold their values.
 *
 * @throws {PlanError} `COLUMN_TYPE`: the schema; `OPTION`
 * @throws {ConnectorError} when the plan is built: `FILE_NOT_FOUND`, `PERMISSION`, `COMPRESSION`
 * @throws {DataError} `SCHEMA_NEEDED` when the plan is built; `JSON_SYNTAX`, `VALUE_TYPE`, `ROW_TYPE`, `UTF8` while rows are
 * read: see `onBadRow`
 * @example
 * read.json('events.jsonl', { at: 'timestamp', user: { name: 'utf8' }, tags: ['utf8'] })
 */
export function json<V extends RowValidators, const Follow extends boolean = false>(
  paths: Input,
  validator: V,
  options?: JsonReadOptions<Follow>,
): Dataset<RowOfValidator<V>, FollowBounds<Follow>>
export function json<S extends ColumnTypes, const Follow extends boolean = false>(
  paths: Input,
  schema: S,
  options?: JsonReadOptions<Follow>,
): Dataset<RowOf<S>, FollowBounds<Follow>>
export function json<const Follow extends boolean = false>(
  paths: Input,
  schema?: undefined,
  options?: JsonReadOptions<Follow>,
): Dataset<OpenRow, FollowBounds<Follow>>
export function json(paths: Input, columns?: RowSchema, options: JsonReadOptions = {}): Dataset<any, any> {
  checkNames('json', options, ['lines', 'epochUnit', ...FILE_OPTIONS], json)
  const { lines, epochUnit } = options
  const asked = {
    ...(lines !== undefined && { lines: flag(lines, 'lines of json()', json) }),
    ...(epochUnit !== undefined && {
      epochUnit: oneOf(epochUnit, 'epochUnit of json()', ['s', 'ms', 'us', 'ns'], json),
    }),
  }
  const rows = rowsAsked(columns, json)
  const read = { format: 'json', options: asked, schema: rows.schema, files: options }
  return validated(fromFiles(paths, read, json), rows, json, badRows(options, json))
}
