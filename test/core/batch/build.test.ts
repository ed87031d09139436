import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows, columnBuilder, columnFrom, RowBatcher } from '../../../src/core/batch/build.ts'
import { inferSchema } from '../../../src/core/batch/infer-schema.ts'
import { cellAt, cellsOf, eachRow, rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { dirtyArena, everyType, exactRows, rowsWith, table } from './arbitrary.ts'

describe('rows', () => {
  it('go into a batch and come out the same, whatever their names and values', () => {
    fc.assert(
      fc.property(table, ({ schema, rows }) => {
        const batch = batchFromRows(schema, rows, dirtyArena)
        expect(exactRows(batch)).toEqual(rows)
        expect([...eachRow(batch, { timestamps: 'bigint' })]).toEqual(rows)
        for (const [c, { name }] of schema.entries())
          expect(cellsOf(batch, c, { timestamps: 'bigint' })).toEqual(rows.map(row => row[name]))
      }),
    )
  })

  it('keep the sign of -0 and every value of every type', () => {
    fc.assert(
      fc.property(rowsWith(everyType, 12), rows => {
        const read = exactRows(batchFromRows(everyType, rows, dirtyArena))
        for (const [i, row] of rows.entries())
          for (const { name } of everyType) expect(read[i]![name]).toStrictEqual(row[name])
      }),
    )
  })

  it('come out of more than one chunk', () => {
    const rows = Array.from({ length: 2500 }, (_, n) => ({ n, t: `t${n % 3}` }))
    const batch = batchFromRows(schemaFrom({ n: 'int32', t: 'dictionary' }), rows)
    expect([...eachRow(batch)]).toEqual(rows)
    const selection = Uint32Array.from({ length: 1200 }, (_, i) => i * 2)
    expect([...eachRow({ ...batch, selection })]).toEqual(rows.filter((_, i) => i % 2 === 0 && i < 2400))
  })

  it('take absent and undefined cells as nulls, and inherited properties as absent', () => {
    const schema = schemaFrom({ constructor: 'utf8', toString: 'utf8', x: 'int8' } as any)
    const batch = batchFromRows(schema, [{}, { x: undefined }, { constructor: 'own', x: 1 }] as any)
    expect(rowsOf(batch)).toEqual([
      { constructor: null, toString: null, x: null },
      { constructor: null, toString: null, x: null },
      { constructor: 'own', toString: null, x: 1 },
    ])
  })

  it('have a column called __proto__ as an own property', () => {
    const schema = [{ name: '__proto__', type: 'utf8' }] as const
    const row = JSON.parse('{"__proto__": "a value"}')
    const [read] = rowsOf(batchFromRows(schema, [row, {}]))
    expect(Object.hasOwn(read!, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(JSON.stringify(rowsOf(batchFromRows(schema, [row, {}])))).toBe(
      '[{"__proto__":"a value"},{"__proto__":null}]',
    )
  })

  it('that are not objects are refused by number', () => {
    const schema = schemaFrom({ x: 'int8' })
    for (const row of [null, 5, 'x', [1], undefined])
      expect(() => batchFromRows(schema, [{ x: 1 }, row as any])).toThrow(/row 1 is .*not an object/)
  })

  it('share one growing dictionary from batch to batch', () => {
    const batcher = new RowBatcher(schemaFrom({ t: 'dictionary' }), 2)
    const first = batcher.batch([{ t: 'a' }, { t: 'b' }], dirtyArena, { split: 0, offset: 0 })
    const second = batcher.batch([{ t: 'c' }, { t: 'a' }], dirtyArena, { split: 0, offset: 2 })
    const [one, two] = [first.columns[0]!.dictionary!, second.columns[0]!.dictionary!]
    expect([one.id, one.length, two.length]).toEqual([two.id, 2, 3])
    expect([...rowsOf(first), ...rowsOf(second)].map(row => row.t)).toEqual(['a', 'b', 'c', 'a'])
  })
})

it('a dictionary that has grown large is followed by another', () => {
  const batcher = new RowBatcher(schemaFrom({ t: 'dictionary' }), 2)
  const batchOf = (from: number, count: number) => {
    const rows = Array.from({ length: count }, (_, i) => ({ t: `text ${from + i}` }))
    return batcher.batch(rows, dirtyArena, { split: 0, offset: from })
  }
  const large = batchOf(0, 70_000)
  const next = batchOf(69_999, 2)
  expect(next.columns[0]!.dictionary!.length).toBe(2)
  expect(next.columns[0]!.dictionary!.id).not.toBe(large.columns[0]!.dictionary!.id)
  expect(rowsOf(next)).toEqual([{ t: 'text 69999' }, { t: 'text 70000' }])
})

describe('timestamps', () => {
  const read = (type: ColumnType, units: bigint) => cellAt(columnFrom(type, [units]), 0)

  it('show as Date floored to milliseconds, before 1970 too', () => {
    expect(read('timestamp[us]', -1n)).toEqual(new Date(-1))
    expect(read('timestamp[us]', 1999n)).toEqual(new Date(1))
    expect(read('timestamp[ns]', -1n)).toEqual(new Date(-1))
    expect(read('timestamp[ns]', -1_000_001n)).toEqual(new Date(-2))
    expect(read('timestamp[s]', -3n)).toEqual(new Date(-3000))
  })

  it('floor exactly over the whole range of Date', () => {
    const units = { ms: 1n, us: 1000n, ns: 1_000_000n }
    for (const [unit, perMs] of Object.entries(units))
      fc.assert(
        fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), cell => {
          const ms = cell / perMs - (cell % perMs < 0n ? 1n : 0n)
          fc.pre(ms >= -8_640_000_000_000_000n && ms <= 8_640_000_000_000_000n)
          expect((read(`timestamp[${unit}]` as ColumnType, cell) as Date).getTime()).toBe(Number(ms))
        }),
        { numRuns: 300 },
      )
  })

  it('take Dates in every unit, also far from 1970', () => {
    for (const iso of ['1904-05-06T07:08:09.010Z', '2200-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'])
      for (const unit of ['ms', 'us'] as const) {
        const column = columnFrom(`timestamp[${unit}]`, [new Date(iso)])
        expect((cellAt(column, 0) as Date).toISOString()).toBe(iso)
      }
    expect(cellAt(columnFrom('timestamp[us]', [new Date(8.64e15)]), 0)).toEqual(new Date(8.64e15))
  })

  it('beyond what a Date can hold say how to read them', () => {
    const schema = schemaFrom({ at: 'timestamp[us]' })
    const batch = batchFromRows(schema, [{ at: 2n ** 63n - 1n }])
    expect(() => rowsOf(batch)).toThrow(expect.objectContaining({ code: 'DATE_RANGE' }))
    expect(rowsOf(batch, { timestamps: 'bigint' })).toEqual([{ at: 2n ** 63n - 1n }])
  })
})

describe('a value its column cannot hold', () => {
  const cases: [ColumnType, unknown][] = [
    ['int8', 300],
    ['int8', -129],
    ['uint8', -1],
    ['uint32', 2 ** 32],
    ['int32', 1.5],
    ['int32', Number.NaN],
    ['int32', 2n],
    ['int32', '5'],
    ['int53', 2 ** 53],
    ['int53', 2n ** 53n],
    ['int64', 2 ** 53],
    ['int64', 0.5],
    ['int64', 2n ** 63n],
    ['uint64', -1],
    ['uint64', -1n],
    ['uint64', 2n ** 64n],
    ['float32', 1e39],
    ['float64', 1n],
    ['float64', '1'],
    ['bool', 1],
    ['bool', 'true'],
    ['utf8', 5],
    ['utf8', 'half a crab \ud83e'],
    ['dictionary', '\udd80'],
    ['dictionary', {}],
    ['date', '2001-06-09'],
    ['date', new Date(1)],
    ['date', new Date(Number.NaN)],
    ['timestamp[us]', 5],
    ['timestamp[us]', '2001-06-09'],
    ['timestamp[us]', new Date(Number.NaN)],
    ['timestamp[s]', new Date(1500)],
    ['timestamp[ns]', new Date('2300-01-01')],
    ['timestamp[ns]', 2n ** 63n],
    ['int32', Symbol('s')],
    ['int32', () => 1],
  ]
  it.each(cases)('%s refuses %s, naming column and row', (type, value) => {
    const schema = [{ name: 'the column', type }]
    const build = () =>
      batchFromRows(schema, [{}, { 'the column': value }], heapArena, { split: 0, offset: 40 })
    expect(build).toThrow(expect.objectContaining({ code: 'VALUE_TYPE' }))
    expect(build).toThrow(/column "the column" is .*, row 41 has /)
  })

  it('does not get to run code by being printed', () => {
    const trap = { toString: () => expect.fail('called'), toJSON: () => expect.fail('called') }
    expect(() => columnFrom('utf8', [trap])).toThrow(/has an object/)
  })

  it('is at the limits of its type still held', () => {
    const held: [ColumnType, unknown][] = [
      ['int8', -128],
      ['uint32', 4294967295],
      ['int53', -(2 ** 53) + 1],
      ['int64', -(2n ** 63n)],
      ['uint64', 2n ** 64n - 1n],
      ['float32', 3.4028234663852886e38],
      ['float64', Number.NEGATIVE_INFINITY],
    ]
    for (const [type, value] of held) expect(cellAt(columnFrom(type, [value]), 0)).toBe(value)
    expect(cellAt(columnFrom('int64', [-5]), 0)).toBe(-5n)
    expect(cellAt(columnFrom('int53', [-5n]), 0)).toBe(-5)
  })
})

describe('a column builder', () => {
  it('takes UTF-8 bytes for text', () => {
    for (const type of ['utf8', 'dictionary'] as const) {
      const builder = columnBuilder(type)
      const bytes = new TextEncoder().encode('ab🦀ab')
      builder.appendBytes(bytes, 0, 2)
      builder.appendNull()
      builder.append('🦀')
      builder.appendBytes(bytes, 6)
      const column = builder.finish(dirtyArena)
      expect([0, 1, 2, 3].map(i => cellAt(column, i))).toEqual(['ab', null, '🦀', 'ab'])
      expect(builder.length).toBe(0)
    }
    expect(() => columnBuilder('int8').appendBytes(new Uint8Array(1))).toThrow(TypeError)
  })

  it('forgets nulls and bits of the column before', () => {
    const builder = columnBuilder('bool')
    for (const cell of [true, null, true]) builder.append(cell)
    builder.finish(heapArena)
    for (const cell of [false, false]) builder.append(cell)
    const column = builder.finish(heapArena)
    expect(column.validity).toBeUndefined()
    expect([cellAt(column, 0), cellAt(column, 1)]).toEqual([false, false])
  })

  it('grows', () => {
    for (const type of ['utf8', 'dictionary', 'float64', 'int64', 'bool', 'date', 'timestamp[ms]'] as const) {
      const one = { utf8: 'text', dictionary: 'text', float64: 1.5, int64: 7n, bool: true }[type as 'utf8']
      const value = one ?? new Date(86_400_000)
      const builder = columnBuilder(type)
      for (let i = 0; i < 1000; i++) builder.append(i % 3 ? value : null)
      const column = builder.finish(dirtyArena)
      for (let i = 0; i < 1000; i++) expect(cellAt(column, i)).toEqual(i % 3 ? value : null)
    }
  })
})

describe('inferSchema', () => {
  it('finds the columns of all rows in order of first sight', () => {
    const rows = [
      { n: null, t: 'x' },
      { n: 1, b: true },
      { big: 1n, at: new Date(0), n: 2 },
    ]
    expect(inferSchema(rows)).toEqual([
      { name: 'n', type: 'float64' },
      { name: 't', type: 'utf8' },
      { name: 'b', type: 'bool' },
      { name: 'big', type: 'int64' },
      { name: 'at', type: 'timestamp[ms]' },
    ])
  })

  it('names the two rows of a column of two types', () => {
    expect(() => inferSchema([{ x: null }, { x: 1 }, { x: 2 }, { x: '3' }])).toThrow(
      /column "x" is float64 in row 1 and utf8 in row 3, which has "3"/,
    )
  })

  it('asks for a schema where there is nothing to see', () => {
    expect(() => inferSchema([])).toThrow(expect.objectContaining({ code: 'SCHEMA_NEEDED' }))
    expect(() => inferSchema([{ x: null }, {}])).toThrow(/column "x" has nothing but nulls/)
  })

  it('refuses values no column holds, and what lies within itself', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const x of [Symbol('s'), () => 1, new (class Point {})(), new Set([1]), cycle])
      expect(() => inferSchema([{ x }])).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_TYPE' }))
  })

  it('finds what is within objects, arrays and maps, over all rows', () => {
    const rows = [
      { user: { name: 'a', 'no ident': null }, tags: [], at: new Map([['k', [1]]]) },
      { user: null, tags: ['x', null], at: null },
      { user: { 'no ident': true, since: new Date(0) } },
    ]
    expect(inferSchema(rows)).toEqual([
      { name: 'user', type: 'struct<name: utf8, "no ident": bool, since: timestamp[ms]>' },
      { name: 'tags', type: 'list<utf8>' },
      { name: 'at', type: 'map<utf8, list<float64>>' },
    ])
    expect(() => inferSchema([{ a: { b: [[1], ['x']] } }])).toThrow(
      /column "a.b\[\]\[\]" is float64 in row 0 and utf8 in row 0/,
    )
    expect(() => inferSchema([{ a: [{ b: [] }] }])).toThrow(/column "a\[\].b\[\]" has nothing but nulls/)
    expect(() => inferSchema([{ a: {} }])).toThrow(/column "a" has nothing but objects without a field/)
  })
})
