import { describe, expect, it } from 'vitest'
import {
  arma,
  auto,
  changePoint,
  count,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  pageHinkley,
  read,
  robustZ,
  seasonalNaive,
  tumbling,
} from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const MINUTE = 60_000
const schema = { at: 'timestamp[ms]', key: 'utf8', x: 'float64' } as const

/** `a` comes every other minute; `b` every minute for a while, then again after `gap` minutes; `c` once in a while. */
function rowsWithGap(gap: number, until = 20, end = 80) {
  const at = (key: string, minute: number) => ({
    at: new Date(minute * MINUTE),
    key,
    x: 20 + ((minute * 7919) % 13) + (minute === until - 3 ? 60 : 0),
  })
  const minutes = Array.from({ length: end }, (_, minute) => minute)
  return minutes.flatMap(minute => [
    ...(minute % 2 === 0 ? [at('a', minute)] : []),
    ...(minute < until || minute >= until - 1 + gap ? [at('b', minute)] : []),
    ...(minute % 36 === 0 ? [at('c', minute)] : []),
  ])
}

verbCase(
  'a series that was silent for longer than its ttl starts anew, wherever and whenever it is forgotten',
  {
    schema,
    rows: rowsWithGap(31),
    query: d =>
      d
        .watermark('at')
        .detect('x', ewma({ warmup: 10 }), { by: 'key', every: '1m', ttl: '30m', alpha: 0.01 }),
    expect: 'same',
  },
)

verbCase('windows of series with a ttl, with keys that come once', {
  schema,
  rows: rowsWithGap(35),
  query: d =>
    d
      .watermark('at')
      .groupBy('key')
      .window(tumbling('1m'))
      .agg({ n: count() })
      .fillGaps({ values: { n: 0 }, ttl: '10m' })
      .detect('n', counts({ season: 'none', warmup: '6m' }), { ttl: '20m' }),
  expect: 'same',
})

describe('a series that starts anew', () => {
  const detectors = {
    arma: arma({ p: 1, q: 0, warmup: 10 }),
    auto: auto(),
    changePoint: changePoint(),
    counts: counts({ season: 'none', warmup: '8m' }),
    cusum: cusum(),
    ewma: ewma({ warmup: 10 }),
    fitted: fitted('poisson'),
    holtWinters: holtWinters({ season: '10m' }),
    kMeansDistance: kMeansDistance(),
    pageHinkley: pageHinkley(),
    robustZ: robustZ(),
    seasonalNaive: seasonalNaive({ season: '10m' }),
  }
  const scored = (rows: ReturnType<typeof rowsWithGap>, detector: any, options: object, batchRows: number) =>
    read
      .rows(rows, schema)
      .watermark('at')
      .detect('x', detector, { by: 'key', every: '1m', alpha: 0.01, ...options })
      .collect({ batchRows, shards: 0 })

  it.each(Object.entries(detectors))('is scored by %s as one that was never seen', async (_, detector) => {
    const gap = rowsWithGap(31, 340, 720)
    // What comes after a gap as a key of its own.
    const anew = ({ key, at }: { key: string; at: Date }) =>
      key === 'c' ? `c${Number(at)}` : key === 'b' && Number(at) > 350 * MINUTE ? 'd' : key
    const apart = gap.map(row => ({ ...row, key: anew(row) }))
    const columns = (rows: readonly any[]) => rows.map(({ key: _, ...rest }) => rest)
    const expected = columns(await scored(apart, detector, {}, 1000))
    for (const batchRows of [1, 1000])
      expect(columns(await scored(gap, detector, { ttl: '30m' }, batchRows))).toEqual(expected)
    expect(expected.some(({ pValue }) => pValue !== null)).toBe(true)
  })

  it('leaves the series that go on as they are, when the memory of thousands of others is freed', async () => {
    const minutes = Array.from({ length: 40 }, (_, minute) => minute)
    const rows = minutes.flatMap(minute =>
      Array.from({ length: 150 }, (_, i) => ({
        at: new Date(minute * MINUTE),
        key: i % 50 === 0 ? `on ${i}` : `once ${minute} ${i}`,
        x: (minute * 7919 + i) % 17,
      })),
    )
    const detector = arma({ p: 1, q: 0, warmup: 10 })
    const expected = await scored(rows, detector, {}, 100)
    expect(expected.filter(({ pValue }) => pValue !== null).length).toBeGreaterThan(10)
    expect(await scored(rows, detector, { ttl: '2m' }, 100)).toEqual(expected)
  })

  it('was silent for longer than the ttl: for as long is not enough', async () => {
    const rows = rowsWithGap(31, 40, 120).filter(({ key }) => key !== 'c')
    const kept = await scored(rows, ewma({ warmup: 10 }), { ttl: '31m' }, 1000)
    expect(kept).toEqual(await scored(rows, ewma({ warmup: 10 }), {}, 1000))
    expect(kept).not.toEqual(await scored(rows, ewma({ warmup: 10 }), { ttl: '30m' }, 1000))
  })
})

describe('a ttl', () => {
  const rows = read.rows(rowsWithGap(31), schema)
  const detect = (options: any, detector: any = ewma()) => rows.watermark('at').detect('x', detector, options)

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1y', '-5m'])('of %s is refused', ttl => {
    expect(() => detect({ by: 'key', ttl })).toThrow(expect.objectContaining({ code: 'DURATION' }))
    expect(() =>
      rows
        .watermark('at')
        .groupBy('key')
        .window(tumbling('1m'))
        .agg({ n: count() })
        .fillGaps({ ttl: ttl as '1m' }),
    ).toThrow(expect.objectContaining({ code: 'DURATION' }))
  })

  it('needs event time', () => {
    expect(() => rows.detect('x', ewma(), { by: 'key', every: '1m', order: 'arrival', ttl: '1h' })).toThrow(
      expect.objectContaining({ code: 'NO_EVENT_TIME', hint: expect.stringContaining('watermark') }),
    )
  })

  it('is none for a model of all series', () => {
    expect(() => detect({ by: 'key', ttl: '1h' }, fitted('poisson', { pooled: true }))).toThrow(
      expect.objectContaining({ code: 'DETECT_TTL', hint: expect.stringContaining('pooled') }),
    )
  })

  it('is explained', async () => {
    expect(await detect({ by: 'key', ttl: '1h' }).explain()).toContain('by "key", ttl 1h')
  })
})
