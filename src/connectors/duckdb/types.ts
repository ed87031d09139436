/** Column types to DuckDB types and back. */

import type { DuckDBType } from '@duckdb/node-api'
import { PlanError } from '../../core/errors.ts'
import type { ColumnType } from '../../core/types/column-type.ts'

/** DuckDB's type numbers (duckdb.h, `DUCKDB_TYPE`) for the types that become columns. */
export const TypeId = Object.freeze({
  BOOLEAN: 1,
  TINYINT: 2,
  SMALLINT: 3,
  INTEGER: 4,
  BIGINT: 5,
  UTINYINT: 6,
  USMALLINT: 7,
  UINTEGER: 8,
  UBIGINT: 9,
  FLOAT: 10,
  DOUBLE: 11,
  TIMESTAMP: 12,
  DATE: 13,
  HUGEINT: 16,
  VARCHAR: 17,
  BLOB: 18,
  DECIMAL: 19,
  TIMESTAMP_S: 20,
  TIMESTAMP_MS: 21,
  TIMESTAMP_NS: 22,
  ENUM: 23,
  TIMESTAMP_TZ: 31,
  UHUGEINT: 32,
  SQLNULL: 36,
})

const COLUMN_TYPES: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [TypeId.BOOLEAN, 'bool'],
  [TypeId.TINYINT, 'int8'],
  [TypeId.SMALLINT, 'int16'],
  [TypeId.INTEGER, 'int32'],
  [TypeId.BIGINT, 'int64'],
  [TypeId.UTINYINT, 'uint8'],
  [TypeId.USMALLINT, 'uint16'],
  [TypeId.UINTEGER, 'uint32'],
  [TypeId.UBIGINT, 'uint64'],
  [TypeId.FLOAT, 'float32'],
  [TypeId.DOUBLE, 'float64'],
  [TypeId.DATE, 'date'],
  [TypeId.TIMESTAMP, 'timestamp[us]'],
  [TypeId.TIMESTAMP_S, 'timestamp[s]'],
  [TypeId.TIMESTAMP_MS, 'timestamp[ms]'],
  [TypeId.TIMESTAMP_NS, 'timestamp[ns]'],
  [TypeId.TIMESTAMP_TZ, 'timestamp[us, UTC]'],
  [TypeId.VARCHAR, 'utf8'],
  [TypeId.ENUM, 'dictionary'],
  // `SELECT NULL`: a column that can only hold nulls.
  [TypeId.SQLNULL, 'int32'],
])

/** The column type a DuckDB type reads as, if it does. */
export const columnTypeOf = (type: DuckDBType): ColumnType | undefined => COLUMN_TYPES.get(type.typeId)

/** Whether a DuckDB type can be cast to numbers though no column type carries it. */
export const isCastableNumber = (type: DuckDBType): boolean =>
  type.typeId === TypeId.DECIMAL || type.typeId === TypeId.HUGEINT || type.typeId === TypeId.UHUGEINT

/** The error for a column whose DuckDB type no column type carries. */
export function unsupportedType(column: string, type: DuckDBType, where: string): PlanError {
  const remedy = isCastableNumber(type)
    ? `read it as a number: { ${JSON.stringify(column)}: 'float64' }, or cast it in SQL`
    : type.typeId === TypeId.BLOB
      ? `read it as text where it is some: { ${JSON.stringify(column)}: 'utf8' }, or leave it out of the columns read`
      : 'leave it out of the columns read, or cast it in SQL (CAST(… AS VARCHAR) always works)'
  return new PlanError(
    'UNSUPPORTED_TYPE',
    `column ${JSON.stringify(column)} of ${where} has type ${type.toString()}, which no column can hold`,
    { hint: remedy },
  )
}

const WIDTHS: ReadonlyMap<number, number> = new Map<number, number>([
  [TypeId.BOOLEAN, 1],
  [TypeId.TINYINT, 1],
  [TypeId.SMALLINT, 2],
  [TypeId.INTEGER, 4],
  [TypeId.BIGINT, 8],
  [TypeId.UTINYINT, 1],
  [TypeId.USMALLINT, 2],
  [TypeId.UINTEGER, 4],
  [TypeId.UBIGINT, 8],
  [TypeId.FLOAT, 4],
  [TypeId.DOUBLE, 8],
  [TypeId.DATE, 4],
  [TypeId.TIMESTAMP, 8],
  [TypeId.TIMESTAMP_S, 8],
  [TypeId.TIMESTAMP_MS, 8],
  [TypeId.TIMESTAMP_NS, 8],
  [TypeId.TIMESTAMP_TZ, 8],
  [TypeId.VARCHAR, 16],
  [TypeId.SQLNULL, 4],
])

/** How many bytes a cell of a DuckDB vector of this type takes. */
export function vectorWidth(type: DuckDBType): number {
  const width = type.typeId === TypeId.ENUM ? enumWidth(enumValues(type).length) : WIDTHS.get(type.typeId)
  if (width === undefined) throw new Error(`no vector of type ${type.toString()} is read`)
  return width
}

/** The texts of an ENUM type, in order of their codes. */
export const enumValues = (type: DuckDBType): readonly string[] =>
  (type as unknown as { values: readonly string[] }).values

/** DuckDB stores an ENUM as the narrowest unsigned integer that counts its values. */
export const enumWidth = (values: number): number => (values <= 0xff ? 1 : values <= 0xffff ? 2 : 4)
