/** Names of columns: from a header, or by position. */

import { DataError } from '../../errors.ts'
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
    const near = nearest(name, names)
    const list = names.map(each => JSON.stringify(each)).join(', ')
    throw new DataError('CSV_COLUMN', `${file} has no column ${JSON.stringify(name)}`, {
      hint: `${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}its columns are ${list}; where it has no header, read it with { header: false }`,
    })
  }
}

/** The name that is most like another, if any is. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of names) {
    const edits = editDistance(wanted, plain(candidate))
    if (edits < least) {
      least = edits
      best = candidate
    }
  }
  return best
}

/** What names are compared by: case, spaces and underscores are easily mistaken. */
const plain = (name: string): string =>
  name
    .slice(0, 200)
    .toLowerCase()
    .replace(/[\s_-]/g, '')

/** Insertions, deletions and replacements that make one text of another (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
