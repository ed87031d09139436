import { describe, expect, it } from 'vitest'
import { auto, counts, cusum, ewma, read } from '../../src/index.ts'
import { FULL } from '../effort.ts'
import { armaSeries, gaussian, HOUR_MS, seeded } from '../models/detectors/simulate.ts'

interface Point {
  at: Date
  key: string
  x: number
}
const columns = { at: 'timestamp[ms]', key: 'utf8', x: 'float64' } as const

/** Series of equal length, row by row in order of time. */
function rowsOf(series: readonly Float64Array[]): Point[] {
  return Array.from(series[0]!, (_, i) =>
    series.map((values, key) => ({ at: new Date(i * HOUR_MS), key: `k${key}`, x: values[i]! })),
  ).flat()
}

describe('an alarm rate over time counts events', () => {
  const weeks = 20
  const series = Array.from({ length: 100 }, (_, key) =>
    armaSeries(seeded(key + 1), [], [], 168 * (weeks + 6)),
  )

  const detectors = [
    { name: 'ewma', detector: ewma({ smoothing: 0.01, warmup: 168, calibrate: 'analytic' }), least: 0.85 },
    { name: 'auto', detector: auto({ warmup: 168 }), least: 0.7 },
  ]
  it.each(FULL ? detectors : detectors.slice(0, 1))(
    '$name: about one in a week of a series',
    async ({ detector, least }) => {
      const found = await read
        .rows(rowsOf(series), columns)
        .watermark('at')
        .detect('x', detector, { by: 'key', every: '1h', alpha: { events: 1, per: '1w' } })
        .filter(r => r.anomaly)
        .select('at')
        .collect()
      const late = found.filter(({ at }) => Number(at) >= 6 * 168 * HOUR_MS)
      const perWeek = late.length / (series.length * weeks)
      expect(perWeek).toBeGreaterThan(least)
      expect(perWeek).toBeLessThan(1.15)
    },
  )

  it('refuses a rate that is not rarer than the values, and one without a step', () => {
    const input = read.rows(rowsOf([new Float64Array(3)]), columns).watermark('at')
    const alpha = { events: 200, per: '1w' } as const
    expect(() => input.detect('x', auto(), { by: [], every: '1h', alpha })).toThrow(/rarer than the values/)
    expect(() => input.detect('x', auto(), { by: [], alpha })).toThrow(/sampling step/)
  })
})

describe('reasons', () => {
  const rows = rowsOf([Float64Array.from({ length: 120 }, (_, i) => (i >= 100 && i < 104 ? 50 : i % 3))])
  const input = read.rows(rows, columns).watermark('at')
  const shown = { by: [], every: '1h' } as const

  it('say what an anomaly is, also of one that goes on with an event', async () => {
    const scored = await input
      .detect('x', ewma({ warmup: 20, calibrate: 'analytic' }), {
        ...shown,
        alpha: { events: 1, per: '1000h' },
        as: 'x',
      })
      .select('xScore', 'xAnomaly', 'xReason', 'xReasonScore', 'xSuppressed')
      .collect()
    const of = (from: number, to: number) =>
      scored.slice(from, to).map(row => [row.xAnomaly, row.xSuppressed, row.xReason])
    expect(of(19, 20)).toEqual([[null, null, null]])
    expect(of(99, 105)).toEqual([
      [false, false, null],
      [true, false, 'spike'],
      ...Array(3).fill([false, true, 'spike']),
      [false, false, null],
    ])
    expect(scored[100]!.xReasonScore).toBe(scored[100]!.xScore)
    expect(scored[99]!.xReasonScore).toBe(null)
  })

  it('are those of the detector', async () => {
    const reasons = async (detector: Parameters<typeof input.detect>[1]) =>
      new Set((await input.detect('x', detector, shown).collect()).flatMap(r => r.reason ?? []))
    expect(await reasons(cusum({ warmup: 20 }))).toEqual(new Set(['level']))
    expect(await reasons(counts({ season: 'none', warmup: '20h' }))).toEqual(new Set(['count']))
  })
})

describe('false discoveries', () => {
  it('are the share asked for, of what is called an anomaly, and more is found than by alpha', async () => {
    // 200 series; in 40 late hours, 20 of them are four sigma off.
    const u = seeded(3)
    const length = 400
    const shifted = (key: number, i: number) => i >= 360 && (key * 7 + i) % 10 === 0
    const series = Array.from({ length: 200 }, (_, key) =>
      Float64Array.from({ length }, (_, i) => gaussian(u) + (shifted(key, i) ? 4 : 0)),
    )
    const scored = read
      .rows(rowsOf(series), columns)
      .watermark('at')
      .detect('x', ewma({ smoothing: 0.01, calibrate: 'analytic' }), {
        by: 'key',
        every: '1h',
        falseDiscoveries: 0.1,
      })
    const found = await scored.filter(r => r.anomaly).collect()
    const late = found.filter(({ at }) => Number(at) >= 360 * HOUR_MS)
    const right = late.filter(({ at, key }) => shifted(Number(key!.slice(1)), Number(at) / HOUR_MS))
    const share = 1 - right.length / late.length
    // 0.9 of the hours are unremarkable: Benjamini and Hochberg keep 0.9 times the share.
    expect(share).toBeGreaterThan(0.05)
    expect(share).toBeLessThan(0.13)
    expect(right.length / 800).toBeGreaterThan(0.8)
    // Anomalies alone have reasons, though their p-values may be above alpha.
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['spike']))
    expect(found.every(({ reasonScore, score }) => reasonScore === score)).toBe(true)
    expect(await scored.filter(r => r.reason.isNotNull().or(r.suppressed)).count()).toBe(found.length)
    // Where nothing is shifted, one hour in ten has a discovery at most.
    const early = new Set(found.filter(({ at }) => Number(at) < 360 * HOUR_MS).map(({ at }) => Number(at)))
    expect(early.size / 260).toBeLessThan(0.15)
  })

  it('need event time in order, and a share', () => {
    const input = read.rows(rowsOf([new Float64Array(3)]), columns).watermark('at')
    expect(() => input.detect('x', auto(), { by: [], falseDiscoveries: 1 })).toThrow(/between 0 and 1/)
    expect(() => input.detect('x', auto(), { by: [], falseDiscoveries: 0.1, order: 'arrival' })).toThrow(
      /order of arrival/,
    )
  })
})

describe('order of arrival', () => {
  const rows = rowsOf([armaSeries(seeded(5), [0.5], [], 300)])

  it('scores rows as they come, and gives them out so', async () => {
    const shuffled = [...rows.slice(0, 150), ...rows.slice(150).reverse()]
    const scored = await read
      .rows(shuffled, columns)
      .watermark('at')
      .detect('x', ewma({ warmup: 20 }), { by: [], order: 'arrival' })
      .collect()
    expect(scored.map(({ at }) => Number(at))).toEqual(shuffled.map(({ at }) => Number(at)))
    const straight = await read
      .rows(
        shuffled.map(({ x }, i) => ({ at: new Date(i * HOUR_MS), key: '', x })),
        columns,
      )
      .watermark('at')
      .detect('x', ewma({ warmup: 20 }), { by: [] })
      .collect()
    expect(scored.map(({ pValue }) => pValue)).toEqual(straight.map(({ pValue }) => pValue))
  })

  it('needs no event time, and then takes rows for steps', async () => {
    const bare = read
      .rows(rows, columns)
      .detect('x', auto({ warmup: 60 }), { by: 'key', every: '1h', order: 'arrival' })
    const timed = read
      .rows(rows, columns)
      .watermark('at')
      .detect('x', auto({ warmup: 60 }), { by: 'key', every: '1h' })
    expect((await bare.collect()).map(r => r.score)).toEqual((await timed.collect()).map(r => r.score))
    expect(await bare.explain()).toMatch(/not repeatable/)
    expect(() => read.rows(rows, columns).detect('x', auto(), { by: 'key', order: 'arrival' })).toThrow(
      /every/,
    )
    // @ts-expect-error no such order
    expect(() => read.rows(rows, columns).detect('x', auto(), { order: 'random' })).toThrow(
      /'event' or 'arrival'/,
    )
  })
})
