import { expect, it } from 'vitest'
import { type BandPanel, bandChart } from '../../src/plot/index.ts'

const HOUR_MS = 3_600_000
const times = Array.from({ length: 240 }, (_, i) => Date.UTC(2001, 5, 1) + i * HOUR_MS)

const panel = (more: Partial<BandPanel> = {}): BandPanel => ({
  name: 'departures per hour',
  observed: times.map((_, i) => (i === 100 ? 0 : 20 + (i % 24))),
  lower: times.map((_, i) => 10 + (i % 24)),
  upper: times.map((_, i) => 30 + (i % 24)),
  alerts: times.map((_, i) => i === 100),
  ...more,
})

const chart = (panels: BandPanel[], title = 'IAH') => bandChart({ title, times, panels })

/** Tags that are opened and closed in order: enough of an XML parser to check the document. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  for (const [, end, name, self] of svg
    .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
    .matchAll(/<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (end) expect(open.pop()).toBe(name)
    else if (!self) open.push(name!)
  }
  expect(open).toEqual([])
  expect(
    svg.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/<\/?[a-zA-Z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, ''),
  ).not.toMatch(/[<>]/)
}

it('draws observed, band and alerts of every panel as one SVG document', () => {
  const svg = chart([panel(), panel({ name: 'mean delay, minutes' })]).svg()
  expectWellFormed(svg)
  for (const text of [
    'IAH',
    'departures per hour',
    'mean delay, minutes',
    'observed',
    'expected',
    'alert',
    'Jun 5',
  ])
    expect(svg).toContain(`>${text}</text>`)
})

it('draws the same bytes again, whatever was drawn between', () => {
  const first = chart([panel()]).svg()
  chart([panel(), panel()], 'another').svg()
  expect(chart([panel()]).svg() === first).toBe(true)
  expect(first).not.toMatch(/zr\d/)
})

it('text is text, whatever it says', () => {
  const svg = chart([panel({ name: ']]></style><a>"\'&' })], '<script>alert("zr7-c0")</script>\u0000').svg()
  expect(svg).not.toContain('<script>')
  expect(svg).not.toContain('<a>')
  expect(svg).toContain('zr7-c0')
})

it('draws nothing where values or bounds are missing or endless', () => {
  const whole = chart([panel({ alerts: times.map(() => false) })]).svg()
  const gap = (values: readonly (number | null)[], instead: number | null) =>
    values.map((value, i) => (i > 50 && i < 80 ? instead : value))
  for (const instead of [null, Number.POSITIVE_INFINITY, Number.NaN]) {
    const svg = chart([panel({ upper: gap(panel().upper, instead) })]).svg()
    expectWellFormed(svg)
    expect(svg).not.toMatch(/NaN|Infinity/)
    expect(svg).not.toBe(whole)
  }
  const svg = chart([panel({ observed: gap(panel().observed, null) })]).svg()
  expect(svg).not.toMatch(/NaN|Infinity/)
})

it('bands below zero keep their height', () => {
  const { option } = chart([panel({ lower: times.map(() => -5), upper: times.map(() => -2) })])
  const series = option.series as { stackStrategy?: string; data: [number, number | null][] }[]
  const band = series.filter(({ stackStrategy }) => stackStrategy === 'all')
  expect(band.map(({ data }) => data[0]![1])).toEqual([-5, 3])
})

it('no rows, and a single one, are charts too', () => {
  for (const length of [0, 1]) {
    const cut = <T>(values: readonly T[]) => values.slice(0, length)
    const { observed, lower, upper, alerts } = panel()
    const svg = bandChart({
      title: 'few',
      times: cut(times),
      panels: [
        { name: 'x', observed: cut(observed), lower: cut(lower), upper: cut(upper), alerts: cut(alerts) },
      ],
    }).svg()
    expectWellFormed(svg)
    expect(svg).not.toMatch(/NaN/)
  }
})

it('columns of another length than the times are refused', () => {
  expect(() => chart([panel({ lower: [1, 2] })])).toThrow(/lower has 2 values for 240 times/)
})

it.each([[[new Date(0)]], [undefined], [0]])('times that are no milliseconds are refused: %s', times => {
  expect(() => bandChart({ title: 'x', times: times as never, panels: [] })).toThrow(
    /times of bandChart\(\) are milliseconds/,
  )
})

it('shows itself in notebooks', () => {
  const figure = chart([panel()])
  const shown = (figure as any)[Symbol.for('Jupyter.display')]()
  expect(shown['image/svg+xml'] === figure.svg()).toBe(true)
})
