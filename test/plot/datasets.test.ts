import { expect, it } from 'vitest'
import { type Dataset, ewma, PlanError, read, replay } from '../../src/index.ts'
import * as plot from '../../src/plot/index.ts'
import { numbers } from './pictures.ts'

const next = numbers(11)
const ROWS = 12_000
const START = Date.UTC(2024, 0, 1)

/** More rows than are drawn as they are. */
const rows = Array.from({ length: ROWS }, (_, i) => ({
  at: new Date(START + i * 600_000),
  key: ['a', 'b', 'null', null][Math.floor(next() * 4)]!,
  x: i === 7000 ? 500 : i >= 3000 && i < 3400 ? null : Math.round(1000 * next()) / 10,
  n: Math.floor(next() ** 3 * 50),
}))
const types = { at: 'timestamp[ms]', key: 'utf8', x: 'float64', n: 'int32' } as const
const many = read.rows(rows, types)
const job = { shards: 2 }

it.each<[string, (drawn: any) => plot.Figure, (d: any) => Promise<unknown>]>([
  ['bar', r => plot.bar(r, { x: 'key', y: 'n' }), d => d.plot.bar({ x: 'key', y: 'n' }, job)],
  ['bar of counts', r => plot.bar(r, { x: 'n', by: 'key' }), d => d.plot.bar({ x: 'n', by: 'key' }, job)],
  [
    'histogram',
    r => plot.histogram(r, { x: 'x', bins: 20, by: 'key' }),
    d => d.plot.histogram({ x: 'x', bins: 20, by: 'key' }, job),
  ],
  [
    'histogram of times',
    r => plot.histogram(r, { x: 'at', bins: 12, zone: 'Asia/Tokyo' }),
    d => d.plot.histogram({ x: 'at', bins: 12, zone: 'Asia/Tokyo' }, job),
  ],
  [
    'heatmap',
    r => plot.heatmap(r, { x: 'n', y: 'x', value: 'n', aggregate: 'max', facet: 'key', bins: 30 }),
    d => d.plot.heatmap({ x: 'n', y: 'x', value: 'n', aggregate: 'max', facet: 'key', bins: 30 }, job),
  ],
  ['calendar', r => plot.calendar(r, { x: 'at', y: 'n' }), d => d.plot.calendar({ x: 'at', y: 'n' }, job)],
])('%s of a dataset is that of its rows', async (_name, ofRows, ofDataset) => {
  const { option } = (await ofDataset(many)) as plot.Figure
  const sorted = (figure: any) =>
    figure.series.map(({ data }: any) =>
      [...data].sort((a: number[], b: number[]) => a[0]! - b[0]! || a[1]! - b[1]!),
    )
  const expected = ofRows(rows).option
  expect(sorted(option)).toEqual(sorted(expected))
  expect({ ...option, series: 0 }).toEqual({ ...expected, series: 0 })
})

it('a line of many rows has its least and greatest values where they are, its gaps, and few points', async () => {
  const { option, title } = await many.plot.line({ x: 'at', y: 'x', yUnit: 'min' }, job)
  const points: [number, number | null][] = option.series[0].data
  expect(title).toBe('x')
  expect(points.length).toBeLessThan(2000)
  expect(points).toContainEqual([START + 7000 * 600_000, 500])
  expect(Math.min(...points.map(([, y]) => y ?? 1e9))).toBe(Math.min(...rows.map(({ x }) => x ?? 1e9)))
  const gap = points.filter(([, y]) => y === null).map(([at]) => (at - START) / 600_000)
  expect(Math.min(...gap)).toBeLessThan(3020)
  expect(Math.max(...gap)).toBeGreaterThan(3370)
  const known = new Map(rows.map(({ at, x }) => [at.getTime(), x]))
  for (const [at, y] of points) expect(known.get(at)).toBe(y)
})

it('lines by keys are those of the keys, in panels and colours', async () => {
  const { option } = await many.plot.line({ x: 'at', y: ['x', 'n'], facet: 'key' }, job)
  expect(option.series).toHaveLength(8)
  expect(option.legend.data.map(({ name }: any) => name)).toEqual(['n', 'x'])
  expect(option.title.map(({ text }: any) => text)).toEqual(
    expect.arrayContaining(['"null"', 'a', 'b', 'null']),
  )
})

it('of too many series those of the most rows are read', async () => {
  const keyed = many.with({ k: r => r.n.cast('utf8') })
  const { option } = await keyed.plot.line({ x: 'at', y: 'x', by: 'k' }, job)
  expect(option.legend.data).toHaveLength(16)
  expect(option.title[0].subtext).toBe('16 of 50 series, those of the most rows')
})

it('points of many rows are points of theirs, and say that there are more', async () => {
  const { option } = await many.plot.scatter({ x: 'n', y: 'x', by: 'key' }, job)
  expect(option.title[0].subtext).toMatch(/one point for each 6 by 6 pixels/)
  const known = new Set(rows.map(({ n, x }) => `${n} ${x}`))
  const points = option.series.flatMap(({ data }: any) => data)
  expect(points.length).toBeLessThan(ROWS)
  for (const [n, x] of points) expect(known.has(`${n} ${x}`)).toBe(true)
})

it('boxes of many rows are those of their rows, to less than a pixel', async () => {
  const { option } = await many.plot.box({ x: 'key', y: 'x', order: 'x' }, job)
  const exact = plot.box(rows, { x: 'key', y: 'x', order: 'x' }).option
  expect(option.xAxis[0].data).toEqual(exact.xAxis[0].data)
  for (const [i, five] of option.series[0].data.entries())
    for (const [j, value] of five.entries())
      expect(Math.abs(value - exact.series[0].data[i][j])).toBeLessThan(500 / 280)
})

it('a band of many rows has every alert, with its reason', async () => {
  const scored = many.watermark('at').detect('x', ewma(), { by: [], every: '10m', alpha: 1e-6 })
  const { option } = await scored.plot.band({ x: 'at', y: 'x' }, job)
  const alerts = option.series.find(({ name }: any) => name === 'alert').data
  const places = alerts.map((point: any) => (Array.isArray(point) ? point : point.value))
  expect(places).toContainEqual([START + 7000 * 600_000, 500])
  expect(places.length).toBe((await scored.filter(r => r.anomaly).collect()).length)
  expect(option.series.find(({ name }: any) => name === 'observed').data.length).toBeLessThan(2000)
})

it('correlations and quantiles are those of the column, in order', async () => {
  const back = many.orderBy('at', 'desc')
  const series = async (figure: Promise<{ option: any }>) =>
    (await figure).option.series.map(({ data }: any) => data)
  const n = rows.map(row => row.n)
  expect(await series(back.plot.acf({ y: 'n', x: 'at', maxLag: 5 }))).toEqual(
    plot.acf(n, { maxLag: 5 }).option.series.map(({ data }: any) => data),
  )
  expect(await series(many.plot.qq({ y: 'n' }))).toEqual(
    plot.qq(n).option.series.map(({ data }: any) => data),
  )
})

it('the zone of a column is that of its picture', async () => {
  const zoned = many.with({ at: r => r.at.toZone('Asia/Tokyo') })
  expect((await zoned.plot.line({ x: 'at', y: 'n' })).option.xAxis[0].name).toBe('at (Asia/Tokyo)')
  const few = zoned.limit(3)
  expect((await few.plot.line({ x: 'at', y: 'n' })).option.xAxis[0].name).toBe('at (Asia/Tokyo)')
})

const refused = (d: Dataset<any, any>): [string, () => Promise<unknown>, RegExp][] => [
  ['a column that is not there', () => d.plot.bar({ x: 'Key' }), /no column "Key"[\s\S]*did you mean "key"/],
  [
    'an option that is none',
    () => d.plot.line({ x: 'at', y: 'x', z: 1 } as any),
    /has no such option, got "z"/,
  ],
  [
    'texts for numbers',
    () => d.plot.line({ x: 'at', y: 'key' }),
    /y of line\(\) is a column of numbers, and "key" is utf8/,
  ],
  ['numbers for times', () => d.plot.calendar({ x: 'n' }), /x of calendar\(\) is a column of times/],
  ['no options', () => (d.plot as any).histogram(), /no column|column is given by its name/],
  ['a job option that is none', () => d.plot.bar({ x: 'key' }, { shrads: 1 } as any), /shrads/],
]

it.each(refused(many))('refuses %s at the call', async (_what, draw, message) => {
  const error: any = await draw().catch(error => error)
  expect(error).toBeInstanceOf(PlanError)
  expect(error.message).toMatch(message)
  expect(error.stack.split('\n').find((line: string) => line.startsWith('    at '))).toContain(
    'datasets.test.ts',
  )
})

it('what does not end has no picture', async () => {
  const endless = replay(many, { time: 'at' })
  await expect(endless.plot.line({ x: 'at', y: 'x' })).rejects.toMatchObject({ code: 'UNBOUNDED' })
})

it.each([10, 6000])('durations are milliseconds along an axis that says so: %i rows', async count => {
  const spans = read.rows(
    Array.from({ length: count }, (_, i) => ({ at: new Date(START + i), took: i / 2, key: 'k' })),
    { at: 'timestamp[ms]', took: 'duration[us]', key: 'utf8' },
  )
  const sum = (count * (count - 1)) / 4
  const bars = await spans.plot.bar({ x: 'key', y: 'took' }, job)
  expect(bars.option.series[0].data).toEqual([[0, sum]])
  expect(bars.svg()).toContain('took (ms)')
  const days = await spans.plot.calendar({ x: 'at', y: 'took' }, job)
  expect(days.option.series[0].data[0].at(-1)).toBe(sum)
  const line = await spans.plot.line({ x: 'at', y: 'took' }, job)
  expect(line.option.series[0].data.at(-1)).toEqual([START + count - 1, (count - 1) / 2])
  expect(line.svg()).toContain('took (ms)')
  expect((await spans.plot.histogram({ x: 'took', xUnit: 'thousandths' }, job)).svg()).toContain(
    'took (thousandths)',
  )
})

it('a band of thousands of series reads those of the most rows', async () => {
  const scored = read.rows(
    Array.from({ length: 6000 }, (_, i) => ({
      ...{
        x: i,
        key: i < 60 ? i % 3 : i,
        y: i % 2,
        expected: 0.5,
        lower: -1,
        upper: 2,
        anomaly: i === 59 || i > 5990,
      },
    })),
    {
      x: 'int32',
      key: 'int32',
      y: 'float64',
      expected: 'float64',
      lower: 'float64',
      upper: 'float64',
      anomaly: 'bool',
    },
  )
  const { option } = await scored.plot.band({ x: 'x', y: 'y', facet: 'key' }, job)
  const points = option.series
    .filter(({ name }: any) => name === 'observed')
    .map(({ data }: any) => data.length)
  expect(points.filter((length: number) => length > 1)).toHaveLength(3)
  expect(points).toHaveLength(12)
  expect(JSON.stringify(option.title)).toContain('12 of 5,943 series')
})
