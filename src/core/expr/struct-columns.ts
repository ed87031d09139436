/**
 * Fields of structs as columns of a kernel. Each has a number after those of the schema's columns, so that a kernel reads it
 * as any other column: nothing is done per row.
 */

import type { Batch } from '../batch/batch.ts'
import { bitmapBytes, type Column } from '../batch/column.ts'
import { type Arena, allocUint8 } from '../batch/slab.ts'
import type { ColumnType } from '../types/column-type.ts'
import { isStruct, structFields } from '../types/nested-type.ts'
import type { Schema } from '../types/schema.ts'

/** A field: the number of the struct it lies in, its place there, its type. */
interface FieldPlace {
  readonly struct: number
  readonly field: number
  readonly type: ColumnType
}

interface FieldPlaces {
  /** By number less that of the schema's columns. */
  readonly places: readonly FieldPlace[]
  /** The number of a struct's first field, by the number of the struct; the others follow. */
  readonly firstField: ReadonlyMap<number, number>
}

const known = new WeakMap<Schema, FieldPlaces>()

function placesOf(schema: Schema): FieldPlaces {
  let found = known.get(schema)
  if (!found) known.set(schema, (found = findPlaces(schema)))
  return found
}

/** The fields of the columns, then those of the structs among these, and so on. */
function findPlaces(schema: Schema): FieldPlaces {
  const places: FieldPlace[] = []
  const firstField = new Map<number, number>()
  const add = (type: ColumnType, struct: number) => {
    if (!isStruct(type)) return
    firstField.set(struct, schema.length + places.length)
    for (const [field, { type: own }] of structFields(type).entries())
      places.push({ struct, field, type: own })
  }
  for (const [i, { type }] of schema.entries()) add(type, i)
  for (let i = 0; i < places.length; i++) add(places[i]!.type, schema.length + i)
  return { places, firstField }
}

/** The number of a field of the struct of that number. */
export const fieldNumber = (schema: Schema, struct: number, field: number): number =>
  placesOf(schema).firstField.get(struct)! + field

/** The batch with those columns that are fields of structs, of these numbers; others of them are left out. */
export function withFieldColumns(
  schema: Schema,
  batch: Batch,
  numbers: Iterable<number>,
  arena: Arena,
): Batch {
  let columns: Column[] | undefined
  const columnOf = (number: number): Column => {
    if (columns![number]) return columns![number]
    const { struct, field } = placesOf(schema).places[number - schema.length]!
    const found = fieldColumn(columnOf(struct), field, batch.length, arena)
    columns![number] = found
    return found
  }
  for (const number of numbers) {
    if (number < schema.length) continue
    columns ??= [...batch.columns]
    columnOf(number)
  }
  return columns ? { ...batch, columns } : batch
}

/** A field of a struct: null where the struct is. */
export function fieldColumn(struct: Column, field: number, length: number, arena: Arena): Column {
  const column = struct.children![field]!
  if (!struct.validity) return column
  if (!column.validity) return { ...column, validity: struct.validity }
  const bytes = bitmapBytes(length)
  const validity = allocUint8(arena, bytes)
  for (let i = 0; i < bytes; i++) validity[i] = struct.validity[i]! & column.validity[i]!
  return { ...column, validity }
}
