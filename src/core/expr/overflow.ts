/** The errors rows can raise inside an expression. */

import { DataError } from '../errors.ts'
import { decimalScale, isBigCell, isDecimal } from '../types/column-type.ts'
import { decimalText } from '../types/decimal.ts'
import type { Cell } from './cell.ts'
import type { Expr } from './expr.ts'
import type { BoundCall } from './functions/contract.ts'
import { integerRange } from './literal.ts'
import { show } from './show.ts'

/** The error for a result its type cannot hold. `OVERFLOW`; nothing is ever wrapped or cut silently. */
export function overflow(node: BoundCall, value: number | bigint): DataError {
  const got = isDecimal(node.type) ? decimalText(value, decimalScale(node.type)) : value
  const error = new DataError('OVERFLOW', `${show(node.expr)} does not fit ${node.type}: got ${got}`, {
    hint: `cast() the operands to a wider type before the calculation, or filter such rows out`,
  })
  failsIn(error, node.expr)
  return error
}

export { isBigCell } from '../types/column-type.ts'

const exprs = new WeakMap<object, Expr>()

/** Notes the expression that an error is of. */
export const failsIn = (error: object, expr: Expr): void => void exprs.set(error, expr)

/** The expression that an error is of, if it is one of expressions: of fused verbs it tells which one failed. */
export const failedExpr = (error: object): Expr | undefined => exprs.get(error)

/** A whole number as a cell of a type whose cells are whole. @throws {DataError} `OVERFLOW` */
export function fitWhole(node: BoundCall, value: bigint): Cell {
  const [min, max] = integerRange(node.type)
  if (value < min || value > max) throw overflow(node, value)
  return isBigCell(node.type) ? value : Number(value)
}

/** The error of a call for a value that it was given or computed. */
export const failureOf = (node: BoundCall, value: unknown): DataError => {
  const own = node.spec.failure?.(node, value)
  if (!own) return overflow(node, value as number | bigint)
  failsIn(own, node.expr)
  return own
}
