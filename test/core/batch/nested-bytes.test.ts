import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { bitAt } from '../../../src/core/batch/column.ts'
import { compareCells } from '../../../src/core/batch/compare.ts'
import { nestedBytes } from '../../../src/core/batch/nested-bytes.ts'
import { nestedValues } from '../../../src/core/batch/nested-values.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { iota } from '../../../src/core/batch/take.ts'
import { dirtyArena, exactRows, nestedSchema, nestedType, rowsWith, selectedBatch } from './arbitrary.ts'

const cells = nestedType.chain(type => {
  const rows = rowsWith([{ name: 'c', type }])
  return fc.record({ type: fc.constant(type), values: rows.map(rows => rows.map(row => row.c)) })
})

describe('the bytes of nested cells', () => {
  it('come back as the cells, bit by bit', () => {
    fc.assert(
      fc.property(nestedSchema.chain(selectedBatch), ({ batch, rows }) => {
        const numbers = batch.selection ?? iota(batch.length)
        const columns = batch.columns.map(column => {
          if (!column.children) return column
          const bytes = nestedBytes(column, numbers, numbers.length, { asKeys: false }, dirtyArena)
          return nestedValues(column.type, bytes, numbers.length, dirtyArena)
        })
        const nested = batch.schema.flatMap(({ name }, c) =>
          batch.columns[c]!.children ? [{ name, c }] : [],
        )
        const back = {
          ...batch,
          schema: nested.map(({ c }) => batch.schema[c]!),
          columns: nested.map(({ c }) => columns[c]!),
          length: numbers.length,
        }
        const { selection: _, ...whole } = back
        const pick = (row: any) => Object.fromEntries(nested.map(({ name }) => [name, row[name]]))
        if (nested.length > 0) expect(exactRows(whole)).toEqual(rows.map(pick))
      }),
    )
  })

  it('compare as the cells do', () => {
    fc.assert(
      fc.property(cells, ({ type, values }) => {
        const column = columnFrom(
          type,
          [...values, ...values.map(value => structuredClone(value))],
          dirtyArena,
        )
        const count = 2 * values.length
        const keys = nestedBytes(column, undefined, count, { asKeys: true }, dirtyArena)
        for (let i = 0; i < count; i++) {
          expect(keys.validity === undefined || bitAt(keys.validity, i)).toBe(
            values[i % values.length] !== null,
          )
          for (let j = 0; j < count; j++)
            expect(Math.sign(compareCells(keys, i, keys, j))).toBe(
              Math.sign(compareCells(column, i, column, j)),
            )
        }
      }),
      { numRuns: 50 },
    )
  })

  it('are whole wherever their memory grows', () => {
    for (let length = 0; length < 40; length++) {
      const value = [{ a: 'x'.repeat(1000 + length), b: true, c: 1, d: [2n, null] }]
      const column = columnFrom('list<struct<a: utf8, b: bool, c: int32, d: list<int64>>>', [value])
      const bytes = nestedBytes(column, undefined, 1, { asKeys: false }, dirtyArena)
      expect(cellAt(nestedValues(column.type, bytes, 1, dirtyArena), 0)).toEqual(value)
    }
  })

  it('are those of one key for both zeros, and for all NaNs', () => {
    const column = columnFrom('struct<x: list<float64>>', [{ x: [0, Number.NaN] }, { x: [-0, Number.NaN] }])
    const keys = nestedBytes(column, undefined, 2, { asKeys: true }, dirtyArena)
    expect(compareCells(keys, 0, keys, 1)).toBe(0)
    expect(compareCells(column, 0, column, 1)).toBe(0)
    const exact = nestedBytes(column, undefined, 2, { asKeys: false }, dirtyArena)
    expect(compareCells(exact, 0, exact, 1)).toBe(1)
  })
})
