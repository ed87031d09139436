import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { compareCells } from '../../../src/core/batch/compare.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { keyGroupsOf } from '../../../src/core/state/hash.ts'
import { KeyTable, NO_KEY } from '../../../src/core/state/key-table.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'

const texts = fc.oneof(
  fc.constantFrom('', 'a', "'", '\n', '\0', 'a\0', '__proto__', '12345678', '123456789', '😀'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const KEYS: [ColumnType, fc.Arbitrary<unknown>][] = [
  ['bool', fc.boolean()],
  ['int8', fc.integer({ min: -128, max: 127 })],
  ['uint16', fc.nat({ max: 65535 })],
  [
    'int32',
    fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31))),
  ],
  ['uint32', fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2 ** 32 - 1 }), fc.constant(2 ** 32 - 1))],
  ['int53', fc.maxSafeInteger()],
  [
    'int64',
    fc.oneof(
      fc.bigInt({ min: -9n, max: 9n }),
      fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 2n ** 32n + 1n),
    ),
  ],
  ['uint64', fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n)],
  ['float32', fc.constantFrom(0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY)],
  ['float64', fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, 2 ** 53))],
  ['utf8', texts],
  ['dictionary', texts],
  ['date', fc.integer({ min: -99, max: 99 }).map(days => new Date(days * 86_400_000))],
  ['timestamp[ns]', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['decimal(9, 2)', fc.constantFrom('0.00', '-0.01', '1234567.89', '-1234567.89')],
  ['decimal(38, 2)', fc.bigInt({ min: -(10n ** 35n), max: 10n ** 35n })],
  ['binary', fc.uint8Array({ maxLength: 3 })],
  ['duration[us]', fc.integer({ min: -3, max: 3 })],
  ['time[us]', fc.constantFrom('00:00:00', '13:05:00.25')],
]

const nullable = (value: fc.Arbitrary<unknown>) => fc.option(value, { freq: 6, nil: null })
const cell = (column: Column, row: number): unknown => {
  const value = cellAt(column, row, { timestamps: 'bigint' })
  return value instanceof Date ? value.getTime() : value
}
/** Equal for cells that are one key. */
const label = (column: Column, row: number): string => {
  const value = cell(column, row)
  return `${typeof value} ${Object.is(value, -0) ? 0 : String(value)}`
}

function ids(table: KeyTable, columns: Column[], count: number, rows?: Uint32Array): Uint32Array {
  const out = new Uint32Array(count)
  table.intern(columns, count, rows, out)
  return out
}

describe('KeyTable', () => {
  for (const [type, value] of KEYS) {
    it(`gives equal ${type} keys equal ids, counted from 0, and back`, () => {
      fc.assert(
        fc.property(fc.array(nullable(value), { minLength: 1, maxLength: 60 }), values => {
          const table = new KeyTable([type])
          const column = columnFrom(type, values, heapArena)
          const half = values.length >> 1
          const found = [
            ...ids(table, [column], half),
            ...ids(
              table,
              [column],
              values.length - half,
              Uint32Array.from({ length: values.length - half }, (_, i) => half + i),
            ),
          ]
          const firsts = new Map<string, number>()
          values.forEach((_, row) => {
            const known = firsts.get(label(column, row)) ?? firsts.size
            firsts.set(label(column, row), known)
            expect(found[row]).toBe(known)
          })
          expect(table.size).toBe(firsts.size)
          const [back] = table.columns(Uint32Array.from(found), heapArena)
          values.forEach((_, row) => {
            expect(label(back!, row)).toBe(label(column, row))
          })
        }),
      )
    })

    it(`sorts ${type} keys as rows are sorted, and knows their key groups`, () => {
      fc.assert(
        fc.property(
          fc.array(nullable(value), { minLength: 1, maxLength: 40 }),
          fc.nat(40),
          (values, early) => {
            const table = new KeyTable([type])
            const column = columnFrom(type, values, heapArena)
            ids(table, [column], Math.min(early, values.length))
            table.sorted()
            ids(table, [column], values.length)
            const sorted = table.sorted()
            expect([...sorted].sort((a, b) => a - b)).toEqual(Array.from(sorted, (_, i) => i))
            const [keys] = table.columns(sorted, heapArena)
            const groups = new Uint8Array(sorted.length)
            keyGroupsOf([keys!], sorted.length, undefined, groups)
            sorted.forEach((id, i) => {
              expect(table.keyGroup(id)).toBe(groups[i])
              if (i > 0) {
                expect(table.compare(sorted[i - 1]!, id)).toBeLessThan(0)
                expect(compareCells(keys!, i - 1, keys!, i)).toBeLessThan(0)
              }
            })
          },
        ),
        { numRuns: 50 },
      )
    })
  }

  it('finds text by its bytes, plain or in any dictionary', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(texts, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 30 }),
        batches => {
          const table = new KeyTable(['utf8'])
          const seen = new Map<string, number>()
          batches.forEach((values, b) => {
            const column = columnFrom(b % 2 === 0 ? 'utf8' : 'dictionary', values, heapArena)
            ids(table, [column], values.length).forEach((id, row) => {
              const known = seen.get(values[row]!) ?? seen.size
              seen.set(values[row]!, known)
              expect(id).toBe(known)
            })
          })
        },
      ),
    )
  })

  it('finds what it knows and remembers nothing else', () => {
    const row = fc.tuple(nullable(texts), nullable(fc.integer()), nullable(fc.double()))
    const rows = fc.array(row, { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(rows, rows, fc.integer({ min: 1, max: 3 }), (known, asked, width) => {
        const types: ColumnType[] = (['utf8', 'int32', 'float64'] as const).slice(0, width)
        const columns = (of: typeof known) =>
          types.map((type, c) =>
            columnFrom(
              type,
              of.map(values => values[c]),
              heapArena,
            ),
          )
        const table = new KeyTable(types)
        ids(table, columns(known), known.length)
        const { size } = table
        const all = [...asked, ...known]
        const found = new Uint32Array(all.length)
        table.find(columns(all), all.length, undefined, found)
        expect(table.size).toBe(size)
        // Interned afterwards, what was found keeps its id, and what was not is new.
        const interned = ids(table, columns(all), all.length)
        interned.forEach((id, i) => {
          expect(found[i]).toBe(id < size ? id : NO_KEY)
        })
      }),
    )
  })

  it('joins several columns into one key', () => {
    const row = fc.tuple(nullable(texts), nullable(fc.integer({ min: 0, max: 3 })), nullable(fc.boolean()))
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), rows => {
        const types: ColumnType[] = ['utf8', 'int32', 'bool']
        const table = new KeyTable(types)
        const columns = types.map((type, c) =>
          columnFrom(
            type,
            rows.map(values => values[c]),
            heapArena,
          ),
        )
        const found = ids(table, columns, rows.length)
        const seen = new Map<string, number>()
        rows.forEach((values, i) => {
          const key = JSON.stringify(values)
          const known = seen.get(key) ?? seen.size
          seen.set(key, known)
          expect(found[i]).toBe(known)
        })
        const back = table.columns(found, heapArena)
        rows.forEach((values, i) => {
          expect(back.map(column => cellAt(column, i))).toEqual(values)
        })
        const sorted = table.sorted()
        for (let i = 1; i < sorted.length; i++) {
          expect(table.compare(sorted[i - 1]!, sorted[i]!)).toBeLessThan(0)
        }
      }),
    )
  })

  it('joins many values of many columns', () => {
    const count = 50_000
    const a = Int32Array.from({ length: count }, (_, i) => (i * 7919) % 1000)
    const b = Int32Array.from({ length: count }, (_, i) => (i * 104_729) % 3000)
    const table = new KeyTable(['int32', 'int32'])
    const found = ids(
      table,
      [
        { type: 'int32', values: a },
        { type: 'int32', values: b },
      ],
      count,
    )
    const seen = new Map<number, number>()
    for (let i = 0; i < count; i++) {
      const key = a[i]! * 3000 + b[i]!
      const known = seen.get(key) ?? seen.size
      seen.set(key, known)
      expect(found[i]).toBe(known)
    }
  })

  it('widens its array of small integers to both sides and falls back to hashing', () => {
    const values = [0, 1, 100_000, -100_000, 2_000_000_000, 5, -2_000_000_000]
    for (let i = 0; i < 70_000; i++) values.push(i * 3, -i * 5)
    const table = new KeyTable(['int32'])
    const column: Column = { type: 'int32', values: Int32Array.from(values) }
    const found = ids(table, [column], values.length)
    const seen = new Map<number, number>()
    values.forEach((value, i) => {
      const known = seen.get(value) ?? seen.size
      seen.set(value, known)
      if (found[i] !== known) throw new Error(`row ${i}: ${value} has id ${found[i]}, not ${known}`)
    })
  })

  it('has one key without columns', () => {
    const table = new KeyTable([])
    expect([...ids(table, [], 3)]).toEqual([0, 0, 0])
    expect(table.size).toBe(1)
    expect([...table.sorted()]).toEqual([0])
  })

  it('forgets all keys but those retained, which get new ids in order', () => {
    const table = new KeyTable(['utf8', 'int32'])
    const columns = [
      columnFrom('utf8', ['a', 'b', 'c', null], heapArena),
      columnFrom('int32', [1, 2, 3, null], heapArena),
    ]
    ids(table, columns, 4)
    const before = table.columns(Uint32Array.of(1), heapArena)[0]!
    table.retain(Uint32Array.of(1, 3))
    expect(table.size).toBe(2)
    expect(
      table.columns(Uint32Array.of(0, 1), heapArena).map(column => [cellAt(column, 0), cellAt(column, 1)]),
    ).toEqual([
      ['b', null],
      [2, null],
    ])
    expect([...ids(table, columns, 4)]).toEqual([2, 0, 3, 1])
    expect(cellAt(before, 0)).toBe('b')
  })

  it('extends the dictionary of its results and never changes it', () => {
    const table = new KeyTable(['utf8'])
    ids(table, [columnFrom('utf8', ['x', 'yy'], heapArena)], 2)
    const early = table.columns(Uint32Array.of(1), heapArena)[0]!
    const many = Array.from({ length: 5000 }, (_, i) => `text number ${i}`)
    ids(table, [columnFrom('utf8', many, heapArena)], many.length)
    const late = table.columns(Uint32Array.of(1, 5001), heapArena)[0]!
    expect(late.dictionary!.id).toBe(early.dictionary!.id)
    expect(cellAt(early, 0)).toBe('yy')
    expect([cellAt(late, 0), cellAt(late, 1)]).toEqual(['yy', 'text number 4999'])
  })
})
