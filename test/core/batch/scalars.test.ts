import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { formatTable } from '../../../src/core/batch/format-table.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { clockText, parseTimeOfDay } from '../../../src/core/types/clock-time.ts'
import { columnType } from '../../../src/core/types/column-type.ts'
import {
  decimalNumber,
  decimalText,
  divideRounded,
  exactUnits,
  parseDecimal,
  roundedUnits,
} from '../../../src/core/types/decimal.ts'

const one = (type: Parameters<typeof columnFrom>[0], value: unknown): unknown =>
  cellAt(columnFrom(type, [value]), 0)

describe('types by name', () => {
  it('are written with or without a space, a unit, digits after the point', () => {
    expect(columnType('decimal(10,2)')).toBe('decimal(10, 2)')
    expect(columnType('decimal(38)')).toBe('decimal(38, 0)')
    expect(columnType('time')).toBe('time[us]')
    expect(columnType('duration')).toBe('duration[us]')
    expect(columnType('duration[ns]')).toBe('duration[ns]')
  })

  it.each([
    ['decimal(39, 2)', /1 to 38 digits/],
    ['decimal(4, 5)', /at most as many after the point/],
    ['decimal(0, 0)', /1 to 38 digits/],
    ['numeric', /decimal\(18, 3\)/],
    ['DECIMAL', /decimal\(18, 3\)/],
    ['bytes', /'binary'/],
    ['interval', /'duration'/],
    ['uuid', /'utf8'/],
  ])('%s is refused, with what is meant', (name, hint) => {
    expect(() => columnType(name as 'utf8')).toThrow(
      expect.objectContaining({ code: 'COLUMN_TYPE', hint: expect.stringMatching(hint) }),
    )
  })
})

describe('a decimal', () => {
  it('takes text, numbers and bigints, and gives text of its scale', () => {
    for (const value of ['12.3', 12.3, '12.30', '+1230e-2', '012.300'])
      expect(one('decimal(6, 2)', value)).toBe('12.30')
    expect(one('decimal(6, 2)', 12n)).toBe('12.00')
    expect(one('decimal(6, 2)', '-.05')).toBe('-0.05')
    expect(one('decimal(38, 0)', 10n ** 38n - 1n)).toBe('9'.repeat(38))
    expect(one('decimal(38, 38)', `-0.${'9'.repeat(38)}`)).toBe(`-0.${'9'.repeat(38)}`)
  })

  it.each([
    ['12.345', /more than 2 digits after the point/],
    [0.1 + 0.2, /more than 2 digits after the point/],
    ['10000', /too many digits/],
    ['1e999', /digits/],
    ['1,5', /text such as/],
    ['', /text such as/],
    [Number.NaN, /text such as/],
    [true, /text such as/],
  ])('refuses %s', (value, hint) => {
    expect(() => columnFrom('decimal(6, 2)', [value])).toThrow(
      expect.objectContaining({ code: 'VALUE_TYPE', hint: expect.stringMatching(hint) }),
    )
  })

  it('is the text it was parsed from, whatever its units and scale', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 38n), 10n ** 38n), fc.nat(38), (units, scale) => {
        const text = decimalText(units, scale)
        expect(exactUnits(parseDecimal(text)!, scale)).toBe(units)
        expect(decimalNumber(units, scale)).toBe(Number(text))
      }),
    )
  })

  it('is rounded to the nearest, halves away from zero', () => {
    const rounded = (text: string, scale: number) => roundedUnits(parseDecimal(text)!, scale)
    expect(rounded('2.5', 0)).toBe(3n)
    expect(rounded('-2.5', 0)).toBe(-3n)
    expect(rounded('2.4999', 0)).toBe(2n)
    expect(rounded('-0.5', 0)).toBe(-1n)
    expect(rounded('1e-90', 2)).toBe(0n)
    expect(divideRounded(4n, 3n)).toBe(1n)
    expect(divideRounded(-5n, 3n)).toBe(-2n)
  })
})

describe('times of day and durations', () => {
  it('are text from midnight to 24:00:00, with the digits they have', () => {
    expect(one('time[us]', '13:05')).toBe('13:05:00')
    expect(one('time[us]', '00:00:00.250')).toBe('00:00:00.25')
    expect(one('time[s]', '24:00:00')).toBe('24:00:00')
    for (const value of ['24:00:01', '1:60:00', '-01:00:00', 'noon', '00:00:00.0000001'])
      expect(() => columnFrom('time[us]', [value])).toThrow(expect.objectContaining({ code: 'VALUE_TYPE' }))
  })

  it('are milliseconds, with fractions where the unit is finer', () => {
    expect(one('duration[us]', 1.001)).toBe(1.001)
    expect(one('duration[ns]', -0.000001)).toBe(-0.000001)
    expect(one('duration[s]', 2000)).toBe(2000)
    expect(() => columnFrom('duration[s]', [1500])).toThrow(/duration\[s\]/)
    expect(() => columnFrom('duration[us]', ['1h'])).toThrow(expect.objectContaining({ code: 'VALUE_TYPE' }))
  })

  it('are the text they were parsed from', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 86_400_000_000n), units => {
        expect(parseTimeOfDay(clockText(units, 'us'), 'us')).toBe(units)
      }),
    )
  })
})

describe('bytes', () => {
  it('are copied in and out', () => {
    const given = Uint8Array.of(1, 2, 255)
    const column = columnFrom('binary', [given, null, Buffer.from('ab'), new Uint16Array([0x4142]).buffer])
    given[0] = 9
    expect([0, 1, 2, 3].map(i => cellAt(column, i))).toEqual([
      Uint8Array.of(1, 2, 255),
      null,
      Uint8Array.of(97, 98),
      Uint8Array.of(0x42, 0x41),
    ])
    expect(() => columnFrom('binary', ['text'])).toThrow(expect.objectContaining({ code: 'VALUE_TYPE' }))
  })
})

it('tables show decimals at the right, durations as hours, bytes as SQL does', () => {
  const schema = [
    { name: 'price', type: 'decimal(6, 2)' },
    { name: 'took', type: 'duration[us]' },
    { name: 'raw', type: 'binary' },
  ] as const
  const rows = [
    { price: '1.50', took: 93_784_500, raw: Uint8Array.of(97, 0, 92) },
    { price: '-100.00', took: null, raw: null },
  ]
  expect(formatTable(schema, rows)).toBe(
    [
      '  price        took  raw',
      '───────  ──────────  ─────────',
      '   1.50  26:03:04.5  a\\x00\\x5C',
      '-100.00        null  null',
    ].join('\n'),
  )
})

it('tables show the unit that a long duration has, which its milliseconds times 1000 are not', () => {
  const schema = [{ name: 'took', type: 'duration[us]' }] as const
  // 4489598586286771 us.
  expect(formatTable(schema, [{ took: 4489598586286.771 }])).toContain('1247110:43:06.286771')
})
