/** Cells that are all null, and rows of which some are not there. */

import { childTypes, isStruct } from '../types/nested-type.ts'
import { allocValues } from './build.ts'
import { bitmapBytes, type Column, type Dictionary, NO_VALUES } from './column.ts'
import { emptyColumn } from './concat-column.ts'
import { type Arena, allocInt32, allocUint8 } from './slab.ts'
import { as8, takeColumn } from './take-column.ts'
import { TextInterner } from './text-interner.ts'

/** Not a row. */
export const NO_ROW = 0xffffffff

/** A column without a value. */
export function nullColumn(type: Column['type'], length: number, arena: Arena): Column {
  const validity = allocUint8(arena, bitmapBytes(length)).fill(0)
  if (type === 'utf8' || type === 'binary') {
    return { type, values: allocUint8(arena, 0), offsets: allocInt32(arena, length + 1).fill(0), validity }
  }
  if (type === 'dictionary') {
    return {
      type,
      values: allocInt32(arena, length).fill(0),
      dictionary: (noTexts ??= new TextInterner().dictionary()),
      validity,
    }
  }
  const inner = childTypes(type)
  if (isStruct(type)) {
    const children = inner.map(child => nullColumn(child, length, arena))
    return { type, values: NO_VALUES, children, validity }
  }
  if (inner.length > 0) {
    const offsets = allocInt32(arena, length + 1).fill(0)
    return { type, values: NO_VALUES, offsets, children: [emptyColumn(inner[0]!, arena)], validity }
  }
  const values = type === 'bool' ? allocUint8(arena, bitmapBytes(length)) : allocValues(type, length, arena)
  as8(values).fill(0)
  return { type, values, validity }
}

let noTexts: Dictionary | undefined

/**
 * The cells at `rows`, null where a row is {@link NO_ROW}.
 *
 * @param length of the column; of one without cells all rows are {@link NO_ROW}
 */
export function takeOrNull(column: Column, length: number, rows: Uint32Array, arena: Arena): Column {
  if (length === 0) return nullColumn(column.type, rows.length, arena)
  const taken = takeColumn(
    column,
    rows.map(row => (row === NO_ROW ? 0 : row)),
    arena,
  )
  const validity = taken.validity ?? allocUint8(arena, bitmapBytes(rows.length)).fill(255)
  for (let i = 0; i < rows.length; i++) if (rows[i] === NO_ROW) validity[i >> 3]! &= ~(1 << (i & 7))
  if (rows.length & 7) validity[rows.length >> 3]! &= (1 << (rows.length & 7)) - 1
  return { ...taken, validity }
}
