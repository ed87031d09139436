/** The schema that JavaScript rows imply. */

import { PlanError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { listType, MAX_DEPTH, mapType, structType } from '../types/nested-type.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import { checkRow, type RowLike, showValue } from './cells.ts'

/** What the values at one place were so far: those of a column, of its elements, of a field. */
interface Seen {
  /** For errors: `user.tags[]`. */
  readonly path: string
  /** Undefined: nothing but nulls. */
  kind?: ColumnType | 'list' | 'struct' | 'map'
  /** The row that `kind` was found in. */
  row?: number
  /** Of a list, or a map's values. */
  element?: Seen
  key?: Seen
  fields?: Map<string, Seen>
}

/**
 * The schema of the rows: number → float64, bigint → int64, string → utf8, boolean → bool, Date → timestamp[ms], array →
 * list, object → struct of all fields that any has, Map → map. Columns and fields are in order of first sight; a row
 * without one has a null there.
 *
 * @throws {PlanError} `SCHEMA_NEEDED` for no rows, for nothing but nulls, empty arrays or empty objects in a place,
 *   `MIXED_TYPES` for two types in a place, `UNSUPPORTED_TYPE` for values no column holds.
 * @throws {DataError} `ROW_TYPE` for a row that is not an object.
 */
export function inferSchema(rows: Iterable<RowLike>): Schema {
  const columns = new Map<string, Seen>()
  let number = 0
  for (const row of rows) {
    checkRow(row, number)
    seeFields(columns, row, '', number, 0)
    number++
  }
  if (number === 0)
    throw new PlanError('SCHEMA_NEEDED', 'there are no rows to find a schema from', {
      hint: "give the schema: { origin: 'utf8', delay: 'int32' }",
    })
  return schemaOf([...columns].map(([name, seen]) => ({ name, type: typeOf(seen) })))
}

function seeFields(
  fields: Map<string, Seen>,
  object: RowLike,
  path: string,
  row: number,
  depth: number,
): void {
  for (const name of Object.keys(object)) {
    let seen = fields.get(name)
    if (!seen) {
      seen = { path: path + name }
      fields.set(name, seen)
    }
    see(seen, object[name], row, depth)
  }
}

function see(seen: Seen, value: unknown, row: number, depth: number): void {
  if (value === null || value === undefined) return
  const kind = kindOf(value)
  if (!kind || depth > MAX_DEPTH) throw unsupported(seen, value, row)
  if (seen.kind === undefined) {
    seen.kind = kind
    seen.row = row
  } else if (seen.kind !== kind) throw mixed(seen, kind, value, row)
  if (kind === 'list') {
    seen.element ??= { path: `${seen.path}[]` }
    for (const element of value as unknown[]) see(seen.element, element, row, depth + 1)
  } else if (kind === 'struct') {
    seen.fields ??= new Map()
    seeFields(seen.fields, value as RowLike, `${seen.path}.`, row, depth + 1)
  } else if (kind === 'map') {
    seen.key ??= { path: `${seen.path}[].key` }
    seen.element ??= { path: `${seen.path}[].value` }
    for (const [key, of] of value as Map<unknown, unknown>) {
      see(seen.key, key, row, depth + 1)
      see(seen.element, of, row, depth + 1)
    }
  }
}

function typeOf(seen: Seen): ColumnType {
  switch (seen.kind) {
    case 'list':
      return listType(typeOf(seen.element!))
    case 'map':
      return mapType(typeOf(seen.key!), typeOf(seen.element!))
    case 'struct': {
      const fields = [...seen.fields!].map(([name, field]) => ({ name, type: typeOf(field) }))
      if (fields.length > 0) return structType(fields)
      throw nothing(seen, 'objects without a field')
    }
    case undefined:
      throw nothing(seen, 'nulls')
    default:
      return seen.kind
  }
}

function kindOf(value: unknown): Seen['kind'] {
  switch (typeof value) {
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int64'
    case 'string':
      return 'utf8'
    case 'boolean':
      return 'bool'
    case 'object':
      if (value instanceof Date) return 'timestamp[ms]'
      if (Array.isArray(value)) return 'list'
      if (value instanceof Map) return 'map'
      return isPlain(value!) ? 'struct' : undefined
    default:
      return undefined
  }
}

/** Whether the object is nobody's instance, whatever realm it is from. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !(Symbol.iterator in value))
}

const unsupported = ({ path }: Seen, value: unknown, row: number): PlanError =>
  new PlanError(
    'UNSUPPORTED_TYPE',
    `column ${JSON.stringify(path)}: row ${row} has ${showValue(value)}, which no column type holds`,
    {
      hint: 'columns hold booleans, numbers, bigints, strings, Dates, arrays, plain objects and Maps; JSON.stringify makes text of the rest',
    },
  )

const mixed = (seen: Seen, kind: string, value: unknown, row: number): PlanError =>
  new PlanError(
    'MIXED_TYPES',
    `column ${JSON.stringify(seen.path)} is ${seen.kind} in row ${seen.row} and ${kind} in row ${row}, which has ${showValue(value)}`,
    { hint: 'convert the values to one type' },
  )

const nothing = ({ path }: Seen, but: string): PlanError =>
  new PlanError('SCHEMA_NEEDED', `column ${JSON.stringify(path)} has nothing but ${but}, so no type`, {
    hint: `give the schema: { ${JSON.stringify(path.replace(/[.[].*/s, ''))}: 'float64' }`,
  })
