/** The errors rows can raise inside an expression. */

import { DataError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Cell } from './cell.ts'
import type { Expr } from './expr.ts'
import type { BoundCall } from './functions/contract.ts'
import { integerRange } from './literal.ts'
import { show } from './show.ts'

/** The error for a result its type cannot hold. `OVERFLOW`; nothing is ever wrapped or cut silently. */
export function overflow(node: BoundCall, value: number | bigint): DataError {
  const error = new DataError('OVERFLOW', `${show(node.expr)} does not fit ${node.type}: got ${value}`, {
    hint: `cast() the operands to a wider type before the calculation, or filter such rows out`,
  })
  failsIn(error, node.expr)
  return error
}

const exprs = new WeakMap<object, Expr>()

/** Notes the expression that an error is of. */
export const failsIn = (error: object, expr: Expr): void => void exprs.set(error, expr)

/** The expression that an error is of, if it is one of expressions: of fused verbs it tells which one failed. */
export const failedExpr = (error: object): Expr | undefined => exprs.get(error)

/** A whole number as a cell of an integer or timestamp type. @throws {DataError} `OVERFLOW` */
export function fitWhole(node: BoundCall, value: bigint): Cell {
  const [min, max] = integerRange(node.type)
  if (value < min || value > max) throw overflow(node, value)
  return isBigCell(node.type) ? value : Number(value)
}

/** Whether cells of the type are bigints. */
export const isBigCell = (type: ColumnType): boolean =>
  type === 'int64' || type === 'uint64' || type.startsWith('timestamp')
