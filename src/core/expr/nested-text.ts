/**
 * Lists, structs and maps as text, as DuckDB's casts write and read it: `[1, NULL]`, `{'a': 1, 'b': x y}`, `{k=1}`. Texts stand in
 * quotes where they would be read as something else, with `\` before quotes and itself.
 */

import type { Column } from '../batch/column.ts'
import { bitAt } from '../batch/column.ts'
import { isText } from '../types/column-type.ts'
import { isList, isMap, isNested, isStruct, structFields } from '../types/nested-type.ts'
import { cellAt } from './cell.ts'
import { textOfCell } from './text-of-cell.ts'

const NEEDS_QUOTES = /^$|^\s|\s$|^null$|["'(),:=[\]{}]/i

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`

const isNull = ({ validity }: Column, row: number): boolean => validity !== undefined && !bitAt(validity, row)

/** The text of a nested value, which is not null. */
export function nestedText(column: Column, row: number): string {
  const { type, offsets, children } = column
  if (isStruct(type)) {
    const fields = structFields(type).map(
      ({ name }, i) => `${quoted(name)}: ${textWithin(children![i]!, row)}`,
    )
    return `{${fields.join(', ')}}`
  }
  const [child] = children as [Column]
  const items: string[] = []
  for (let k = offsets![row]!; k < offsets![row + 1]!; k++) {
    if (isList(type)) items.push(textWithin(child, k))
    else items.push(`${textWithin(child.children![0]!, k)}=${textWithin(child.children![1]!, k)}`)
  }
  return isMap(type) ? `{${items.join(', ')}}` : `[${items.join(', ')}]`
}

/** A value within another. */
function textWithin(column: Column, row: number): string {
  if (isNull(column, row)) return 'NULL'
  if (isNested(column.type)) return nestedText(column, row)
  const cell = cellAt(column, row)
  if (cell === null) return 'NULL'
  const text = isText(column.type) ? (cell as string) : textOfCell(cell, column.type)
  return NEEDS_QUOTES.test(text) ? quoted(text) : text
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' }

/** The pieces of a list, a struct or a map, as they are written; undefined where the text is none. */
export function piecesOf(text: string, open: '[' | '{'): string[] | undefined {
  const trimmed = text.trim()
  if (trimmed.length < 2 || !trimmed.startsWith(open) || !trimmed.endsWith(CLOSING[open]!)) return undefined
  const inner = trimmed.slice(1, -1)
  const commas = placesOf(inner, ',')
  if (commas === undefined) return undefined
  if (inner.trim() === '') return []
  return [-1, ...commas].map((at, i) => inner.slice(at + 1, commas[i]))
}

/** The name and the value of a field or an entry; undefined where there is no mark between them. */
export function pairOf(piece: string, mark: ':' | '='): readonly [string, string] | undefined {
  const [at] = placesOf(piece, mark) ?? []
  return at === undefined ? undefined : [piece.slice(0, at), piece.slice(at + 1)]
}

/** Where a character stands outside of quotes and brackets; undefined where these are not closed. */
function placesOf(text: string, mark: string): number[] | undefined {
  const places: number[] = []
  const closing: string[] = []
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quote !== '') {
      if (character === '\\') i++
      else if (character === quote) quote = ''
    } else if (character === "'" || character === '"') quote = character
    else if (CLOSING[character] !== undefined) closing.push(CLOSING[character])
    else if (']})'.includes(character)) {
      if (closing.pop() !== character) return undefined
    } else if (character === mark && closing.length === 0) places.push(i)
  }
  return quote === '' && closing.length === 0 ? places : undefined
}

/** Whether a piece says null. */
export const saysNull = (piece: string): boolean => /^\s*null\s*$/i.test(piece)

/** The text of a piece that is no list, struct or map: without its quotes. */
export function unquoted(piece: string): string {
  const trimmed = piece.trim()
  if (/^[[{]/.test(trimmed)) return trimmed
  return trimmed.replace(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs, (_, single, double) =>
    (single ?? double).replace(/\\(.)/gs, '$1'),
  )
}
