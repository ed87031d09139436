import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeControls, formatTable } from '../../../src/core/batch/format-table.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const lines = (text: string) => text.split('\n')

describe('formatTable', () => {
  it('aligns numbers to the right and everything else to the left', () => {
    const schema = schemaFrom({ origin: 'utf8', departures: 'int64', delay: 'float64', late: 'bool' })
    const rows = [
      { origin: 'IAH', departures: 27n, delay: 1 / 3, late: true },
      { origin: 'Houston', departures: 1234567n, delay: -4, late: null },
    ]
    expect(lines(formatTable(schema, rows, { digits: 7 }))).toEqual([
      'origin   departures      delay  late',
      '───────  ──────────  ─────────  ────',
      'IAH              27  0.3333333  true',
      'Houston     1234567         -4  null',
    ])
  })

  it('shows the digits that a float has, and no zeros in the place of digits', () => {
    const texts = (type: 'float64' | 'float32', values: number[], digits?: number) =>
      lines(
        formatTable(
          schemaFrom({ x: type }),
          values.map(x => ({ x })),
          digits === undefined ? {} : { digits },
        ),
      )
        .slice(2)
        .map(text => text.trim())
    const values = [12345678901.25, 0.1 + 0.2, 1 / 3, -0, 1e21, 5e-324, Number.NaN, Number.POSITIVE_INFINITY]
    expect(texts('float64', values)).toEqual([
      '12345678901.25',
      '0.30000000000000004',
      '0.3333333333333333',
      '-0',
      '1e+21',
      '5e-324',
      'NaN',
      'Infinity',
    ])
    expect(texts('float64', values.slice(0, 3), 4)).toEqual(['12345678901', '0.3', '0.3333'])
    expect(texts('float64', [1234.5678, 99999.9], 3)).toEqual(['1235', '100000'])
    expect(texts('float32', [Math.fround(0.1), Math.fround(16777.217)])).toEqual(['0.1', '16777.217'])
  })

  it('takes any number of rows', () => {
    const rows = Array.from({ length: 150_000 }, (_, x) => ({ x }))
    expect(formatTable(schemaFrom({ x: 'int32' }), rows).length).toBeGreaterThan(150_000)
  })

  it('shows a null differently from the text null, and quotes what would not be seen', () => {
    const rows = [null, 'null', '', ' x', 'x'].map(t => ({ t }))
    expect(lines(formatTable(schemaFrom({ t: 'utf8' }), rows)).slice(2)).toEqual([
      'null',
      '"null"',
      '""',
      '" x"',
      'x',
    ])
  })

  it('gives a time column the digits it needs, from Dates or units', () => {
    const at = (type: `timestamp[us]` | `timestamp[ms, ${string}]`, ...cells: unknown[]) =>
      lines(
        formatTable(
          schemaFrom({ at: type }),
          cells.map(cell => ({ at: cell })),
        ),
      ).slice(2)
    expect(at('timestamp[us]', new Date(0), -1_000_000n)).toEqual([
      '1970-01-01 00:00:00',
      '1969-12-31 23:59:59',
    ])
    expect(at('timestamp[us]', 0n, -1n)).toEqual(['1970-01-01 00:00:00.000000', '1969-12-31 23:59:59.999999'])
    expect(at('timestamp[ms, Europe/Paris]', 5n)).toEqual(['1970-01-01 01:00:00.005+01:00'])
    expect(at('timestamp[ms, UTC]', 5n)).toEqual(['1970-01-01 00:00:00.005Z'])
    expect(at('timestamp[us]', 2n ** 63n - 1n)).toEqual(['9223372036854775807 us'])
    expect(lines(formatTable(schemaFrom({ d: 'date' }), [{ d: new Date(-86_400_000) }]))[2]).toBe(
      '1969-12-31',
    )
  })

  it('cuts long text, counting wide characters as two', () => {
    const cut = (t: string) => lines(formatTable(schemaFrom({ t: 'utf8' }), [{ t }], { maxCellWidth: 6 }))[2]
    expect([cut('abcdef'), cut('abcdefg'), cut('日本語'), cut('日本語x'), cut('🦀🦀🦀🦀')]).toEqual([
      'abcdef',
      'abcde…',
      '日本語',
      '日本…',
      '🦀🦀…',
    ])
    expect(cut('x'.repeat(1e6))).toBe('xxxxx…')
  })

  it('counts the rows it does not show', () => {
    const schema = schemaFrom({ n: 'int32' })
    const rows = [{ n: 1 }, { n: 2 }, { n: 3 }]
    expect(lines(formatTable(schema, rows, { limit: 2 })).at(-1)).toBe('… and 1 more row')
    expect(lines(formatTable(schema, rows, { total: 1003 })).at(-1)).toBe('… and 1,000 more rows')
    expect(lines(formatTable(schema, []))).toEqual(['n', '─', '(no rows)'])
  })

  it('prints one line a row and nothing that moves the cursor, whatever the names and values', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('\x1b[2J', 'a\r\nb', '\u202eabc', '\u2028', '\x9b31m', '\ud800', '\0'),
    )
    fc.assert(
      fc.property(hostile, fc.array(hostile, { maxLength: 5 }), (name, texts) => {
        const text = formatTable(
          [{ name, type: 'utf8' }],
          texts.map(t => Object.fromEntries([[name, t]])),
        )
        expect(lines(text).length).toBe(texts.length === 0 ? 3 : 2 + texts.length)
        expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cs}\u202a-\u202e\u2028\u2029\u2066-\u2069]/u)
      }),
    )
  })
})

it('escapeControls names what it hides', () => {
  expect(escapeControls('a\tb\n\x1b[0m\u202e\x85')).toBe('a\\tb\\n\\x1b[0m\\u202e\\x85')
})
