/**
 * The fields of a scan as one of its files has them: columns of its own, what its path says, or nothing.
 *
 * Files are put together by the names of their columns. A column that a file lacks is null in its rows.
 */

import { DataError, PlanError } from '../../core/errors.ts'
import type { Literal } from '../../core/expr/expr.ts'
import { type ColumnType, isInteger, isWide } from '../../core/types/column-type.ts'
import { type Field, type Schema, schemaOf } from '../../core/types/schema.ts'
import { widerType } from '../../core/types/wider-type.ts'
import { sqlType } from '../../sql/types.ts'
import { partitionFields } from '../files/partitions.ts'
import { type CastColumn, castColumn, findColumn } from './casts.ts'
import type { FileColumn, ScanFile } from './file-format.ts'
import { textParam } from './params.ts'
import { columnTypeOf, unsupportedType } from './types.ts'

/** Numbers a parameter and gives what stands for it in SQL: `$4`. */
export type Bind = (param: Literal) => string

/** The file's own column of that name, if it has one. @throws {PlanError} `DUPLICATE_COLUMN` */
export const ownColumn = (file: ScanFile, name: string): FileColumn | undefined =>
  file.columns.some(column => column.name === name) ? findColumn(file.columns, name, file.label) : undefined

/**
 * How a file's rows have a field.
 *
 * @throws {PlanError} `UNSUPPORTED_TYPE`, `CAST`, `DUPLICATE_COLUMN`
 */
export function readField(file: ScanFile, field: Field, bind: Bind): CastColumn {
  const own = ownColumn(file, field.name)
  if (own) return readOwn(own, field, file.label)
  const target = sqlType(field.type)
  const partition = file.partitions.find(({ name }) => name === field.name)
  if (!partition || partition.value === null) return { sql: `CAST(NULL AS ${target})` }
  // DuckDB would round a text.
  if ((isInteger(field.type) || isWide(field.type)) && !/^-?\d+$/.test(partition.value))
    throw noPartition(file, partition.value, field)
  return { sql: `CAST(${bind(textParam(partition.value))} AS ${target})` }
}

/** How a file's own column is read as a field. @throws {PlanError} as {@link readField} */
export const readOwn = (own: FileColumn, field: Field, label: string): CastColumn =>
  own.cast ? own.cast(field, label) : castColumn(field, own, label)

export interface SchemaOptions {
  /** The columns there are and the types they are read as. Default: all columns of all files. */
  readonly declared?: Schema | undefined
  /** Whether all files must have the same columns. */
  readonly same?: boolean
}

/**
 * The columns of several files as one schema: in the order in which they come up, what paths say last, each with the widest
 * type it has.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `CAST`, `UNSUPPORTED_TYPE`: of the declared schema; `UNSUPPORTED_TYPE`,
 *   `DUPLICATE_COLUMN`, `SCHEMAS_DIFFER` without one
 */
export function schemaOfFiles(files: readonly ScanFile[], { declared, same = false }: SchemaOptions): Schema {
  if (same) for (const file of files.slice(1)) checkSame(files[0]!, file)
  if (declared) {
    for (const field of declared) checkDeclared(files, field)
    return declared
  }
  const fields = new Map<string, { type: ColumnType; file: ScanFile }>()
  for (const file of files) {
    const types = schemaOf(
      file.columns.map(({ name, type }) => ({ name, type: naturalType(file, name, type) })),
    )
    for (const { name, type } of types) {
      const before = fields.get(name)
      const both = before ? widerType(before.type, type) : type
      if (both === undefined) throw noCommonType(name, before!, { type, file })
      fields.set(name, { type: both, file: both === before?.type ? before.file : file })
    }
  }
  const own = [...fields].map(([name, { type }]): Field => ({ name, type }))
  return schemaOf([...own, ...partitionFields(files).filter(({ name }) => !fields.has(name))])
}

/** Columns with their types, of types that no column can hold too: what a filter may be over. */
export function filterFields(files: readonly ScanFile[], declared: Schema | undefined): Schema {
  if (declared) return declared
  const fields = new Map<string, ColumnType | undefined>()
  for (const { columns } of files) {
    for (const { name, type } of columns) {
      const natural = columnTypeOf(type)
      if (!fields.has(name)) fields.set(name, natural)
      else if (natural && fields.get(name)) fields.set(name, widerType(fields.get(name)!, natural))
    }
  }
  const own = [...fields].flatMap(([name, type]): Field[] => (type ? [{ name, type }] : []))
  return [...own, ...partitionFields(files).filter(({ name }) => !fields.has(name))]
}

/**
 * Refuses a field that no file has, or that one of them has in a way that cannot be read.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, `CAST`, `UNSUPPORTED_TYPE`, `DUPLICATE_COLUMN`
 */
export function checkDeclared(files: readonly ScanFile[], field: Field): void {
  const having = files.filter(file => ownColumn(file, field.name))
  for (const file of having) readOwn(ownColumn(file, field.name)!, field, file.label)
  const named = files.some(({ partitions }) => partitions.some(({ name }) => name === field.name))
  // Says which columns there are.
  if (having.length === 0 && !named) findColumn(files[0]!.columns, field.name, files[0]!.label)
}

function checkSame(first: ScanFile, other: ScanFile): void {
  const spelled = ({ columns }: ScanFile) => columns.map(({ name, type }) => `${name} ${type.toString()}`)
  const [a, b] = [spelled(first), spelled(other)]
  const at = Math.max(
    a.findIndex((column, i) => column !== b[i]),
    a.length < b.length && a.every((column, i) => column === b[i]) ? a.length : -1,
  )
  if (at < 0) return
  const has = (column: string | undefined) =>
    column === undefined ? 'no such column' : JSON.stringify(column)
  throw new PlanError(
    'SCHEMAS_DIFFER',
    `${first.label} and ${other.label} have different columns: column ${at + 1} is ${has(a[at])} and ${has(b[at])}`,
    { hint: "without schemas: 'same' they are put together by name" },
  )
}

function naturalType(file: ScanFile, name: string, type: FileColumn['type']): ColumnType {
  const natural = columnTypeOf(type)
  if (natural === undefined) throw unsupportedType(name, type, file.label)
  return natural
}

const noPartition = ({ label }: ScanFile, value: string, { name, type }: Field): DataError =>
  new DataError(
    'VALUE_TYPE',
    `the path of ${label} says ${JSON.stringify(name)} is ${JSON.stringify(value)}, which is not a value of ${type}`,
    { hint: "read it as 'utf8'" },
  )

type Typed = { readonly type: ColumnType; readonly file: ScanFile }

function noCommonType(name: string, a: Typed, b: Typed): PlanError {
  return new PlanError(
    'SCHEMAS_DIFFER',
    `column ${JSON.stringify(name)} is ${a.type} in ${a.file.label} and ${b.type} in ${b.file.label}: no type holds both`,
    { hint: 'leave it out by a schema, or read the files apart and cast it before a union' },
  )
}
