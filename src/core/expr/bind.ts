/** From expression data to a {@link Bound} tree: columns found, types checked, casts written out. */

import { PlanError } from '../errors.ts'
import { fieldIndex, type Schema, unknownColumn } from '../types/schema.ts'
import type { Expr } from './expr.ts'
import { coerce } from './functions/casts.ts'
import type { Bound } from './functions/contract.ts'
import { FUNCTIONS } from './functions/index.ts'
import { literalCell } from './literal.ts'
import type { Outside } from './outside.ts'

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
        return spec.bind(
          expr.args.map(arg => bind(arg, schema, column, outside)),
          expr,
          outside,
        )
      }
      throw new PlanError('UNKNOWN_FUNCTION', `there is no function ${JSON.stringify(expr.fn)}`, {
        hint: `the functions are ${[...FUNCTIONS.keys()].join(', ')}`,
      })
    }
  }
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
    return { kind: 'column', type, index, expr: { kind: 'column', name } }
  }
