import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { sniffCsv } from '../../../../src/core/formats/csv/sniff.ts'
import { schemaFrom } from '../../../../src/core/types/schema.ts'
import { encode, readText, sniff } from './csv.ts'

const types = (text: string, options = {}) =>
  Object.fromEntries(sniff(text, options).schema.map(({ name, type }) => [name, type]))

describe('dialect', () => {
  it.each([
    ['a,b\n1,2\n3,4\n', ','],
    ['a;b\n1,5;2\n3,4;4\n', ';'],
    ['a\tb\nx, y\t2\n', '\t'],
    ['a|b|c\n1|2|3\n', '|'],
    ['"a;b","c;d"\n"1;2","3;4"\n', ','],
    // Commas part no two records alike.
    ['just a line, and no more\nanother line\n', '\t'],
    ['a\n1\n2\n', ','],
  ])('the delimiter of %j is %j', (text, delimiter) => {
    expect(sniff(text).options).toMatchObject({ delimiter, quote: '"', escape: '"' })
  })

  it('quotes and what escapes', () => {
    expect(sniff("a,b\n'x,y',1\n'z',2\n").options).toMatchObject({ delimiter: ',', quote: "'" })
    expect(sniff('a,b\n"x\\", y",1\n"z",2\n').options).toMatchObject({ quote: '"', escape: '\\' })
    expect(sniff("a,b\nit's,1\n'tis,2\n").options).toMatchObject({ quote: '"' })
  })

  it('a decimal comma, where commas part nothing; one thousand is no evidence', () => {
    expect(readText('a;b\n1,5;x\n2;y\n').rows).toEqual([
      { a: 1.5, b: 'x' },
      { a: 2, b: 'y' },
    ])
    expect(readText('a;b\n1,500;x\n2,000;y\n').rows[0]).toEqual({ a: '1,500', b: 'x' })
  })

  it('numbers of groups of digits, where a separator is asked for', () => {
    expect(readText('a;b\n1,234.5;1,000\n2;3\n', { thousands: ',' }).rows[0]).toEqual({ a: 1234.5, b: 1000 })
    expect(types('a;b\n1.234;1.5\n', { thousands: '.', decimal: ',' })).toEqual({ a: 'int53', b: 'utf8' })
  })

  it('the delimiter that makes a header of the columns that are wanted', () => {
    const schema = schemaFrom({ a: 'int32', b: 'int32' })
    expect(readText('a,b\n1\n', { raggedRows: 'null' }, schema).rows).toEqual([{ a: 1, b: null }])
  })

  it('what is asked for is taken', () => {
    expect(readText('a;b,c\n', { delimiter: ',', header: false }).rows).toEqual([
      { column0: 'a;b', column1: 'c' },
    ])
    expect(readText('x\n\n# a\na:b\n1:2\n', { delimiter: ':', skip: 1, comment: '#' }).rows).toEqual([
      { a: 1, b: 2 },
    ])
  })
})

describe('comments above the header', () => {
  it.each([
    ['# made by a tool\n# in 2026\n\nid,v\n1,2\n', [{ id: 1, v: 2 }]],
    ['\ufeff# one line, with a comma, and another\r\nid,v\r\n1,2\r\n', [{ id: 1, v: 2 }]],
    [
      '# it\'s "so\nid;v\n1;2\n3;4\n',
      [
        { id: 1, v: 2 },
        { id: 3, v: 4 },
      ],
    ],
    // As many fields as the records: a header, or a record.
    ['# made by a tool\n#id,v\n1,2\n', [{ '#id': 1, v: 2 }]],
    ['#1,a\n#2,b\n', [{ '#1': '#2', a: 'b' }]],
    // Of one column nothing tells a comment from a text.
    ['#first\n#second\nthird\n', [{ '#first': '#second' }, { '#first': 'third' }]],
    // Below the header it may be a text.
    ['# made by a tool\nid,v\n#1,2\n', [{ id: '#1', v: 2 }]],
  ])('of %j', (text, rows) => {
    expect(readText(text).rows).toEqual(rows)
  })

  it('are taken as they are where something is said of them', () => {
    expect(readText('# a,b\n# made by a tool\nid,v\n1,2\n', { skip: 2 }).rows).toEqual([{ id: 1, v: 2 }])
    expect(readText('# made by a tool\nid,v\n#1,2\n3,4\n', { comment: '#' }).rows).toEqual([{ id: 3, v: 4 }])
  })
})

describe('header', () => {
  it('is what does not fit the types of the others', () => {
    expect(types('id,at\n1,2001-01-01\n')).toEqual({ id: 'int53', at: 'date' })
    expect(types('1,2001-01-01\n2,2001-01-02\n')).toEqual({ column0: 'int53', column1: 'date' })
    // Texts under texts: a header, as DuckDB has it.
    expect(types('a,b\nx,y\n')).toEqual({ a: 'utf8', b: 'utf8' })
    expect(readText('a,b\n').rows).toEqual([])
    expect(readText('1,b\n').rows).toEqual([{ column0: 1, column1: 'b' }])
  })

  it('names that come twice or are empty', () => {
    expect(Object.keys(types('a,a,,a_1,a\n1,2,3,4,5\n'))).toEqual(['a', 'a_2', 'column2', 'a_1', 'a_3'])
  })

  it('a byte order mark is no part of it', () => {
    expect(readText('\ufeffa,b\n1,2\n').rows).toEqual([{ a: 1, b: 2 }])
  })

  it('columns of a schema are found by name, or by position without a header', () => {
    const schema = schemaFrom({ b: 'int8', a: 'utf8' })
    expect(readText('a,c,b\n1,2,3\n', {}, schema).rows).toEqual([{ b: 3, a: '1' }])
    expect(readText('1,x\n2,y\n', {}, schema).rows).toEqual([
      { b: 1, a: 'x' },
      { b: 2, a: 'y' },
    ])
    expect(() => readText('1,x\n2,y\n', { header: true }, schema)).toThrow(/no column "b"/)
    expect(() => readText('Origin,delay\nx,1\n', {}, schemaFrom({ origin: 'utf8', delay: 'int8' }))).toThrow(
      /no column "origin"[\s\S]*did you mean "Origin"\?/,
    )
  })

  it('an empty file has no columns; with a schema it has no rows', () => {
    expect(() => readText('')).toThrow(/empty/)
    expect(readText('', {}, schemaFrom({ a: 'int8' })).rows).toEqual([])
    expect(readText('a,b\n', {}, schemaFrom({ b: 'int8' })).rows).toEqual([])
  })
})

it('a first record that is none is refused, not passed over', () => {
  expect(() => readText('"a"x,b\n1,2\n')).toThrow(/quotes of its first record/)
  expect(() => readText('"a,b\n1,2\n')).toThrow(/quotes of its first record/)
  const schema = schemaFrom({ a: 'utf8', b: 'int8' })
  const { rows, bad } = readText('"a"x,1\nb,2\n', { header: false }, schema)
  expect([rows, bad.length]).toEqual([[{ a: 'b', b: 2 }], 1])
  expect(() =>
    sniffCsv(encode('"a,b\n1,2\n'), { options: { quote: '"', escape: '"' }, whole: false, file: 'test.csv' }),
  ).toThrow(/does not end/)
})

describe('types', () => {
  it('the narrowest that takes all texts; a doubt makes text', () => {
    const text = [
      'bool,int,big,huge,float,mixed,zip,date,at,local,either,word,nothing',
      'true,1,9007199254740993,9223372036854775808,1.5,1,01234,2001-01-01,2001-01-01T00:00:00Z,31.12.2001 10:30,01/02/2001,a,',
      'FALSE,-20,1,1,nan,x,99999,2001-01-02,2001-01-01 10:00,1.1.2002 00:00,03/04/2001,1,',
    ].join('\n')
    expect(types(text)).toEqual({
      bool: 'bool',
      int: 'int53',
      big: 'int64',
      huge: 'utf8',
      float: 'float64',
      mixed: 'utf8',
      zip: 'utf8',
      date: 'date',
      at: 'timestamp[us]',
      local: 'timestamp[us]',
      either: 'utf8',
      word: 'utf8',
      nothing: 'utf8',
    })
    const { rows } = readText(text)
    expect(rows[0]!.local).toBe(BigInt(Date.UTC(2001, 11, 31, 10, 30)) * 1000n)
  })

  it('a pattern of times, for all columns or one', () => {
    const text = 'a,b\n01/02/2001,1/2/2001 10:30\n'
    expect(readText(text, { timestampFormat: '%d/%m/%Y' }).rows).toEqual([
      { a: new Date('2001-02-01'), b: '1/2/2001 10:30' },
    ])
    expect(readText(text, { timestampFormat: { b: '%m/%d/%Y %H:%M' } }).rows).toEqual([
      { a: '01/02/2001', b: BigInt(Date.UTC(2001, 0, 2, 10, 30)) * 1000n },
    ])
    const schema = schemaFrom({ a: 'date', b: 'timestamp[ms]' })
    expect(readText('a,b\n31.12.2001,1.1.2002 10:00\n', {}, schema).rows).toEqual([
      { a: new Date('2001-12-31'), b: BigInt(Date.UTC(2002, 0, 1, 10)) },
    ])
  })

  it('patterns are those of parseTimestamp, with fractions of any length', () => {
    const read = (cell: string, pattern: string) =>
      readText(`t\n${cell}\n`, { timestampFormat: { t: pattern } }, schemaFrom({ t: 'timestamp[ns]' }))
        .rows[0]!.t
    const noon = BigInt(Date.UTC(2001, 5, 9, 12)) * 1_000_000n
    expect(read('Sat 9-jun-2001 12:00:00 PM', '%a %-d-%h-%Y %I:%M:%S %p')).toBe(noon)
    expect(read('2001-06-09 12:00:00', '%c')).toBe(noon)
    expect(read('2001-06-09 14:30:00.25 +02:30', '%F %T.%g %z')).toBe(noon + 250_000_000n)
    expect(read('2001-06-09 12:00:00.0123456789', '%F %T.%f')).toBe(noon + 12_345_678n)
    expect(read('-1', '%s')).toBe(-1_000_000_000n)
  })

  it('nulls tell nothing', () => {
    expect(types('a,b\n,\n1,NA\nNA,2.5\n', { nullValues: ['', 'NA'] })).toEqual({ a: 'int53', b: 'float64' })
  })
})

describe('files of others', () => {
  // What is said of it there is another row.
  const OTHER = 'location_coordinates.csv'
  const spectrum = new URL('../../../../node_modules/csv-spectrum/', import.meta.url)
  it.each(readdirSync(new URL('csvs', spectrum)).filter(file => file !== OTHER))('csv-spectrum: %s', file => {
    const bytes = readFileSync(new URL(`csvs/${file}`, spectrum))
    const expected = JSON.parse(
      readFileSync(new URL(`json/${file.replace('.csv', '.json')}`, spectrum), 'utf8'),
    )
    const columns = Object.keys(expected[0])
    // As text, as they are written: a null is an empty text there.
    const schema = schemaFrom(Object.fromEntries(columns.map(name => [name, 'utf8' as const])))
    const { rows, bad } = readText(bytes, { nullValues: [], header: true }, schema)
    expect(bad).toEqual([])
    expect(rows).toEqual(expected)
  })

  /** The larger ones are read in the long suite. */
  const SMALL = [
    ...['co2-concentration.csv', 'disasters.csv', 'github.csv', 'global-temp.csv', 'sp500.csv'],
    ...['la-riots.csv', 'lookup_people.csv', 'seattle-weather.csv', 'stocks.csv', 'unemployment.tsv'],
  ]
  const vega = new URL('../../../../node_modules/vega-datasets/data/', import.meta.url)
  it.each(SMALL)('vega-datasets: %s', file => {
    const bytes = readFileSync(new URL(file, vega))
    const delimiter = file.endsWith('.tsv') ? '\t' : ','
    const [header, ...records] = parse(bytes, { delimiter, bom: true, relax_quotes: true }) as string[][]
    const schema = schemaFrom(Object.fromEntries(header!.map(name => [name, 'utf8' as const])))
    const { rows, bad } = readText(bytes, { nullValues: [] }, schema)
    expect(bad).toEqual([])
    // One at a time: the difference of two large tables is nothing to print.
    const differing = records.findIndex(
      (record, i) => JSON.stringify(record) !== JSON.stringify(Object.values(rows[i] ?? {})),
    )
    expect(differing < 0 ? [] : Object.values(rows[differing] ?? {})).toEqual(records[differing] ?? [])
    expect(rows.length).toBe(records.length)
    // With the types found, no value is lost.
    const typed = readText(bytes)
    expect(typed.bad).toEqual([])
    expect(typed.rows).toHaveLength(records.length)
  })
})
