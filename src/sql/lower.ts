/**
 * Expressions as SQL. This folder turns plans into SQL text for the engines that speak it; it may import `core` only,
 * and knows nothing of connections.
 *
 * Invariant: values never appear in the text, and what is lowered means in SQL exactly what it means here.
 */

import { bind } from '../core/expr/bind.ts'
import type { Expr, Literal } from '../core/expr/expr.ts'
import type { Bound, BoundCall } from '../core/expr/functions/contract.ts'
import { literalOfCell } from '../core/expr/literal.ts'
import { hasParity } from '../core/expr/type-of.ts'
import {
  type ColumnType,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  timestampZone,
} from '../core/types/column-type.ts'
import type { Schema } from '../core/types/schema.ts'
import { quoteIdentifier } from './quote.ts'
import { sqlType } from './types.ts'

export interface Lowered {
  /** An SQL expression with parameters `$1`, `$2`, … */
  readonly sql: string
  /** What the parameters stand for, in order. */
  readonly params: readonly Literal[]
}

export interface LowerOptions {
  /** The number of the first parameter; 1 by default. */
  readonly firstParameter?: number
  /** How a column is written; by default its quoted name. It must have the type the schema says. */
  column?(name: string): string
}

/**
 * An expression as parameterised SQL for DuckDB, or undefined when any part of it could give another answer there.
 *
 * Besides functions without parity, what can fail on a row stays here: DuckDB evaluates in an order of its own, and
 * could fail on rows that a condition was to keep out. So do parts of dates and timestamps, whose extreme values
 * DuckDB takes for infinity.
 *
 * @throws {PlanError} when the expression makes no sense over the schema
 */
export function lowerExpr(expr: Expr, schema: Schema, options: LowerOptions = {}): Lowered | undefined {
  if (!hasParity(expr, schema, 'duckdb')) return undefined
  const params: Literal[] = []
  const first = options.firstParameter ?? 1
  const column = options.column ?? quoteIdentifier

  const lower = (node: Bound): string | undefined => {
    switch (node.kind) {
      case 'literal': {
        const type = node.type
        if (type === undefined || !isLowerable(type)) return undefined
        params.push(literalOfCell(node.cell, type))
        return `CAST($${first + params.length - 1} AS ${sqlType(type)})`
      }
      case 'column': {
        if (!isLowerable(node.type)) return undefined
        const { name } = schema[node.index]!
        return name === '' || name.includes('\0') ? undefined : column(name)
      }
      case 'call':
        return lowerCall(node)
    }
  }

  const lowerCall = (node: BoundCall): string | undefined => {
    const { duckdb, canFail } = node.spec
    if (!duckdb?.sql || !isLowerable(node.type) || canFail?.(node)) return undefined
    const args: string[] = []
    for (const arg of node.args) {
      const lowered = lower(arg)
      if (lowered === undefined) return undefined
      args.push(lowered)
    }
    return duckdb.sql(args, node, sqlType)
  }

  const sql = lower(bind(expr, schema))
  return sql === undefined ? undefined : { sql, params }
}

/** A zone changes how DuckDB computes, by the session's settings; bytes, times and durations are bound nowhere. */
const isLowerable = (type: ColumnType): boolean =>
  type !== 'binary' &&
  !isTimeOfDay(type) &&
  !isDuration(type) &&
  (!isTimestamp(type) || timestampZone(type) === undefined)
