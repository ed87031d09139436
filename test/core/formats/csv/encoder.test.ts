import fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchFromRows, type RowLike } from '../../../../src/core/batch/build.ts'
import { heapArena } from '../../../../src/core/batch/slab.ts'
import type { Json } from '../../../../src/core/formats/contract.ts'
import { CsvDecoder } from '../../../../src/core/formats/csv/decoder.ts'
import { type CsvWriteOptions, csvEncoder } from '../../../../src/core/formats/csv/encoder.ts'
import { sniffCsv } from '../../../../src/core/formats/csv/sniff.ts'
import type { ColumnTypeName } from '../../../../src/core/types/column-type.ts'
import { type Schema, schemaFrom } from '../../../../src/core/types/schema.ts'
import { runs } from '../../../effort.ts'
import { selectedBatch, TYPES } from '../../batch/arbitrary.ts'
import { rowsOfDecoded } from './csv.ts'

function write(schema: Schema, rows: readonly object[], options: CsvWriteOptions = {}): string {
  const encoder = csvEncoder({ schema, options: options as Json })
  const batch = batchFromRows(schema, rows as RowLike[], heapArena)
  return Buffer.concat([encoder.header?.() ?? new Uint8Array(0), encoder.encode(batch)]).toString()
}

const written = (
  columns: Record<string, ColumnTypeName>,
  rows: readonly object[],
  options?: CsvWriteOptions,
) => write(schemaFrom(columns), rows, options)

it('quotes only what must be, and tells null from an empty text', () => {
  const rows = [
    { a: 'x', b: '5" pipe' },
    { a: '', b: null },
    { a: 'one, two', b: 'line\nbreak' },
    { a: ' =1+1', b: '@' },
  ]
  expect(written({ a: 'utf8', b: 'dictionary' }, rows)).toBe(
    'a,b\nx,"5"" pipe"\n"",\n"one, two","line\nbreak"\n =1+1,@\n',
  )
})

it('every type', () => {
  const columns = {
    ...({ b: 'bool', i: 'int8', w: 'int64', u: 'uint64', f: 'float64', g: 'float32', d: 'date' } as const),
    ...({ at: 'timestamp[us]', z: 'timestamp[ms, Europe/Paris]', m: 'decimal(5, 2)' } as const),
    ...({ t: 'time', l: 'duration' } as const),
  }
  const row = {
    ...{
      b: true,
      i: -128,
      w: -(2n ** 63n),
      u: 2n ** 64n - 1n,
      f: -0,
      g: Math.fround(0.1),
      d: new Date('1969-12-31'),
    },
    ...{ at: -1n, z: new Date('2001-06-09T12:00:00.5Z'), m: '-1.50', t: '13:05:00.25', l: -90_000 },
  }
  expect(written(columns, [row], { header: false })).toBe(
    'true,-128,-9223372036854775808,18446744073709551615,-0,0.1,1969-12-31,1969-12-31T23:59:59.999999,' +
      '2001-06-09T12:00:00.5Z,-1.50,13:05:00.25,-00:01:30\n',
  )
})

it('a pattern of timestamps, of the zone where there is one', () => {
  const options = { timestampFormat: '%d.%m.%Y, %-I:%M %p %z', header: false, delimiter: ';' }
  const columns = { a: 'timestamp[ms]', b: 'timestamp[ms, Europe/Paris]' } as const
  const at = new Date('2001-06-09T12:03:00Z')
  expect(written(columns, [{ a: at, b: at }], options)).toBe(
    '09.06.2001, 12:03 PM +0000;09.06.2001, 2:03 PM +0200\n',
  )
  expect(written({ a: 'timestamp[ms]' }, [{ a: at }], { timestampFormat: '%d.%m.%Y, %H:%M' })).toBe(
    'a\n"09.06.2001, 12:03"\n',
  )
})

it('types without a text are refused', () => {
  expect(() => csvEncoder({ schema: [{ name: 'b', type: 'binary' }], options: {} })).toThrow(/Parquet/)
  expect(() => csvEncoder({ schema: [{ name: 'l', type: 'list<int8>' }], options: {} })).toThrow(/unnest/)
})

it('what is written is read again as it was, in every dialect', () => {
  // Durations of so many hours are no clock times.
  const without = ['binary', 'duration[s]']
  const type = fc.constantFrom(...TYPES.filter(type => !without.includes(type)))
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
  const schema = fc
    .uniqueArray(fc.tuple(name, type), { selector: ([name]) => name, minLength: 1, maxLength: 5 })
    .map(columns => columns.map(([name, type]) => ({ name, type })))
  const options = fc.record({
    delimiter: fc.constantFrom(',', '\t', ';', '|', ':', ' '),
    quote: fc.constantFrom('"', "'"),
    header: fc.boolean(),
    nullValue: fc.constantFrom('', '-1', 'null', 'NA'),
  })
  const tables = schema.chain(schema => fc.tuple(fc.constant(schema), selectedBatch(schema)))
  fc.assert(
    fc.property(tables, options, ([schema, { batch, rows }], options) => {
      const encoder = csvEncoder({ schema, options })
      const bytes = Buffer.concat([encoder.header?.() ?? new Uint8Array(0), encoder.encode(batch)])
      const { delimiter, quote, header, nullValue } = options
      const sniffed = sniffCsv(bytes, {
        options: { delimiter, quote, escape: quote, header, nullValues: [nullValue] },
        schema,
        whole: true,
        file: 'test.csv',
      })
      const decoder = new CsvDecoder({ schema, options: sniffed.options })
      const decoded = decoder.decode(bytes.subarray(sniffed.dataStart), heapArena, 0)
      expect(decoded.bad).toBeUndefined()
      expect(rowsOfDecoded(schema, decoded)).toEqual(rows)
    }),
    { numRuns: runs(120) },
  )
})
