/** Names of columns: from a header, or by position. */

import { DataError } from '../../errors.ts'
import { nearestName } from '../../nearest-name.ts'
import type { Schema } from '../../types/schema.ts'

/**
 * Names as a header gives them: one that comes again gets a number (`a`, `a_1`), one that is empty its position
 * (`column2`).
 */
export function headerNames(texts: readonly string[]): string[] {
  const taken = new Set(texts)
  const used = new Set<string>()
  return texts.map((text, i) => {
    const base = text === '' ? `column${i}` : text
    let name = base
    for (let n = 1; used.has(name) || (name !== text && taken.has(name)); n++) name = `${base}_${n}`
    used.add(name)
    return name
  })
}

/** Names of columns without a header. */
export const positionNames = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `column${i}`)

/**
 * Checks that the file has the columns wanted.
 *
 * @throws {DataError} `CSV_COLUMN`, with the name that may be meant
 */
export function checkColumns(schema: Schema, names: readonly string[], file: string): void {
  for (const { name } of schema) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const list = names.map(each => JSON.stringify(each)).join(', ')
    throw new DataError('CSV_COLUMN', `${file} has no column ${JSON.stringify(name)}`, {
      hint: `${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}its columns are ${list}; lines before the header are left out by { skip: 3 }; where it has none, read it with { header: false }`,
    })
  }
}
