/** Columns of what functions of users give back. */

import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { ColumnType } from '../types/column-type.ts'
import { cellReader } from '../user-functions/values.ts'
import { type Cell, columnFromCells } from './cell.ts'

/**
 * A column of the values; null and undefined are null.
 *
 * @param wrong what becomes of the value at a place, which the type cannot hold: null, or it throws
 */
export function resultColumn(
  type: ColumnType,
  values: readonly unknown[],
  arena: Arena,
  wrong: (i: number) => null,
): Column {
  const read = cellReader(type)
  const cells = values.map((value, i): Cell => {
    const cell = read(value)
    return cell === undefined ? wrong(i) : cell
  })
  return columnFromCells(type, cells, i => i, cells.length, arena)
}
