/**
 * Builders of lists, structs and maps: each has builders for its children. Readers that have no JavaScript values append
 * to the children themselves and then close the cell: `appendList`, `appendStruct`.
 */

import type { ColumnType } from '../types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isStruct,
  type ListType,
  type MapType,
  type NestedType,
  type StructType,
  structFields,
} from '../types/nested-type.ts'
import type { Schema } from '../types/schema.ts'
import { NO_VALUES } from './column.ts'
import { Builder, type ColumnBuilder, type ColumnBuilderOptions } from './column-builder.ts'
import { checkListSize } from './list-offsets.ts'
import { type Arena, allocInt32 } from './slab.ts'

type MakeBuilder = (type: ColumnType, options: ColumnBuilderOptions) => ColumnBuilder

/** A builder for lists or maps. */
export interface ListColumnBuilder extends ColumnBuilder {
  /** Takes the elements; of maps, the entries: structs of `key` and `value`. */
  readonly child: ColumnBuilder
  /** Adds a cell of what `child` was given since the last one. */
  appendList(): void
}

/** A builder for structs. */
export interface StructColumnBuilder extends ColumnBuilder {
  /** By field. */
  readonly fields: readonly ColumnBuilder[]
  /** Adds a cell, for which each of `fields` was given one. */
  appendStruct(): void
}

/** A builder for a nested type. @param make makes those of its children */
export function nestedBuilder(
  type: NestedType,
  options: ColumnBuilderOptions,
  make: MakeBuilder,
): ListColumnBuilder | StructColumnBuilder {
  if (isStruct(type)) return new StructBuilder(type, options, make)
  return isList(type) ? new ListBuilder(type, options, make) : new MapBuilder(type, options, make)
}

/** Cells of any number of a child's cells. */
abstract class OffsetsBuilder extends Builder implements ListColumnBuilder {
  readonly child: ColumnBuilder
  /** `#ends[i]` is where cell `i` ends in the child. */
  #ends: Int32Array

  constructor(type: ListType | MapType, options: ColumnBuilderOptions, child: ColumnType, make: MakeBuilder) {
    super(type, options)
    this.#ends = new Int32Array(this.capacity)
    this.child = make(child, {
      name: `${this.name}[]`,
      capacity: this.capacity,
      rowNumber: () => this.rowNumber,
    })
  }

  appendList(): void {
    checkListSize(this.child.length)
    if (this.length === this.capacity) this.growAll()
    this.#ends[this.length++] = this.child.length
  }

  override appendNull(): void {
    super.appendNull()
    this.#ends[this.length - 1] = this.child.length
  }

  protected grow(capacity: number): void {
    const grown = new Int32Array(capacity)
    grown.set(this.#ends)
    this.#ends = grown
  }

  protected cells(arena: Arena) {
    const offsets = allocInt32(arena, this.length + 1)
    offsets[0] = 0
    offsets.set(this.#ends.subarray(0, this.length), 1)
    return { values: NO_VALUES, offsets, children: [this.child.finish(arena)] }
  }
}

class ListBuilder extends OffsetsBuilder {
  constructor(type: ListType, options: ColumnBuilderOptions, make: MakeBuilder) {
    super(type, options, elementType(type), make)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull()
      return
    }
    if (!Array.isArray(value) && !isTypedArray(value)) throw this.wrong(value, 'a list is an array')
    const { child } = this
    for (let i = 0; i < value.length; i++) child.append(value[i])
    this.appendList()
  }
}

const isTypedArray = (value: unknown): value is ArrayLike<unknown> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)

class MapBuilder extends OffsetsBuilder {
  constructor(type: MapType, options: ColumnBuilderOptions, make: MakeBuilder) {
    super(type, options, entryType(type), make)
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull()
      return
    }
    if (!(value instanceof Map)) throw this.wrong(value, 'a map is a Map: new Map(Object.entries(object))')
    const [keys, values] = (this.child as StructColumnBuilder).fields as [ColumnBuilder, ColumnBuilder]
    for (const [key, of] of value) {
      if (key === null || key === undefined) throw this.wrong(key, 'a key of a map is never null')
      keys.append(key)
      values.append(of)
      ;(this.child as StructColumnBuilder).appendStruct()
    }
    this.appendList()
  }
}

class StructBuilder extends Builder implements StructColumnBuilder {
  readonly fields: readonly ColumnBuilder[]
  readonly #schema: Schema

  constructor(type: StructType, options: ColumnBuilderOptions, make: MakeBuilder) {
    super(type, options)
    this.#schema = structFields(type)
    this.fields = this.#schema.map(field =>
      make(field.type, {
        name: this.name === '' ? field.name : `${this.name}.${field.name}`,
        capacity: this.capacity,
        rowNumber: () => this.rowNumber,
      }),
    )
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull()
      return
    }
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof Date || value instanceof Map)
      throw this.wrong(value, 'a struct is an object: { name: value }')
    const schema = this.#schema
    for (let f = 0; f < schema.length; f++) {
      const { name } = schema[f]!
      // `constructor` and the like are fields only where the object itself has them.
      const absent = name in Object.prototype && !Object.hasOwn(value, name)
      this.fields[f]!.append(absent ? null : (value as Record<string, unknown>)[name])
    }
    this.appendStruct()
  }

  appendStruct(): void {
    if (this.length === this.capacity) this.growAll()
    this.length++
  }

  override appendNull(): void {
    super.appendNull()
    for (const field of this.fields) field.appendNull()
  }

  protected grow(): void {}

  protected cells(arena: Arena) {
    return { values: NO_VALUES, children: this.fields.map(field => field.finish(arena)) }
  }
}
