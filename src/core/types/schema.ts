/** A schema: column names with their types, in order. Plain frozen data. */

import { PlanError } from '../errors.ts'
import { nearestName } from '../nearest-name.ts'
import { shown } from '../options.ts'
import { type ColumnType, type ColumnTypeSpec, columnType } from './column-type.ts'

/** A column of a schema. Every column may hold nulls. */
export interface Field {
  readonly name: string
  readonly type: ColumnType
}

/** Columns in order, each name once. */
export type Schema = readonly Field[]

/** Schemas of more columns are looked up by a map, which is kept as long as they are. */
const MOST_SEARCHED = 24

const places = new WeakMap<Schema, ReadonlyMap<string, number>>()

/** The position of a column, or -1. Names are compared exactly; `__proto__` is a name like any other. */
export function fieldIndex(schema: Schema, name: string): number {
  if (schema.length > MOST_SEARCHED && Object.isFrozen(schema)) return placesIn(schema).get(name) ?? -1
  for (let i = 0; i < schema.length; i++) if (schema[i]!.name === name) return i
  return -1
}

function placesIn(schema: Schema): ReadonlyMap<string, number> {
  let known = places.get(schema)
  if (!known) {
    // Of columns that share a name, the first.
    known = new Map(schema.map(({ name }, i): [string, number] => [name, i]).reverse())
    places.set(schema, known)
  }
  return known
}

/**
 * The field of that name.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, naming the columns there are.
 */
export function fieldOf(schema: Schema, name: string, above?: Function): Field {
  const index = fieldIndex(schema, name)
  if (index >= 0) return schema[index]!
  throw unknownColumn(schema, name, above)
}

/** The error for a column that is not there; suggests the nearest name. */
export function unknownColumn(schema: Schema, name: unknown, above?: Function): PlanError {
  if (typeof name !== 'string') return noName(name, above)
  const names = schema.map(field => field.name)
  const near = nearestName(name, names)
  const list = names.map(each => JSON.stringify(each)).join(', ') || '(none)'
  return new PlanError('UNKNOWN_COLUMN', `there is no column ${JSON.stringify(name)}`, {
    hint: near ? `did you mean ${JSON.stringify(near)}? the columns are ${list}` : `the columns are ${list}`,
    ...(above ? { above } : {}),
  })
}

/** The error for what an untyped caller gave in place of a column's name. */
export function noName(given: unknown, above?: Function): PlanError {
  return new PlanError('UNKNOWN_COLUMN', `a column is given by its name, got ${shown(given)}`, {
    hint: Array.isArray(given)
      ? "each name is an argument of its own: 'origin', 'delay'"
      : typeof given === 'object' && given !== null
        ? "the name comes first, what else there is to say after it: orderBy('delay', 'desc'), fill('delay', { method: 'linear' })"
        : "write the name in quotes: 'origin'; a computed column is added before, by with({ name: r => … })",
    ...(above ? { above } : {}),
  })
}

/**
 * A schema from a user's `{ name: type }` record.
 *
 * @throws {PlanError} `COLUMN_TYPE` for an unknown type, which names the column.
 */
export function schemaFrom(columns: Readonly<Record<string, ColumnTypeSpec>>): Schema {
  return Object.freeze(
    Object.entries(columns).map(([name, type]) =>
      Object.freeze({ name, type: columnType(type, `column ${JSON.stringify(name)}: `) }),
    ),
  )
}

/**
 * The fields as a schema.
 *
 * @throws {PlanError} `DUPLICATE_COLUMN` when a name occurs twice.
 */
export function schemaOf(fields: readonly Field[]): Schema {
  const seen = new Set<string>()
  for (const { name } of fields) {
    if (seen.has(name)) {
      throw new PlanError('DUPLICATE_COLUMN', `two columns are called ${JSON.stringify(name)}`, {
        hint: 'rename one of them first, or give `as`, or a `prefix`, where the verb takes it',
      })
    }
    seen.add(name)
  }
  return Object.freeze(fields.map(({ name, type }) => Object.freeze({ name, type })))
}

export const sameSchema = (a: Schema, b: Schema): boolean =>
  a.length === b.length && a.every((field, i) => field.name === b[i]!.name && field.type === b[i]!.type)
