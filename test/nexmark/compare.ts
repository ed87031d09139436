/** Rows that came out beside those that were to come. */

import { expect } from 'vitest'
import { type Batch, rowAt } from '../../src/core/batch/batch.ts'
import { weightsOf } from '../../src/core/batch/meta.ts'
import { rowsOf } from '../../src/core/batch/rows.ts'

export type Row = Readonly<Record<string, unknown>>

/** What two floats may differ by, relative to the greater. */
const TOLERANCE = 1e-12

/** Numbers of any width as numbers, times as milliseconds. */
function cell(value: unknown): string | number | boolean | null {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.getTime()
  return value as string | number | boolean | null
}

/** A text that sorts equal rows beside each other: floats by fewer digits than they may differ in. */
function sortText(row: Row, names: readonly string[]): string {
  const cells = names.map(name => cell(row[name]))
  const isFloat = (value: unknown) => typeof value === 'number' && !Number.isInteger(value)
  return JSON.stringify(cells.map(value => (isFloat(value) ? (value as number).toPrecision(9) : value)))
}

const inOrder = (rows: readonly Row[], names: readonly string[]): Row[] =>
  rows
    .map(row => ({ row, text: sortText(row, names) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row)

function equal(a: unknown, b: unknown): boolean {
  const [x, y] = [cell(a), cell(b)]
  if (typeof x !== 'number' || typeof y !== 'number') return x === y
  return x === y || Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
}

/** Claims that both are the same rows, in any order; floats may differ in the last digits. */
export function expectSameRows(actual: readonly Row[], expected: readonly Row[], label: string): void {
  const names = Object.keys(expected[0] ?? actual[0] ?? {}).sort()
  if (expected.length > 0 && actual.length > 0) expect(Object.keys(actual[0]!).sort(), label).toEqual(names)
  const [ours, theirs] = [inOrder(actual, names), inOrder(expected, names)]
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const [a, b] = [ours[i], theirs[i]]
    if (!a || !b || names.some(name => !equal(a[name], b[name]))) {
      // The first difference says more than two lists of thousands of rows.
      expect({ row: i, of: ours.length, ...a }, label).toEqual({ row: i, of: theirs.length, ...b })
    }
  }
}

/**
 * The rows that are left of changes, batch after batch. Claims that at no time a row is taken back that is not there.
 */
export function applied(batches: readonly Batch[], label: string): Row[] {
  if (!batches.some(batch => weightsOf(batch))) return batches.flatMap(batch => rowsOf(batch) as Row[])
  const left = new Map<string, { row: Row; count: number }>()
  for (const batch of batches) {
    const weights = weightsOf(batch)
    const rows = rowsOf(batch) as Row[]
    for (const [i, row] of rows.entries()) {
      const text = JSON.stringify(Object.values(row).map(cell))
      const counted = left.get(text) ?? { row, count: 0 }
      counted.count += weights ? weights[rowAt(batch, i)]! : 1
      if (counted.count < 0) expect.fail(`${label}: ${text} was taken back before it was there`)
      if (counted.count === 0) left.delete(text)
      else left.set(text, counted)
    }
  }
  return [...left.values()].flatMap(({ row, count }) => Array.from({ length: count }, () => row))
}
