import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import * as plot from '../../src/plot/index.ts'
import { flights, pictures, scored } from './pictures.ts'
import { expectWellFormed, textsOf } from './well-formed.ts'

/** What is in a picture, and that nothing of it has moved. */
function digest(svg: string): object {
  const count = (tag: string) => svg.match(new RegExp(`<${tag}\\b`, 'g'))?.length ?? 0
  return {
    texts: textsOf(svg).join(' | '),
    paths: count('path'),
    hash: createHash('sha256').update(svg).digest('hex').slice(0, 12),
  }
}

/** Fields that a specification's encodings name, with the rows they are to be found in. */
function fieldsOf(spec: any, data: any[] = []): [string, any[]][] {
  const rows = spec.data?.values ?? data
  const encoded = Object.values(spec.encoding ?? {}) as any[]
  const own = encoded.flatMap(({ field }): [string, any[]][] => (field === undefined ? [] : [[field, rows]]))
  return [...own, ...[...(spec.layer ?? []), ...(spec.concat ?? [])].flatMap(part => fieldsOf(part, rows))]
}

function expectVegaLite(spec: any): void {
  expect(spec.$schema).toBe('https://vega.github.io/schema/vega-lite/v6.json')
  const text = JSON.stringify(spec)
  expect(JSON.stringify(JSON.parse(text)) === text).toBe(true)
  const fields = fieldsOf(spec)
  expect(fields.length).toBeGreaterThan(1)
  expect(fields.filter(([field, rows]) => !rows.every(row => Object.hasOwn(row, field)))).toEqual([])
}

/** Without what only themes add. */
const bare = (svg: string): string => svg.replace(/<style>.*?<\/style>/s, '')

it.each(Object.entries(pictures))('picture: %s', (_name, draw) => {
  const figure = draw()
  const svg = figure.svg()
  expectWellFormed(svg)
  expect(svg).not.toMatch(/NaN|Infinity|undefined|\[object/)
  const again = new plot.Figure(JSON.parse(JSON.stringify(figure.option)), figure.size)
  expect(bare(again.svg()) === bare(svg), 'the option is plain data, and all there is').toBe(true)
  expectVegaLite(figure.toVegaLite())
  expect(digest(svg)).toMatchSnapshot()
})

const HOSTILE = ']]></style><script>alert("1")</script>\u0000\n\u202e{a|b}'

it('texts are texts, wherever they stand', () => {
  const rows = flights.slice(0, 40).map((row, i) => ({ ...row, [HOSTILE]: i, key: HOSTILE + (i % 2) }))
  const titled = { title: HOSTILE, subtitle: HOSTILE, xTitle: HOSTILE, yUnit: HOSTILE }
  const events = scored.map(row => ({ ...row, reason: row.anomaly ? HOSTILE : null }))
  const figures = [
    plot.line(rows as any[], { x: 'at', y: HOSTILE, by: 'key', facet: 'key', ...titled }),
    plot.bar(rows as any[], { x: 'key', by: 'key', ...titled }),
    plot.heatmap(rows as any[], { x: 'key', y: 'key' }),
    plot.box(rows as any[], { x: 'key', y: HOSTILE }),
    plot.band(events, { x: 'at', y: 'load', ...titled }),
  ]
  for (const figure of figures) {
    const svg = figure.svg()
    expectWellFormed(svg)
    for (const text of [svg, figure.html()]) {
      expect(text).not.toContain('<script')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(text).not.toMatch(/[\u0000\u202e]/)
    }
  }
})

const nothing: any[] = []

it.each<[string, () => plot.Figure]>([
  ['line', () => plot.line(nothing, { x: 'x', y: 'y', by: 'k' })],
  ['area', () => plot.area(nothing, { x: 'x', y: 'y' })],
  ['scatter', () => plot.scatter([{ x: null, y: null }] as any[], { x: 'x', y: 'y' })],
  ['bar', () => plot.bar(nothing, { x: 'x' })],
  ['histogram', () => plot.histogram([])],
  ['histogram of one value', () => plot.histogram([5, 5, 5])],
  ['heatmap', () => plot.heatmap(nothing, { x: 'x', y: 'y' })],
  ['box', () => plot.box(nothing, { y: 'y' })],
  ['band', () => plot.band(nothing, { x: 'x', y: 'y' })],
  ['qq', () => plot.qq([])],
  ['residuals', () => plot.residuals([])],
  ['calendar', () => plot.calendar(nothing, { x: 'x' })],
  ['line of one point', () => plot.line([{ x: 1, y: 2 }], { x: 'x', y: 'y' })],
  [
    'line of infinities',
    () =>
      plot.line(
        [1, 2].map(x => ({ x, y: x / 0 })),
        { x: 'x', y: 'y' },
      ),
  ],
  [
    'line of huge numbers',
    () =>
      plot.line(
        [-1, 1].map(x => ({ x, y: x * 1.7e308 })),
        { x: 'x', y: 'y' },
      ),
  ],
  [
    'line of nulls',
    () =>
      plot.line(
        [1, 2].map(x => ({ x, y: null as number | null })),
        { x: 'x', y: 'y', log: 'xy' },
      ),
  ],
])('%s of nothing, or next to it, is a picture too', (_name, draw) => {
  const svg = draw().svg()
  expectWellFormed(svg)
  expect(svg).not.toMatch(/NaN|Infinity/)
})

it('a null is a gap, and a value between two gaps is seen', () => {
  const of = (ys: (number | null)[]) =>
    plot.line(
      ys.map((y, x) => ({ x, y })),
      { x: 'x', y: 'y' as never },
    )
  const strokes = (figure: plot.Figure) =>
    [...figure.svg().matchAll(/<path d="(M[^"]*)" fill="none" [^>]*stroke="#2152a2"/g)].map(
      ([, d]) => d!.match(/M/g)!.length,
    )
  expect(strokes(of([1, 2, 3, 4, 5]))).toEqual([1])
  expect(strokes(of([1, 2, null, 4, 5]))).toEqual([2])
  expect(of([1, 2, null, 4, null, 6]).option.series[0].symbol).toBe('circle')
})

it('bars of texts are the longest first, those of numbers in order; what is beyond the limit becomes one', () => {
  const rows = Array.from('bacabcabbb0', (key, i) => ({ key, i, n: 11 - i }))
  const barsOf = (figure: plot.Figure) =>
    [figure.option.xAxis, figure.option.yAxis].flat().find(axis => axis.data).data
  expect(barsOf(plot.bar(rows, { x: 'key' }))).toEqual(['b', 'a', 'c', '0'])
  expect(barsOf(plot.bar(rows, { x: 'key', order: 'x' }))).toEqual(['0', 'a', 'b', 'c'])
  expect(barsOf(plot.bar(rows, { x: 'key', limit: 2 }))).toEqual(['b', 'a', 'others'])
  expect(barsOf(plot.bar(rows, { x: 'n' }))).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
    '11',
  ])
  expect(plot.bar(rows, { x: 'key', limit: 2 }).option.series[0].data).toEqual([
    [0, 5],
    [1, 3],
    [2, 3],
  ])
})

it('of too many series those of the most rows are drawn, and the picture says so', () => {
  const rows = Array.from({ length: 30 }, (_, k) =>
    Array.from({ length: k + 1 }, (_, x) => ({ k, x, y: k })),
  ).flat()
  const { option } = plot.line(rows, { x: 'x', y: 'y', by: 'k' })
  expect(option.title[0].subtext).toBe('16 of 30 series, those of the most rows')
  expect(option.legend.data.map(({ name }: any) => name)).toEqual(
    Array.from({ length: 16 }, (_, i) => String(14 + i)),
  )
})

it('times are those of the zone', () => {
  const rows = [0, 1, 2, 3].map(hour => ({ at: new Date(Date.UTC(2024, 6, 1, 22 + hour)), y: hour }))
  const svg = plot.line(rows, { x: 'at', y: 'y', zone: 'Europe/Paris' }).svg()
  expect(textsOf(svg)).toContain('at (Europe/Paris)')
  // 22:00 UTC is midnight there: the first of July has begun two hours earlier.
  expect(textsOf(svg)).toContain('Jul 2')
})

it.each<[string, () => unknown, RegExp]>([
  [
    'a column that is not there',
    () => plot.line(flights, { x: 'at', y: 'Delay' as never }),
    /no column "Delay"[\s\S]*did you mean "delay"/,
  ],
  ['no rows', () => plot.line(5 as never, { x: 'at', y: 'y' } as never), /takes an array of rows/],
  [
    'an option that is none',
    () => plot.bar(flights, { x: 'hour', colour: 1 } as never),
    /bar\(\) has no such option, got "colour"/,
  ],
  [
    'a theme that is none',
    () => plot.box(flights, { y: 'delay', theme: 'blue' as never }),
    /theme of box\(\) is one of/,
  ],
  ['a zone that is none', () => plot.calendar(flights, { x: 'at', zone: 'Mars' }), /is not a time zone/],
  ['no distribution', () => plot.qq([1], 5 as never), /has a quantile function/],
  ['no forecast', () => plot.forecast({} as never), /takes what forecast\(\) of a model gives/],
  ['no decomposition', () => plot.decomposition([1] as never), /takes what stl\(\) gives/],
  ['no model', () => plot.residuals(5 as never), /takes a fitted model or numbers/],
  ['levels that are none', () => plot.fan([[1]], { levels: [2] }), /levels of fan\(\) lie between 0 and 1/],
  ['texts for times', () => plot.calendar(flights, { x: 'carrier' as never }), /is a column of times/],
])('refuses %s', (_what, draw, message) => {
  expect(draw).toThrow(message)
})

it.each([
  ['the least numbers there are', [0, 5e-324, 1e-310]],
  ['the greatest', [-1.7e308, 1e300, 1.7e308]],
  ['none', []],
  ['no numbers', [Number.NaN, Number.POSITIVE_INFINITY, null]],
])('%s are drawn', (_name, values) => {
  const rows = values.map((v, i) => ({ v, at: new Date(i ? 8.64e15 : -8.64e15), key: `k${i}` }))
  const band = { expected: 0, lower: -1, upper: 1, anomaly: true }
  for (const figure of [
    plot.line(rows, { x: 'v', y: 'v' }),
    plot.line(rows.slice(0, 1), { x: 'at', y: 'v' }),
    plot.histogram(rows, { x: 'v' }),
    plot.histogram(rows.slice(0, 1), { x: 'at' }),
    plot.box(rows, { y: 'v' }),
    plot.band(
      rows.slice(0, 1).map(row => ({ ...row, ...band })),
      { x: 'at', y: 'v' },
    ),
  ]) {
    const svg = figure.svg()
    expectWellFormed(svg)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  }
})

it('the scale of colours ends within low pictures, its least number as well', () => {
  const days = Array.from({ length: 90 }, (_, i) => ({
    day: new Date(Date.UTC(2026, 0, 1 + i)),
    n: i,
    c: i % 2,
  }))
  for (const figure of [
    plot.calendar(days, { x: 'day', y: 'n' }),
    plot.heatmap(days, { x: 'day', y: 'c', value: 'n', aggregate: 'sum' }),
  ]) {
    const { top, itemHeight } = (figure.option as { visualMap: { top: number; itemHeight: number } })
      .visualMap
    const numbers = 40
    expect(top + itemHeight + numbers).toBeLessThanOrEqual(figure.size.height)
  }
})
