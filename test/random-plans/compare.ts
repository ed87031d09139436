import type { Column } from './plan.ts'

/** Rows as comparable cells. */
export type Rows = readonly (readonly unknown[])[]

/** A cell as text that is equal when the cell is; `exactly`: with the sign of zero. */
export function textOf(cell: unknown, exactly: boolean): string {
  if (cell === null || cell === undefined) return 'null'
  if (typeof cell === 'string') return JSON.stringify(cell)
  if (cell instanceof Date) return `${Number(cell)} ms`
  if (typeof cell === 'bigint') return String(cell)
  if (cell === 0) return exactly && Object.is(cell, -0) ? '-0' : '0'
  return String(cell)
}

/** The first difference between rows as text, or undefined. */
export function difference(
  expected: Rows,
  got: Rows,
  columns: readonly Column[],
  { ordered, exactly }: { readonly ordered: boolean; readonly exactly: boolean },
): string | undefined {
  const compared = columns.map((_, c) => c).filter(c => exactly || !columns[c]!.unknown)
  const exact = compared.filter(c => exactly || !columns[c]!.approximate)
  const approximate = compared.filter(c => !exactly && columns[c]!.approximate)
  const key = (row: readonly unknown[]) => exact.map(c => textOf(row[c], exactly)).join(' | ')
  const numbers = (row: readonly unknown[]) => approximate.map(c => row[c] as number | null)
  const prepared = (rows: Rows) => {
    const all = rows.map(row => ({ key: key(row), numbers: numbers(row) }))
    if (!ordered)
      all.sort((a, b) => (a.key === b.key ? compareLists(a.numbers, b.numbers) : a.key < b.key ? -1 : 1))
    return all
  }
  const a = prepared(expected)
  const b = prepared(got)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] && b[i] && a[i]!.key === b[i]!.key && near(a[i]!.numbers, b[i]!.numbers)) continue
    const show = (row: (typeof a)[number] | undefined) =>
      row ? [row.key, ...row.numbers].join(' ~ ') : '(none)'
    return `row ${i} of ${a.length} and ${b.length}: expected ${show(a[i])}, got ${show(b[i])}`
  }
  return undefined
}

const near = (a: readonly (number | null)[], b: readonly (number | null)[]) =>
  a.every((x, i) => {
    const y = b[i]!
    if (x === null || y === null) return x === y
    return Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y))
  })

function compareLists(a: readonly (number | null)[], b: readonly (number | null)[]): number {
  for (let i = 0; i < a.length; i++) {
    const x = rank(a[i]!)
    const y = rank(b[i]!)
    if (Math.abs(x - y) > 1e-9) return x - y
  }
  return 0
}

const rank = (x: number | null): number => (x === null ? 1e300 : Number.isNaN(x) ? 1e299 : x)

/** Dates as days, lists and structs as JSON: so does SQL give them. */
export const normal = (rows: Rows): Rows => rows.map(row => row.map(normalCell))

function normalCell(cell: unknown): unknown {
  if (cell instanceof Date) return BigInt(Math.floor(Number(cell) / 86_400_000))
  return typeof cell === 'object' && cell !== null ? jsonOf(cell) : cell
}

/** A map as an object, its keys in their order. */
const jsonOf = (cell: object): string =>
  cell instanceof Map
    ? `{${[...cell].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
    : JSON.stringify(cell)
