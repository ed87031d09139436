/** Verbs that turn columns to rows and rows to columns, group by sets of keys, and take rows by their places. */

import { expect, it } from 'vitest'
import { count, type Dataset, max, mean, memory, read, start, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const stays = {
  at: 'timestamp[ms]',
  city: 'utf8',
  kind: 'dictionary',
  nights: 'int32',
  paid: 'float64',
} as const
const stay = (
  hour: number,
  city: string | null,
  kind: string | null,
  nights: number | null,
  paid: number | null,
) => ({ at: new Date(hour * 3_600_000), city, kind, nights, paid })
const some = [
  stay(0, 'Pau', 'b', 2, 80.5),
  stay(1, 'Aix', 'a', 1, 40),
  stay(1, 'Pau', 'a', null, 60),
  stay(5, null, 'b', 3, null),
  stay(4, 'Aix', null, 7, 10),
  stay(26, 'Pau', 'b', 1, 30),
  stay(27, 'Aix', 'a', 1, Number.NaN),
]

verbCase('unpivot of numbers of two types', {
  schema: stays,
  rows: some.slice(2, 5),
  query: d => d.drop('at', 'kind').unpivot({ on: ['nights', 'paid'] }),
  expect: [
    { city: 'Pau', name: 'nights', value: null },
    { city: 'Pau', name: 'paid', value: 60 },
    { city: null, name: 'nights', value: 3 },
    { city: null, name: 'paid', value: null },
    { city: 'Aix', name: 'nights', value: 7 },
    { city: 'Aix', name: 'paid', value: 10 },
  ],
})

verbCase('unpivot of texts without nulls, counted in windows', {
  schema: stays,
  rows: [some.slice(0, 3), some.slice(3)],
  query: d =>
    d
      .watermark('at', { outOfOrder: '1d' })
      .unpivot({ on: ['city', 'kind'], name: 'what', value: 'is', nulls: 'drop' })
      .groupBy('what', 'is')
      .window(tumbling('1d'))
      .agg({ n: count(), nights: sum('nights') }),
  expect: 'same',
})

verbCase('unpivot of a changelog takes back what it takes back', {
  schema: stays,
  rows: some,
  query: d =>
    d
      .groupBy('city')
      .agg({ n: count(), longest: max('nights') })
      .unpivot({ on: ['n', 'longest'] }),
  expect: [
    { city: 'Aix', name: 'n', value: 3 },
    { city: 'Aix', name: 'longest', value: 7 },
    { city: 'Pau', name: 'n', value: 3 },
    { city: 'Pau', name: 'longest', value: 2 },
    { city: null, name: 'n', value: 1 },
    { city: null, name: 'longest', value: 3 },
  ],
  ordered: false,
})

verbCase('pivot by known values', {
  schema: stays,
  rows: some,
  query: d =>
    d.pivot({
      on: 'kind',
      by: 'city',
      value: { n: count(), nights: sum('nights') },
      values: ['b', 'c'],
    }),
  expect: [
    { city: 'Aix', b_n: 0, b_nights: null, c_n: 0, c_nights: null },
    { city: 'Pau', b_n: 2, b_nights: 3, c_n: 0, c_nights: null },
    { city: null, b_n: 1, b_nights: 3, c_n: 0, c_nights: null },
  ],
})

verbCase('rollup tells totals from null keys', {
  schema: stays,
  rows: [some.slice(0, 3), some.slice(3)],
  query: d => d.rollup('city', 'kind', { grouping: 'of' }).agg({ n: count(), kinds: count('kind') }),
  expect: [
    { city: 'Aix', kind: 'a', of: 0, n: 2, kinds: 2 },
    { city: 'Aix', kind: null, of: 0, n: 1, kinds: 0 },
    { city: 'Aix', kind: null, of: 1, n: 3, kinds: 2 },
    { city: 'Pau', kind: 'a', of: 0, n: 1, kinds: 1 },
    { city: 'Pau', kind: 'b', of: 0, n: 2, kinds: 2 },
    { city: 'Pau', kind: null, of: 1, n: 3, kinds: 3 },
    { city: null, kind: 'b', of: 0, n: 1, kinds: 1 },
    { city: null, kind: null, of: 1, n: 1, kinds: 1 },
    { city: null, kind: null, of: 3, n: 7, kinds: 6 },
  ],
  ordered: false,
})

verbCase('cube in windows', {
  schema: stays,
  rows: some,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1d' })
      .cube('city', 'kind')
      .window(tumbling('1d'))
      .agg({ n: count(), paid: max('paid') }),
  expect: 'same',
})

verbCase('groups by computed keys, one of which takes the name of a column', {
  schema: stays,
  rows: some,
  query: d =>
    d
      .groupBy({ nights: r => r.nights.gt(1), place: r => r.city.lower() })
      .agg({ n: count(), longest: max('nights') }),
  expect: [
    { nights: false, place: 'aix', n: 2, longest: 1 },
    { nights: false, place: 'pau', n: 1, longest: 1 },
    { nights: true, place: 'aix', n: 1, longest: 7 },
    { nights: true, place: 'pau', n: 1, longest: 2 },
    { nights: true, place: null, n: 1, longest: 3 },
    { nights: null, place: 'pau', n: 1, longest: null },
  ],
  ordered: false,
})

verbCase('describe, and how many nulls there are', {
  schema: stays,
  rows: some.slice(0, 5),
  query: d => d.select('city', 'nights').describe(),
  expect: [
    {
      ...{ column: 'city', type: 'utf8', count: 4, nulls: 1, mean: null, sd: null },
      ...{ min: 'Aix', q1: null, median: null, q3: null, max: 'Pau' },
    },
    {
      ...{ column: 'nights', type: 'int32', count: 4, nulls: 1, mean: 3.25, sd: 2.6299556396765835 },
      ...{ min: '1', q1: 1.75, median: 2.5, q3: 4, max: '7' },
    },
  ],
  ordered: false,
})

const when = (seconds: number) => ({
  on: new Date(seconds * 86_400_000),
  at: new Date(seconds * 1000),
  clock: `09:00:0${seconds}`,
  took: seconds * 1000,
  price: `${seconds}.50`,
})

verbCase('describe of times, whose means and quartiles are text of their own, and of decimals', {
  schema: { on: 'date', at: 'timestamp[us]', clock: 'time[s]', took: 'duration[ms]', price: 'decimal(5, 2)' },
  rows: [when(1), when(2), { on: null, at: null, clock: null, took: null, price: null }, when(4), when(5)],
  query: d => d.describe().drop('min', 'max'),
  expect: [
    [
      'on',
      'date',
      '1970-01-04 00:00:00',
      '1970-01-02 18:00:00',
      '1970-01-04 00:00:00',
      '1970-01-05 06:00:00',
    ],
    [
      ...['at', 'timestamp[us]'],
      ...['1970-01-01 00:00:03', '1970-01-01 00:00:01.75', '1970-01-01 00:00:03', '1970-01-01 00:00:04.25'],
    ],
    ['clock', 'time[s]', '09:00:03', '09:00:02', '09:00:03', '09:00:04'],
    ['took', 'duration[ms]', '00:00:03', '00:00:01.75', '00:00:03', '00:00:04.25'],
    ['price', 'decimal(5, 2)', null, null, null, null],
  ].map(([column, type, meanTime, q1Time, medianTime, q3Time]) => {
    const price =
      column === 'price' ? { mean: 3.5, sd: 1.8257418583505538, q1: 2.25, median: 3.5, q3: 4.75 } : null
    return {
      ...{ column, type, count: 4, nulls: 1 },
      ...(price ?? { mean: null, sd: null, q1: null, median: null, q3: null }),
      ...{ meanTime, q1Time, medianTime, q3Time },
    }
  }),
  ordered: false,
})

verbCase('fillNull, cast and nullCount', {
  schema: stays,
  rows: some,
  query: d =>
    d
      .fillNull({ nights: 0, kind: r => r.city })
      .cast({ nights: 'int64' })
      .nullCount(),
  expect: [{ at: 0, city: 1, kind: 0, nights: 0, paid: 1 }],
})

verbCase('the rows between two places', {
  schema: stays,
  rows: some,
  query: d => d.select('nights').slice(2, 5),
  expect: [{ nights: null }, { nights: 3 }, { nights: 7 }],
})

verbCase('all rows from a place on, and the last of them', {
  schema: stays,
  rows: some,
  query: d => d.select('nights').slice(1).tail(3),
  expect: [{ nights: 7 }, { nights: 1 }, { nights: 1 }],
  unbounded: false,
})

verbCase('the first row of each combination, of those that a function has seen', {
  schema: stays,
  rows: some,
  query: d =>
    d
      .tap(({ city }) => city)
      .unique('city', 'kind')
      .select('city', 'kind', 'nights'),
  expect: 'same',
  ordered: false,
})

it('what is not known of columns is found when the plan is built', async () => {
  const table = await read.rows(some, stays).toArrow()
  const open: Dataset<any, 'bounded'> = read.arrow(table)
  expect(await open.pivot({ on: 'kind', value: sum('nights') }).collect()).toEqual([{ a: 2, b: 6 }])
  expect(await open.nullCount().collect()).toEqual([{ at: 0, city: 1, kind: 1, nights: 1, paid: 1 }])
  expect(await open.rollup('city').agg({ n: count() }).count()).toBe(4)
  expect(
    await open
      .groupBy({ city: (r: any) => r.city.lower() })
      .agg({ n: count('city') })
      .collect(),
  ).toEqual([
    { city: 'aix', n: 3 },
    { city: 'pau', n: 3 },
    { city: null, n: 0 },
  ])
  const both = open.unpivot({ on: ['city', 'kind'] })
  expect(await both.filter(r => r.value.isNull()).count()).toBe(2)
  // One of what stands for another in two places is one.
  const [first, second] = [memory(), memory()]
  const job = await start([
    both.filter(r => r.value.eq('Pau')).write(first),
    both.agg({ n: count() }).write(second),
  ])
  await job.done
  expect([first.rows().length, second.rows()]).toEqual([3, [{ n: 14 }]])
})

it('tap calls its function with each row, and waits for it', async () => {
  const rows = read.rows([{ x: 1 }, { x: 2 }], { x: 'int32' })
  expect(await rows.tap(({ x }) => ({ x: x! * limit }), { using: { limit: 10 } }).collect()).toEqual([
    { x: 1 },
    { x: 2 },
  ])
  const failing = rows.tap(
    async ({ x }) => {
      if (x! >= limit) throw new Error(`seen ${x}`)
    },
    { using: { limit: 2 } },
  )
  await expect(failing.collect()).rejects.toThrow(
    expect.objectContaining({ code: 'FUNCTION_FAILED', message: expect.stringContaining('seen 2') }),
  )
})
declare const limit: number

it('pivots by the values that there are, in their order', async () => {
  const rows = read.rows(some, stays)
  expect(await rows.pivot({ on: 'kind', by: 'city', value: mean('nights') }).collect()).toEqual([
    { city: 'Aix', a: 1, b: null },
    { city: 'Pau', a: null, b: 1.5 },
    { city: null, a: null, b: 3 },
  ])
  const days = rows.with({ day: r => r.at.truncate('day') }).pivot({ on: 'day', value: { n: count() } })
  expect(await days.collect()).toEqual([{ '1970-01-01_n': 5, '1970-01-02_n': 2 }])
  const many = read.rows(Array.from({ length: 1001 }, (_, i) => ({ i }))).pivot({ on: 'i', value: count() })
  await expect(many.collect()).rejects.toThrow(expect.objectContaining({ code: 'PIVOT_VALUES' }))
})

const stream = read.iterable([{ a: 1, b: 'x', t: new Date(0) }], {
  a: 'int32',
  b: 'utf8',
  t: 'timestamp[ms]',
})
it.each([
  ['UNBOUNDED', (d: any) => d.pivot({ on: 'b', value: sum('a') })],
  ['AGGREGATE', (d: any) => d.pivot({ on: 'b', value: 'sum', values: [1] })],
  ['DUPLICATE_COLUMN', (d: any) => d.pivot({ on: 'b', value: sum('a'), values: ['x', 'x'] })],
  ['DUPLICATE_COLUMN', (d: any) => d.pivot({ on: 'b', by: 'a', value: sum('a'), values: ['a'] })],
  ['OPTION', (d: any) => d.pivot({ on: 'b', value: sum('a'), values: 'x' })],
  ['UNKNOWN_COLUMN', (d: any) => d.pivot({ on: 'c', value: sum('a'), values: ['x'] })],
  ['UNPIVOT_TYPE', (d: any) => d.unpivot({ on: ['a', 'b'] })],
  ['OPTION', (d: any) => d.unpivot({ on: [] })],
  ['DUPLICATE_COLUMN', (d: any) => d.unpivot({ on: ['a'], name: 'b' })],
  ['OPTION', (d: any) => d.rollup()],
  ['OPTION', (d: any) => d.cube('a', 'a')],
  ['UNKNOWN_COLUMN', (d: any) => d.rollup('c')],
  ['GROUP_NAME', (d: any) => d.groupBy((r: any) => r.a.add(r.a.neg()).eq(r.t.isNull().cast('int32')))],
  ['UNKNOWN_COLUMN', (d: any) => d.groupBy('c')],
  ['UNKNOWN_COLUMN', (d: any) => d.cast({ c: 'int32' })],
  ['COLUMN_TYPE', (d: any) => d.cast({ a: 'number' })],
  ['OPTION', (d: any) => d.fillNull(0)],
  ['UNBOUNDED', (d: any) => d.tail(3)],
  ['LIMIT', (d: any) => d.slice(-3, -1)],
  ['LIMIT', (d: any) => d.head(1.5)],
  ['CALLBACK', (d: any) => d.pipe('head')],
  ['FUNCTION_EXPORT', (d: any) => d.tap({ url: 'file:///x.ts' })],
])('a mistake is a %s', (code, verb) => {
  expect(() => verb(stream)).toThrow(expect.objectContaining({ code }))
})
