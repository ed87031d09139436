/** From expression data to a {@link Bound} tree: columns found, types checked, casts written out. */

import { PlanError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { isNested, isStruct, structFields } from '../types/nested-type.ts'
import { fieldIndex, type Schema, unknownColumn } from '../types/schema.ts'
import type { Call, Expr } from './expr.ts'
import { coerce } from './functions/casts.ts'
import type { Bound, BoundColumn } from './functions/contract.ts'
import { FUNCTIONS } from './functions/index.ts'
import { literalCell } from './literal.ts'
import type { Outside } from './outside.ts'
import { show } from './show.ts'
import { fieldNumber } from './struct-columns.ts'

/**
 * Binds an expression.
 *
 * @param column what a column name stands for: by default, the input's column of that name
 * @param outside what the expression calls; without it the result can be typed and shown, but not evaluated
 * @throws {PlanError} `UNKNOWN_COLUMN`, `UNKNOWN_FUNCTION`, and what the functions' typing rules throw
 */
export function bind(
  expr: Expr,
  schema: Schema,
  column: (index: number) => Bound = inputColumn(schema),
  outside?: Outside,
): Bound {
  switch (expr.kind) {
    case 'literal': {
      const type = expr.type === 'dictionary' ? 'utf8' : expr.type
      return { kind: 'literal', type, cell: literalCell(expr), expr }
    }
    case 'column': {
      const index = fieldIndex(schema, expr.name)
      if (index < 0) throw unknownColumn(schema, expr.name)
      return column(index)
    }
    case 'call': {
      const spec = FUNCTIONS.get(expr.fn)
      if (spec) {
        const known = literalsOf(expr)
        const args = expr.args.map((arg, i) => known?.[i] ?? bind(arg, schema, column, outside))
        return withoutNested(spec.bind(args, expr, outside), expr)
      }
      throw new PlanError('UNKNOWN_FUNCTION', `there is no function ${JSON.stringify(expr.fn)}`, {
        hint: `the functions are ${[...FUNCTIONS.keys()].join(', ')}`,
      })
    }
  }
}

/** Calls of more arguments than this have their literals bound once, however often the planner binds the call. */
const MANY_ARGUMENTS = 64
const boundLiterals = new WeakMap<Call, readonly (Bound | undefined)[]>()

/** The literals among the arguments of a call of many, which are the same over any schema; undefined for other calls. */
function literalsOf(call: Call): readonly (Bound | undefined)[] | undefined {
  if (call.args.length <= MANY_ARGUMENTS) return undefined
  let known = boundLiterals.get(call)
  if (!known) {
    known = call.args.map(arg => (arg.kind === 'literal' ? bind(arg, []) : undefined))
    boundLiterals.set(call, known)
  }
  return known
}

/** Kernels know no cells of nested types: only functions of whole columns do. */
function withoutNested(bound: Bound, call: Call): Bound {
  if (bound.kind !== 'call' || bound.spec.columns || bound.spec.takesNested) return bound
  const nested = bound.args.find(({ type }) => type !== undefined && isNested(type))
  if (!nested) return bound
  throw new PlanError('ARGUMENT_TYPE', `${call.fn}() does not take ${nested.type}: ${show(call)}`, {
    hint: 'take a field of a struct, an element of a list (at), or the value under a key of a map (get)',
  })
}

/** Binds a condition; a bare null is an unknown one. @throws {PlanError} `CONDITION` when it is not a boolean */
export function bindTest(
  expr: Expr,
  schema: Schema,
  column?: (index: number) => Bound,
  outside?: Outside,
): Bound {
  const bound = bind(expr, schema, column, outside)
  if (bound.type === undefined) return coerce(bound, 'bool')
  if (bound.type === 'bool') return bound
  throw new PlanError('CONDITION', `a condition must be true or false, got ${bound.type}`, {
    hint: 'compare it with something: gt(), eq(), isNotNull()',
  })
}

export const inputColumn =
  (schema: Schema) =>
  (index: number): Bound => {
    const { name, type } = schema[index]!
    return boundColumn(schema, index, type, { kind: 'column', name })
  }

function boundColumn(schema: Schema, index: number, type: ColumnType, expr: Expr): BoundColumn {
  if (!isStruct(type)) return { kind: 'column', type, index, expr }
  return {
    kind: 'column',
    type,
    index,
    expr,
    within: (field, expr) =>
      boundColumn(schema, fieldNumber(schema, index, field), structFields(type)[field]!.type, expr),
  }
}
