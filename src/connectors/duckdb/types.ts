/** Column types to DuckDB types and back. */

import type { DuckDBListType, DuckDBMapType, DuckDBStructType, DuckDBType } from '@duckdb/node-api'
import { PlanError } from '../../core/errors.ts'
import { type ColumnType, decimalType } from '../../core/types/column-type.ts'
import { listType, mapType, structType } from '../../core/types/nested-type.ts'
import type { Field } from '../../core/types/schema.ts'
import { sqlType } from '../../sql/types.ts'

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
  TIME: 14,
  INTERVAL: 15,
  HUGEINT: 16,
  VARCHAR: 17,
  BLOB: 18,
  DECIMAL: 19,
  TIMESTAMP_S: 20,
  TIMESTAMP_MS: 21,
  TIMESTAMP_NS: 22,
  ENUM: 23,
  LIST: 24,
  STRUCT: 25,
  MAP: 26,
  UUID: 27,
  BIT: 29,
  TIME_TZ: 30,
  TIMESTAMP_TZ: 31,
  UHUGEINT: 32,
  ARRAY: 33,
  BIGNUM: 35,
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
  [TypeId.BLOB, 'binary'],
  [TypeId.TIME, 'time[us]'],
  [TypeId.INTERVAL, 'duration[us]'],
  [TypeId.HUGEINT, 'decimal(38, 0)'],
  [TypeId.UHUGEINT, 'decimal(38, 0)'],
  [TypeId.UUID, 'utf8'],
  [TypeId.BIT, 'utf8'],
  [TypeId.TIME_TZ, 'utf8'],
  [TypeId.BIGNUM, 'utf8'],
  // `SELECT NULL`: a column that can only hold nulls.
  [TypeId.SQLNULL, 'int32'],
])

/** The column type a DuckDB type reads as, if it does. */
export function columnTypeOf(type: DuckDBType): ColumnType | undefined {
  const simple = COLUMN_TYPES.get(type.typeId)
  if (simple) return simple
  if (type.typeId !== TypeId.DECIMAL) return nestedTypeOf(type)
  const { width, scale } = decimalDigits(type)
  return decimalType(width, scale)
}

function nestedTypeOf(type: DuckDBType): ColumnType | undefined {
  const within = (inner: DuckDBType): ColumnType | undefined => {
    const own = columnTypeOf(inner)
    // The texts of an ENUM are one dictionary; within others they are plain.
    return own === 'dictionary' ? 'utf8' : own
  }
  switch (type.typeId as number) {
    case TypeId.LIST:
    case TypeId.ARRAY: {
      const element = within((type as DuckDBListType).valueType)
      return element && listType(element)
    }
    case TypeId.MAP: {
      const { keyType, valueType } = type as DuckDBMapType
      const [key, value] = [within(keyType), within(valueType)]
      return key && value && mapType(key, value)
    }
    case TypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType
      const fields = entryNames.map((name, i) => ({ name, type: within(entryTypes[i]!) }))
      const named = new Set(entryNames).size === entryNames.length
      return named && fields.every(isTyped) ? structType(fields) : undefined
    }
    default:
      return undefined
  }
}

const isTyped = (field: { name: string; type: ColumnType | undefined }): field is Field =>
  field.type !== undefined

/** The digits of a DECIMAL type. */
const decimalDigits = (type: DuckDBType) => type as unknown as { width: number; scale: number }

const CAST_FIRST: ReadonlyMap<number, string> = new Map<number, string>([
  [TypeId.HUGEINT, 'DECIMAL(38,0)'],
  [TypeId.UHUGEINT, 'DECIMAL(38,0)'],
  [TypeId.UUID, 'VARCHAR'],
  [TypeId.BIT, 'VARCHAR'],
  [TypeId.TIME_TZ, 'VARCHAR'],
  [TypeId.BIGNUM, 'VARCHAR'],
])

/** The SQL type that a column is cast to before it is read as its own column type; undefined: it is read as it is. */
export function castFirst(type: DuckDBType): string | undefined {
  const simple = CAST_FIRST.get(type.typeId)
  if (simple || !isNestedType(type)) return simple
  return innerTypes(type).some(inner => inner.typeId === TypeId.ENUM || castFirst(inner) !== undefined)
    ? sqlType(columnTypeOf(type)!)
    : undefined
}

/** The types that a type is made of. */
function innerTypes(type: DuckDBType): readonly DuckDBType[] {
  if (type.typeId === (TypeId.STRUCT as number)) return (type as DuckDBStructType).entryTypes
  if (type.typeId !== (TypeId.MAP as number)) return [(type as DuckDBListType).valueType]
  const { keyType, valueType } = type as DuckDBMapType
  return [keyType, valueType]
}

export const isNestedType = ({ typeId }: DuckDBType): boolean =>
  [TypeId.LIST, TypeId.ARRAY, TypeId.MAP, TypeId.STRUCT].includes(typeId as 24)

/** The error for a column whose DuckDB type no column type carries. */
export function unsupportedType(column: string, type: DuckDBType, where: string): PlanError {
  return new PlanError(
    'UNSUPPORTED_TYPE',
    `column ${JSON.stringify(column)} of ${where} has type ${type.toString()}, which no column can hold`,
    { hint: 'leave it out of the columns read, or cast it in SQL (CAST(… AS VARCHAR) always works)' },
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
  [TypeId.BLOB, 16],
  [TypeId.TIME, 8],
  [TypeId.INTERVAL, 16],
  [TypeId.SQLNULL, 4],
])

/** How many bytes a cell of a DuckDB vector of this type takes. */
export function vectorWidth(type: DuckDBType): number {
  const width =
    type.typeId === TypeId.ENUM
      ? enumWidth(enumValues(type).length)
      : type.typeId === TypeId.DECIMAL
        ? decimalWidth(decimalDigits(type).width)
        : WIDTHS.get(type.typeId)
  if (width === undefined) throw new Error(`no vector of type ${type.toString()} is read`)
  return width
}

/** The texts of an ENUM type, in order of their codes. */
export const enumValues = (type: DuckDBType): readonly string[] =>
  (type as unknown as { values: readonly string[] }).values

/** DuckDB stores a DECIMAL as the narrowest integer that holds its digits. */
export const decimalWidth = (digits: number): 2 | 4 | 8 | 16 =>
  digits <= 4 ? 2 : digits <= 9 ? 4 : digits <= 18 ? 8 : 16

/** DuckDB stores an ENUM as the narrowest unsigned integer that counts its values. */
export const enumWidth = (values: number): number => (values <= 0xff ? 1 : values <= 0xffff ? 2 : 4)
