/** A null of a nested type. */

import { nullColumn } from '../../batch/null-column.ts'
import type { ColumnType } from '../../types/column-type.ts'
import { boundCall } from '../bound.ts'
import type { Expr } from '../expr.ts'
import type { Bound, FunctionSpec } from './contract.ts'

/** Kernels have no cells of nested types: their nulls are columns. */
export const nestedNull: FunctionSpec = {
  name: 'lit',
  phrase: () => 'null',
  bind: (_args, call) => nullOf(call.options!.type as ColumnType, call),
  nulls: 'own',
  columns: (node, _args, count, arena) => nullColumn(node.type, count, arena),
}

export const nullOf = (type: ColumnType, expr: Expr): Bound => boundCall(nestedNull, type, [], expr, { type })
