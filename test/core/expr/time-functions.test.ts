/** Functions of time: zones at gaps and folds, before 1970, in columns of every unit; texts of times; spans. */

import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../../src/core/expr/builder.ts'
import { typeOf } from '../../../src/core/expr/type-of.ts'
import {
  type ColumnType,
  isTimestamp,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { codeOf, each } from './each.ts'

const at = (text: string): bigint => BigInt(Date.parse(text))
const UNITS = ['timestamp[s]', 'timestamp[ms]', 'timestamp[us]', 'timestamp[ns]'] as const

/** What an expression gives for times, in columns of every unit, as ISO texts. */
function inUnits(
  texts: readonly string[],
  expression: (r: any) => any,
  units: readonly ColumnType[] = UNITS,
): string[] {
  const results = units.map(type => {
    const perSecond = BigInt(UNITS_PER_SECOND[timestampUnit(type as 'timestamp[s]')])
    const cells = texts.map(text => (at(text) * perSecond) / 1000n)
    const made = typeOf(expression(columnsOf(schemaFrom({ t: type }))).expr, schemaFrom({ t: type }))
    const back = isTimestamp(made) ? BigInt(UNITS_PER_SECOND[timestampUnit(made)]) : undefined
    return each({ t: type }, { t: cells }, expression).map(cell =>
      back === undefined ? String(cell) : new Date(Number((BigInt(cell!) * 1000n) / back)).toISOString(),
    )
  })
  for (const result of results) expect(result).toEqual(results[0])
  return results[0]!
}

const PARIS = 'Europe/Paris'
// Clocks go forward at 01:00Z on 31 March 2024 and back at 01:00Z on 27 October.
const AROUND = [
  '2024-03-31T00:59:59Z',
  '2024-03-31T01:00:00Z',
  '2024-10-27T00:30:00Z',
  '2024-10-27T01:30:00Z',
]

describe('truncate', () => {
  it('cuts to what clocks of a zone show, at gaps and folds', () => {
    expect(inUnits(AROUND, r => r.t.truncate('1d', PARIS))).toEqual([
      '2024-03-30T23:00:00.000Z',
      '2024-03-30T23:00:00.000Z',
      '2024-10-26T22:00:00.000Z',
      '2024-10-26T22:00:00.000Z',
    ])
    // Both hours that show 02:30 begin at their own 02:00.
    expect(inUnits(AROUND, r => r.t.truncate('hour', PARIS))).toEqual([
      '2024-03-31T00:00:00.000Z',
      '2024-03-31T01:00:00.000Z',
      '2024-10-27T00:00:00.000Z',
      '2024-10-27T01:00:00.000Z',
    ])
    expect(inUnits(['2024-03-31T10:00:00Z'], r => r.t.truncate('6h', PARIS))).toEqual([
      '2024-03-31T10:00:00.000Z',
    ])
    expect(inUnits(['2024-03-31T09:59:00Z'], r => r.t.truncate('6h', PARIS))).toEqual([
      '2024-03-31T04:00:00.000Z',
    ])
    expect(inUnits(['2024-05-05T10:07:00Z'], r => r.t.truncate('hour', 'Asia/Kathmandu'))).toEqual([
      '2024-05-05T09:15:00.000Z',
    ])
    // No midnight: the day begins at one.
    expect(inUnits(['2018-11-04T12:00:00Z'], r => r.t.truncate('day', 'America/Sao_Paulo'))).toEqual([
      '2018-11-04T03:00:00.000Z',
    ])
    // A day that was left out.
    expect(inUnits(['2011-12-30T11:00:00Z'], r => r.t.truncate('day', 'Pacific/Apia'))).toEqual([
      '2011-12-30T10:00:00.000Z',
    ])
  })

  it('takes numbers of units, weeks from Monday, before 1970 as after', () => {
    const times = ['1969-12-31T23:59:59Z', '2024-05-15T10:44:59Z']
    expect(inUnits(times, r => r.t.truncate('15m'))).toEqual([
      '1969-12-31T23:45:00.000Z',
      '2024-05-15T10:30:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('1w'))).toEqual([
      '1969-12-29T00:00:00.000Z',
      '2024-05-13T00:00:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('2 weeks'))).toEqual([
      '1969-12-29T00:00:00.000Z',
      '2024-05-06T00:00:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('quarter'))).toEqual([
      '1969-10-01T00:00:00.000Z',
      '2024-04-01T00:00:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('5 years'))).toEqual([
      '1965-01-01T00:00:00.000Z',
      '2020-01-01T00:00:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('1q', 'America/New_York'))).toEqual([
      '1969-10-01T04:00:00.000Z',
      '2024-04-01T04:00:00.000Z',
    ])
    expect(inUnits(times, r => r.t.truncate('1ms'))).toEqual([
      '1969-12-31T23:59:59.000Z',
      '2024-05-15T10:44:59.000Z',
    ])
    expect(codeOf({ t: 'timestamp[ms]' }, { t: [] }, r => r.t.truncate('300us'))).toBe('TIME_UNIT')
    for (const unit of ['fortnight', '0m', '-1d', ' day', '1.5h', 'days', 7.5, '3'])
      expect(
        codeOf({ t: 'timestamp' }, { t: [] }, r => r.t.truncate(unit)),
        String(unit),
      ).toBe('TIME_UNIT')
  })
})

it('zones are those of the column where none is given, and unknown ones are refused', () => {
  const zoned = 'timestamp[us, America/New_York]' as const
  const cells = { t: [at('2024-07-04T03:30:00Z') * 1000n] }
  expect(each({ t: zoned }, cells, r => r.t.extract('hour'))).toEqual([23])
  expect(each({ t: zoned }, cells, r => r.t.extract('day'))).toEqual([3])
  expect(each({ t: zoned }, cells, r => r.t.extract('hour', 'UTC'))).toEqual([3])
  expect(each({ t: zoned }, cells, r => r.t.truncate('day'))).toEqual([at('2024-07-03T04:00:00Z') * 1000n])
  expect(each({ t: zoned }, cells, r => r.t.format('%a %H:%M %z %Z'))).toEqual([
    'Wed 23:30 -04:00 America/New_York',
  ])
  expect(each({ t: zoned }, cells, r => r.t.toLocal())).toEqual([at('2024-07-03T23:30:00Z') * 1000n])
  expect(each({ t: zoned }, cells, r => r.t.toLocal().fromLocal('America/New_York'))).toEqual(cells.t)
  expect(each({ t: zoned }, cells, r => r.t.toZone('Asia/Tokyo').extract('hour'))).toEqual([12])
  const schema = schemaFrom({ t: zoned })
  expect(typeOf(columnsOf<any>(schema).t.toZone('Asia/Tokyo').expr, schema)).toBe('timestamp[us, Asia/Tokyo]')
  expect(typeOf(columnsOf<any>(schema).t.toLocal().expr, schema)).toBe('timestamp[us]')
  expect(codeOf({ t: zoned }, cells, r => r.t.fromLocal('Asia/Tokyo'))).toBe('TIME_ZONE')
  for (const use of [
    (r: any) => r.t.truncate('day', 'Europe/Berln'),
    (r: any) => r.t.extract('day', 'Nowhere'),
    (r: any) => r.t.toZone('+25:00'),
    (r: any) => r.t.format('%Y', 'x'),
  ])
    expect(codeOf({ t: 'timestamp' }, { t: [] }, use)).toBe('TIME_ZONE')
  expect(codeOf({ d: 'date' }, { d: [] }, r => r.d.extract('day', PARIS))).toBe('TIME_ZONE')
  expect(codeOf({ t: 'timestamp[us, Europe/Berln]' }, { t: [] }, r => r.t)).toBe('TIME_ZONE')
})

describe('spans', () => {
  it('are added by the calendar from days on, exactly below', () => {
    expect(inUnits(['2024-03-30T10:00:00Z'], r => r.t.add('1d', PARIS))).toEqual(['2024-03-31T09:00:00.000Z'])
    expect(inUnits(['2024-03-30T10:00:00Z'], r => r.t.add('24h', PARIS))).toEqual([
      '2024-03-31T10:00:00.000Z',
    ])
    expect(inUnits(['2024-01-31T10:00:00Z', '1960-03-31T00:00:00Z'], r => r.t.add('1 month'))).toEqual([
      '2024-02-29T10:00:00.000Z',
      '1960-04-30T00:00:00.000Z',
    ])
    expect(inUnits(['2024-03-31T10:00:00Z'], r => r.t.sub(1, 'month'))).toEqual(['2024-02-29T10:00:00.000Z'])
    expect(inUnits(['2024-01-31T10:00:00Z'], r => r.t.add('-90m').sub('1 year').add(1000))).toEqual([
      '2023-01-31T08:30:01.000Z',
    ])
    // 02:30 is left out that day: as much later as clocks are put forward.
    expect(inUnits(['2024-03-30T01:30:00Z'], r => r.t.add('1d', PARIS))).toEqual(['2024-03-31T01:30:00.000Z'])
    const days = { d: 'date', n: 'int8' } as const
    expect(each(days, { d: [0, 59], n: [2, -1] }, r => r.d.add(r.n, 'month'))).toEqual([59, 31])
    expect(each(days, { d: [0], n: [1] }, r => r.d.add('2w'))).toEqual([14])
    expect(each(days, { d: [1], n: [1] }, r => r.d.add('1h'))).toEqual([90_000_000_000n])
    const hours = { t: 'timestamp[ms]', x: 'float64' } as const
    expect(each(hours, { t: [0n, null], x: [1.5, 2] }, r => r.t.sub(r.x, 'hour'))).toEqual([
      -5_400_000n,
      null,
    ])
    expect(codeOf(hours, { t: [0n], x: [1.5] }, r => r.t.add(r.x, 'day'))).toBe('ARGUMENT_TYPE')
    expect(codeOf(days, { d: [2147483647], n: [1] }, r => r.d.add('1d'))).toBe('OVERFLOW')
    expect(codeOf({ t: 'timestamp[ms]' }, { t: [] }, r => r.t.add('1us'))).toBe('TIME_UNIT')
  })

  it('between times are whole, cut towards zero', () => {
    const types = { a: 'timestamp[ms]', b: 'timestamp[us]' } as const
    const pair = (a: string, b: string) => ({ a: [at(a)], b: [at(b) * 1000n] })
    const both = (a: string, b: string, unit: string, zone?: string) => [
      each(types, pair(a, b), r => r.a.diff(r.b, unit, zone))[0],
      each(types, pair(b, a), r => r.a.diff(r.b, unit, zone))[0],
    ]
    expect(both('2024-05-01T10:59:59Z', '2024-05-01T09:00:00Z', 'hour')).toEqual([1, -1])
    expect(both('2024-03-31T23:00:00Z', '2024-03-30T23:00:00Z', 'day')).toEqual([1, -1])
    // A day of 23 hours.
    expect(both('2024-03-31T22:00:00Z', '2024-03-30T23:00:00Z', 'day', PARIS)).toEqual([1, -1])
    expect(both('2024-03-31T22:00:00Z', '2024-03-30T23:00:00Z', 'day')).toEqual([0, 0])
    expect(both('2024-05-31T00:00:00Z', '2024-04-30T00:00:00Z', 'month')).toEqual([1, -1])
    expect(both('2024-05-29T23:00:00Z', '2024-04-30T00:00:00Z', 'month')).toEqual([0, 0])
    expect(both('2024-05-31T00:00:00Z', '2000-02-29T00:00:00Z', 'year')).toEqual([24, -24])
    expect(both('2024-05-01T00:00:01Z', '2024-05-01T00:00:00Z', '250ms')).toEqual([4, -4])
    expect(both('2024-05-01T00:00:01Z', '2024-05-01T00:00:00Z', 'microsecond')).toEqual([1e6, -1e6])
    expect(each({ a: 'date', b: 'date' }, { a: [20000], b: [19990] }, r => r.a.diff(r.b, 'hour'))).toEqual([
      240,
    ])
    expect(codeOf({ a: 'timestamp[ns]' }, { a: [2n ** 62n] }, r => r.a.diff(new Date(0), 'nanosecond'))).toBe(
      'OVERFLOW',
    )
  })
})

it('days of the week are ISO, and months end', () => {
  const days = { d: [0, 3, 4, -1, 11001] }
  expect(each({ d: 'date' }, days, r => r.d.dayOfWeek())).toEqual([4, 7, 1, 3, 1])
  expect(each({ d: 'date' }, days, r => r.d.isWeekend())).toEqual([false, true, false, false, false])
  expect(inUnits(['2024-05-05T23:30:00Z'], r => r.t.dayOfWeek())).toEqual(['7'])
  expect(inUnits(['2024-05-05T23:30:00Z'], r => r.t.dayOfWeek(PARIS))).toEqual(['1'])
  expect(inUnits(['2024-05-05T23:30:00Z'], r => r.t.isWeekend(PARIS))).toEqual(['false'])
  expect(inUnits(['2024-01-31T23:30:00Z'], r => r.t.lastDay(PARIS).extract('dayOfYear'))).toEqual(['60'])
  expect(each({ d: 'date' }, { d: [-719528 + 59] }, r => r.d.lastDay())).toEqual([-719528 + 59])
})

it('epochs become timestamps of their unit, floats to the microsecond', () => {
  expect(each({ n: 'int32' }, { n: [1700000000, -1] }, r => r.n.fromEpoch('s'))).toEqual([1700000000n, -1n])
  expect(each({ n: 'float64' }, { n: [1.0000015, -0.5] }, r => r.n.fromEpoch('s'))).toEqual([
    1000002n,
    -500000n,
  ])
  expect(each({ n: 'int64' }, { n: [2n ** 60n] }, r => r.n.fromEpoch('ns', PARIS).extract('hour'))).toEqual([
    Number((2n ** 60n / 3600_000_000_000n + 2n) % 24n),
  ])
  expect(codeOf({ n: 'float64' }, { n: [Number.NaN] }, r => r.n.fromEpoch('s'))).toBe('OVERFLOW')
  expect(codeOf({ n: 'uint64' }, { n: [2n ** 63n] }, r => r.n.fromEpoch('s'))).toBe('OVERFLOW')
  expect(codeOf({ n: 'int32' }, { n: [] }, r => r.n.fromEpoch('m'))).toBe('TIME_UNIT')
})

describe('texts of times', () => {
  const read = (texts: (string | null)[], pattern: string, zone?: string): unknown[] =>
    each({ t: 'utf8' }, { t: texts }, r => r.t.tryParseTimestamp(pattern, zone)).map(us =>
      us === null ? null : new Date(Number((us as bigint) / 1000n)).toISOString(),
    )

  it('are read by patterns of strftime', () => {
    expect(read(['31.12.2025 23:59', '1.2.2025 3:04', null], '%d.%m.%Y %H:%M')).toEqual([
      '2025-12-31T23:59:00.000Z',
      '2025-02-01T03:04:00.000Z',
      null,
    ])
    expect(read(['2024-02-29T00:00:00.5', '1600-02-29T23:59:59.123000'], '%Y-%m-%dT%H:%M:%S.%f')).toEqual([
      '2024-02-29T00:00:00.500Z',
      '1600-02-29T23:59:59.123Z',
    ])
    expect(read(['Tue, 5 MAR 24 12:07 am', 'Wed, 6 mar 69 12:07 PM'], '%a, %-d %b %y %I:%M %p')).toEqual([
      '2024-03-05T00:07:00.000Z',
      '1969-03-06T12:07:00.000Z',
    ])
    expect(read(['May 2024 140', 'September 2023 365'], '%B %Y %j')).toEqual([
      '2024-05-19T00:00:00.000Z',
      '2023-12-31T00:00:00.000Z',
    ])
    expect(read(['12:30'], '%H:%M')).toEqual(['1900-01-01T12:30:00.000Z'])
    expect(read(['1700000000', '-1'], '%s')).toEqual(['2023-11-14T22:13:20.000Z', '1969-12-31T23:59:59.000Z'])
    expect(read(['100%é 2024'], '100%%é %Y')).toEqual(['2024-01-01T00:00:00.000Z'])
    expect(read(['2024-05-06', '-0044-03-15'], '%F')).toEqual([
      '2024-05-06T00:00:00.000Z',
      '-000044-03-15T00:00:00.000Z',
    ])
  })

  it('are null, or an error, where they are no time', () => {
    for (const [pattern, ...texts] of [
      [
        '%Y-%m-%d',
        '2023-02-29',
        '2024-13-01',
        '2024-00-01',
        '2024-01-00',
        '2024-04-31',
        '2024-01-1x',
        '2024-01',
        '',
        ' 2024-01-01',
        '20240-01-01',
      ],
      ['%H:%M:%S', '24:00:00', '23:60:00', '23:00:60', '1:2:'],
      ['%I %p', '0 AM', '13 PM', '1 XM'],
      ['%j %Y', '366 2023', '0 2024', '367 2024'],
      ['%b', 'Mai'],
      ['%z', '+2', '+24:00', '0200'],
    ] as const) {
      expect(read([...texts], pattern), pattern).toEqual(texts.map(() => null))
      expect(codeOf({ t: 'utf8' }, { t: [texts[0]!] }, r => r.t.parseTimestamp(pattern))).toBe('TIME_TEXT')
    }
    for (const pattern of ['%Q', '%U', '%', '%-'])
      expect(codeOf({ t: 'utf8' }, { t: [] }, r => r.t.parseTimestamp(pattern))).toBe('TIME_PATTERN')
    expect(codeOf({ t: 'utf8' }, { t: [null] }, r => r.t.parseTimestamp('%Y'))).toBe('no error')
  })

  it('are instants with a zone, or with a distance from UTC', () => {
    const pattern = '%Y-%m-%d %H:%M'
    expect(
      read(['2024-07-01 12:00', '2024-03-31 02:30', '2024-10-27 02:30', '1880-01-01 00:00'], pattern, PARIS),
    ).toEqual([
      '2024-07-01T10:00:00.000Z',
      '2024-03-31T01:30:00.000Z',
      '2024-10-27T00:30:00.000Z',
      '1879-12-31T23:50:39.000Z',
    ])
    expect(
      read(
        [
          '2024-07-01 12:00 +0530',
          '2024-07-01 12:00 -04:56:02',
          '2024-07-01 12:00 Z',
          '2024-07-01 12:00 +05',
        ],
        `${pattern} %z`,
      ),
    ).toEqual([
      '2024-07-01T06:30:00.000Z',
      '2024-07-01T16:56:02.000Z',
      '2024-07-01T12:00:00.000Z',
      '2024-07-01T07:00:00.000Z',
    ])
    const schema = schemaFrom({ t: 'utf8' })
    const r = columnsOf<any>(schema)
    expect(typeOf(r.t.parseTimestamp('%F').expr, schema)).toBe('timestamp[us]')
    expect(typeOf(r.t.parseTimestamp('%F', PARIS).expr, schema)).toBe('timestamp[us, Europe/Paris]')
    expect(typeOf(r.t.parseTimestamp('%F %z').expr, schema)).toBe('timestamp[us, UTC]')
    expect(typeOf(r.t.parseTimestamp('%T.%n').expr, schema)).toBe('timestamp[ns]')
  })

  it('are written by the same patterns, from columns of every unit', () => {
    const times = ['0007-01-02T03:04:05Z', '2024-12-30T15:00:09Z']
    const units = UNITS.slice(0, 3)
    expect(inUnits(times, r => r.t.format('%Y-%m-%d %H:%M:%S.%f'), units)).toEqual([
      '0007-01-02 03:04:05.000000',
      '2024-12-30 15:00:09.000000',
    ])
    expect(inUnits(times, r => r.t.format('%-d.%-m.%y %-I%p %j %e'), units)).toEqual([
      '2.1.07 3AM 002  2',
      '30.12.24 3PM 365 30',
    ])
    expect(inUnits(times, r => r.t.format('%A %a %B %b %G-W%V-%u %w %U %W'), units)).toEqual([
      'Tuesday Tue January Jan 0007-W01-2 2 00 01',
      'Monday Mon December Dec 2025-W01-1 1 52 53',
    ])
    expect(inUnits(times, r => r.t.format('%c%%%n é %s'), units)).toEqual([
      '0007-01-02 03:04:05%000000000 é -61946196955',
      '2024-12-30 15:00:09%000000000 é 1735570809',
    ])
    expect(each({ t: 'timestamp[ns]' }, { t: [-1n] }, r => r.t.format('%T.%n %f %g'))).toEqual([
      '23:59:59.999999999 999999 999',
    ])
    expect(each({ d: 'date' }, { d: [-1, null] }, r => r.d.format('%x'))).toEqual(['1969-12-31', null])
    expect(inUnits(AROUND.slice(2), r => r.t.format('%H:%M %z', PARIS))).toEqual([
      '02:30 +02:00',
      '02:30 +01:00',
    ])
  })
})
