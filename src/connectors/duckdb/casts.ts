/** SQL that reads a file's or table's column as the type a scan asked for, losing nothing without saying so. */

import type { DuckDBStructType, DuckDBType } from '@duckdb/node-api'
import { DataError, PlanError } from '../../core/errors.ts'
import { REMEDY } from '../../core/formats/bad-rows.ts'
import {
  type ColumnType,
  isDecimal,
  isFloat,
  isInteger,
  isNumber,
  isText,
  isTimestamp,
  isWide,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from '../../core/types/column-type.ts'
import { isNested, isStruct, structFields } from '../../core/types/nested-type.ts'
import { type Field, type Schema, unknownColumn } from '../../core/types/schema.ts'
import { quoteIdentifier, quoteText } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { firstLine } from './errors.ts'
import { castFirst, columnTypeOf, TypeId, unsupportedType } from './types.ts'

export interface CastColumn {
  /** The column's value in SQL, an error where it does not fit. */
  readonly sql: string
  /** The same, null where it does not fit; where it is absent, `sql` fails only in rows that do not fit. */
  readonly orNull?: string
  /** True for rows whose value does not fit; absent when every value does. */
  readonly misfit?: string
  /** What such a value is, where DuckDB's spelling of it would mislead. */
  readonly misfits?: string
}

const isWhole = (type: ColumnType): boolean => isInteger(type) || isWide(type)
export const NO_FIT = "error('a value does not fit the type it is read as')"

/** A column of a file, table or query. */
export interface SqlColumn {
  /** As the user knows it. */
  readonly name: string
  /** What DuckDB calls it, quoted, where that is another name: it tells no upper from lower case. */
  readonly sql?: string
  readonly type: DuckDBType
}

/** The column in SQL. */
export const columnSql = ({ name, sql }: SqlColumn): string => sql ?? quoteIdentifier(name)

/**
 * A column read as `field.type`. Whole numbers are checked against the target's range; to floats they are rounded to the
 * nearest; floats, decimals and finer timestamps become whole numbers and coarser timestamps only where nothing is cut
 * off; bytes become text where they are UTF-8.
 *
 * @throws {PlanError} `UNSUPPORTED_TYPE`, `CAST` when there is no such reading
 */
export function castColumn(field: Field, source: SqlColumn, where: string): CastColumn {
  const own = columnSql(source)
  const from = source.type
  const natural = columnTypeOf(from)
  const to = field.type
  const target = sqlType(to)
  if (from.typeId === TypeId.SQLNULL) return { sql: `CAST(${own} AS ${target})` }
  if (natural === undefined) throw unsupportedType(field.name, from, where)
  const first = castFirst(from)
  const same = natural === to || (isText(natural) && isText(to))
  // Numbers are cast from what they are; only text has to be made of what is shown as text.
  const column = first && (same || isText(natural)) ? `CAST(${own} AS ${first})` : own
  const cast: CastColumn = {
    sql: `CAST(${column} AS ${target})`,
    orNull: `TRY_CAST(${column} AS ${target})`,
  }
  if (from.typeId === TypeId.BLOB && isText(to)) {
    return {
      sql: `decode(${column})`,
      orNull: `TRY(decode(${column}))`,
      misfit: `(TRY(decode(${column})) IS NULL AND ${column} IS NOT NULL)`,
    }
  }
  if (same) {
    const canMisfit = first !== undefined && !isText(natural)
    if (!canMisfit) return { sql: column }
    return { sql: column, orNull: `TRY_CAST(${own} AS ${first})`, misfit: misfit(own, first) }
  }
  if (isNested(natural) || isNested(to)) {
    return castNested(field, source, natural, where) ?? raise(noCast(field, from, where))
  }
  if (isDecimal(natural) || isDecimal(to)) {
    if (!isNumber(natural) || !isNumber(to)) throw noCast(field, from, where)
    return isFloat(to) ? cast : checked(column, to)
  }
  if (isWhole(natural) && isWhole(to)) {
    if (to !== 'int53') return { ...cast, misfit: misfit(column, target) }
    return natural === 'int64' || natural === 'uint64' ? checked(column, to) : cast
  }
  if ((isWhole(natural) || isFloat(natural)) && isFloat(to)) return cast
  if (isFloat(natural) && isWhole(to)) return checked(column, to)
  if (natural === 'date' && isTimestamp(to) && timestampZone(to) === undefined) {
    return { ...cast, misfit: misfit(column, target) }
  }
  if (isTimestamp(natural) && isTimestamp(to)) {
    if ((timestampZone(natural) === undefined) !== (timestampZone(to) === undefined)) {
      throw noCast(field, from, where)
    }
    if (timestampZone(natural) !== undefined) {
      if (timestampUnit(to) === 'us') return { sql: column }
      throw noCast(field, from, where)
    }
    return UNITS_PER_SECOND[timestampUnit(to)] > UNITS_PER_SECOND[timestampUnit(natural)]
      ? { ...cast, misfit: misfit(column, target) }
      : checked(column, to)
  }
  throw noCast(field, from, where)
}

/** A nested type is read as one that differs in dictionaries only; of a struct, some of its fields are. */
function castNested(
  { name, type: to }: Field,
  source: SqlColumn,
  natural: ColumnType,
  where: string,
): CastColumn | undefined {
  const column = columnSql(source)
  if (plainTexts(natural) === plainTexts(to)) {
    const first = castFirst(source.type)
    return { sql: first ? `CAST(${column} AS ${first})` : column }
  }
  if (!isStruct(natural) || !isStruct(to)) return undefined
  const { entryNames, entryTypes } = source.type as DuckDBStructType
  const fields = structFields(to).map(field => {
    const at = entryNames.indexOf(field.name)
    if (at < 0) throw unknownColumn(structFields(natural), field.name)
    const inner = {
      name: field.name,
      sql: `struct_extract(${column}, ${quoteText(field.name)})`,
      type: entryTypes[at]!,
    }
    return {
      name: field.name,
      cast: castColumn({ name: `${name}.${field.name}`, type: field.type }, inner, where),
    }
  })
  const packed = (sqlOf: (cast: CastColumn) => string) => {
    const inner = fields.map(field => `${quoteIdentifier(field.name)} := ${sqlOf(field.cast)}`).join(', ')
    return `CASE WHEN ${column} IS NOT NULL THEN struct_pack(${inner}) END`
  }
  const misfits = fields.flatMap(({ cast }) => cast.misfit ?? [])
  return {
    sql: packed(cast => cast.sql),
    orNull: packed(cast => cast.orNull ?? cast.sql),
    ...(misfits.length > 0 ? { misfit: `(${misfits.join(' OR ')})` } : {}),
  }
}

/** The type without dictionaries: in DuckDB they are text. */
const plainTexts = (type: string): string =>
  type.replace(/"(?:[^"\\\\]|\\\\.)*"|\bdictionary\b(?!:)/g, part => (part === 'dictionary' ? 'utf8' : part))

function raise(error: Error): never {
  throw error
}

const misfit = (column: string, target: string): string =>
  `(TRY_CAST(${column} AS ${target}) IS NULL AND ${column} IS NOT NULL)`

/** A cast that DuckDB would round: an error instead. */
function checked(column: string, to: ColumnType): CastColumn {
  const target = sqlType(to)
  const range =
    to === 'int53'
      ? ` OR TRY_CAST(${column} AS BIGINT) NOT BETWEEN -9007199254740991 AND 9007199254740991`
      : ''
  const bad = `(${column} IS NOT NULL AND (TRY_CAST(${column} AS ${target}) IS NULL OR TRY_CAST(${column} AS ${target}) <> ${column}${range}))`
  return {
    sql: `CASE WHEN ${bad} THEN ${NO_FIT} ELSE CAST(${column} AS ${target}) END`,
    orNull: `TRY_CAST(${column} AS ${target})`,
    misfit: bad,
  }
}

function noCast(field: Field, from: DuckDBType, where: string): PlanError {
  return new PlanError(
    'CAST',
    `column ${JSON.stringify(field.name)} of ${where} is ${from.toString()} and cannot be read as ${field.type}`,
    { hint: `read it as ${columnTypeOf(from) ?? 'float64'} and cast it in the plan` },
  )
}

/** The column of that name among a relation's. @throws {PlanError} `UNKNOWN_COLUMN`, `DUPLICATE_COLUMN` */
export function findColumn<C extends SqlColumn>(columns: readonly C[], name: string, where: string): C {
  const found = columns.filter(candidate => candidate.name === name)
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    throw new PlanError(
      'DUPLICATE_COLUMN',
      `${where} has ${found.length} columns called ${JSON.stringify(name)}`,
      {
        hint: 'leave them out by a schema of the other columns, or write the file again with names that differ',
      },
    )
  }
  const known = columns.map(candidate => ({ name: candidate.name, type: 'utf8' as const }))
  const error = unknownColumn(known, name)
  throw new PlanError('UNKNOWN_COLUMN', `${where} has no column ${JSON.stringify(name)}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}

/** A column as something that compares as text does here: DuckDB orders an ENUM by its declaration. */
export const orderKey = (sql: string, type: DuckDBType): string =>
  type.typeId === TypeId.ENUM ? `CAST(${sql} AS VARCHAR)` : sql

/** SQL that finds, as text, a value of a column that {@link castColumn} says does not fit, and the number of its row. */
export const misfitSql = (column: SqlColumn, misfit: string, from: string, place: string): string =>
  `SELECT CAST(${columnSql(column)} AS VARCHAR), CAST(${place} AS BIGINT) FROM ${from} WHERE ${misfit} LIMIT 1`

/** A value that does not fit, and where it is. */
export interface Misfit {
  /** A file, quoted, or a table. */
  readonly where: string
  /** Of the row, from 0, where that is known. */
  readonly row: unknown
  readonly value: unknown
}

const MAX_SHOWN = 60

const shown = (value: unknown): string => {
  const text = String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/**
 * The error for a value that a cast refused, if that is what happened.
 *
 * @param example finds, for a column, a value that does not fit
 */
export async function explainMisfit(
  error: unknown,
  schema: Schema,
  example: (field: Field) => Promise<Misfit | undefined>,
): Promise<DataError | undefined> {
  if (!/Conversion Error|Out of Range Error|does not fit the type it is read as/i.test(firstLine(error)))
    return undefined
  for (const field of schema) {
    const found = await example(field).catch(() => undefined)
    if (found === undefined) continue
    const row = found.row == null ? '' : `, row ${found.row}`
    return new DataError(
      'VALUE_TYPE',
      `${found.where}${row}: column ${JSON.stringify(field.name)} holds ${shown(found.value)}, which is not a value of ${field.type}`,
      {
        hint: `read the column with the type it has, and filter or cast it in the plan; ${REMEDY}`,
        cause: error,
      },
    )
  }
  return undefined
}
