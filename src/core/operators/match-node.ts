/** The plan node of `match`, and the columns that its expressions may name. */

import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import type { NamedExpr } from '../expr/kernel.ts'
import { columnsUsed, typeOf } from '../expr/type-of.ts'
import { type FoldOptions, foldResultType, openFold } from '../folds/index.ts'
import type { PatternStep, Skip } from '../patterns/pattern.ts'
import type { PlanNode } from '../plan.ts'
import { type Field, fieldOf, type Schema, schemaOf } from '../types/schema.ts'

/** A variable of a pattern, with its condition over {@link conditionSchema}. Absent: any row. */
export interface MatchStep extends PatternStep {
  readonly test?: Expr
}

/** An aggregate over the rows of a variable, as a column of {@link measureSchema}. */
export interface MatchAggregate {
  readonly name: string
  readonly of: string
  readonly fold: string
  readonly args: readonly Expr[]
  readonly options?: FoldOptions
}

export interface MatchNode extends PlanNode {
  readonly kind: 'match'
  /** What the rows of a match have in common. */
  readonly by: readonly string[]
  readonly steps: readonly MatchStep[]
  /** From the first to the last row of a match. */
  readonly withinMs?: number
  readonly skip: Skip
  readonly aggregates: readonly MatchAggregate[]
  /** Over {@link measureSchema}. */
  readonly measures: readonly NamedExpr[]
}

/** The columns that say when a match began and ended, between keys and measures. */
export const MATCH_START = 'matchStart'
export const MATCH_END = 'matchEnd'

/** The name of a column of the first or last row of a variable, or of the previous row. */
export const foundColumn = (of: string, which: 'first' | 'last', column: string): string =>
  `${of}.${which}.${column}`
export const PREVIOUS = 'prev'
export const previousColumn = (column: string): string => `${PREVIOUS}.${column}`

/** A column of another row than the one at hand. */
export type OtherColumn =
  | { readonly of: typeof PREVIOUS; readonly column: string }
  | {
      readonly of: 'variable'
      readonly step: number
      readonly which: 'first' | 'last'
      readonly column: string
    }

/** What a name stands for that is none of the row's own columns. Names of variables have no dots. */
export function otherColumn(
  name: string,
  steps: readonly PatternStep[],
  own: Schema,
): OtherColumn | undefined {
  if (own.some(field => field.name === name)) return undefined
  if (name.startsWith(`${PREVIOUS}.`)) return { of: PREVIOUS, column: name.slice(PREVIOUS.length + 1) }
  const [variable, which] = name.split('.', 2)
  const step = steps.findIndex(({ name }) => name === variable)
  if (step < 0 || (which !== 'first' && which !== 'last')) return undefined
  return { of: 'variable', step, which, column: name.slice(variable!.length + which.length + 2) }
}

/** The row's own columns, and those of other rows that expressions name. */
export function withOthers(
  exprs: readonly Expr[],
  steps: readonly PatternStep[],
  own: Schema,
  more: Schema = [],
): Schema {
  const fields: Field[] = [...own, ...more]
  for (const name of new Set(exprs.flatMap(columnsUsed))) {
    if (fields.some(field => field.name === name)) continue
    const other = otherColumn(name, steps, own)
    if (other) fields.push({ name, type: fieldOf(own, other.column).type })
  }
  return schemaOf(fields)
}

/** What conditions may read. */
export const conditionSchema = (node: MatchNode, own: Schema): Schema =>
  withOthers(testsOf(node), node.steps, own)

/** The conditions there are. */
export const testsOf = ({ steps }: MatchNode): Expr[] => steps.flatMap(({ test }) => (test ? [test] : []))

/** What measures may read: rows of variables, and aggregates. */
export function measureSchema(node: MatchNode, own: Schema): Schema {
  const aggregates = node.aggregates.map(({ name, fold, args, options }): Field => {
    const argTypes = args.map(arg => typeOf(arg, own))
    const spec = { fold, argTypes, ...(options ? { options } : {}) }
    if (openFold(spec).ordered) throw ordered(fold)
    return { name, type: foldResultType(spec, { changes: false }) }
  })
  const fields: Field[] = [...aggregates]
  for (const name of new Set(node.measures.flatMap(({ expr }) => columnsUsed(expr)))) {
    if (fields.some(field => field.name === name)) continue
    const other = otherColumn(name, node.steps, [])
    if (other?.of === 'variable') fields.push({ name, type: fieldOf(own, other.column).type })
    else fieldOf(fields, name)
  }
  return schemaOf(fields)
}

const ordered = (fold: string): PlanError =>
  new PlanError('AGGREGATE', `measures have no ${fold}()`, {
    hint: 'the first and last row of a variable have their columns: m.large.last.amount',
  })
