/** Functions of users over lists, structs and maps. */

import { expect, it } from 'vitest'
import { read, udaf, udf } from '../../../src/index.ts'

const ROWS = [
  { i: 1, tags: ['a', 'bb'], user: { name: 'ann', age: 3 }, m: new Map([['k', 1]]), price: '1.50' },
  { i: 2, tags: null, user: null, m: null, price: null },
  { i: 3, tags: [], user: { name: null, age: 4 }, m: new Map(), price: '2.50' },
]
const TYPES = {
  i: 'int32',
  tags: ['utf8'],
  user: { name: 'utf8', age: 'int32' },
  m: 'map<utf8, int32>',
  price: 'decimal(10, 2)',
} as const
const dataset = read.rows(ROWS, TYPES)

it('take and give the values that rows have', async () => {
  const lengths = udf((tags: readonly any[]) => tags.map(tag => tag.length), {
    in: [['utf8']],
    out: ['int32'],
  })
  const older = udf((user: any) => ({ ...user, age: user.age + 1 }), { in: [TYPES.user], out: TYPES.user })
  const sizeOr = udf((m: any, i: any) => (m === null ? -i : m.size), {
    in: ['map<utf8, int32>', 'int32'],
    out: 'int32',
    nulls: 'pass',
  })
  const pairs = udf((i: number) => new Map([[`${i}`, i]]), { in: ['int32'], out: 'map<utf8, int32>' })
  const firsts = udf((lists: readonly any[]) => lists.map(tags => tags.slice(0, 1)), {
    in: [['utf8']],
    out: ['utf8'],
    batch: true,
  })
  const rows = await dataset
    .filter(r => r.i.lt(9))
    .select({
      lengths: r => lengths(r.tags),
      longest: r => lengths(r.tags).max(),
      older: r => older(r.user).field('age'),
      size: r => sizeOr(r.m, r.i),
      pairs: r => pairs(r.i),
      firsts: r => firsts(r.tags),
    })
    .collect()
  expect(rows).toEqual([
    { lengths: [1, 2], longest: 2, older: 4, size: 1, pairs: new Map([['1', 1]]), firsts: ['a'] },
    { lengths: null, longest: null, older: null, size: -2, pairs: new Map([['2', 2]]), firsts: null },
    { lengths: [], longest: null, older: 5, size: 0, pairs: new Map([['3', 3]]), firsts: [] },
  ])
})

it('fail with a result that is not of the type, or give null', async () => {
  const options = { in: [['utf8']], out: ['int8'] } as const
  const work = (tags: readonly any[]): any => (tags.length > 0 ? [300] : [1])
  const wrong = udf(work, options)
  await expect(dataset.select({ x: r => wrong(r.tags) }).collect()).rejects.toMatchObject({
    code: 'FUNCTION_RESULT',
    message: expect.stringContaining('bb'),
  })
  const orNull = udf(work, { ...options, onError: 'null' })
  expect(await dataset.select({ x: r => orNull(r.tags) }).collect()).toEqual([
    { x: null },
    { x: null },
    { x: [1] },
  ])
  const price = udf((price: number) => price, { in: ['float64'], out: 'float64' })
  expect(() => dataset.select({ x: r => price(r.tags as never) })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_TYPE' }),
  )
})

it('of groups take and give them, too', async () => {
  const code = `export const all = {
    start: () => new Set(),
    step(state, tags) { for (const tag of tags) state.add(tag) },
    merge(state, other) { for (const tag of other) state.add(tag) },
    result: state => [...state].sort(),
  }`
  const url = `data:text/javascript,${encodeURIComponent(code)}`
  const all = udaf(url, 'all', { in: [['utf8']], out: ['utf8'] })
  const groups = dataset.union(dataset).groupBy()
  expect(await groups.agg({ tags: all('tags') }).collect()).toEqual([{ tags: ['a', 'bb'] }])
  expect(() => groups.agg({ tags: all('i' as never) })).toThrow(
    expect.objectContaining({ code: 'AGGREGATE_TYPE' }),
  )
})
