/**
 * Evaluates expressions row by row: the oracle of the kernels in tests, and what runs where code generation is
 * forbidden. Written to be obviously right, not fast.
 */

import type { Batch } from '../batch/batch.ts'
import { bind } from './bind.ts'
import { type Cell, cellAt } from './cell.ts'
import type { Expr } from './expr.ts'
import type { Bound } from './functions/contract.ts'
import type { Outside } from './outside.ts'

/**
 * The value of an expression at a physical row.
 *
 * @param outside what the expression calls; needed where it calls any
 * @throws {DataError} `OVERFLOW`
 */
export const interpret = (expr: Expr, batch: Batch, physicalRow: number, outside?: Outside): Cell =>
  evaluate(bind(expr, batch.schema, undefined, outside), batch, physicalRow)

/** The value of a bound expression at a physical row. */
export function evaluate(node: Bound, batch: Batch, row: number): Cell {
  switch (node.kind) {
    case 'literal':
      return node.cell
    case 'column':
      return cellAt(batch.columns[node.index]!, row)
    case 'call':
      return node.spec.interpret!(node, i => evaluate(node.args[i]!, batch, row))
  }
}

/**
 * Whether a condition is true at a row. A conjunction stops at the first operand that is not true, null included, and
 * so may skip an operand whose value would be computed elsewhere.
 */
export function holds(node: Bound, batch: Batch, row: number): boolean {
  if (node.kind === 'call' && node.spec.name === 'and') return node.args.every(arg => holds(arg, batch, row))
  return evaluate(node, batch, row) === true
}
