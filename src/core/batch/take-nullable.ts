/** Gathers cells of rows some of which are absent: what a row gets that found no partner. */

import type { ColumnType } from '../types/column-type.ts'
import { allSet } from './bitmap.ts'
import { columnFrom } from './build.ts'
import type { Column } from './column.ts'
import { type Arena, heapArena } from './slab.ts'
import { takeColumn } from './take-column.ts'

/** A column of nulls. */
export function nullColumn(type: ColumnType, length: number, arena: Arena): Column {
  return takeColumn(columnFrom(type, [null], heapArena), new Uint32Array(length), arena)
}

/** The cells at `rows` of a column that has some, in new memory; null where the number is negative. */
export function takeNullable(column: Column, rows: Int32Array, arena: Arena): Column {
  const at = new Uint32Array(rows.length)
  let absent = false
  for (let i = 0; i < rows.length; i++) {
    if (rows[i]! >= 0) at[i] = rows[i]!
    else absent = true
  }
  const taken = takeColumn(column, at, arena)
  if (!absent) return taken
  const validity = taken.validity ?? allSet(rows.length, arena)
  for (let i = 0; i < rows.length; i++) if (rows[i]! < 0) validity[i >> 3]! &= ~(1 << (i & 7))
  return { ...taken, validity }
}
