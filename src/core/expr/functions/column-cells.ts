/** What functions of whole columns share: arguments as columns, and which of their cells are null. */

import { allSet } from '../../batch/bitmap.ts'
import { bitAt, type Column } from '../../batch/column.ts'
import { nullColumn } from '../../batch/null-column.ts'
import { type Arena, heapArena } from '../../batch/slab.ts'
import { takeColumn } from '../../batch/take-column.ts'
import { columnFromCells } from '../cell.ts'
import type { Bound, BoundCall } from './contract.ts'

export type ColumnArguments = readonly (Column | undefined)[]

/** An argument as a column of `count` cells, a literal too. */
export function argumentColumn(
  node: BoundCall,
  index: number,
  args: ColumnArguments,
  count: number,
  arena: Arena,
): Column {
  const given = args[index]
  if (given) return given
  const one = literalColumn(node.args[index]!)
  return takeColumn(one, new Uint32Array(count), arena)
}

/** A literal as a column of one cell. */
export function literalColumn(node: Bound): Column {
  if (node.kind !== 'literal') throw new TypeError('not a literal')
  const type = node.type!
  return node.cell === null
    ? nullColumn(type, 1, heapArena)
    : columnFromCells(type, [node.cell], i => i, 1, heapArena)
}

/** The cell of an argument that is the same for all rows; undefined where it is a column. */
export const literalCell = (node: Bound) => (node.kind === 'literal' ? node.cell : undefined)

export const isValid = (validity: Uint8Array | undefined, i: number): boolean =>
  validity === undefined || bitAt(validity, i)

export const withValidity = (column: Column, validity: Uint8Array | undefined): Column =>
  validity ? { ...column, validity } : column

/** A bitmap of `count` cells that are null where `isNull` says so; undefined where none is. */
export function validityWhere(
  count: number,
  arena: Arena,
  isNull: (i: number) => boolean,
): Uint8Array | undefined {
  let validity: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    if (!isNull(i)) continue
    validity ??= allSet(count, arena)
    validity[i >> 3]! &= ~(1 << (i & 7))
  }
  return validity
}
