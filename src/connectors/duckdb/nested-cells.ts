/** Lists, structs, maps and arrays of a DuckDB chunk as columns. */

import type { Column } from '../../core/batch/column.ts'
import { bitmapBytes, NO_VALUES } from '../../core/batch/column.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { takeColumn } from '../../core/batch/take.ts'
import {
  elementType,
  entryType,
  isList,
  isNested,
  isStruct,
  type NestedType,
  structFields,
} from '../../core/types/nested-type.ts'
import type { Field } from '../../core/types/schema.ts'
import { type ChunkColumn, copyBits } from './chunk.ts'
import type { NestedShape, VectorShape } from './vector-shape.ts'

/** Reads `count` cells from `from` on of a vector that is not nested. */
export type FlatReader = (
  field: Field,
  shape: VectorShape,
  column: ChunkColumn,
  from: number,
  count: number,
) => Column

export class NestedCells {
  readonly #type: NestedType
  readonly #name: string
  readonly #shape: NestedShape
  readonly #flat: FlatReader

  /** @param name of the column, for errors */
  constructor(type: NestedType, name: string, shape: NestedShape, flat: FlatReader) {
    this.#type = type
    this.#name = name
    this.#shape = shape
    this.#flat = flat
  }

  /** Cells `from` to `from + count` of a vector, in memory of their own. */
  read(column: ChunkColumn, from: number, count: number): Column {
    return this.#read({ name: this.#name, type: this.#type }, this.#shape, column, from, count)
  }

  #read(field: Field, shape: VectorShape, column: ChunkColumn, from: number, count: number): Column {
    const { type } = field
    if (!isNested(type) || typeof shape === 'number') return this.#flat(field, shape, column, from, count)
    const validity = column.validity && bitsOf(column.validity, from, count)
    const cells = this.#cells({ ...field, type }, shape, column, from, count)
    return validity ? { ...cells, validity } : cells
  }

  #cells(
    { name, type }: Field & { readonly type: NestedType },
    shape: NestedShape,
    column: ChunkColumn,
    from: number,
    count: number,
  ): Column {
    if (isStruct(type) && shape.kind === 'struct') {
      const children = structFields(type).map((field, f) =>
        this.#read(
          { name: `${name}.${field.name}`, type: field.type },
          shape.children[f]!,
          column.children![f]!,
          from,
          count,
        ),
      )
      return { type, values: NO_VALUES, children }
    }
    if (shape.kind === 'struct' || isStruct(type)) throw new Error(`${type} is read of another vector`)
    const inner = { name: `${name}[]`, type: isList(type) ? elementType(type) : entryType(type) }
    const child = (start: number, rows: number) =>
      this.#read(inner, shape.child, column.children![0]!, start, rows)
    if (shape.kind === 'array') {
      const offsets = Int32Array.from({ length: count + 1 }, (_, i) => i * shape.size)
      return { type, values: NO_VALUES, offsets, children: [child(from * shape.size, count * shape.size)] }
    }
    const { offsets, first, rows } = listsOf(column, from, count)
    const total = offsets[count]!
    const children = rows
      ? [takeColumn(child(first, rows.end - first), rows.places, heapArena)]
      : [child(first, total)]
    return { type, values: NO_VALUES, offsets, children }
  }
}

/** Where the elements of some lists are: next to each other from `first` on, or at places counted from there. */
function listsOf({ data, validity }: ChunkColumn, from: number, count: number) {
  const words = new Uint32Array(data.buffer as ArrayBuffer, data.byteOffset + from * 16, count * 4)
  const offsets = new Int32Array(count + 1)
  let first = -1
  let low = 0
  let end = 0
  let inOrder = true
  for (let i = 0; i < count; i++) {
    const row = from + i
    const isNull = validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0
    const length = isNull ? 0 : words[i * 4 + 2]!
    offsets[i + 1] = offsets[i]! + length
    if (length === 0) continue
    const start = words[i * 4]!
    if (first < 0) {
      first = start
      low = start
    } else if (start !== end) inOrder = false
    low = Math.min(low, start)
    end = inOrder ? start + length : Math.max(end, start + length)
  }
  if (inOrder) return { offsets, first: Math.max(first, 0), rows: undefined }
  const places = new Uint32Array(offsets[count]!)
  let last = 0
  for (let i = 0; i < count; i++) {
    const start = words[i * 4]! - low
    const length = offsets[i + 1]! - offsets[i]!
    for (let e = 0; e < length; e++) places[offsets[i]! + e] = start + e
    if (length > 0) last = Math.max(last, start + length)
  }
  return { offsets, first: low, rows: { places, end: low + last } }
}

/** `count` bits from bit `from` on. */
function bitsOf(bits: Uint8Array, from: number, count: number): Uint8Array {
  const own = new Uint8Array(bitmapBytes(count))
  copyBits(bits, from, own, 0, count)
  return own
}
