import * as arrow from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { isDateLike } from '../../../src/core/batch/column.ts'
import { fromArrowTable } from '../../../src/core/batch/from-arrow.ts'
import { type Row, rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { dictionaryText } from '../../../src/core/batch/take.ts'
import { toArrowTable } from '../../../src/core/batch/to-arrow.ts'
import { type ColumnType, isDecimal, isDuration, isTimeOfDay } from '../../../src/core/types/column-type.ts'
import type { Schema } from '../../../src/core/types/schema.ts'
import { everyType, exactRows, scalarSchema, selectedBatch } from './arbitrary.ts'

const severalBatches = scalarSchema.chain(of =>
  fc.record({ schema: fc.constant(of), parts: fc.array(selectedBatch(of), { maxLength: 3 }) }),
)

const rowsIn = (table: arrow.Table | arrow.RecordBatch): Row[] =>
  fromArrowTable(table).batches.flatMap(batch => exactRows(batch))

const column = (vector: arrow.Vector, name = 'c'): unknown[] =>
  rowsIn(new arrow.Table({ [name]: vector })).map(row => row[name])

const isPlain = (type: ColumnType): boolean =>
  !isDateLike(type) && !isDecimal(type) && !isTimeOfDay(type) && !isDuration(type)

/** What apache-arrow itself reads; its times and decimals are numbers of units and are left out. */
function arrowRows(table: arrow.Table, of: Schema): Row[] {
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(
      of
        .map(({ name, type }, c) => ({ name, type, vector: table.getChildAt(c)! }))
        .filter(({ type }) => isPlain(type))
        .map(({ name, type, vector }) => {
          const cell = vector.get(i)
          return [name, type === 'int53' && cell !== null ? Number(cell) : cell]
        }),
    ),
  )
}

const withoutDates = (of: Schema, rows: Row[]): Row[] =>
  rows.map(row =>
    Object.fromEntries(of.filter(({ type }) => isPlain(type)).map(({ name }) => [name, row[name]])),
  )

describe('toArrowTable and fromArrowTable', () => {
  it('give the same schema and rows back, and apache-arrow reads them so', () => {
    fc.assert(
      fc.property(severalBatches, ({ schema, parts }) => {
        const rows = parts.flatMap(part => part.rows)
        const table = toArrowTable(
          schema,
          parts.map(part => part.batch),
        )
        expect(fromArrowTable(table).schema).toEqual(schema)
        expect(rowsIn(table)).toEqual(rows)
        expect(arrowRows(table, schema)).toEqual(withoutDates(schema, rows))
      }),
    )
  })

  it('survive IPC bytes written and read by apache-arrow, cut anywhere', () => {
    fc.assert(
      fc.property(
        severalBatches,
        fc.nat(40),
        fc.nat(40),
        fc.constantFrom('file', 'stream'),
        (input, a, b, format) => {
          const { schema, parts } = input
          const rows = parts.flatMap(part => part.rows)
          const table = toArrowTable(
            schema,
            parts.map(part => part.batch),
          )
          // apache-arrow 21 reads an empty column name back as `null`.
          fc.pre(schema.every(field => field.name !== ''))
          const read = arrow.tableFromIPC(arrow.tableToIPC(table, format as 'file'))
          expect(fromArrowTable(read).schema).toEqual(schema)
          expect(rowsIn(read)).toEqual(rows)
          const [start, end] = [Math.min(a, b), Math.max(a, b)]
          // apache-arrow 21 cannot slice a table without batches.
          if (rows.length === 0) return
          expect(rowsIn(read.slice(start, end))).toEqual(rows.slice(start, end))
          expect(rowsIn(arrow.tableFromIPC(arrow.tableToIPC(table.slice(start, end), 'stream')))).toEqual(
            rows.slice(start, end),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('share memory where the layouts agree', () => {
    const source = {
      n: Int32Array.from([1, 2, 3]),
      big: BigInt64Array.from([1n, 2n, 3n]),
      f: Float64Array.from([1.5, 2.5, Number.NaN]),
    }
    const { schema, batches } = fromArrowTable(arrow.tableFromArrays(source))
    expect(schema.map(field => field.type)).toEqual(['int32', 'int64', 'float64'])
    expect(batches[0]!.columns.map(c => c.values.buffer)).toEqual(Object.values(source).map(v => v.buffer))
    const back = toArrowTable(schema, batches)
    for (const [c, values] of Object.values(source).entries())
      expect(back.batches[0]!.data.children[c]!.values.buffer).toBe(values.buffer)
  })

  it('give positions that count the rows', () => {
    const table = arrow.tableFromArrays({ n: Int32Array.from([1, 2, 3]) })
    const { batches } = fromArrowTable(table.concat(table))
    expect(batches.map(batch => batch.position)).toEqual([
      { split: 0, offset: 0 },
      { split: 0, offset: 3 },
    ])
  })

  it('give one dictionary to all batches of a table', () => {
    const of: Schema = [{ name: 't', type: 'dictionary' }]
    const batches = [
      ['a', 'b'],
      ['b', null, 'c'],
    ].map(texts =>
      batchFromRows(
        of,
        texts.map(t => ({ t })),
      ),
    )
    const table = toArrowTable(of, batches)
    expect(arrowRows(table, of).map(row => row.t)).toEqual(['a', 'b', 'b', null, 'c'])
    expect(new Set(table.batches.map(record => record.data.children[0]!.dictionary)).size).toBe(1)
    expect(arrow.tableFromIPC(arrow.tableToIPC(table, 'file')).numRows).toBe(5)
  })

  it('spell utf8 out however its cells are held', () => {
    const of: Schema = [{ name: 't', type: 'utf8' }]
    const plain = batchFromRows(of, [{ t: 'a' }, { t: null }, { t: '' }])
    const coded = { ...plain, columns: [dictionaryText(plain.columns[0]!, 3, heapArena)] }
    const table = toArrowTable(of, [coded, plain])
    expect(String(table.schema.fields[0]!.type)).toBe('Utf8')
    expect(arrowRows(table, of).map(row => row.t)).toEqual(['a', null, '', 'a', null, ''])
  })

  it('have the columns of an empty table', () => {
    const table = toArrowTable(everyType, [])
    expect(table.numRows).toBe(0)
    expect(fromArrowTable(table)).toEqual({ schema: everyType, batches: [] })
  })
})

describe('fromArrowTable reads', () => {
  const texts = ['a', null, 'bb', 'a', '🦀', null, 'ccc', 'bb', 'a', null, 'last']

  it('what vectorFromArray and tableFromArrays make', () => {
    const table = arrow.tableFromArrays({
      coded: texts,
      n: Array.from({ length: 11 }, (_, i) => i / 2),
      flag: Array.from({ length: 11 }, (_, i) => (i % 3 ? i % 2 === 0 : null)),
    })
    const { schema } = fromArrowTable(table)
    expect(schema.map(field => field.type)).toEqual(['dictionary', 'float64', 'bool'])
    expect(rowsIn(table)).toEqual(arrowRows(table, schema))
    expect(rowsIn(table.slice(5, 10))).toEqual(arrowRows(table, schema).slice(5, 10))
    expect(rowsIn(table.batches[0]!)).toEqual(rowsIn(table))
  })

  it.each([
    ['Utf8', new arrow.Utf8()],
    ['LargeUtf8', new arrow.LargeUtf8()],
    ['Utf8View', new arrow.Utf8View()],
    ...[new arrow.Int8(), new arrow.Int16(), new arrow.Int32(), new arrow.Uint8(), new arrow.Uint32()].map(
      index => [`Dictionary by ${index}`, new arrow.Dictionary(new arrow.Utf8(), index)] as const,
    ),
    ['Dictionary of LargeUtf8', new arrow.Dictionary(new arrow.LargeUtf8(), new arrow.Int32())],
  ] as [string, arrow.DataType][])('%s, also cut anywhere', (_name, type) => {
    const vector = arrow.vectorFromArray(texts, type as arrow.Utf8)
    expect(column(vector)).toEqual(texts)
    for (let start = 0; start < texts.length; start++)
      expect(column(vector.slice(start, 10))).toEqual(texts.slice(start, 10))
  })

  it('dictionaries whose values are null or repeated', () => {
    const dictionary = arrow.vectorFromArray(['x', null, 'y', 'x'], new arrow.Utf8())
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
    const data = (indices: number[], nullBitmap?: Uint8Array) =>
      arrow.makeVector(
        arrow.makeData({
          type,
          length: indices.length,
          data: Int32Array.from(indices),
          nullBitmap,
          dictionary,
        }),
      )
    expect(column(data([0, 1, 2, 3]))).toEqual(['x', null, 'y', 'x'])
    expect(column(data([0, 1, 99, 3], Uint8Array.of(0b1011)))).toEqual(['x', null, null, 'x'])
    const { batches } = fromArrowTable(new arrow.Table({ c: data([0, 2, 3]) }))
    const { values, dictionary: distinct } = batches[0]!.columns[0]!
    expect([[...values], distinct!.length]).toEqual([[0, 1, 0], 2])
  })

  it('a dictionary that differs from batch to batch', () => {
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
    const one = arrow.vectorFromArray(['a', 'b'], type)
    const two = arrow.vectorFromArray(
      ['b', 'a', null],
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), type.id),
    )
    expect(column(arrow.makeVector([...one.data, ...two.data] as never) as arrow.Vector)).toEqual([
      'a',
      'b',
      'b',
      'a',
      null,
    ])
  })

  it('dates, and timestamps of every unit and zone', () => {
    const at = new Date('1969-07-20T20:17:40.000Z')
    const of = (type: arrow.DataType) => {
      const vector = arrow.vectorFromArray([at, null], type as arrow.DateMillisecond)
      const { schema, batches } = fromArrowTable(new arrow.Table({ c: vector }))
      return [schema[0]!.type, ...batches.flatMap(batch => rowsOf(batch)).map(row => row.c)]
    }
    expect(of(new arrow.DateDay())).toEqual(['date', new Date('1969-07-20'), null])
    expect(of(new arrow.DateMillisecond())).toEqual(['timestamp[ms]', at, null])
    for (const [unit, name] of ['s', 'ms', 'us', 'ns'].entries()) {
      expect(of(new arrow.Timestamp(unit))).toEqual([`timestamp[${name}]`, at, null])
      expect(of(new arrow.Timestamp(unit, 'Asia/Tokyo'))).toEqual([
        `timestamp[${name}, Asia/Tokyo]`,
        at,
        null,
      ])
    }
  })

  it('bitmaps that start at any bit', () => {
    const flags = Array.from({ length: 30 }, (_, i) => (i % 4 === 1 ? null : i % 3 === 0))
    const vector = arrow.vectorFromArray(flags, new arrow.Bool())
    for (let start = 0; start < 20; start++) {
      expect(column(vector.slice(start, 27))).toEqual(flags.slice(start, 27))
      expect(column(vector.slice(start).slice(3, 9))).toEqual(flags.slice(start).slice(3, 9))
    }
  })
})

describe('fromArrowTable refuses', () => {
  const empty = (type: arrow.DataType) =>
    new arrow.Table(new arrow.Schema([new arrow.Field('the column', type, true)]))

  it.each([
    ['Decimal', new arrow.Decimal(2, 60, 256), /float64/],
    ['Float16', new arrow.Float16(), /float32/],
    ['a Struct without fields', new arrow.Struct([]), /leave the column out/],
    ['a Union', new arrow.DenseUnion([0], [new arrow.Field('x', new arrow.Int32())]), /JSON/],
    ['a List of one of them', new arrow.List(new arrow.Field('item', new arrow.Float16())), /float32/],
    ['Interval', new arrow.IntervalYearMonth(), /duration/],
    ['Null', new arrow.Null(), /cast it to the type/],
    ['Dictionary<Int32, Int32>', new arrow.Dictionary(new arrow.Int32(), new arrow.Int32()), /decode it/],
    ['a Timestamp with a zone that is none', new arrow.Timestamp(1, "x'; drop"), /tz database/],
  ] as [string, arrow.DataType, RegExp][])('%s, naming the column and a way out', (_name, type, hint) => {
    let error: any
    try {
      fromArrowTable(empty(type))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ name: 'PlanError', code: 'UNSUPPORTED_TYPE' })
    expect(error.message).toMatch(/column "the column(\[\])?" is /)
    expect(error.hint).toMatch(hint)
  })

  it('two columns of one name', () => {
    const field = new arrow.Field('twice', new arrow.Int32(), true)
    const table = new arrow.Table(new arrow.Schema([field, field]))
    expect(() => fromArrowTable(table)).toThrow(expect.objectContaining({ code: 'DUPLICATE_COLUMN' }))
  })

  it('dictionary indices that stand for nothing', () => {
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
    const dictionary = arrow.vectorFromArray(['x'], new arrow.Utf8())
    for (const index of [1, -1]) {
      const data = arrow.makeData({ type, length: 1, data: Int32Array.of(index), dictionary })
      expect(() => column(arrow.makeVector(data))).toThrow(expect.objectContaining({ code: 'CORRUPT_ARROW' }))
    }
  })
})
