/** What readers are given, checked at the call. */

import { MillraceError, PlanError } from '../errors.ts'
import { shown } from '../options.ts'
import { callSite, thrownAt } from '../planner/build.ts'
import { type ColumnTypeSpec, columnType } from '../types/column-type.ts'
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
  refuseOptions(columns, above)
  return located(() => schemaFrom(columns), above)
}

/** Options that readers have, with what is none of the types of columns as their value. */
const READER_OPTIONS =
  /^(bounded|comment|connections|cursor|decimal|delimiter|encoding|epochUnit|escape|every|event|follow|format|formatOptions|header|headers|lines|nullValues|onBadRow|quote|raggedRows|retries|skip|timestampFormat)$/

/** The schema comes before the options: what was given in its place is told from a column of an unknown type. */
function refuseOptions(columns: ColumnTypes, above: Function): void {
  const option = Object.keys(columns).find(name => READER_OPTIONS.test(name))
  if (option === undefined) return
  try {
    columnType(columns[option]!)
  } catch (error) {
    throw new PlanError('COLUMN_TYPE', `a schema was expected, got the option ${JSON.stringify(option)}`, {
      hint: `the schema comes before the options; undefined in its place has it found: (…, undefined, { ${option}: … })`,
      cause: error,
      above,
    })
  }
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
