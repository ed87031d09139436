import { expect, it } from 'vitest'
import { type CalendarSpan, calendarPanes } from '../../../src/core/time/windows/calendar.ts'
import { tumbling } from '../../../src/index.ts'

// Bounds by Python 3 zoneinfo: datetime(y, m, d, tzinfo=ZoneInfo(zone)).astimezone(UTC).
const cases: [
  zone: string,
  unit: CalendarSpan['unit'],
  count: number,
  time: string,
  start: string,
  end: string,
][] = [
  ['Europe/Paris', 'day', 1, '2024-03-31T12:00Z', '2024-03-30T23:00Z', '2024-03-31T22:00Z'],
  ['Europe/Paris', 'day', 1, '2024-10-27T22:59Z', '2024-10-26T22:00Z', '2024-10-27T23:00Z'],
  ['America/Sao_Paulo', 'day', 1, '2018-11-04T12:00Z', '2018-11-04T03:00Z', '2018-11-05T02:00Z'],
  ['Asia/Kolkata', 'day', 1, '1965-06-30T18:29Z', '1965-06-29T18:30Z', '1965-06-30T18:30Z'],
  ['UTC', 'week', 1, '1969-12-31T00:00Z', '1969-12-29T00:00Z', '1970-01-05T00:00Z'],
  ['Europe/Paris', 'month', 1, '2024-03-31T21:59Z', '2024-02-29T23:00Z', '2024-03-31T22:00Z'],
  ['UTC', 'month', 1, '-000044-03-15T00:00Z', '-000044-03-01T00:00Z', '-000044-04-01T00:00Z'],
  ['UTC', 'day', 1, '0000-12-31T23:00Z', '0000-12-31T00:00Z', '0001-01-01T00:00Z'],
  ['Europe/Paris', 'month', 12, '1960-07-01T00:00Z', '1959-12-31T23:00Z', '1960-12-31T23:00Z'],
]

it.each(cases)('%s: %s × %i at %s', (timeZone, unit, count, time, start, end) => {
  const panes = calendarPanes({ unit, count, timeZone, offsetMs: 0 })
  const startMs = panes.startOf(Date.parse(time))
  expect([startMs, panes.endOf(startMs)]).toEqual([Date.parse(start), Date.parse(end)])
  expect(panes.startOf(Date.parse(end) - 1)).toBe(startMs)
  expect(panes.startOf(Date.parse(end))).toBe(Date.parse(end))
})

it('a day from six to six begins at six by the clock, also when clocks are changed', () => {
  const panes = calendarPanes({ unit: 'day', count: 1, timeZone: 'Europe/Paris', offsetMs: 6 * 3_600_000 })
  const startMs = panes.startOf(Date.parse('2024-03-31T02:00Z'))
  expect(new Date(startMs).toISOString()).toBe('2024-03-30T05:00:00.000Z')
  expect(new Date(panes.endOf(startMs)).toISOString()).toBe('2024-03-31T04:00:00.000Z')
})

it('a window that no Date bounds is refused, and not left out', () => {
  for (const unit of ['day', 'week', 'month'] as const)
    for (const timeMs of [8.64e15, -8.64e15 + 1])
      for (const timeZone of ['UTC', 'Europe/Paris'])
        if (unit !== 'day' || timeMs > 0)
          expect(() => calendarPanes({ unit, count: 1, timeZone, offsetMs: 0 }).startOf(timeMs)).toThrow(
            expect.objectContaining({ code: 'EVENT_TIME_RANGE' }),
          )
})

it('a time that is none is in no window', () => {
  const panes = calendarPanes({ unit: 'month', count: 1, timeZone: 'Europe/Paris', offsetMs: 0 })
  for (const timeMs of [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN])
    expect(() => panes.startOf(timeMs)).toThrow(expect.objectContaining({ code: 'EVENT_TIME_RANGE' }))
})

it('refuses zones and sizes that are none', () => {
  const code = expect.objectContaining({ code: 'TIME_ZONE' })
  expect(() => tumbling('1d', { timeZone: 'Mars/Olympus' })).toThrow(code)
  expect(() => tumbling('1h' as '1d', { timeZone: 'UTC' })).toThrow(code)
  expect(() => tumbling('1 month' as '1d')).toThrow(code)
})
