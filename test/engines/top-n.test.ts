import fc from 'fast-check'
import { expect, it } from 'vitest'
import { outcome, type Row, runWhole } from '../cases/verb-case.ts'
import { runs } from '../effort.ts'

const schema = { k: 'int32', number: 'float64', text: 'utf8', i: 'int32' } as const

const numbers = fc.constantFrom(0, -0, 1, 2, 2.5, -7, Number.NaN, null)
/** Longer than what most comparisons of text look at. */
const texts = fc.constantFrom('', 'a', 'same start 1', 'same start 2', 'same start', 'é', null)

type Sorted = 'number' | 'text'

/** -0 is 0, NaN is after every number; text by UTF-8 bytes. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  const [x, y] = [a as number, b as number]
  return Number.isNaN(x) || Number.isNaN(y) ? Number(Number.isNaN(x)) - Number(Number.isNaN(y)) : x - y
}

function before(a: Row, b: Row, column: Sorted, sign: number): number {
  const [x, y] = [a[column], b[column]]
  if (x === null || y === null) return Number(x === null) - Number(y === null)
  return sign * compare(x, y)
}

it('topN is the head of the sorted rows of each key, whether they end or not', async () => {
  const row = fc.record({ k: fc.constantFrom(0, 1, null), number: numbers, text: texts })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom<Sorted>('number', 'text'),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.boolean(),
      fc.constantFrom(1, 7, 64, 1000),
      fc.constantFrom(0, 0, 2),
      async (some, n, column, direction, byKey, batchRows, shards) => {
        const rows: Row[] = some.map((row, i) => ({ ...row, i }))
        const sign = direction === 'asc' ? 1 : -1
        const sorted = [...rows].sort((a, b) => before(a, b, column, sign))
        const heads = byKey
          ? [0, 1, null].flatMap(k => sorted.filter(row => row.k === k).slice(0, n))
          : sorted.slice(0, n)
        const expected = heads.map(({ i }) => i)
        for (const bounded of [true, false]) {
          const found = await runWhole(
            {
              schema,
              rows,
              expect: [],
              query: (d: any) => d.topN(n, column, direction, byKey ? { by: 'k' } : {}).select('i'),
            },
            bounded,
            { batchRows, shards },
          )
          const ids = outcome(found.rows).map(({ i }) => i as number)
          const inOrder = (ids: unknown[]) => (bounded ? ids : ids.toSorted())
          expect(inOrder(ids), bounded ? 'bounded' : 'unbounded').toEqual(inOrder(expected))
        }
      },
    ),
    { numRuns: runs(60) },
  )
})
