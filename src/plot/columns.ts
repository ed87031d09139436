/** Values of rows as pictures need them: numbers, times, names of keys. */

import { escapeControls } from '../core/batch/format-table.ts'
import { PlanError } from '../core/errors.ts'
import { shown } from '../core/options.ts'
import { unknownColumn } from '../core/types/schema.ts'

export type AnyRow = Readonly<Record<string, unknown>>

/** How the values of a column are spread along an axis. */
export type Kind = 'number' | 'time' | 'category'

/** What a callers' rows are checked for: a list of objects that have these columns. */
export function checkedRows(
  call: string,
  rows: unknown,
  names: readonly unknown[],
  above: Function,
): readonly AnyRow[] {
  if (!Array.isArray(rows) || rows.some(row => typeof row !== 'object' || row === null)) {
    throw new PlanError('OPTION', `${call}() takes an array of rows, got ${shown(rows)}`, {
      hint: `${call}(await dataset.collect(), { x: 'at', y: 'delay' }), or await dataset.plot.${call}({ … })`,
      above,
    })
  }
  const [first] = rows as AnyRow[]
  if (first) {
    const schema = Object.keys(first).map(name => ({ name, type: 'utf8' as const }))
    for (const name of names)
      if (typeof name !== 'string' || !Object.hasOwn(first, name)) throw unknownColumn(schema, name, above)
  } else for (const name of names) if (typeof name !== 'string') throw unknownColumn([], name, above)
  return rows as AnyRow[]
}

/** The names in an option that is one or several. */
export const listed = (names: unknown): readonly string[] =>
  names === undefined ? [] : Array.isArray(names) ? names : [names as string]

/** Beyond, sums and differences have no doubles. */
export const MOST = 1e300

/** The value as a number, times in milliseconds; null for what is missing, or cannot be drawn. */
export function numberOf(value: unknown): number | null {
  if (value === null || value === undefined) return null
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && value.trim() === ''
        ? Number.NaN
        : Number(value)
  return Math.abs(number) <= MOST ? number : null
}

/** How a column is drawn, by its first value that is there. */
export function kindOf(rows: readonly AnyRow[], name: string): Kind {
  const value = rows.find(row => row[name] !== null && row[name] !== undefined)?.[name]
  if (value instanceof Date) return 'time'
  return typeof value === 'number' || typeof value === 'bigint' ? 'number' : 'category'
}

/** A key as text: null and the text `null` are different ones. */
export function keyText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) {
    const text = Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
    return text
      .replace(/T00:00:00\.000Z$/, '')
      .replace('T', ' ')
      .replace(/(?::00)?\.000Z$|Z$/, '')
  }
  if (typeof value !== 'string')
    return clean(typeof value === 'object' ? JSON.stringify(value, texts) : String(value))
  return clean(value === 'null' || value === '' || value.trim() !== value ? `"${value}"` : value)
}

const texts = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** Text that stays within its line and cannot turn it. */
export const clean = (text: string): string => escapeControls(text)

/** Keys of several columns as one; `undefined` without columns. */
export const keysText = (row: AnyRow, names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : names.map(name => keyText(row[name])).join(' · ')

const collator = new Intl.Collator('en', { numeric: true })

/** Texts in the order people expect: `2` before `10`. */
export const inOrder = (a: string, b: string): number =>
  collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

/** Rows by the text of some of their columns. */
export function grouped(
  rows: readonly AnyRow[],
  names: readonly string[],
): Map<string | undefined, AnyRow[]> {
  const groups = new Map<string | undefined, AnyRow[]>()
  if (names.length === 0) return groups.set(undefined, rows as AnyRow[])
  for (const row of rows) {
    const key = keysText(row, names)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return groups
}
