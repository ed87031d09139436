/** What readers are given, checked at the call. */

import { MillraceError, PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import { callSite, thrownAt } from '../planner/build.ts'
import type { ColumnTypeSpec } from '../types/column-type.ts'
import { type Schema, schemaFrom } from '../types/schema.ts'

/** Column names and their types, in order: `{ date: 'timestamp', delay: 'int32' }`. */
export type ColumnTypes = Readonly<Record<string, ColumnTypeSpec>>

/** The schema that a user declared, if any. */
export function declared(columns: ColumnTypes | undefined, above: Function): Schema | undefined {
  if (columns === undefined) return undefined
  if (typeof columns !== 'object' || columns === null) {
    throw new PlanError('COLUMN_TYPE', `a schema is an object of column types, got ${shown(columns)}`, {
      hint: "{ date: 'timestamp', delay: 'int32' }",
      above,
    })
  }
  return located(() => schemaFrom(columns), above)
}

/** Refuses what cannot be read at all, also what throws when it is looked at. */
export function mustBe(
  right: boolean | (() => boolean),
  what: string,
  got: unknown,
  hint: string,
  above: Function,
): void {
  try {
    if (typeof right === 'boolean' ? right : right()) return
  } catch (cause) {
    throw new PlanError('SOURCE', `${what}, got what throws when it is read`, { cause, hint, above })
  }
  throw new PlanError('SOURCE', `${what}, got ${kindOf(got)}`, { hint, above })
}

const kindOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'another object' : shown(value)

/** What `make` gives; its errors are thrown at the user's call. */
export function located<T>(make: () => T, above: Function): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof MillraceError) throw thrownAt(error, callSite(above))
    // A getter of the user's.
    throw new PlanError('SOURCE', 'a value cannot be read: it throws', { cause: error, above })
  }
}
