/** Columns of what functions of users give back. */

import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { MillraceError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
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
  if (isNested(type)) return nestedResults(type, values, arena, wrong)
  const read = cellReader(type)
  const cells = values.map((value, i): Cell => {
    const cell = read(value)
    return cell === undefined ? wrong(i) : cell
  })
  return columnFromCells(type, cells, i => i, cells.length, arena)
}

/** What is wrong is looked for once something is. */
function nestedResults(
  type: ColumnType,
  values: readonly unknown[],
  arena: Arena,
  wrong: (i: number) => null,
): Column {
  const whole = columnUnlessWrong(type, values, arena)
  if (whole) return whole
  const right = values.map((value, i) => (columnUnlessWrong(type, [value], heapArena) ? value : wrong(i)))
  return columnFrom(type, right, arena)
}

function columnUnlessWrong(type: ColumnType, values: readonly unknown[], arena: Arena): Column | undefined {
  try {
    return columnFrom(type, values, arena)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'VALUE_TYPE') return undefined
    throw error
  }
}
