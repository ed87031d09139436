import { expect, it } from 'vitest'
import { count, max, read, tumbling } from '../../src/index.ts'
import { script } from '../../src/testing.ts'
import { verbCase } from './verb-case.ts'

const bids = { item: 'utf8', price: 'float64', who: 'int32' } as const
const some = [
  { item: 'b', price: 5, who: 1 },
  { item: 'a', price: 7, who: 2 },
  { item: 'b', price: 9, who: 3 },
  { item: null, price: null, who: 4 },
  { item: 'a', price: Number.NaN, who: 5 },
  { item: 'b', price: 9, who: 6 },
  { item: 'a', price: 7, who: 7 },
  { item: 'b', price: 9, who: 8 },
  { item: 'a', price: 3, who: 9 },
  { item: null, price: null, who: 10 },
  { item: 'b', price: 11, who: 11 },
  { item: 'a', price: Number.NaN, who: 12 },
]
const byWho = (ranks: readonly (readonly [who: number, rank: number])[]) =>
  ranks.map(([who, rank]) => ({ ...some.find(row => row.who === who)!, rank }))

verbCase('with ties, all rows equal to the n-th are among the first; nulls and NaNs are equal', {
  schema: bids,
  rows: some,
  query: d => d.topN(1, 'price', 'desc', { by: 'item', ties: true }),
  expect: [5, 12, 11, 4, 10].map(who => some.find(row => row.who === who)!),
})

verbCase('rank numbers the first rows', {
  schema: bids,
  rows: some,
  query: d => d.topN(3, 'price', 'desc', { by: 'item', rank: 'rank' }),
  expect: byWho([
    [5, 1],
    [12, 2],
    [2, 3],
    [11, 1],
    [3, 2],
    [6, 3],
    [4, 1],
    [10, 2],
  ]),
})

verbCase('with ties, equal rows share a rank, and the next is behind all of them', {
  schema: bids,
  rows: some,
  query: d => d.topN(2, [['price', 'asc']], { ties: true, rank: 'rank' }),
  expect: byWho([
    [9, 1],
    [1, 2],
  ]),
})

verbCase('ranks of a changelog: rows that are taken back give their rank to the next', {
  schema: { ...bids, by: 'int32' },
  rows: [...some.map(row => ({ ...row, by: 1 })), { ...some[10]!, by: -1 }, { ...some[2]!, by: 1 }],
  query: d => d.fromChanges({ weight: 'by' }).topN(3, 'price', 'desc', { by: 'item', rank: 'rank' }),
  expect: [
    ...byWho([
      [5, 1],
      [12, 2],
      [2, 3],
    ]),
    // A row that counts twice has two ranks.
    ...byWho([
      [3, 1],
      [3, 2],
      [6, 3],
    ]),
    ...byWho([
      [4, 1],
      [10, 2],
    ]),
  ],
})

verbCase('ties of a changelog', {
  schema: { ...bids, by: 'int32' },
  rows: [
    ...some.map(row => ({ ...row, by: 1 })),
    { ...some[10]!, by: -1 },
    { ...some[2]!, by: 1 },
    { ...some[5]!, by: -1 },
  ],
  query: d =>
    d.fromChanges({ weight: 'by' }).topN(2, 'price', 'desc', { by: 'item', ties: true, rank: 'rank' }),
  expect: [
    ...byWho([
      [5, 1],
      [12, 1],
    ]),
    ...byWho([
      [3, 1],
      [3, 1],
      [8, 1],
    ]),
    ...byWho([
      [4, 1],
      [10, 1],
    ]),
  ],
})

verbCase('a changelog of ranks feeds another', {
  schema: bids,
  rows: some,
  query: d =>
    d
      .topN(3, 'price', 'desc', { by: 'item', rank: 'rank' })
      .filter(r => r.rank.gt(1))
      .topN(1, [['rank', 'desc'], ['who']], { rank: 'again' }),
  expect: [{ ...some[1]!, rank: 3, again: 1 }],
})

const at = (second: number) => new Date(1_700_000_000_000 + 1000 * second)
const timed = { at: 'timestamp[ms]', item: 'utf8', price: 'int32' } as const
const auction = [
  [1, 'a', 5],
  [2, 'b', 5],
  [9, 'a', 1],
  [8, 'c', 1],
  [12, 'a', 1],
  [11, null, 1],
  [13, null, 1],
  [21, 'a', 1],
  [3, 'late', 1],
  [19, 'b', 1],
  [35, 'b', 2],
].map(([second, item, price]) => ({ at: at(second as number), item, price }))
const timely = auction.filter(({ item }) => item !== 'late')
const window = (second: number) => ({ windowStart: at(second), windowEnd: at(second + 10) })

verbCase(
  'the first of windows are final when the watermark has passed: ties, ranks and event time are kept',
  {
    schema: timed,
    rows: timely,
    query: d =>
      d
        .watermark('at', { outOfOrder: '2s' })
        .groupBy('item')
        .window(tumbling('10s'))
        .agg({ n: count() })
        .topN(1, 'n', 'desc', { by: ['windowStart', 'windowEnd'], ties: true, rank: 'rank' })
        .groupBy('rank')
        .window(tumbling('20s'))
        .agg({ most: max('n'), items: count() }),
    expect: [
      { rank: 1, ...window(0), windowEnd: at(20), most: 2, items: 2 },
      { rank: 1, windowStart: at(20), windowEnd: at(40), most: 1, items: 2 },
    ],
  },
)

verbCase('by the end of windows alone', {
  schema: timed,
  rows: timely,
  query: d =>
    d
      .watermark('at', { outOfOrder: '2s' })
      .groupBy('item')
      .window(tumbling('10s'))
      .agg({ n: count() })
      .topN(1, [['n', 'desc'], ['item']], { by: 'windowEnd' }),
  expect: [
    { item: 'a', ...window(0), n: 2 },
    { item: null, ...window(10), n: 2 },
    { item: 'a', ...window(20), n: 1 },
    { item: 'b', ...window(30), n: 1 },
  ],
})

verbCase('by an instant of event time; rows that are late are left out', {
  schema: timed,
  rows: auction.map(row => ({ ...row, at: new Date(Math.floor(row.at.getTime() / 10_000) * 10_000) })),
  query: d => d.watermark('at', { outOfOrder: '9s' }).topN(1, 'price', 'desc', { by: 'at', rank: 'n' }),
  expect: [
    { at: at(0), item: 'a', price: 5, n: 1 },
    { at: at(10), item: 'a', price: 1, n: 1 },
    { at: at(20), item: 'a', price: 1, n: 1 },
    { at: at(30), item: 'b', price: 2, n: 1 },
  ],
})

it('the first of instants less than a millisecond apart leave in the order of time, not of the other keys', async () => {
  const rows = [
    { at: 5_900n, item: 'b' },
    { at: 5_100n, item: 'c' },
    { at: 5_900n, item: 'a' },
  ]
  const early = script({ at: 'timestamp[ns]', item: 'utf8' }, [{ rows }], { bounded: false })
    .watermark('at')
    .topN(1, 'at', 'asc', { by: ['item', 'at'] })
  const left: string[] = []
  for await (const { item } of early) left.push(item!)
  expect(left).toEqual(['c', 'a', 'b'])
})

it('rows that stay are what the first of windows are, with the window as their keys', async () => {
  async function* none() {}
  const hourly = read
    .iterable(none(), { at: 'timestamp[ms]', k: 'utf8' })
    .watermark('at')
    .groupBy('k')
    .window(tumbling('1h'))
    .agg({ n: count() })
  expect(await hourly.topN(1, 'n', 'desc', { by: 'windowStart' }).explain()).not.toContain('changelog')
  expect(await hourly.topN(1, 'n', 'desc', { by: 'k' }).explain()).toContain('changelog')
})

it('a column of ranks has a name of its own', () => {
  const rows = read.rows(some, bids)
  const refused = (make: () => unknown, code: string) =>
    expect(make).toThrow(expect.objectContaining({ name: 'PlanError', code }))
  refused(() => rows.topN(1, 'price', 'asc', { rank: 'who' }), 'DUPLICATE_COLUMN')
  refused(() => rows.topN(1, 'price', 'asc', { rank: 1 as never }), 'OPTION')
  refused(() => rows.topN(1, 'price', 'asc', { ties: 'yes' as never }), 'OPTION')
})
