/**
 * Column expressions as data. A callback such as `r => r.delay.gt(60)` builds one of these; kernels, the interpreter
 * and SQL all read it. Frozen JSON: no functions, no BigInts, no Dates inside.
 */

import type { ColumnType } from '../types/column-type.ts'

/**
 * A constant, with its type. BigInts, Dates and non-finite numbers are carried in JSON-safe form by {@link literal}.
 */
export interface Literal {
  readonly kind: 'literal'
  /** Absent for a bare `null`, which takes the type its context asks for. */
  readonly type?: ColumnType
  /**
   * bool, text and finite numbers as they are; 64-bit integers, timestamps (units since 1970), times of day, durations and
   * decimals (units of their last digit) as strings of digits; binary as text of a character per byte; dates as days since 1970; NaN, Infinity, -Infinity and -0 as those strings.
   */
  readonly value: boolean | number | string | null
}

export interface ColumnRef {
  readonly kind: 'column'
  readonly name: string
}

/** A function of `core/expr/functions`, applied. */
export interface Call {
  readonly kind: 'call'
  readonly fn: string
  readonly args: readonly Expr[]
  /** Function-specific constants: the target of a cast, the unit of a truncation. JSON. */
  readonly options?: Readonly<Record<string, unknown>>
}

export type Expr = Literal | ColumnRef | Call
