import { count, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const pairs = { a: 'int32', b: 'utf8' } as const
const some = [
  { a: 3, b: 'x' },
  { a: null, b: 'x' },
  { a: 3, b: 'y' },
  { a: 3, b: 'x' },
  { a: null, b: null },
  { a: null, b: 'x' },
  { a: 1, b: 'y' },
  { a: null, b: null },
]

verbCase('distinct keeps the first of equal rows, in their order; nulls are equal', {
  schema: pairs,
  rows: some,
  query: d => d.distinct(),
  expect: [some[0]!, some[1]!, some[2]!, some[4]!, some[6]!],
})

verbCase('distinct of some columns has these alone, in the order they were named', {
  schema: { ...pairs, c: 'float64' },
  rows: some.map((row, c) => ({ ...row, c })),
  query: d => d.distinct('b', 'a').filter(r => r.b.isNotNull()),
  expect: [
    { b: 'x', a: 3 },
    { b: 'x', a: null },
    { b: 'y', a: 3 },
    { b: 'y', a: 1 },
  ],
})

verbCase('distinct of both zeros is 0, of all NaNs NaN', {
  schema: { x: 'float64' },
  rows: [{ x: -0 }, { x: Number.NaN }, { x: 0 }, { x: -Number.NaN }, { x: 1.5 }],
  query: d => d.distinct(),
  expect: [{ x: 0 }, { x: Number.NaN }, { x: 1.5 }],
})

verbCase('distinct over several splits', {
  schema: pairs,
  rows: [some, [...some].reverse(), [{ a: 9, b: 'x' }]],
  query: d => d.distinct('a'),
  expect: [{ a: 3 }, { a: null }, { a: 1 }, { a: 9 }],
})

verbCase('distinct after a grouping goes by the order of the groups, however they lay on shards', {
  schema: { k: 'utf8', v: 'int32' },
  rows: ['d', 'a', 'e', 'b', 'c', 'f', 'a', 'b', 'g', 'a'].map((k, v) => ({ k, v })),
  query: d => d.groupBy('k').agg({ n: count() }).distinct('n').limit(2),
  expect: [{ n: 3 }, { n: 2 }],
  unbounded: false,
})

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))
const visits = { at: 'timestamp[ms]', who: 'utf8' } as const

verbCase('distinct keeps event time among its columns: windows come after it', {
  schema: visits,
  rows: [
    { at: at(0), who: 'a' },
    { at: at(0), who: 'a' },
    { at: at(1), who: 'b' },
    { at: at(7), who: 'a' },
    { at: at(6), who: 'b' },
    { at: at(6), who: 'b' },
  ],
  query: d =>
    d
      .watermark('at', { outOfOrder: '2m' })
      .distinct('who', 'at')
      .window(tumbling('5m'))
      .agg({ n: count() })
      .select('windowStart', 'n'),
  expect: [
    { windowStart: at(0), n: 2 },
    { windowStart: at(5), n: 2 },
  ],
})

verbCase('distinct of streams leaves out what is late where windows may follow', {
  schema: visits,
  rows: [
    { at: at(10), who: 'a' },
    { at: at(3), who: 'late' },
    { at: at(12), who: 'b' },
  ],
  query: d => d.watermark('at').distinct('at', 'who').select('who'),
  expect: [{ who: 'a' }, { who: 'late' }, { who: 'b' }],
  unbounded: [{ who: 'a' }, { who: 'b' }],
})

verbCase('distinct with a ttl gives again what was not seen for so long', {
  schema: visits,
  rows: [
    { at: at(0), who: 'a' },
    { at: at(2), who: 'b' },
    { at: at(9), who: 'a' },
    { at: at(8), who: 'a' },
    { at: at(12), who: 'b' },
    { at: at(19), who: 'a' },
    { at: at(28), who: 'a' },
  ],
  query: d => d.watermark('at', { outOfOrder: '1m' }).distinct('who', { ttl: '10m' }),
  // a is seen at 8 and 9; b is not seen from 2 until 12, nor a from 9 until 19.
  expect: ['a', 'b', 'b', 'a'].map(who => ({ who })),
})
