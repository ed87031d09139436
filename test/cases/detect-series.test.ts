import { describe, expect, it } from 'vitest'
import { auto, ewma, memory, read, start } from '../../src/index.ts'
import { normal } from '../../src/models/index.ts'
import { seeded } from '../../src/testing.ts'
import { verbCase } from './verb-case.ts'

const MINUTE = 60_000
const schema = { at: 'timestamp[ms]', key: 'utf8', x: 'float64' } as const
type Row = { at: Date; key: string | null; x: number | null }

/** Three series, one of them silent from minute 60 to 130, one with alarms at minutes 90 and 91, one without values. */
const rows: Row[] = Array.from({ length: 150 }, (_, minute) => [
  ...(minute < 60 || minute > 130 ? [{ key: 'a', x: 20 + ((minute * 7919) % 13) }] : []),
  { key: null, x: 5 + ((minute * 31) % 7) + (minute === 90 ? 60 : minute === 91 ? -60 : 0) },
  ...(minute % 50 === 0 ? [{ key: 'c', x: null }] : []),
]).flatMap((some, minute) => some.map(row => ({ at: new Date(minute * MINUTE), ...row })))

/** One shard or several, batches and restores: few rows, for there are some forty runs. */
const few = rows.filter(({ at }) => at.getTime() >= 40 * MINUTE && (at.getTime() / MINUTE) % 2 === 0)

verbCase('series are described at the end, or as they change', {
  schema,
  rows: few,
  query: d =>
    d
      .watermark('at')
      .detect('x', ewma({ warmup: 10 }), { by: 'key', every: '2m' })
      .describe()
      .select('key', 'values', 'scored', 'level', 'scale', 'seasons', 'alarms', 'firstAlarm', 'reasons'),
  expect: 'same',
})

verbCase('each life of a series with a ttl is described', {
  schema,
  rows: few,
  query: d =>
    d
      .watermark('at')
      .detect('x', ewma({ warmup: 10 }), {
        ...{ by: 'key', every: '2m', ttl: '30m' },
        alpha: { events: 1, per: '1d' },
      })
      .describe(),
  expect: 'same',
})

describe('detect(…).describe()', () => {
  const input = () => read.rows(rows, schema).watermark('at')

  it('says what a series is, and counts what was called', async () => {
    const found = await input()
      .detect('x', ewma({ warmup: 10 }), { by: 'key', every: '1m' })
      .describe()
      .collect()
    const [none, a, c] = ['null', 'a', 'c'].map(key => found.find(row => String(row.key) === key)!)
    const nothing = { level: 0, variance: 0, flatline: 0, trend: 0, season: 0, gap: 0, dynamics: 0, count: 0 }
    expect(none).toMatchObject({
      values: 150,
      scored: 140,
      kind: null,
      trend: null,
      seasons: [],
      resolution: null,
    })
    expect(none).toMatchObject({ alarms: 2, suppressed: 0, reasons: { spike: 2, ...nothing } })
    expect([none!.firstAlarm, none!.lastAlarm]).toEqual([90, 91].map(minute => new Date(minute * MINUTE)))
    expect(Math.abs(none!.level! - 8)).toBeLessThan(1)
    expect(a).toMatchObject({ values: 79, alarms: 0, firstAlarm: null, lastAlarm: null })
    expect(c).toMatchObject({ values: 0, scored: 0, level: null, scale: null })
  })

  it('has no place for alarms without event time, and one row for one series', async () => {
    const found = await read
      .rows(
        rows.filter(row => row.key === null).map(({ x }) => ({ x })),
        { x: 'float64' },
      )
      .detect('x', ewma({ warmup: 10 }), { by: [], every: '1m', order: 'arrival' })
      .describe()
      .collect()
    expect(found).toMatchObject([{ values: 150, alarms: 2, firstAlarm: null, lastAlarm: null }])
  })

  it('counts as many alarms as rows are marked, and what is suppressed', async () => {
    const noise = seeded(4)
    const values = Array.from({ length: 3000 }, (_, i) => ({
      at: new Date(i * MINUTE),
      x: noise() + (i % 500 > 490 ? 9 : 0),
    }))
    const scored = read.rows(values).watermark('at').detect('x', auto(), { by: [], every: '1m' })
    const [series] = await scored.describe().collect()
    const marked = await scored.filter(r => r.anomaly).collect()
    expect(series!.alarms).toBe(marked.length)
    expect(series!.suppressed).toBe(await scored.filter(r => r.suppressed).count())
    expect(series!.suppressed).toBeGreaterThan(0)
    expect(series!.scored).toBe(await scored.filter(r => r.pValue.isNotNull()).count())
    const byReason = Object.entries(series!.reasons).filter(([, n]) => n > 0)
    expect(Object.fromEntries(byReason)).toEqual(
      Object.fromEntries(
        [...Map.groupBy(marked, row => row.reason)].map(([why, some]) => [why, some.length]),
      ),
    )
  })

  it('leaves in one job with the scored rows, by one detector', async () => {
    const scored = input().detect('x', normal({ mean: 20, sd: 4 }), { by: 'key' })
    const [all, series] = [memory(), memory()]
    const job = await start([scored.write(all), scored.describe().write(series)])
    await job.done
    expect(all.rows()).toHaveLength(rows.length)
    expect(series.rows()).toHaveLength(3)
    expect((await scored.describe().explain()).match(/detect/g)).toHaveLength(1)
  })

  it('is of the columns where that is asked for, and after any other verb', async () => {
    const scored = input().detect('x', ewma(), { by: 'key' })
    for (const columns of [scored.describe('columns'), scored.filter(r => r.anomaly).describe()])
      expect((await columns.collect()).map(row => row.column)).toContain('anomaly')
    expect(() => scored.describe('rows' as 'columns')).toThrow(expect.objectContaining({ code: 'OPTION' }))
  })

  it('refuses what has no row per series', async () => {
    expect(() => input().detect('x', ewma(), { by: 'key', falseDiscoveries: 0.1 }).describe()).toThrow(
      expect.objectContaining({ code: 'DESCRIBE_SERIES' }),
    )
    expect(() => input().describe('series' as 'columns')).toThrow(
      expect.objectContaining({ code: 'DESCRIBE_SERIES' }),
    )
    const clashing = input().rename({ key: 'kind' }).detect('x', ewma(), { by: 'kind' }).describe()
    await expect(clashing.collect()).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' })
  })
})
