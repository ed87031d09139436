import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Dataset, read, start } from '../../src/index.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { outcome, type Row, runWhole } from '../cases/verb-case.ts'
import { expectRows } from './threads/expect-rows.ts'

/** What is done to a side before it is joined: nothing, its first rows, or each combination once. */
type Before = 'nothing' | 'topN' | 'distinct'

interface SideRow extends Row {
  readonly k: number | bigint | null
  readonly x: number | null
}

const rowsOf = (key: fc.Arbitrary<number | bigint>) =>
  fc.array(
    fc.record({ k: fc.option(key, { freq: 5 }), x: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 5 }) }),
    {
      maxLength: 12,
    },
  )
const small = fc.integer({ min: -1, max: 2 })
const sideOf = (key: fc.Arbitrary<number | bigint>) =>
  fc.record({
    splits: fc.array(rowsOf(key), { minLength: 1, maxLength: 3 }),
    before: fc.constantFrom<Before>('nothing', 'topN', 'distinct'),
    bounded: fc.boolean(),
  })

const text = (row: Row) =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

function first<T>(rows: readonly T[], keyOf: (row: T) => unknown): T[] {
  return rows.filter((row, i) => rows.findIndex(other => keyOf(other) === keyOf(row)) === i)
}

/** Null last, in either direction. */
const nullsLast = (a: number | bigint | null, b: number | bigint | null, sign: number) =>
  a === null || b === null ? Number(a === null) - Number(b === null) : sign * (Number(a) - Number(b))

function prepared(before: Before, rows: readonly SideRow[]): readonly SideRow[] {
  if (before === 'nothing') return rows
  if (before === 'distinct') return first(rows, text)
  const keys = first(rows, row => row.k)
    .map(({ k }) => k)
    .sort((a, b) => nullsLast(a, b, 1))
  return keys.flatMap(k =>
    rows
      .filter(row => row.k === k)
      .sort((a, b) => nullsLast(a.x, b.x, -1))
      .slice(0, 2),
  )
}

const preparing = (before: Before, side: Dataset<any, any>): Dataset<any, any> =>
  before === 'nothing'
    ? side
    : before === 'distinct'
      ? side.distinct()
      : side.topN(2, 'x', 'desc', { by: 'k' })

it('a join is what two nested loops find, whatever is streamed, taken back, cut up and spread', async () => {
  await fc.assert(
    fc.asyncProperty(
      sideOf(small),
      sideOf(small.map(BigInt)),
      fc.constantFrom(0, 0, 1, 2, 3),
      fc.constantFrom(1, 2, 5, 1000),
      async (left, right, shards, batchRows) => {
        const inputs = [
          { schema: { k: 'int16', x: 'int32' }, rows: left.splits },
          { schema: { k: 'int64', x: 'int32' }, rows: right.splits },
        ] as const
        const query = (a: Dataset<any, any>, b: Dataset<any, any>) =>
          preparing(left.before, a).join(preparing(right.before, b), { on: 'k' })
        const bounds = [left.bounded, right.bounded]
        const { rows } = await runWhole({ inputs, query, expect: [] }, bounds, { shards, batchRows })
        const others = prepared(right.before, right.splits.flat())
        const expected = prepared(left.before, left.splits.flat()).flatMap(({ k, x }) =>
          others
            .filter(other => k !== null && other.k !== null && BigInt(k) === other.k)
            .map(other => ({ k, x, x_right: other.x })),
        )
        const found = outcome(rows)
        const inOrder = left.bounded && right.bounded
        expect(inOrder ? found : found.map(text).sort()).toEqual(
          inOrder ? expected : expected.map(text).sort(),
        )
      },
    ),
    { numRuns: 150 },
  )
})

it('pairs of two streams come in one order, however many shards find them', async () => {
  const schema = { k: 'int32', n: 'int32' } as const
  const rowsFrom = (first: number) =>
    Array.from({ length: 20 }, (_, n) => ({ k: (n * 7 + first) % 5, n: first + n }))
  const joined = async (shards: number) => {
    const came = expectRows(20)
    const pairs = expectRows(80)
    const rows = { rows: rowsFrom(0) }
    const stream = (script: Parameters<typeof scriptedSource>[1][number]) =>
      read.source(scriptedSource(schema, [script], { bounded: false }), schema)
    const left = stream([rows])
    const right = stream([{ until: came.reached }, { rows: rowsFrom(100) }])
    const both = left.join(right, { on: 'k' })
    const self = both.join(both.distinct('k'), { on: 'k', suffix: '_self' }).select('n', 'n_right', 'k')
    const seen = expectRows(80)
    await (await start([left.write(came), both.write(pairs), self.write(seen)], { shards })).done
    return [pairs.rows, seen.rows]
  }
  const [pairs, seen] = await joined(0)
  expect(pairs).toHaveLength(80)
  for (const shards of [1, 2, 3]) expect(await joined(shards)).toEqual([pairs, seen])
})
