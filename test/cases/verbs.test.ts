import { count, max, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const numbers = { x: 'int32', text: 'utf8' } as const
const some = [
  { x: 3, text: 'c' },
  { x: null, text: 'n' },
  { x: -1, text: null },
  { x: 7, text: "it's; DROP TABLE x; --" },
  { x: 3, text: '${x}\u0000`"' },
]

verbCase('filter drops rows whose test is null', {
  schema: { x: 'int32' },
  rows: [{ x: 1 }, { x: null }, { x: 3 }],
  query: d => d.filter(r => r.x.gt(1)),
  expect: [{ x: 3 }],
})

verbCase('between includes both ends, isIn compares with each', {
  schema: { x: 'int32' },
  rows: [{ x: 1 }, { x: 2 }, { x: null }, { x: 7 }, { x: 8 }, { x: 12 }],
  query: d => d.filter(r => r.x.between(2, 7).or(r.x.isIn([12, 13]))),
  expect: [{ x: 2 }, { x: 7 }, { x: 12 }],
})

verbCase('with adds a column, and replaces one in its place', {
  schema: numbers,
  rows: some,
  query: d => d.with({ text: r => r.text.upper(), more: r => r.x.add(1) }),
  expect: [
    { x: 3, text: 'C', more: 4 },
    { x: null, text: 'N', more: null },
    { x: -1, text: null, more: 0 },
    { x: 7, text: "IT'S; DROP TABLE X; --", more: 8 },
    { x: 3, text: '${X}\u0000`"', more: 4 },
  ],
})

verbCase('select, drop and rename choose and name columns', {
  schema: { ...numbers, __proto: 'bool' },
  rows: some.map(row => ({ ...row, __proto: true })),
  query: d =>
    d
      .rename({ x: 'y' })
      .drop('__proto')
      .select('text', 'y')
      .filter(r => r.y.eq(3)),
  expect: [
    { text: 'c', y: 3 },
    { text: '${x}\u0000`"', y: 3 },
  ],
})

verbCase('orderBy sorts with ties in input order, nulls last in either direction', {
  schema: numbers,
  rows: some,
  query: d => d.orderBy('x', 'desc'),
  expect: [some[3]!, some[0]!, some[4]!, some[2]!, some[1]!],
  unbounded: false,
})

verbCase('limit takes the first rows, as they come', {
  schema: numbers,
  rows: some,
  query: d => d.filter(r => r.text.isNotNull()).limit(3),
  expect: [some[0]!, some[1]!, some[3]!],
})

verbCase('orderBy and limit after a grouping', {
  schema: numbers,
  rows: some,
  query: d => d.groupBy('x').agg({ n: count() }).orderBy('n', 'desc').limit(2),
  expect: [
    { x: 3, n: 2 },
    { x: -1, n: 1 },
  ],
  unbounded: false,
})

verbCase('explode makes a row of every part, and none of null', {
  schema: { line: 'utf8', n: 'int32' },
  rows: [
    { line: 'a--b', n: 1 },
    { line: null, n: 2 },
    { line: '', n: 3 },
    { line: 'ü--', n: 4 },
  ],
  query: d => d.explode('line', { separator: '--', as: 'part' }),
  expect: [
    { part: 'a', n: 1 },
    { part: 'b', n: 1 },
    { part: '', n: 3 },
    { part: 'ü', n: 4 },
    { part: '', n: 4 },
  ],
})

verbCase('explode, groupBy and count: words', {
  schema: { line: 'utf8' },
  rows: ['hello world', 'hello flink', 'flink hello', 'world hello', 'hello data'].map(line => ({ line })),
  query: d => d.explode('line', { as: 'word' }).groupBy('word').agg({ n: count() }),
  expect: [
    { word: 'data', n: 1 },
    { word: 'flink', n: 2 },
    { word: 'hello', n: 5 },
    { word: 'world', n: 2 },
  ],
  unbounded: false,
})

verbCase('union keeps the rows of all its inputs', {
  schema: numbers,
  rows: some,
  query: d => d.filter(r => r.x.gt(2)).union(d.filter(r => r.x.lte(3))),
  expect: [some[0]!, some[0]!, some[2]!, some[3]!, some[4]!, some[4]!],
  ordered: false,
})

verbCase('union of limits: one follows the other, also where both read one stream', {
  schema: { x: 'int32' },
  rows: [1, 2, 3, 4, 5, 6].map(x => ({ x })),
  query: d => d.limit(4).union(d.filter(r => r.x.gt(1)).limit(4)),
  expect: [1, 2, 3, 4, 2, 3, 4, 5].map(x => ({ x })),
})

verbCase('agg over no keys is one row, and over no rows too', {
  schema: numbers,
  rows: some,
  query: d => d.filter(r => r.x.gt(100)).agg({ n: count(), total: sum('x') }),
  expect: [{ n: 0, total: null }],
  unbounded: false,
})

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))
const events = { at: 'timestamp[ms]', key: 'utf8', x: 'int32' } as const
const row = (key: string, minute: number, values: object) => ({
  key,
  windowStart: at(minute),
  windowEnd: at(minute + 5),
  ...values,
})

verbCase('fillGaps gives a row for every window of a living key, and forgets the silent', {
  schema: events,
  rows: [
    { at: at(0), key: 'a', x: 1 },
    { at: at(6), key: 'b', x: 2 },
    { at: at(11), key: 'b', x: 3 },
    { at: at(31), key: 'b', x: 4 },
    { at: at(32), key: 'a', x: 5 },
  ],
  query: d =>
    d
      .watermark('at')
      .groupBy('key')
      .window(tumbling('5m'))
      .agg({ n: count(), x: max('x') })
      .fillGaps({ values: { n: 0 }, ttl: '15m' }),
  expect: [
    row('a', 0, { n: 1, x: 1 }),
    row('a', 5, { n: 0, x: null }),
    row('b', 5, { n: 1, x: 2 }),
    row('a', 10, { n: 0, x: null }),
    row('b', 10, { n: 1, x: 3 }),
    row('b', 15, { n: 0, x: null }),
    row('b', 20, { n: 0, x: null }),
    row('a', 30, { n: 1, x: 5 }),
    row('b', 30, { n: 1, x: 4 }),
  ],
})

verbCase('fillGaps until an explicit end', {
  schema: events,
  rows: [
    { at: at(0), key: 'a', x: 1 },
    { at: at(42), key: 'b', x: 2 },
  ],
  query: d =>
    d
      .watermark('at')
      .groupBy('key')
      .window(tumbling('5m'))
      .agg({ n: count() })
      .fillGaps({ values: { n: -1 }, until: at(12) }),
  expect: [row('a', 0, { n: 1 }), row('a', 5, { n: -1 }), row('a', 10, { n: -1 }), row('b', 40, { n: 1 })],
})

verbCase('groups without aggregates are their keys', {
  schema: { k: 'utf8', n: 'int32' },
  rows: ['b', 'a', null, 'b', 'c', 'a'].map((k, n) => ({ k, n })),
  query: d => d.groupBy('k').agg({}),
  expect: ['a', 'b', 'c', null].map(k => ({ k })),
  unbounded: false,
})
