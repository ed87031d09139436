import { describe, expect, it } from 'vitest'
import { type Batch, rowCount } from '../../../src/core/batch/batch.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { columnsOf } from '../../../src/core/expr/builder.ts'
import { compileKernel, type KernelStep } from '../../../src/core/expr/compile.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { functionsOf, refKey } from '../../../src/core/user-functions/function-ref.ts'
import { type Columns, type Expression, udf } from '../../../src/index.ts'
import * as shop from '../user-functions/shop.ts'

const url = new URL('../user-functions/shop.ts', import.meta.url).href
const exported: Record<string, unknown> = { ...shop }

const SCHEMA = schemaFrom({ price: 'float64', origin: 'utf8', code: 'dictionary', n: 'int64', small: 'int8' })
const ROWS = [
  { price: 1.5, origin: 'IAH', code: 'x', n: 1n, small: 1 },
  { price: null, origin: 'HOU', code: null, n: null, small: 2 },
  { price: 2, origin: null, code: 'x', n: 2n ** 62n, small: 3 },
  { price: -3, origin: 'DFW', code: 'y', n: -1n, small: 4 },
]

type Row = { price: number; origin: string; code: string; n: bigint; small: number }

/** What steps make of rows, with generated code and without; how often each function was called. */
function run(
  steps: (r: Columns<Row>) => readonly KernelStep[],
  rows: readonly RowLike[] = ROWS,
  selection?: Uint32Array,
) {
  const outcomes = [true, false].map(codegen => {
    const calls: Record<string, number> = {}
    const counted = Object.entries(exported).map(([name, value]) => {
      const called = (...args: unknown[]) => {
        calls[name] = (calls[name] ?? 0) + 1
        return (value as (...args: unknown[]) => unknown)(...args)
      }
      return [refKey({ url, export: name }), called] as const
    })
    const functions = functionsOf(new Map(counted))
    const kernel = compileKernel(SCHEMA, steps(columnsOf<Row>(SCHEMA)), { codegen, functions })
    const batch: Batch = { ...batchFromRows(SCHEMA, rows, heapArena), ...(selection && { selection }) }
    try {
      const made = kernel.run(batch, heapArena)
      return { rows: rowsOf(made), count: rowCount(made), calls }
    } catch (error) {
      return { error: error as Error & { code: string; hint: string }, calls }
    }
  })
  const [generated, interpreted] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0]]
  expect(String(interpreted.error)).toBe(String(generated.error))
  expect(interpreted.rows).toEqual(generated.rows)
  return generated
}

const project = (columns: Readonly<Record<string, Expression<any>>>): KernelStep => ({
  kind: 'project',
  columns: Object.entries(columns).map(([name, { expr }]) => ({ name, expr })),
})
const filter = ({ expr }: Expression<any>): KernelStep => ({ kind: 'filter', test: expr })

const score = udf(url, 'score', { in: ['float64', 'utf8'], out: 'float64' })
const nameOf = udf(url, 'nameOf', { in: ['utf8'], out: 'utf8', nulls: 'pass' })
const next = udf(url, 'next', { in: ['int64'], out: 'int64' })
const checked = udf(url, 'checked', { in: ['float64', 'utf8'], out: 'float64' })
const doubled = udf(url, 'doubled', { in: ['float64'], out: 'float64', batch: true })
const labels = udf(url, 'labels', { in: ['utf8', 'int64'], out: 'utf8', batch: true, nulls: 'pass' })
const short = udf(url, 'short', { in: ['float64'], out: 'float64', batch: true })

describe('functions of the user in kernels', () => {
  it('are given the values of rows, and nothing where an argument is null', () => {
    const { rows, calls } = run(r => [
      project({
        s: score(r.price, r.origin),
        n: next(r.n),
        of: nameOf(r.code),
        small: score(r.small, r.code),
      }),
    ])
    expect(rows).toEqual([
      { s: 4.5, n: 2n, of: 'x✈', small: 1 },
      { s: null, n: null, of: 'nowhere', small: null },
      { s: null, n: 2n ** 62n + 1n, of: 'x✈', small: 3 },
      { s: -9, n: 0n, of: 'y✈', small: 4 },
    ])
    expect(calls).toMatchObject({ next: 3, nameOf: 4 })
  })

  it('are called for rows that earlier tests keep, and once for what later steps read', () => {
    const { rows, calls } = run(r => [
      filter(r.price.isNotNull()),
      project({ s: score(r.price, r.code), origin: r.origin }),
      filter((columnsOf(schemaFrom({ s: 'float64' })) as any).s.gt(0)),
    ])
    expect(rows).toEqual([
      { s: 1.5, origin: 'IAH' },
      { s: 2, origin: null },
    ])
    expect(calls).toEqual({ score: 3 })
  })

  it('of columns are given those rows that count, and may stand in each other', () => {
    const { rows, calls } = run(r => [
      filter(doubled(doubled(r.small)).ne(8)),
      project({
        d: doubled(r.price).add(doubled(r.small)),
        label: labels(r.origin, r.n),
        s: score(doubled(r.price), r.code),
      }),
    ])
    expect(rows).toEqual([
      { d: 5, label: 'IAH:1', s: 3 },
      { d: 10, label: null, s: 4 },
      { d: 2, label: 'DFW:-1', s: -6 },
    ])
    expect(calls).toEqual({ doubled: 5, labels: 1, score: 3 })
    expect(run(r => [project({ d: doubled(r.price) })], ROWS, Uint32Array.of(0, 3)).rows).toEqual([
      { d: 3 },
      { d: -6 },
    ])
    expect(run(r => [project({ d: doubled(r.price) })], [{}]).calls).toEqual({})
  })

  it('that throw are named with the line and what they were called with', () => {
    const { error } = run(r => [project({ c: checked(r.price, r.code) })])
    expect(error).toMatchObject({ name: 'DataError', code: 'FUNCTION_FAILED' })
    expect(error!.message).toMatch(
      /^checked of shop\.ts threw RangeError: no price: -3 at .*shop\.ts:\d+:\d+; it was called with \(-3, "y"\)/,
    )
  })

  it('whose results are of another type are named with what they gave', () => {
    const { error } = run(
      r => [project({ c: checked(r.price, r.code) })],
      [{ price: 0, code: 'a\u001b[31mb\n' }],
    )
    expect(error).toMatchObject({ name: 'DataError', code: 'FUNCTION_RESULT' })
    expect(error!.message).toContain(
      'checked of shop.ts gave "a\\u001b[31mb\\n", and its results are float64; it was called with (0, "a\\u001b[31mb\\n")',
    )
    expect(run(r => [project({ c: short(r.small) })]).error!.message).toContain(
      'short of shop.ts gave an object, and its results are a column of 4',
    )
  })

  it('take arguments of their types, in their number', () => {
    expect(() => run(r => [project({ c: (score as any)(r.price) })]).rows).toThrow(
      'score() takes 2 arguments, got 1 in score(price)',
    )
    expect(() => run(r => [project({ c: (score as any)(r.n, r.origin) })]).rows).not.toThrow()
    expect(() => run(r => [project({ c: (next as any)(r.price) })]).rows).toThrow(
      'next() takes int64, got float64 in next(price)',
    )
  })
})
