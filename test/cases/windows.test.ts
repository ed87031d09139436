import type { RowOf } from '../../src/core/types/row.ts'
import {
  type Bounds,
  count,
  countDistinct,
  type Dataset,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  sum,
  tumbling,
} from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const at = (minute: number, second = 0) => new Date(Date.UTC(2001, 0, 1, 0, minute, second))
const schema = { at: 'timestamp[us]', key: 'utf8', x: 'int32', y: 'float64' } as const
const byMinutes = (d: Dataset<RowOf<typeof schema>, 'bounded'>, minutes: number) =>
  d
    .watermark('at', { outOfOrder: '1m' })
    .groupBy('key')
    .window(tumbling(`${minutes}m`))
const windowAt = (minute: number, minutes: number) => ({
  windowStart: at(minute),
  windowEnd: at(minute + minutes),
})

verbCase('filter, with, select, groupBy, window and agg together', {
  schema,
  rows: [
    { at: at(0), key: 'a', x: 1, y: 0.5 },
    { at: at(1), key: 'b', x: 2, y: null },
    { at: at(2), key: 'a', x: -3, y: 1.5 },
    { at: at(6), key: 'a', x: 4, y: 2.5 },
    { at: at(7), key: null, x: 5, y: 3.5 },
    { at: at(12), key: 'b', x: null, y: 4.5 },
  ],
  query: d =>
    d
      .filter(r => r.x.isNull().or(r.x.gt(0)))
      .with({ double: r => r.x.mul(2) })
      .select('at', 'key', 'double', 'y')
      .watermark('at', { outOfOrder: '1m' })
      .groupBy('key')
      .window(tumbling('5m'))
      .agg({ n: count(), total: sum('double'), y: mean('y') }),
  expect: [
    { key: 'a', ...windowAt(0, 5), n: 1, total: 2, y: 0.5 },
    { key: 'b', ...windowAt(0, 5), n: 1, total: 4, y: null },
    { key: 'a', ...windowAt(5, 5), n: 1, total: 8, y: 2.5 },
    { key: null, ...windowAt(5, 5), n: 1, total: 10, y: 3.5 },
    { key: 'b', ...windowAt(10, 5), n: 1, total: null, y: 4.5 },
  ],
})

verbCase('tied timestamps: first and last go by position', {
  schema,
  rows: [
    { at: at(1), key: 'a', x: 10, y: 1 },
    { at: at(1), key: 'a', x: 20, y: 2 },
    { at: at(1), key: 'b', x: 30, y: 3 },
    { at: at(1), key: 'a', x: null, y: 4 },
    { at: at(0), key: 'b', x: 50, y: 5 },
    { at: at(1), key: 'b', x: 60, y: 6 },
  ],
  query: d =>
    byMinutes(d, 5).agg({
      first: first('x'),
      last: last('y'),
      low: min('x'),
      high: max('y'),
      kinds: countDistinct('x'),
      middle: quantile('x', 0.5),
      big: count().where(r => r.x.gt(15)),
      firstBig: first('x').where(r => r.x.gt(15)),
      lastSmall: last('y')
        .where(r => r.x.gt(15).not())
        .where(r => r.y.gt(0)),
      bigKinds: countDistinct('y').where(r => r.x.gt(15)),
      late: sum('y').where(r => r.y.gte(4)),
    }),
  expect: [
    {
      key: 'a',
      ...windowAt(0, 5),
      first: 10,
      last: 4,
      low: 10,
      high: 4,
      kinds: 2,
      middle: 15,
      big: 1,
      firstBig: 20,
      lastSmall: 1,
      bigKinds: 1,
      late: 4,
    },
    {
      key: 'b',
      ...windowAt(0, 5),
      first: 50,
      last: 6,
      low: 30,
      high: 6,
      kinds: 3,
      middle: 50,
      big: 3,
      firstBig: 50,
      lastSmall: null,
      bigKinds: 3,
      late: 11,
    },
  ],
})

const disorder = [
  { at: at(0), key: 'a', x: 1, y: 1 },
  { at: at(4), key: 'a', x: 2, y: 1 },
  { at: at(7), key: 'b', x: 3, y: 1 },
  // The watermark stands at 00:06: the window from 00:00 has closed for this row, and the one from 00:05 has not.
  { at: at(3), key: 'a', x: 100, y: 1 },
  { at: at(5), key: 'b', x: 4, y: 1 },
  { at: at(5, 59), key: 'a', x: 5, y: 1 },
  { at: at(11, 1), key: 'b', x: 6, y: 1 },
  { at: at(9, 59), key: 'b', x: 200, y: 1 },
]

verbCase('rows further behind than the watermark allows are late, wherever batches are cut', {
  schema,
  rows: disorder,
  query: d => byMinutes(d, 5).agg({ n: count(), total: sum('x') }),
  expect: [
    { key: 'a', ...windowAt(0, 5), n: 3, total: 103 },
    { key: 'a', ...windowAt(5, 5), n: 1, total: 5 },
    { key: 'b', ...windowAt(5, 5), n: 3, total: 207 },
    { key: 'b', ...windowAt(10, 5), n: 1, total: 6 },
  ],
  unbounded: [
    { key: 'a', ...windowAt(0, 5), n: 2, total: 3 },
    { key: 'a', ...windowAt(5, 5), n: 1, total: 5 },
    { key: 'b', ...windowAt(5, 5), n: 2, total: 7 },
    { key: 'b', ...windowAt(10, 5), n: 1, total: 6 },
  ],
})

verbCase('late() holds exactly the rows that windows left out', {
  schema,
  rows: disorder,
  query: d => byMinutes(d, 5).agg({ n: count() }).late(),
  expect: [],
  unbounded: [
    { at: at(3), key: 'a', x: 100, y: 1 },
    { at: at(9, 59), key: 'b', x: 200, y: 1 },
  ],
})

const second = (s: number) => ({ at: at(0, s), key: 'a', x: 1, y: 1 })
const inSeconds = <B extends Bounds>(d: Dataset<RowOf<typeof schema>, B>) =>
  d.groupBy('key').window(tumbling('10s')).agg({ n: count() })
verbCase('late rows have a time of their own, by which they are late again, or not', {
  schema,
  // Behind 40 s: 2, 3, 4, 21, 5. Among these, behind 21 s: 5.
  rows: [1, 40, 2, 50, 3, 60, 4, 70, 21, 5].map(second),
  query: d => {
    const late = inSeconds(d.watermark('at')).late()
    const again = inSeconds(late.filter(r => r.x.gt(0)))
    return again.select('windowStart', 'n').union(inSeconds(again.late()).select('windowStart', 'n'))
  },
  expect: [],
  unbounded: [
    { windowStart: at(0), n: 1 },
    { windowStart: at(0), n: 3 },
    { windowStart: at(0, 20), n: 1 },
  ],
  ordered: false,
})

verbCase('two splits: each row is late or not by its own split, windows close by the slower one', {
  schema,
  rows: [
    [
      { at: at(0), key: 'a', x: 1, y: 1 },
      { at: at(20), key: 'a', x: 2, y: 1 },
      { at: at(3), key: 'a', x: 1000, y: 1 },
      { at: at(21), key: 'b', x: 3, y: 1 },
    ],
    [
      { at: at(1), key: 'a', x: 10, y: 1 },
      { at: at(2), key: 'b', x: 20, y: 1 },
      { at: at(1), key: 'a', x: 30, y: 1 },
      { at: at(8), key: 'a', x: 40, y: 1 },
      { at: at(4), key: 'b', x: 2000, y: 1 },
    ],
  ],
  query: d => byMinutes(d, 5).agg({ n: count(), total: sum('x'), first: first('x') }),
  expect: [
    { key: 'a', ...windowAt(0, 5), n: 4, total: 1041, first: 1 },
    { key: 'b', ...windowAt(0, 5), n: 2, total: 2020, first: 20 },
    { key: 'a', ...windowAt(5, 5), n: 1, total: 40, first: 40 },
    { key: 'a', ...windowAt(20, 5), n: 1, total: 2, first: 2 },
    { key: 'b', ...windowAt(20, 5), n: 1, total: 3, first: 3 },
  ],
  unbounded: [
    { key: 'a', ...windowAt(0, 5), n: 3, total: 41, first: 1 },
    { key: 'b', ...windowAt(0, 5), n: 1, total: 20, first: 20 },
    { key: 'a', ...windowAt(5, 5), n: 1, total: 40, first: 40 },
    { key: 'a', ...windowAt(20, 5), n: 1, total: 2, first: 2 },
    { key: 'b', ...windowAt(20, 5), n: 1, total: 3, first: 3 },
  ],
  ordered: true,
})

verbCase('one hot key among many, and sums that no order of addition changes', {
  schema,
  rows: Array.from({ length: 60 }, (_, i) => ({
    at: at(Math.floor(i / 10)),
    key: i % 3 ? 'hot' : `k${i}`,
    x: i,
    y: i % 2 ? 0.1 * i : 1e16 / (i + 1),
  })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1m' })
      .groupBy('key')
      .window(tumbling('1h'))
      .agg({ n: count(), y: sum('y') })
      .filter(r => r.key.eq('hot'))
      .select('n', 'y'),
  // The exactly rounded sum, as fractions of a common power of two added without rounding.
  expect: [
    {
      n: 40,
      y: exactSum(
        Array.from({ length: 60 }, (_, i) => i)
          .filter(i => i % 3)
          .map(i => (i % 2 ? 0.1 * i : 1e16 / (i + 1))),
      ),
    },
  ],
})

verbCase('a window within a window: hours of minutes', {
  schema,
  rows: Array.from({ length: 40 }, (_, i) => ({ at: at(i * 3), key: i % 2 ? 'a' : 'b', x: i, y: 1 })),
  query: d =>
    byMinutes(d, 5)
      .agg({ n: count(), x: max('x') })
      .select('key', 'windowStart', 'n', 'x')
      .window(tumbling('1h'))
      .agg({ panes: count(), rows: sum('n'), x: last('x'), earliest: first('key') }),
  expect: [
    { ...windowAt(0, 60), panes: 20, rows: 20, x: 19, earliest: 'a' },
    { ...windowAt(60, 60), panes: 20, rows: 20, x: 39, earliest: 'a' },
  ],
})

/** Adds doubles without rounding, as multiples of 2^-60 in a BigInt, and rounds once. */
function exactSum(values: readonly number[]): number {
  const scale = 2n ** 60n
  let total = 0n
  for (const value of values) {
    const whole = BigInt(Math.trunc(value))
    total += whole * scale + BigInt((value - Math.trunc(value)) * 2 ** 60)
  }
  const whole = total / scale
  const rest = Number(total % scale) / 2 ** 60
  // 2^53 < total < 2^63: the rest decides at most the last bit of the whole part.
  return Number(whole * 4n + BigInt(Math.round(rest * 4))) / 4
}
