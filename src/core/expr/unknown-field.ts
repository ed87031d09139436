/** The error for a field that a struct does not have. */

import { PlanError } from '../errors.ts'
import { type Schema, unknownColumn } from '../types/schema.ts'

/** @param of the struct, for the message */
export function unknownField(fields: Schema, name: unknown, of: string): PlanError {
  const { hint } = unknownColumn(fields, name)
  const what = typeof name === 'string' ? JSON.stringify(name) : 'of that name'
  return new PlanError('UNKNOWN_COLUMN', `${of} has no field ${what}`, {
    hint: hint?.replace('the columns are', 'its fields are') ?? '',
  })
}
