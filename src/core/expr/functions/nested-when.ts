/** Conditionals whose values are nested: `when`, `coalesce` and `nullIf`. All branches are computed. */

import { bitAt } from '../../batch/column.ts'
import { concatColumn } from '../../batch/concat-column.ts'
import { nullColumn, takeOrNull } from '../../batch/null-column.ts'
import { type Arena, heapArena } from '../../batch/slab.ts'
import type { BoundCall, FunctionSpec } from './contract.ts'
import { argumentColumn, type ColumnArguments, isValid, NO_ROW } from './nested-cells.ts'

/** By row, which argument is chosen; the number of arguments where none is. */
function choices(node: BoundCall, args: ColumnArguments, count: number): Uint32Array {
  const chosen = new Uint32Array(count).fill(args.length)
  if (args.length % 2 === 1) chosen.fill(args.length - 1)
  for (let c = 2 * Math.floor(args.length / 2) - 2; c >= 0; c -= 2) {
    const condition = argumentColumn(node, c, args, count, heapArena)
    for (let i = 0; i < count; i++)
      if (isValid(condition.validity, i) && bitAt(condition.values as Uint8Array, i)) chosen[i] = c + 1
  }
  return chosen
}

function chooseColumns(node: BoundCall, args: ColumnArguments, count: number, arena: Arena) {
  const chosen = choices(node, args, count)
  // Literals are nulls: nested values have no others.
  const branches = args.flatMap((column, a) => {
    const isBranch = a % 2 === 1 || a === args.length - 1
    return isBranch && column ? [{ a, column: { ...column, type: node.type } }] : []
  })
  if (branches.length === 0) return nullColumn(node.type, count, arena)
  const joined = concatColumn(
    branches.map(({ column }) => column),
    branches.map(() => ({ length: count })),
    branches.length * count,
    heapArena,
  )
  const rows = new Uint32Array(count).fill(NO_ROW)
  branches.forEach(({ a }, b) => {
    for (let i = 0; i < count; i++) if (chosen[i] === a) rows[i] = b * count + i
  })
  return takeOrNull(joined, branches.length * count, rows, arena)
}

export const nestedWhen: FunctionSpec = {
  name: 'when',
  bind: (_args, _call) => {
    throw new TypeError('bound by when')
  },
  nulls: 'own',
  columns: chooseColumns,
}
