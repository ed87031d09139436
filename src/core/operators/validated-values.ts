/** What validators give, as columns. */

import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import type { Row } from '../batch/rows.ts'
import type { Arena } from '../batch/slab.ts'
import { DataError, textOf } from '../errors.ts'
import type { Schema } from '../types/schema.ts'
import type { ModuleFunction } from '../user-functions/function-ref.ts'
import { wrongExport } from '../user-functions/function-ref.ts'
import type { Outcome, Problem, StandardValidator } from './row-validator.ts'

/** @throws {PlanError} `FUNCTION_EXPORT` for what is no validator */
export function asValidator(ref: ModuleFunction, exported: unknown): StandardValidator {
  if (typeof (exported as Partial<StandardValidator> | undefined)?.['~standard']?.validate === 'function')
    return exported as StandardValidator
  throw wrongExport(ref, 'a validator that keeps Standard Schema', exported)
}

/** Why a row is bad: the validator refuses it, or gives what its columns cannot hold. */
export function problemOf(outcome: Outcome, out: Schema): Problem | undefined {
  if ('problem' in outcome) return outcome
  const { value } = outcome
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: 'the validator gives no object' }
  for (const { name, type } of out) {
    try {
      columnFrom(type, [cellOf(value as Row, name)], undefined, { name })
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      return { problem: textOf(error), column: name }
    }
  }
  return undefined
}

/** Columns of what a validator gave, of rows without a problem. */
export const validatedColumns = (values: readonly Row[], out: Schema, arena: Arena): Column[] =>
  out.map(({ name, type }) =>
    columnFrom(
      type,
      values.map(value => cellOf(value, name)),
      arena,
      { name },
    ),
  )

const cellOf = (row: Row, name: string): unknown =>
  name in Object.prototype && !Object.hasOwn(row, name) ? null : row[name]
