/** Memory for the cells of a column. */

import { type ColumnType, itemsPerCell } from '../types/column-type.ts'
import { bitmapBytes, type Values, valuesConstructor } from './column.ts'
import type { Arena } from './slab.ts'

/** Uninitialised values for `length` cells of a fixed-width type; bitmaps for `bool`, codes for `dictionary`. */
export function allocValues(type: ColumnType, length: number, arena: Arena): Values {
  const Constructor = valuesConstructor(type)
  const items = type === 'bool' ? bitmapBytes(length) : length * itemsPerCell(type)
  const { buffer, byteOffset } = arena.allocate(items * Constructor.BYTES_PER_ELEMENT)
  return new Constructor(buffer as ArrayBuffer, byteOffset, items)
}
