import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../effort.ts'
import { decode, decodeBothWays, encode } from './csv.ts'

describe('values of each type', () => {
  const one = (type: any, text: string, options = {}) => {
    const { rows, bad } = decodeBothWays(`${text},\n`, { v: type, rest: 'utf8' }, options)
    return rows.length === 1 ? rows[0]!.v : bad[0]!.problem
  }

  it.each([
    ['int8', '-128', -128],
    ['int8', '128', '"128" is no int8'],
    ['uint8', '255', 255],
    ['uint8', '-1', '"-1" is no uint8'],
    ['int32', '2147483647', 2147483647],
    ['int32', '-2147483648', -2147483648],
    ['int32', '2147483648', '"2147483648" is no int32'],
    ['int32', ' +7 ', 7],
    ['int32', '"8"', 8],
    ['int32', '9.0', 9],
    ['int32', '9.5', '"9.5" is no int32'],
    ['int32', '1_000', '"1_000" is no int32'],
    ['int32', '-', '"-" is no int32'],
    ['uint32', '4294967295', 4294967295],
    ['int53', '9007199254740991', 9007199254740991],
    ['int53', '9007199254740992', '"9007199254740992" is no int53'],
    ['int64', '9223372036854775807', 9223372036854775807n],
    ['int64', '-9223372036854775808', -9223372036854775808n],
    ['int64', '123456789012345678', 123456789012345678n],
    ['int64', '-1000000000000000000', -1000000000000000000n],
    ['int64', '9223372036854775808', '"9223372036854775808" is no int64'],
    ['uint64', '18446744073709551615', 18446744073709551615n],
    ['float64', '-0', -0],
    ['float64', '.5', 0.5],
    ['float64', '5.', 5],
    ['float64', '1e999', '"1e999" is no float64'],
    ['float64', '-Infinity', Number.NEGATIVE_INFINITY],
    ['float64', 'NaN', Number.NaN],
    ['float64', '0x10', '"0x10" is no float64'],
    ['float64', '1.2.3', '"1.2.3" is no float64'],
    ['float32', '1e39', '"1e39" is no float32'],
    ['float32', '0.1', Math.fround(0.1)],
    ['bool', 'TRUE', true],
    ['bool', 'n', false],
    ['bool', '2', '"2" is no bool'],
    ['date', '2024-02-29', new Date('2024-02-29')],
    ['date', '2023-02-29', '"2023-02-29" is no date'],
    ['date', '2024-02-29T00:00:00', new Date('2024-02-29')],
    ['date', '2024-02-29 12:00', '"2024-02-29 12:00" is no date'],
    ['date', '+012024-01-01', new Date('+012024-01-01')],
    ['timestamp[s]', '1969-12-31 23:59:59', -1n],
    ['timestamp[us]', '2001-06-09T14:03:07.1234567Z', 992095387123456n],
    ['timestamp[ns]', '1969-12-31T23:59:59.5', -500000000n],
    ['timestamp[ns]', '2001-06-09T14:03:07.123456789', 992095387123456789n],
    ['timestamp[ms]', '2001-06-09T14:03:07.25+02:00', 992088187250n],
    ['timestamp[ms]', '2001-06-09 24:00:00', '"2001-06-09 24:00:00" is no timestamp[ms]'],
    ['timestamp[ms, Europe/Paris]', '2001-06-09 14:03:07', 992088187000n],
    ['timestamp[ms, Europe/Paris]', '2001-06-09 14:03:07Z', 992095387000n],
    ['timestamp[ns]', '2600-01-01', '"2600-01-01" is no timestamp[ns]'],
    ['utf8', '  a ', '  a '],
    ['dictionary', 'é', 'é'],
    ['dictionary', '"a ""b"", c"', 'a "b", c'],
  ])('%s %s', (type, text, expected) => {
    expect(one(type, text)).toEqual(expected)
  })

  it('floats are the nearest double, whatever their digits', () => {
    const text = fc.oneof(
      fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.nat(18)).map(([digits, point]) => {
        const padded = String(digits).padStart(point + 1, '0')
        return `${padded.slice(0, padded.length - point)}.${padded.slice(padded.length - point)}`
      }),
      fc.tuple(fc.nat(10 ** 9), fc.integer({ min: -25, max: 25 })).map(([m, e]) => `${m}e${e}`),
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), texts => {
        const { rows } = decode(`${texts.join('\n')}\n`, { v: 'float64' })
        expect(rows.map(row => row.v)).toEqual(texts.map(Number))
      }),
      { numRuns: runs(300) },
    )
  })

  it('a decimal comma', () => {
    const { rows, bad } = decodeBothWays(
      '1,5;-3\n1.5;4\n"2,25";5\n',
      { v: 'float64', n: 'int32' },
      {
        delimiter: ';',
        decimal: ',',
      },
    )
    expect(rows).toEqual([
      { v: 1.5, n: -3 },
      { v: 2.25, n: 5 },
    ])
    expect(bad.map(({ problem }) => problem)).toEqual(['"1.5" is no float64'])
  })

  it('groups of digits, where they are groups', () => {
    const columns = { n: 'int32', wide: 'int64', v: 'float64', d: 'decimal(12, 2)' } as const
    const comma = { delimiter: ';', thousands: ',' }
    const { rows, bad } = decodeBothWays(
      '1,234;12,34,567;-1,234.5;1,234.50\n12;1;2.5;3\n"1,000";1,000,000;+1,000e3;1\n' +
        '1,23;1;1;1\n1;,123;1;1\n1;1;1.5,000;1\n1;1;1;1,2345\n',
      columns,
      comma,
    )
    expect(rows).toEqual([
      { n: 1234, wide: 1_234_567n, v: -1234.5, d: '1234.50' },
      { n: 12, wide: 1n, v: 2.5, d: '3.00' },
      { n: 1000, wide: 1_000_000n, v: 1e6, d: '1.00' },
    ])
    expect(bad.map(({ column }) => column)).toEqual(['n', 'wide', 'v', 'd'])
    const point = { delimiter: ';', thousands: '.', decimal: ',' } as const
    expect(decodeBothWays('1.000;1.000.000;1.234,5;-1.234,5\n1.0;1;1;1\n', columns, point)).toMatchObject({
      rows: [{ n: 1000, wide: 1_000_000n, v: 1234.5, d: '-1234.50' }],
      bad: [{ column: 'n' }],
    })
    for (const thousands of [' ', "'", '_', '\u00a0', '\u202f']) {
      const text = ` 1${thousands}234 ;1;1${thousands}234.5;1\n`
      expect(decodeBothWays(text, columns, { delimiter: ';', thousands }).rows).toMatchObject([
        { n: 1234, v: 1234.5 },
      ])
    }
  })

  it('patterns of times', () => {
    const at = (pattern: string, text: string) =>
      decodeBothWays(`${text},\n`, { at: 'timestamp[ms]', rest: 'utf8' }, { timeFormats: { at: pattern } })
        .rows[0]?.at
    expect(at('%d.%m.%Y %H:%M', '9.6.2001 14:03')).toBe(BigInt(Date.UTC(2001, 5, 9, 14, 3)))
    expect(at('%b %d %Y %I:%M %p', 'Jun 09 2001 12:03 am')).toBe(BigInt(Date.UTC(2001, 5, 9, 0, 3)))
    expect(at('%d/%b/%Y:%H:%M:%S %z', '09/Jun/2001:14:03:07 +0200')).toBe(
      BigInt(Date.UTC(2001, 5, 9, 12, 3, 7)),
    )
    expect(at('%y%j', '01160')).toBe(BigInt(Date.UTC(2001, 5, 9)))
    expect(at('%s', '992095387')).toBe(992095387000n)
    expect(at('%d.%m.%Y', '31.02.2001')).toBeUndefined()
    expect(at('%d.%m.%Y', '01.02.2001 ')).toBe(BigInt(Date.UTC(2001, 1, 1)))
  })
})

describe('records', () => {
  it('nothing is null, and a quoted nothing an empty text', () => {
    expect(decodeBothWays(',\n"",""\n', { a: 'utf8', n: 'int32' }).rows).toEqual([
      { a: null, n: null },
      { a: '', n: null },
    ])
  })

  it('texts that mean null, where they are not quoted', () => {
    const options = { nullValues: ['NA', '-99'] }
    const text = 'NA,NA,1\n"NA","NA",2\n-99,-99,-99\n,,\nNAN,99,3\n'
    expect(decodeBothWays(text, { a: 'utf8', n: 'int32', f: 'float64' }, options).rows).toEqual([
      { a: null, n: null, f: 1 },
      { a: 'NA', n: null, f: 2 },
      { a: null, n: null, f: null },
      { a: '', n: null, f: null },
      { a: 'NAN', n: 99, f: 3 },
    ])
  })

  it('line ends of every kind, quoted ones, and a last record without one', () => {
    const { rows, starts } = decodeBothWays('1,a\r\n2,"b\r\nc"\r3,d\n\n\r\n4,e', { n: 'int32', t: 'utf8' })
    expect(rows).toEqual([
      { n: 1, t: 'a' },
      { n: 2, t: 'b\r\nc' },
      { n: 3, t: 'd' },
      { n: 4, t: 'e' },
    ])
    expect(starts).toEqual([0, 5, 14, 21])
  })

  it('a blank line is a null where there is one column, and else no row', () => {
    expect(decodeBothWays('1\r\n\r\n2\n\n', { n: 'int32' }).rows.map(row => row.n)).toEqual([
      1,
      null,
      2,
      null,
    ])
    expect(decodeBothWays('\n1,2\n\n', { n: 'int32', m: 'int32' }).rows).toEqual([{ n: 1, m: 2 }])
  })

  it('quotes within a field without quotes are text, and so is what escapes', () => {
    const text = '5" pipe,a\\"b\n"a\\"b","c\\\\d\\n"\n'
    expect(decodeBothWays(text, { a: 'utf8', b: 'utf8' }, { escape: '\\' }).rows).toEqual([
      { a: '5" pipe', b: 'a\\"b' },
      { a: 'a"b', b: 'c\\d\\n' },
    ])
  })

  it('comments', () => {
    const text = '# "not a quote\r\n1,#a\n#\n2,b\n'
    expect(decodeBothWays(text, { n: 'int32', t: 'utf8' }, { comment: '#' }).rows).toEqual([
      { n: 1, t: '#a' },
      { n: 2, t: 'b' },
    ])
    expect(decodeBothWays('#x\r\n1\n', { n: 'int32' }, { comment: '#' }).rows).toEqual([{ n: 1 }])
  })

  it('without quotes a quote is a character', () => {
    const { rows } = decodeBothWays('"a,b"\n', { a: 'utf8', b: 'utf8' }, { quote: '', escape: '' })
    expect(rows).toEqual([{ a: '"a', b: 'b"' }])
  })

  it('only columns that are wanted are read, in the order wanted', () => {
    const options = { columns: ['a', 'b', 'c', 'd'] }
    const { rows, bad } = decodeBothWays('1,"x\n",3,4\n5,6,no,8\n9,1\n', { d: 'int8', a: 'int8' }, options)
    expect(rows).toEqual([
      { d: 4, a: 1 },
      { d: 8, a: 5 },
    ])
    expect(bad.map(({ code }) => code)).toEqual(['CSV_FIELDS'])
  })

  it('bad records are told, and the rows after them stay right', () => {
    const text = 'a,1,x\nb\nc,2,y,z\nd,no,z\ne,,"q"r\nf,4,w\n'
    const { rows, bad } = decodeBothWays(text, { t: 'utf8', n: 'int32', u: 'dictionary' })
    expect(rows).toEqual([
      { t: 'a', n: 1, u: 'x' },
      { t: 'f', n: 4, u: 'w' },
    ])
    expect(bad.map(({ start, end, code, column }) => [text.slice(start, end), code, column])).toEqual([
      ['b', 'CSV_FIELDS', undefined],
      ['c,2,y,z', 'CSV_FIELDS', undefined],
      ['d,no,z', 'VALUE_TYPE', 'n'],
      ['e,,"q"r', 'CSV_QUOTE', undefined],
    ])
  })

  it('numbers among separators and currencies are told how they are made one', () => {
    const hintOf = (value: string) =>
      decodeBothWays(`${value}\n`, { n: 'float64' }, { delimiter: ';' }).bad[0]!.hint
    const points =
      "take out what is no number: r.n.regexpReplace('[^0-9.-]', '', { all: true }).cast('float64')"
    for (const value of ['$1,234.50', '36%', '-12 €', "1'000"]) expect(hintOf(value)).toContain(points)
    expect(hintOf('1.234.567,5')).toContain("regexpReplace('[^0-9,-]', '', { all: true }).replace(',', '.')")
    expect(hintOf('n/a')).toBe("{ nullValues: ['', 'n/a'] } reads it as null")
  })

  it("raggedRows: 'null' fills fields that lack, and takes empty ones too many", () => {
    const { rows, bad } = decodeBothWays(
      'a\nb,1,x,,""\nc,2,y,z\nd,3\n',
      { t: 'utf8', n: 'int32', u: 'utf8' },
      {
        raggedRows: 'null',
      },
    )
    expect(rows).toEqual([
      { t: 'a', n: null, u: null },
      { t: 'b', n: 1, u: 'x' },
      { t: 'd', n: 3, u: null },
    ])
    expect(bad).toHaveLength(1)
  })

  it('a quote that is never closed is one bad record, which says where it began', () => {
    const { rows, bad } = decodeBothWays('1,a\n2,"b\n3,c\n', { n: 'int32', t: 'utf8' })
    expect(rows).toEqual([{ n: 1, t: 'a' }])
    expect(bad).toMatchObject([
      { start: 4, end: 12, code: 'CSV_QUOTE', problem: 'the quote at byte 6 of the file is never closed' },
    ])
  })

  it('text that is not UTF-8 is a bad record, and NUL is a character', () => {
    const bytes = encode('1,a?\n2,b\0c\n3,?\n')
    bytes[3] = 0xe9
    const { rows, bad } = decodeBothWays(bytes, { n: 'int32', t: 'utf8' })
    expect(rows).toEqual([
      { n: 2, t: 'b\0c' },
      { n: 3, t: '?' },
    ])
    expect(bad).toMatchObject([{ start: 0, end: 4, code: 'UTF8', column: 't' }])
  })

  it('many texts that come again, of every length', () => {
    const texts = Array.from({ length: 3000 }, (_, i) => `${'é'.repeat(i % 23)}${i % 1000}`)
    const text = texts.map((each, i) => (i % 3 === 0 ? `"${each}",${each}` : `${each},"${each}"`)).join('\n')
    const { rows } = decodeBothWays(`${text}\n${text}`, { a: 'utf8', b: 'dictionary' })
    expect(rows).toEqual([...texts, ...texts].map(each => ({ a: each, b: each })))
  })

  it('a long field, and more rows than were expected', () => {
    const long = 'x'.repeat(100_000)
    const text = `${long},1\n${'a,2\n'.repeat(20_000)}`
    const { rows } = decodeBothWays(text, { t: 'utf8', n: 'int32' })
    expect(rows).toHaveLength(20_001)
    expect(rows[0]!.t).toBe(long)
    expect(rows.at(-1)).toEqual({ t: 'a', n: 2 })
  })
})

describe('the generated loop', () => {
  it('gives what the careful readers give, whatever the bytes', () => {
    const piece = fc.constantFrom(
      ...[
        '1',
        '-',
        '0',
        '.',
        'e',
        'true',
        'f',
        '2001-01-01',
        ' 10:11:12',
        'Z',
        ',',
        ',',
        ',',
        '\n',
        '\r',
        '"',
      ],
      ...['""', '\\', '#', 'NA', 'é', ' ', 'a', '99999999999', '😀'],
    )
    const text = fc.array(piece, { maxLength: 60 }).map(pieces => pieces.join(''))
    const type = fc.constantFrom<any>(
      ...['int8', 'int32', 'uint32', 'int53', 'int64', 'uint64', 'float32', 'float64', 'bool', 'date'],
      ...['timestamp[ms]', 'timestamp[ns]', 'utf8', 'dictionary'],
    )
    const options = fc.record({
      comment: fc.constantFrom('', '#'),
      nullValues: fc.constantFrom([''], [], ['NA', '1'], ['', 'true']),
      raggedRows: fc.constantFrom('bad' as const, 'null' as const),
      escape: fc.constantFrom('"', '\\'),
    })
    fc.assert(
      fc.property(
        text,
        fc.array(type, { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        options,
        (text, types, skip, options) => {
          const columns = Object.fromEntries(types.map((type, i) => [`c${i}`, type]))
          const names = [...Object.keys(columns), 'skipped'].toSpliced(skip % (types.length + 1), 0, 'also')
          decodeBothWays(text, columns, {
            ...options,
            columns: names.slice(0, 1 + (skip % names.length) + 1),
          })
        },
      ),
      { numRuns: runs(250) },
    )
  })
})
