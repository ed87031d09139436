import { expect, it } from 'vitest'
import { count, read, tumbling } from '../../src/index.ts'
import { outcome, runWhole, verbCase } from './verb-case.ts'

const events = { id: 'float64', k: 'utf8', x: 'int32' } as const
const some = [
  { id: 1, k: 'a', x: 1 },
  { id: Number.NaN, k: null, x: 2 },
  { id: 1, k: 'a', x: 3 },
  { id: -0, k: 'a', x: 9 },
  { id: Number.NaN, k: null, x: 5 },
  { id: 1, k: 'b', x: null },
  { id: 0, k: 'a', x: 4 },
  { id: 1, k: 'b', x: 8 },
  { id: 1, k: 'b', x: 8 },
]
const at = (...places: number[]) => places.map(i => some[i]!)

verbCase('dedup keeps the first row of each key, all columns; nulls, NaNs and both zeros are equal', {
  schema: events,
  rows: some,
  query: d => d.dedup({ by: ['id', 'k'] }),
  expect: at(0, 1, 3, 5),
})

verbCase('dedup keeps the last', {
  schema: events,
  rows: some,
  query: d => d.dedup({ by: ['id', 'k'], keep: 'last' }),
  expect: at(2, 4, 6, 8),
})

verbCase('dedup keeps the sign of the last zero, where nothing else tells rows apart', {
  schema: { id: 'float64', near: ['float64'] },
  rows: [
    { id: -0, near: [1] },
    { id: 0, near: [1] },
    { id: 2, near: [0, Number.NaN] },
    { id: 2, near: [-0, Number.NaN] },
  ],
  query: d => d.dedup({ by: 'id', keep: 'last' }),
  expect: [
    { id: 0, near: [1] },
    { id: 2, near: [-0, Number.NaN] },
  ],
})

verbCase('in an order of its own; nulls lose, ties go by place', {
  schema: events,
  rows: some,
  query: d => d.dedup({ by: 'k', keep: 'last', orderBy: 'x' }),
  expect: at(3, 4, 8),
})

verbCase('one row of all, the first and the last', {
  schema: events,
  rows: some,
  query: d => d.dedup({ by: [] }).union(d.dedup({ by: [], keep: 'last' })),
  expect: at(0, 8),
  ordered: false,
})

verbCase('dedup of a changelog', {
  schema: { ...events, by: 'int32' },
  rows: [...some.map(row => ({ ...row, by: 1 })), { ...some[8]!, by: -2 }, { ...some[0]!, by: -1 }],
  query: d => d.fromChanges({ weight: 'by' }).dedup({ by: ['id', 'k'], keep: 'last' }),
  expect: at(2, 4, 5, 6),
  ordered: false,
})

const second = (s: number) => new Date(1_700_000_000_000 + 1000 * s)
const timed = { at: 'timestamp[ms]', k: 'utf8', x: 'int32' } as const
const stream = (
  [
    [3, 'a', 1],
    [1, 'a', 2],
    [4, 'b', 3],
    [4, 'b', 4],
    [2, null, 5],
    [1, 'a', 6],
    [9, null, 7],
    [8, 'a', 8],
    [9, null, 9],
    [15, 'c', 10],
    [14, 'b', 11],
  ] as const
).map(([s, k, x]) => ({ at: second(s), k, x }))

verbCase('the first by event time stays: it leaves when the watermark has passed it, and keeps its time', {
  schema: timed,
  rows: stream,
  query: d =>
    d
      .watermark('at', { outOfOrder: '3s' })
      .dedup({ by: 'k' })
      .groupBy('k')
      .window(tumbling('10s'))
      .agg({ n: count() }),
  expect: [
    ...['a', 'b', null].map(k => ({ k, windowStart: second(0), windowEnd: second(10), n: 1 })),
    { k: 'c', windowStart: second(10), windowEnd: second(20), n: 1 },
  ],
})

verbCase('the last by event time, ties by place', {
  schema: timed,
  rows: [stream.slice(0, 6), stream.slice(6)],
  query: d => d.watermark('at', { outOfOrder: '3s' }).dedup({ by: 'k', keep: 'last' }).select('k', 'x'),
  expect: [
    { k: 'a', x: 8 },
    { k: null, x: 9 },
    { k: 'c', x: 10 },
    { k: 'b', x: 11 },
  ],
  ordered: false,
})

verbCase('of each instant or window the last row is final', {
  schema: timed,
  rows: stream.map(row => ({
    ...row,
    at: second(Math.floor((row.at.getTime() - second(0).getTime()) / 5000) * 5),
  })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '10s' })
      .dedup({ by: ['at', 'k'], keep: 'last' })
      .groupBy('at')
      .window(tumbling('5s'))
      .agg({ n: count() })
      .dedup({ by: 'windowStart', keep: 'last' })
      .select('windowStart', 'n'),
  expect: [
    { windowStart: second(0), n: 3 },
    { windowStart: second(5), n: 2 },
    { windowStart: second(10), n: 1 },
    { windowStart: second(15), n: 1 },
  ],
})

it.each([0, 2])('with a ttl a key that was silent is forgotten, on %i shards', async shards => {
  const rows = [
    { at: second(0), k: 'a', x: 1 },
    { at: second(4), k: 'a', x: 2 },
    { at: second(9), k: 'a', x: 3 },
    { at: second(20), k: 'a', x: 4 },
    { at: second(22), k: 'b', x: 5 },
    { at: second(21), k: 'a', x: 6 },
  ]
  const kept = async (keep: 'first' | 'last', batchRows: number) => {
    const query = (d: any) => d.watermark('at', { outOfOrder: '1s' }).dedup({ by: 'k', keep, ttl: '5s' })
    const run = await runWhole({ schema: timed, rows, query, expect: [] }, false, { batchRows, shards })
    return outcome(run.rows)
      .map(({ x }) => x as number)
      .sort((a, b) => a - b)
  }
  for (const batchRows of [1, 4]) {
    expect(await kept('first', batchRows)).toEqual([1, 4, 5])
    // What was there when the key was forgotten stays.
    expect(await kept('last', batchRows)).toEqual([3, 5, 6])
  }
})

it('the first is rows that stay, the last a changelog with the keys', async () => {
  async function* none() {}
  const rows = read.iterable(none(), timed)
  expect(await rows.dedup({ by: 'k' }).explain()).toContain('dedup, the first of each "k"')
  expect(await rows.dedup({ by: 'k' }).explain()).not.toContain('changelog')
  expect(await rows.dedup({ by: 'k' }).explain()).toContain('not repeatable')
  expect(await rows.watermark('at').dedup({ by: 'k' }).explain()).not.toMatch(/changelog|not repeatable/)
  expect(await rows.dedup({ by: 'k', keep: 'last' }).explain()).toContain('changelog')
})

verbCase('of equal rows the last is kept, also where its place has a null: the key of an aggregation', {
  schema: { k: 'utf8', x: 'int32' },
  rows: [
    { k: 'a', x: 1 },
    { k: null, x: 1 },
  ],
  query: d => d.groupBy('k').agg({ n: count() }).dedup({ by: 'n', keep: 'last', orderBy: 'n' }),
  expect: [{ k: null, n: 1 }],
})

it('refuses what makes no sense', () => {
  const rows = read.rows(stream, timed)
  const refused = (make: () => unknown, code: string) =>
    expect(make).toThrow(expect.objectContaining({ name: 'PlanError', code }))
  refused(() => rows.dedup({ by: 'y' as 'x' }), 'UNKNOWN_COLUMN')
  refused(() => rows.dedup({ by: 'k', orderBy: 'y' as 'x' }), 'UNKNOWN_COLUMN')
  refused(() => rows.dedup({ by: 'k', keep: 'any' as 'first' }), 'OPTION')
  refused(() => rows.dedup({} as never), 'UNKNOWN_COLUMN')
  refused(() => rows.dedup({ by: 'k', ttl: '1s' }), 'DEDUP_TTL')
  async function* none() {}
  refused(() => read.iterable(none(), timed).dedup({ by: 'k', ttl: '1s' }), 'NO_EVENT_TIME')
})
