import { expect, it } from 'vitest'
import { count, cumulate, read, sliding, tumbling } from '../../../src/index.ts'

it('days of a time zone, of 23 hours when clocks are put forward', async () => {
  const hours = Array.from({ length: 72 }, (_, h) => ({ at: new Date(Date.UTC(2024, 2, 30, h - 1)) }))
  const days = await read
    .rows(hours, { at: 'timestamp' })
    .watermark('at')
    .window(tumbling('1 day', { timeZone: 'Europe/Paris' }))
    .agg({ n: count() })
    .collect()
  expect(days.map(({ n }) => n)).toEqual([24, 23, 24, 1])
})

it('the week so far each day, and seven days each day, across a day of 23 hours', async () => {
  const hours = Array.from({ length: 24 * 16 }, (_, h) => ({ at: new Date(Date.UTC(2024, 2, 24, 23 + h)) }))
  const timed = read.rows(hours, { at: 'timestamp' }).watermark('at')
  const zone = { timeZone: 'Europe/Paris' } as const
  const grown = await timed
    .window(cumulate('1 week', { every: '1 day', ...zone }))
    .agg({ n: count() })
    .collect()
  // From Monday the 25th; Sunday the 31st has 23 hours.
  expect(grown.map(({ n }) => n).slice(0, 8)).toEqual([24, 48, 72, 96, 120, 144, 167, 24])
  expect(grown[6]!.windowEnd.toISOString()).toBe('2024-03-31T22:00:00.000Z')
  const weeks = await timed
    .window(sliding('7 days', { every: '1 day', ...zone }))
    .agg({ n: count() })
    .collect()
  expect(weeks.map(({ n }) => n).slice(0, 15)).toEqual([
    24, 48, 72, 96, 120, 144, 167, 167, 167, 167, 167, 167, 167, 168, 168,
  ])
  expect(weeks[0]!.windowStart.toISOString()).toBe('2024-03-18T23:00:00.000Z')
  const hourly = await timed
    .window(cumulate('1 day', { every: '1h', ...zone }))
    .agg({ n: count() })
    .collect()
  const longest = Map.groupBy(hourly, ({ windowStart }) => windowStart.getTime())
  expect([...longest.values()].map(of => of.length).slice(0, 8)).toEqual([24, 24, 24, 24, 24, 24, 23, 24])
})

it('refuses sizes that do not go together', () => {
  const zone = { timeZone: 'Europe/Paris' } as const
  for (const windows of [
    () => sliding('1 month', { every: '1 day', ...zone }),
    () => sliding('3 days', { every: '2 days', ...zone }),
    () => cumulate('1 month', { every: '1 week', ...zone }),
  ])
    expect(windows).toThrow(expect.objectContaining({ code: 'WINDOW_SIZE' }))
})
