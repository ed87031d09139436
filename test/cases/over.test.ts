import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import {
  count,
  countDistinct,
  type Dataset,
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  max,
  mean,
  memory,
  min,
  ntile,
  quantile,
  rank,
  rowNumber,
  start,
  sum,
} from '../../src/index.ts'
import { script } from '../../src/testing.ts'
import { verbCase } from './verb-case.ts'

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))
const schema = { at: 'timestamp[us]', key: 'utf8', x: 'int32', y: 'float64' } as const
const rows = [
  { at: at(0), key: 'a', x: 3, y: 0.1 },
  { at: at(1), key: 'b', x: 1, y: 0.2 },
  { at: at(3), key: 'a', x: 5, y: null },
  { at: at(2), key: 'a', x: 4, y: 0.3 },
  { at: at(3), key: 'a', x: null, y: 0.7 },
  { at: at(4), key: null, x: 7, y: 0.4 },
  { at: at(9), key: 'b', x: 1, y: -0.5 },
  { at: at(9), key: 'a', x: 5, y: Number.NaN },
  { at: at(12), key: 'a', x: 2, y: 0.6 },
]
const inTime = [0, 1, 3, 2, 4, 5, 6, 7, 8]

const numbered = [
  { n: 1, rank: 1, dense: 1, before: null, opening: 3, closing: 3, total: 3, kinds: 1, low: 0.1 },
  { n: 1, rank: 1, dense: 1, before: null, opening: 1, closing: 1, total: 1, kinds: 1, low: 0.2 },
  { n: 3, rank: 3, dense: 3, before: 3, opening: 3, closing: null, total: 12, kinds: 3, low: 0.1 },
  { n: 2, rank: 2, dense: 2, before: null, opening: 3, closing: 4, total: 7, kinds: 2, low: 0.1 },
  { n: 4, rank: 3, dense: 3, before: 4, opening: 3, closing: null, total: 12, kinds: 3, low: 0.1 },
  { n: 1, rank: 1, dense: 1, before: null, opening: 7, closing: 7, total: 7, kinds: 1, low: 0.4 },
  { n: 2, rank: 2, dense: 2, before: null, opening: 1, closing: 1, total: 2, kinds: 1, low: -0.5 },
  { n: 5, rank: 5, dense: 4, before: 5, opening: 3, closing: 5, total: 17, kinds: 3, low: 0.1 },
  { n: 6, rank: 6, dense: 5, before: null, opening: 3, closing: 2, total: 19, kinds: 4, low: 0.1 },
].map((made, i) => ({ ...rows[i]!, ...made }))

verbCase('over in order of time: numbers, ranks, rows before, and what rows up to each come to', {
  schema,
  rows,
  query: d =>
    d.watermark('at', { outOfOrder: '1m' }).over(
      { by: 'key' },
      {
        n: rowNumber(),
        rank: rank(),
        dense: denseRank(),
        before: lag('x', 2),
        opening: firstValue('x'),
        closing: lastValue('x'),
        total: sum('x'),
        kinds: countDistinct('x'),
        low: min('y'),
      },
    ),
  expect: numbered,
  unbounded: inTime.map(i => numbered[i]!),
})

const around = [
  { next: 4, total: 7, big: 0, middle: 3.5, top: 0.3 },
  { next: 1, total: 1, big: 0, middle: 1, top: 0.2 },
  { next: null, total: 9, big: 1, middle: 4.5, top: 0.7 },
  { next: 5, total: 9, big: 1, middle: 4.5, top: 0.7 },
  { next: 5, total: 9, big: 1, middle: 4.5, top: 0.7 },
  { next: null, total: 7, big: 1, middle: 7, top: 0.4 },
  { next: null, total: 1, big: 0, middle: 1, top: -0.5 },
  { next: 2, total: 5, big: 1, middle: 5, top: Number.NaN },
  { next: null, total: 2, big: 0, middle: 2, top: 0.6 },
].map((made, i) => ({ ...rows[i]!, ...made }))

verbCase('over frames of time and rows ahead: a row waits for what it looks at', {
  schema,
  rows,
  query: d =>
    d.watermark('at', { outOfOrder: '1m' }).over(
      { by: 'key', range: ['-1m', '2m'] },
      {
        next: lead('x'),
        total: sum('x'),
        big: count().where(r => r.x.gt(4)),
        middle: quantile('x', 0.5),
        top: max('y'),
      },
    ),
  expect: around,
  unbounded: around,
  ordered: false,
})

const tied = [
  { at: at(0), x: 1, n: 2, rank: 2, before: 3, next: 5, pair: 4 },
  { at: at(0), x: null, n: 3, rank: 3, before: 1, next: 2, pair: 1 },
  { at: at(0), x: 3, n: 1, rank: 1, before: null, next: null, pair: 3 },
  { at: at(1), x: 2, n: 5, rank: 5, before: 5, next: 4, pair: 7 },
  { at: at(1), x: 2, n: 6, rank: 5, before: 2, next: 0, pair: 4 },
  { at: at(1), x: 5, n: 4, rank: 4, before: null, next: 2, pair: 5 },
  { at: at(2), x: 0, n: 8, rank: 8, before: 4, next: null, pair: 4 },
  { at: at(2), x: 4, n: 7, rank: 7, before: 2, next: null, pair: 6 },
]

verbCase('over in order of time and then of another column, from its greatest value', {
  schema: { at: 'timestamp[us]', x: 'int32' },
  rows: tied.map(({ at, x }) => ({ at, x })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1m' })
      .over(
        { orderBy: [['at'], ['x', 'desc']], rows: [-1, 0] },
        { n: rowNumber(), rank: rank(), before: lag('x'), next: lead('x', 2), pair: sum('x') },
      ),
  expect: tied,
  unbounded: tied,
  ordered: false,
})

verbCase('over in another order than that of time: a changelog over streams', {
  schema,
  rows,
  query: d =>
    d.over(
      { by: 'key', orderBy: ['x', 'desc'], rows: [-1, 0] },
      { n: rowNumber(), part: ntile(2), before: lag('y'), pair: mean('x'), kinds: countDistinct('x') },
    ),
  expect: 'same',
})

verbCase('over a changelog: the average of the last two best prices, while what is best may change', {
  schema,
  rows,
  query: d =>
    d
      .groupBy('key', 'x')
      .agg({ last: max('at'), best: max('y') })
      .over({ by: 'key', orderBy: 'last', rows: [-1, 0] }, { average: mean('best'), next: lead('best') }),
  expect: 'same',
})

const timed = (until: Promise<void>) =>
  script(schema, [{ rows: rows.slice(0, 6) }, { until }, { rows: rows.slice(6) }], {
    bounded: false,
  }).watermark('at', { outOfOrder: '1m' })
type Rows = ReturnType<typeof timed>

/** What comes when a job is stopped after six rows and goes on from there at the same number of shards. */
async function stoppedAfterSix(make: (dataset: Rows) => Dataset<any, any>, shards: number) {
  const sink = memory()
  const job = await start(make(timed(new Promise(() => {}))).write(sink), { shards })
  while (job.progress.rowsIn < 6) await setImmediate()
  const restore = await job.stop()
  await (await start(make(timed(Promise.resolve())).write(sink), { shards, restore })).done
  return sink.rows().map(row => Object.values(row))
}

it('over frames of time: a stop and a restore at the same number of shards', async () => {
  const sums = (dataset: Rows) =>
    dataset.over({ by: 'key', range: ['-1h', '0s'] }, { total: sum('x') }).select('x', 'total')
  expect(await stoppedAfterSix(sums, 1)).toEqual([
    [3, 3],
    [1, 1],
    [4, 7],
    [5, 12],
    [null, 12],
    [7, 7],
    [1, 2],
    [5, 17],
    [2, 19],
  ])
})

it('over without keys: shards that never had a row say nothing of the only partition', async () => {
  const ahead = (dataset: Rows) =>
    dataset.over({}, { n: rowNumber(), total: sum('x'), next: lead('x') }).select('x', 'n', 'total', 'next')
  expect(await stoppedAfterSix(ahead, 3)).toEqual([
    [3, 1, 3, 1],
    [1, 2, 4, 4],
    [4, 3, 8, 5],
    [5, 4, 13, null],
    [null, 5, 13, 7],
    [7, 6, 20, 1],
    [1, 7, 26, 5],
    [5, 8, 26, 2],
    [2, 9, 28, null],
  ])
})
