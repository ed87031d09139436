/** Names and literals in SQL text. Values are never written into SQL: they are bound. */

import { PlanError } from '../core/errors.ts'

/**
 * A name as a quoted SQL identifier, whatever characters it has.
 *
 * @throws {PlanError} `IDENTIFIER` for what no SQL text can hold: an empty name, or one with a NUL character.
 * @example
 * quoteIdentifier('a "b"') // '"a ""b"""'
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new PlanError('IDENTIFIER', `SQL has no way to write the name ${JSON.stringify(name)}`, {
      hint: 'rename it to something that is not empty and has no NUL character',
    })
  }
  return `"${name.replaceAll('"', '""')}"`
}
