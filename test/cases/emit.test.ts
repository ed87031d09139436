import { describe, expect, it } from 'vitest'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import { rowAt } from '../../src/core/batch/batch.ts'
import { weightsOf } from '../../src/core/batch/meta.ts'
import { rowsOf } from '../../src/core/batch/rows.ts'
import {
  count,
  countDistinct,
  cumulate,
  type Dataset,
  globalWindow,
  last,
  lit,
  max,
  memory,
  session,
  sliding,
  start,
  sum,
  tumbling,
  type WindowEmit,
  type WindowSpec,
} from '../../src/index.ts'
import { script } from '../../src/testing.ts'
import { outcome, type Row, verbCase } from './verb-case.ts'

const readings = { at: 'timestamp[ms]', key: 'utf8', x: 'float64' } as const
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 8, minute))
const row = (minute: number, key: string | null, x: number | null) => ({ at: at(minute), key, x })
// Late are those of b at 3 and at 22, of c at 12, and of a at 1, which is late by more than 15 minutes.
const some = [
  row(0, 'a', 1),
  row(2, 'b', 5),
  row(4, 'a', 1),
  row(9, null, 3),
  row(7, 'a', null),
  row(21, 'b', 2),
  row(3, 'b', 9),
  row(17, 'a', -1),
  row(36, 'a', 4),
  row(12, 'c', 8),
  row(22, 'b', 3),
  row(37, 'b', 7),
  row(1, 'a', 50),
]

type Way = readonly [emit: WindowEmit | undefined, allowedLateness?: string, window?: WindowSpec]

const inWindows =
  (...[emit, allowedLateness, window = tumbling('10m')]: Way) =>
  (d: Dataset<any, any>) =>
    d
      .watermark('at', { outOfOrder: '5m' })
      .groupBy('key')
      .window(window, {
        ...(emit === undefined ? {} : { emit }),
        ...(allowedLateness === undefined ? {} : { allowedLateness: allowedLateness as '5m' }),
      })
      .agg({ n: count(), x: sum('x'), high: max('x'), last: last('x'), values: countDistinct('x') })

/** What windows come to when each is given once, when it closes; over data that ends no row is late. */
const comesTo = async (rows: readonly Row[], bounded = true, window?: WindowSpec): Promise<Row[]> => {
  const sink = collectSink()
  const input = script(readings, [{ rows }], { bounded })
  const job = await start([inWindows(undefined, undefined, window)(input).write(sink)])
  await job.done
  return sink.batches.flatMap(batch => rowsOf(batch))
}

/** The windows given in several ways, each row with which. */
const inWays = (ways: readonly Way[]) => (d: Dataset<any, any>) =>
  ways.map((way, i) => inWindows(...way)(d).with({ way: () => lit(i) })).reduce((all, one) => all.union(one))

const inEachWay = (...ways: readonly (readonly Row[])[]): Row[] =>
  ways.flatMap((rows, way) => rows.map(row => ({ ...row, way })))

const all = await comesTo(some)
const slides = sliding('10m', { every: '4m' })
const grows = cumulate('30m', { every: '10m' })
const allowed = await comesTo(some.filter(({ x }) => x !== 50))

verbCase(
  'windows come to the same whenever they are given, and late rows correct them as far as is allowed',
  {
    schema: readings,
    rows: some,
    query: inWays([
      ['onChange', undefined, slides],
      [{ every: '4m' }, undefined, grows],
      [undefined, '15m'],
      [{ rows: 2 }, '15m'],
    ]),
    expect: inEachWay(await comesTo(some, true, slides), await comesTo(some, true, grows), all, all),
    unbounded: inEachWay(
      await comesTo(some, false, slides),
      await comesTo(some, false, grows),
      allowed,
      allowed,
    ),
    ordered: false,
  },
)

verbCase(
  'what changing windows come to can be aggregated further, and late() has what is later than allowed',
  {
    schema: readings,
    rows: some,
    query: d => {
      const windows = inWindows('onChange', '15m')(d)
      const most = windows.groupBy('key').agg({ windows: count(), x: sum('x') })
      return most.union(
        windows
          .late()
          .groupBy('key')
          .agg({ windows: count(), x: max('x') }),
      )
    },
    expect: [
      { key: 'a', windows: 3, x: 55 },
      { key: 'b', windows: 3, x: 26 },
      { key: 'c', windows: 1, x: 8 },
      { key: null, windows: 1, x: 3 },
    ],
    unbounded: [
      { key: 'a', windows: 3, x: 5 },
      { key: 'b', windows: 3, x: 26 },
      { key: 'c', windows: 1, x: 8 },
      { key: null, windows: 1, x: 3 },
      { key: 'a', windows: 1, x: 50 },
    ],
    ordered: false,
  },
)

/** By batch of rows, what leaves: `+n` and `-n` of the counts, in the order of leaving. */
async function counts(emit: WindowEmit | undefined, lateness: string | undefined, batchRows: number) {
  const sink = collectSink()
  const rows = some.map(({ at, x }) => ({ at, key: 'k', x }))
  const stream = script(readings, [{ rows }], { bounded: false })
  const job = await start([inWindows(emit, lateness)(stream).write(sink)], { batchRows, shards: 0 })
  await job.done
  const changes = sink.batches.flatMap(batch => {
    const weights = weightsOf(batch)
    return rowsOf(batch).map((row, i) => ({ row, weight: weights ? weights[rowAt(batch, i)]! : 1 }))
  })
  outcome(changes)
  const window = ({ windowStart }: Row) => (windowStart as Date).getUTCMinutes()
  return changes.map(({ row, weight }) => `${window(row)}:${weight < 0 ? '-' : '+'}${row.n}`).join(' ')
}

it('the window of all time is given while rows come, and in the end', async () => {
  for (const emit of ['onChange', { every: '7m' }, { rows: 3 }] as const)
    for (const keys of [[], ['key']] as const) {
      const sink = memory()
      const stream = script(readings, [{ rows: some }], { bounded: false }).watermark('at')
      const all = stream
        .groupBy(...keys)
        .window(globalWindow(), { emit })
        .agg({ n: count(), x: sum('x') })
      const job = await start([all.write(sink)], { shards: 2, batchRows: 2 })
      await job.done
      const rows = sink
        .rows()
        .map(({ key, n, x }) => `${key} ${n} ${x}`)
        .sort()
      const wanted = keys.length > 0 ? ['a 6 55', 'b 5 26', 'c 1 8', 'null 1 3'] : ['undefined 13 92']
      expect(rows, JSON.stringify({ emit, keys })).toEqual(wanted)
    }
})

it.each([
  [
    'sessions by number of rows',
    'EMIT',
    (d: any) => d.watermark('at').window(session('5m'), { emit: { rows: 2 } }),
  ],
  [
    'what is never late',
    'EMIT',
    (d: any) => d.watermark('at').window(globalWindow(), { allowedLateness: '1h' }),
  ],
  ['no time', 'NO_EVENT_TIME', (d: any) => d.window(globalWindow(), { emit: { every: '1m' } })],
  ['something else', 'EMIT', (d: any) => d.watermark('at').window(tumbling('1h'), { emit: 'always' })],
  ['no rows', 'EMIT', (d: any) => d.watermark('at').window(tumbling('1h'), { emit: { rows: 0 } })],
])('early results of %s are a %s', (_what, code, windowed) => {
  const stream = script(readings, [{ rows: some }], { bounded: false })
  expect(() => windowed(stream).agg({ n: count() })).toThrow(expect.objectContaining({ code }))
})

it('sessions of keys with a dictionary give rows whose keys can be read', async () => {
  const rows = [row(0, null, 1), row(2, 'b', 5), row(20, 'b', 2)]
  const sink = memory()
  const sessions = script({ ...readings, key: 'dictionary' }, [{ rows }], { bounded: false })
    .watermark('at')
    .groupBy('key')
    .window(session('5m'), { emit: 'onChange' })
    .agg({ n: count() })
  await (await start([sessions.select('key', 'n').write(sink)], { shards: 0 })).done
  expect(sink.rows()).toEqual([
    { key: null, n: 1 },
    { key: 'b', n: 1 },
    { key: 'b', n: 1 },
  ])
})

describe('rows leave', () => {
  it('after every so many rows of a group, wherever batches are cut, and when windows close', async () => {
    const wanted = '0:+2 0:-2 0:+4 0:-4 0:+5 10:+1 20:+1 30:+2'
    const of = (changes: string) => changes.split(' ').sort()
    for (const batchRows of [1, 2, 3, 1000])
      expect(of(await counts({ rows: 2 }, undefined, batchRows)), `${batchRows}`).toEqual(of(wanted))
  })

  it('when their window closes, and again when late rows correct it', async () => {
    // 3 comes when the watermark is at 16; 12 and 22 when it is at 31.
    expect(await counts(undefined, '15m', 1)).toBe('0:+5 0:-5 0:+6 10:+1 20:+1 10:-1 10:+2 20:-1 20:+2 30:+2')
  })

  it('each time the watermark has come so far', async () => {
    expect(await counts({ every: '15m' }, undefined, 1)).toBe('0:+4 0:-4 0:+5 20:+1 10:+1 30:+1 30:-1 30:+2')
  })
})
