import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows, columnFrom } from '../../../src/core/batch/build.ts'
import { compareCells, type SortKey, sortRows } from '../../../src/core/batch/compare.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { dictionaryText } from '../../../src/core/batch/take.ts'
import { type ColumnType, isDecimal } from '../../../src/core/types/column-type.ts'
import type { Schema } from '../../../src/core/types/schema.ts'
import { dirtyArena, TYPES, value } from './arbitrary.ts'

/** The order by its definition, on JavaScript values; no nulls. */
function reference(a: any, b: any, type: ColumnType): number {
  if (isDecimal(type)) {
    const units = (text: string) => BigInt(text.replace('.', ''))
    return Number(units(a) > units(b)) - Number(units(a) < units(b))
  }
  if (a instanceof Uint8Array) return Buffer.compare(a, b)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  const [x, y] = a instanceof Date ? [a.getTime(), b.getTime()] : [a, b]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
  return x < y ? -1 : x > y ? 1 : 0
}

function referenceSort(
  types: readonly ColumnType[],
  rows: readonly (readonly unknown[])[],
  numbers: number[],
  keys: readonly SortKey[],
) {
  return [...numbers].sort((i, j) => {
    for (const { column, descending, nulls } of keys) {
      const [a, b] = [rows[i]![column], rows[j]![column]]
      if (a === null || b === null) {
        if (a !== b) return (a === null) === (nulls === 'first') ? -1 : 1
        continue
      }
      const order = reference(a, b, types[column]!)
      if (order) return descending ? -order : order
    }
    return i - j
  })
}

const key = (column: number): fc.Arbitrary<SortKey> =>
  fc.record(
    { column: fc.constant(column), descending: fc.boolean(), nulls: fc.constantFrom('first', 'last') },
    { requiredKeys: ['column'] },
  ) as fc.Arbitrary<SortKey>

const sortable = (length: { minLength: number; maxLength: number }) =>
  fc
    .tuple(fc.constantFrom(...TYPES), fc.constantFrom(...TYPES))
    .chain(types =>
      fc.record({
        types: fc.constant(types),
        // Few distinct values: ties and both keys matter.
        pool: fc.tuple(
          ...types.map(type => fc.array(fc.option(value(type)), { minLength: 1, maxLength: 40 })),
        ),
        picks: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 4 })), length),
        keys: fc.tuple(key(0), key(1)),
      }),
    )
    .map(({ types, pool, picks, keys }) => {
      const rows = picks.map(pick => pool.map((values, c) => values[pick[c]! % values.length]!))
      const schema: Schema = types.map((type, c) => ({ name: `c${c}`, type }))
      const batch = batchFromRows(
        schema,
        rows.map(row => ({ c0: row[0], c1: row[1] })),
        dirtyArena,
      )
      const selection = Uint32Array.from(picks.keys()).filter(i => picks[i]![2] > 0)
      return { types, rows, batch, selection, keys }
    })

describe('sortRows', () => {
  for (const [name, length, runs] of [
    ['few rows', { minLength: 0, maxLength: 60 }, 100],
    ['many rows', { minLength: 300, maxLength: 700 }, 40],
  ] as const)
    it(`of ${name} is a stable sort by value, for every type and direction`, () => {
      fc.assert(
        fc.property(sortable(length), ({ types, rows, batch, selection, keys }) => {
          for (const used of [[keys[0]], keys, []]) {
            expect([...sortRows(batch, used)]).toEqual(referenceSort(types, rows, [...rows.keys()], used))
            expect([...sortRows({ ...batch, selection }, used)]).toEqual(
              referenceSort(types, rows, [...selection], used),
            )
          }
        }),
        { numRuns: runs },
      )
    })

  it('puts NaN after infinity, -0 beside 0 and nulls last', () => {
    const cells = [Number.NaN, null, 0, Number.POSITIVE_INFINITY, -0, -1, Number.NEGATIVE_INFINITY]
    const schema: Schema = [{ name: 'x', type: 'float64' }]
    for (const copies of [1, 100]) {
      const rows = Array.from({ length: copies }, () => cells.map(x => ({ x }))).flat()
      const sorted = [...sortRows(batchFromRows(schema, rows), [{ column: 0 }])].map(i => rows[i]!.x)
      const part = (place: number) => sorted.slice(place * copies, (place + 1) * copies)
      expect(part(0)).toEqual(Array(copies).fill(Number.NEGATIVE_INFINITY))
      expect(part(1)).toEqual(Array(copies).fill(-1))
      // The zeros in the order they came: 0, -0, 0, -0, …
      const zeros = Array.from({ length: 2 * copies }, (_, i) => (i % 2 ? -0 : 0))
      expect([...part(2), ...part(3)]).toEqual(zeros)
      expect(part(4)).toEqual(Array(copies).fill(Number.POSITIVE_INFINITY))
      expect(part(5)).toEqual(Array(copies).fill(Number.NaN))
      expect(part(6)).toEqual(Array(copies).fill(null))
    }
  })

  it('orders long texts with one beginning by what follows', () => {
    const texts = Array.from(
      { length: 400 },
      (_, i) => `the same beginning ${'x'.repeat((i * 7) % 50)}${i % 13}`,
    )
    const batch = batchFromRows(
      [{ name: 't', type: 'utf8' }],
      texts.map(t => ({ t })),
    )
    const sorted = [...sortRows(batch, [{ column: 0 }])].map(i => texts[i])
    expect(sorted).toEqual([...texts].sort())
  })
})

describe('compareCells', () => {
  it('agrees with the order by definition, for every type', () => {
    const pairs = fc
      .constantFrom(...TYPES)
      .chain((type: ColumnType) =>
        fc.tuple(fc.constant(type), fc.array(fc.option(value(type)), { minLength: 1, maxLength: 8 })),
      )
    fc.assert(
      fc.property(pairs, ([type, cells]) => {
        const column = columnFrom(type, cells)
        const other = type === 'utf8' ? dictionaryText(column, cells.length, heapArena) : column
        for (const [i, a] of cells.entries())
          for (const [j, b] of cells.entries()) {
            const expected =
              a === null || b === null
                ? Number(a === null) - Number(b === null)
                : Math.sign(reference(a, b, type))
            expect(Math.sign(compareCells(column, i, other, j))).toBe(expected)
          }
      }),
    )
  })

  it('tells 64-bit integers apart that are one double', () => {
    const column = columnFrom('int64', [2n ** 53n, 2n ** 53n + 1n, -1n])
    expect(compareCells(column, 0, column, 1)).toBe(-1)
    expect(compareCells(column, 2, column, 0)).toBe(-1)
    const unsigned = columnFrom('uint64', [2n ** 64n - 1n, 1n])
    expect(compareCells(unsigned, 0, unsigned, 1)).toBe(1)
  })
})
