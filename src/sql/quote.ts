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

/**
 * A path or word as an SQL text, for statements whose values cannot be bound: `COPY … TO`.
 *
 * @throws {PlanError} `IDENTIFIER` for text with a NUL character
 */
export function quoteText(text: string): string {
  if (text.includes('\0'))
    throw new PlanError('IDENTIFIER', `SQL has no way to write ${JSON.stringify(text)}`)
  return `'${text.replaceAll("'", "''")}'`
}
