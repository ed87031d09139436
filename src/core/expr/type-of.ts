/** Questions about an expression: its type, its columns, whether another engine would give the same answer. */

import type { ColumnType } from '../types/column-type.ts'
import type { Schema } from '../types/schema.ts'
import { bind } from './bind.ts'
import { untypedNull } from './bound.ts'
import type { Expr } from './expr.ts'
import type { Bound } from './functions/contract.ts'

export { show } from './show.ts'

/**
 * The type of an expression over a schema.
 *
 * @throws {PlanError} when it makes no sense: `UNKNOWN_COLUMN`, `ARGUMENT_TYPE` and the like
 */
export function typeOf(expr: Expr, schema: Schema): ColumnType {
  const { type } = bind(expr, schema)
  if (type === undefined) throw untypedNull(expr)
  return type
}

/** The names of the columns an expression reads, each once, in order of appearance. */
export function columnsUsed(expr: Expr): string[] {
  const names = new Set<string>()
  const visit = (node: Expr): void => {
    if (node.kind === 'column') names.add(node.name)
    else if (node.kind === 'call') for (const arg of node.args) visit(arg)
  }
  visit(expr)
  return [...names]
}

/** Whether an expression reads more of a column than whether it is null. */
export function readsValue(expr: Expr, name: string): boolean {
  if (expr.kind === 'column') return expr.name === name
  if (expr.kind === 'literal') return false
  if ((expr.fn === 'isNull' || expr.fn === 'isNotNull') && expr.args[0]?.kind === 'column') return false
  return expr.args.some(arg => readsValue(arg, name))
}

/**
 * Whether another engine gives exactly the same cells, so that the expression may run there. Only functions are
 * considered here; whether the engine can hold the columns' types is the engine's own question.
 */
export function hasParity(expr: Expr, schema: Schema, engine: 'duckdb'): boolean {
  const boundHasParity = (node: Bound): boolean => {
    if (node.kind !== 'call') return true
    const form = node.spec[engine]
    return form !== undefined && (form.parity?.(node) ?? true) && node.args.every(boundHasParity)
  }
  return boundHasParity(bind(expr, schema))
}
