/** Input that breaks naive code, through whole plans and the matrix. Files and databases have their own tests. */

import { describe, expect, it } from 'vitest'
import { count, countDistinct, DataError, max, mean, min, read, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

verbCase('NaN is one key and the greatest number, infinities are numbers, both zeros are one key', {
  schema: { key: 'float64', x: 'float64' },
  rows: [
    { key: Number.NaN, x: 1 },
    { key: -0, x: Number.POSITIVE_INFINITY },
    { key: Number.POSITIVE_INFINITY, x: Number.NaN },
    { key: 0, x: 2 },
    { key: Number.NaN, x: Number.NEGATIVE_INFINITY },
    { key: Number.NEGATIVE_INFINITY, x: null },
    { key: null, x: -0 },
  ],
  query: d => d.groupBy('key').agg({ n: count(), total: sum('x'), low: min('x'), high: max('x') }),
  expect: [
    { key: Number.NEGATIVE_INFINITY, n: 1, total: null, low: null, high: null },
    { key: 0, n: 2, total: Number.POSITIVE_INFINITY, low: 2, high: Number.POSITIVE_INFINITY },
    { key: Number.POSITIVE_INFINITY, n: 1, total: Number.NaN, low: Number.NaN, high: Number.NaN },
    { key: Number.NaN, n: 2, total: Number.NEGATIVE_INFINITY, low: Number.NEGATIVE_INFINITY, high: 1 },
    { key: null, n: 1, total: 0, low: 0, high: 0 },
  ],
  unbounded: false,
})

const BIG = 2n ** 53n

verbCase('64-bit keys and sums beyond 2^53 keep every digit', {
  schema: { key: 'int64', x: 'int64', u: 'uint64' },
  rows: [
    { key: BIG, x: BIG + 1n, u: 2n ** 64n - 1n },
    { key: BIG + 1n, x: 1n, u: 5n },
    { key: BIG, x: 1n, u: 0n },
    { key: -(2n ** 63n), x: -(2n ** 63n), u: 1n },
  ],
  query: d => d.groupBy('key').agg({ x: sum('x'), u: max('u'), kinds: countDistinct('x') }),
  expect: [
    { key: -(2n ** 63n), x: -(2n ** 63n), u: 1n, kinds: 1 },
    { key: BIG, x: BIG + 2n, u: 2n ** 64n - 1n, kinds: 2 },
    { key: BIG + 1n, x: 1n, u: 5n, kinds: 1 },
  ],
  unbounded: false,
})

const day = (iso: string) => new Date(iso)

verbCase('windows before 1970, after 2200 and around the epoch', {
  schema: { at: 'timestamp[us]', x: 'int32' },
  rows: [
    '1899-12-31T23:59:59.999Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00Z',
    '2262-05-01T12:00:00Z',
    '9999-12-31T00:00:00Z',
  ].map((iso, x) => ({ at: day(iso), x })),
  query: d =>
    d
      .watermark('at')
      .window(tumbling('1d'))
      .agg({ n: count(), x: max('x') }),
  expect: [
    { windowStart: day('1899-12-31T00:00:00Z'), windowEnd: day('1900-01-01T00:00:00Z'), n: 1, x: 0 },
    { windowStart: day('1969-12-31T00:00:00Z'), windowEnd: day('1970-01-01T00:00:00Z'), n: 1, x: 1 },
    { windowStart: day('1970-01-01T00:00:00Z'), windowEnd: day('1970-01-02T00:00:00Z'), n: 1, x: 2 },
    { windowStart: day('2262-05-01T00:00:00Z'), windowEnd: day('2262-05-02T00:00:00Z'), n: 1, x: 3 },
    { windowStart: day('9999-12-31T00:00:00Z'), windowEnd: day('+010000-01-01T00:00:00Z'), n: 1, x: 4 },
  ],
})

const HOSTILE = [
  '__proto__',
  'constructor',
  `'; DROP TABLE x; --`,
  '"quoted"',
  'new\nline',
  'nul\0',
  '${process.exit(1)}',
  '`back`',
  '\u202eright to left',
  '',
]

verbCase('hostile values are values', {
  schema: { key: 'utf8', x: 'int32' },
  rows: [...HOSTILE, ...HOSTILE].map((key, x) => ({ key, x })),
  query: d =>
    d
      .filter(r => r.key.ne('constructor'))
      .with({ key: r => r.key.concat('!') })
      .groupBy('key')
      .agg({ n: count(), x: sum('x') }),
  expect: HOSTILE.map((key, x) => ({ key: `${key}!`, n: 2, x: 2 * x + HOSTILE.length }))
    .filter(row => row.key !== 'constructor!')
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
  unbounded: false,
})

describe('hostile names are names', () => {
  for (const name of HOSTILE) {
    it(JSON.stringify(name), async () => {
      const rows = [1, 2, 2].map(value => Object.fromEntries([[name, value]]))
      const dataset = read.rows(rows, Object.fromEntries([[name, 'int32' as const]]))
      const out = await dataset
        .filter(r => r[name]!.gt(0))
        .with(Object.fromEntries([['y', (r: any) => r[name]!.add(1)]]))
        .groupBy(name)
        .agg(Object.fromEntries([[`${name} total`, sum((r: any) => r.y)]]))
        .collect({ shards: 1 })
      expect(out.map(row => [Object.entries(row)])).toEqual([
        [
          [
            [name, 1],
            [`${name} total`, 2],
          ],
        ],
        [
          [
            [name, 2],
            [`${name} total`, 6],
          ],
        ],
      ])
    })
  }
})

verbCase('no rows: groups are none, and a total over nothing is one row', {
  schema: { at: 'timestamp[us]', key: 'utf8', x: 'int32' },
  rows: [],
  query: d =>
    d.watermark('at').groupBy('key').window(tumbling('1h')).agg({ n: count() }).fillGaps({ ttl: '1d' }),
  expect: [],
})

verbCase('columns of nulls', {
  schema: { key: 'utf8', x: 'int32', y: 'float64', z: 'int64', flag: 'bool' },
  rows: Array.from({ length: 4 }, () => ({ key: null, x: null, y: null, z: null, flag: null })),
  query: d =>
    d
      .with({ x: r => r.x.add(1), small: r => r.y.lt(1) })
      .filter(r => r.flag.isNull())
      .groupBy('key', 'small')
      .agg({
        n: count(),
        x: sum('x'),
        some: count('x'),
        y: mean('y'),
        z: max('z'),
        kinds: countDistinct('z'),
      }),
  expect: [{ key: null, small: null, n: 4, x: null, some: 0, y: null, z: null, kinds: 0 }],
  unbounded: false,
})

describe('what cannot be right is an error with a code', () => {
  const when = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      error => error,
    )

  it('an event time that is null', async () => {
    const rows = [{ at: new Date(0) }, { at: null }]
    const query = read
      .rows(rows, { at: 'timestamp[ms]' })
      .watermark('at')
      .window(tumbling('1h'))
      .agg({ n: count() })
    for (const shards of [0, 2]) {
      const error = await when(query.collect({ shards }))
      expect(error).toBeInstanceOf(DataError)
      expect(error.code).toBe('NULL_EVENT_TIME')
    }
  })

  it('a sum of integers beyond what its type holds', async () => {
    const rows = [{ x: 2n ** 63n - 1n }, { x: 1n }]
    const error = await when(
      read
        .rows(rows, { x: 'int64' })
        .agg({ x: sum('x') })
        .collect({ shards: 2 }),
    )
    expect(error.code).toBe('OVERFLOW')
  })

  it('a number that its column cannot hold', async () => {
    const error = await when(read.rows([{ x: 300 }], { x: 'int8' }).collect())
    expect(error.code).toBe('VALUE_TYPE')
  })
})
