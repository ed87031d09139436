import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import {
  compact,
  concat,
  copyToHeap,
  type DictionaryCopies,
  dictionaryText,
  plainText,
  slice,
  take,
} from '../../../src/core/batch/take.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { dirtyArena, everyType, exactRows, schema, selectedBatch, sourceOffsets, table } from './arbitrary.ts'

const anySelected = schema.chain(of => selectedBatch(of))

describe('take', () => {
  it('gathers any rows in any order, and knows where they came from', () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat()), ({ schema, rows }, picks) => {
        const batch = batchFromRows(schema, rows, dirtyArena, { split: 1, offset: 50 })
        const numbers = rows.length ? picks.map(pick => pick % rows.length) : []
        const taken = take(batch, Uint32Array.from(numbers), dirtyArena)
        expect(exactRows(taken)).toEqual(numbers.map(i => rows[i]))
        expect(sourceOffsets(taken)).toEqual(numbers.map(i => 50 + i))
        const again = take(taken, Uint32Array.from(numbers.keys()).reverse(), dirtyArena)
        expect(sourceOffsets(again)).toEqual(numbers.map(i => 50 + i).reverse())
      }),
    )
  })

  it('gathers every type', () => {
    fc.assert(
      fc.property(selectedBatch(everyType), ({ batch, rows }) => {
        expect(exactRows(compact(batch, dirtyArena))).toEqual(rows)
      }),
      { numRuns: 40 },
    )
  })
})

describe('slice', () => {
  it('cuts like an array, and shares memory', () => {
    fc.assert(
      fc.property(anySelected, fc.nat(32), fc.nat(32), ({ batch, rows }, start, end) => {
        const cut = slice(batch, start, end)
        expect(exactRows(cut)).toEqual(rows.slice(start, Math.max(start, end)))
        expect(sourceOffsets(cut)).toEqual(sourceOffsets(batch).slice(start, Math.max(start, end)))
        const again = slice(cut, 1, 9)
        expect(exactRows(again)).toEqual(rows.slice(start, Math.max(start, end)).slice(1, 9))
        expect(exactRows(compact(cut, dirtyArena))).toEqual(exactRows(cut))
        for (const [c, column] of cut.columns.entries())
          expect(column.values.buffer).toBe(batch.columns[c]!.values.buffer)
      }),
    )
  })
})

describe('concat', () => {
  it('joins batches in order, dictionaries and selections included', () => {
    const several = schema.chain(of =>
      fc.record({ schema: fc.constant(of), parts: fc.array(selectedBatch(of), { maxLength: 4 }) }),
    )
    fc.assert(
      fc.property(several, ({ schema, parts }) => {
        const joined = concat(
          schema,
          parts.map(part => part.batch),
          dirtyArena,
        )
        expect(exactRows(joined)).toEqual(parts.flatMap(part => part.rows))
        expect(sourceOffsets(joined)).toEqual(parts.flatMap(part => sourceOffsets(part.batch)))
      }),
    )
  })

  it('joins slices whose bits and offsets start anywhere', () => {
    fc.assert(
      fc.property(anySelected, fc.nat(30), fc.nat(30), ({ batch, rows }, one, two) => {
        const [a, b] = [Math.min(one, two), Math.max(one, two)]
        const parts = [slice(batch, b, 99), slice(batch, a, b), slice(batch, 0, a)]
        const joined = concat(batch.schema, parts, dirtyArena)
        expect(exactRows(joined)).toEqual([...rows.slice(b), ...rows.slice(a, b), ...rows.slice(0, a)])
      }),
    )
  })

  it('keeps plain positions when batches simply follow each other', () => {
    const of = schemaFrom({ n: 'int32' })
    const first = batchFromRows(of, [{ n: 1 }, { n: 2 }], heapArena, { split: 3, offset: 10 })
    const second = batchFromRows(of, [{ n: 3 }], heapArena, { split: 3, offset: 12 })
    const joined = concat(of, [first, second], heapArena)
    expect([joined.position, joined.meta]).toEqual([{ split: 3, offset: 10 }, undefined])
  })

  it.each(['utf8', 'dictionary'] as const)('joins coded and plain text of one %s column', type => {
    const of = schemaFrom({ t: type })
    const some = batchFromRows(of, [{ t: 'a' }, { t: null }, { t: 'ü' }])
    const plain: Batch = { ...some, columns: [plainText(some.columns[0]!, 3, heapArena)] }
    const coded: Batch = { ...some, columns: [dictionaryText(plain.columns[0]!, 3, heapArena)] }
    const texts = ['a', null, 'ü']
    for (const parts of [
      [plain, coded],
      [coded, plain],
      [coded, coded],
      [plain, plain],
    ])
      expect(rowsOf(concat(of, parts, dirtyArena)).map(row => row.t)).toEqual([...texts, ...texts])
    expect(plainText(coded.columns[0]!, 3, dirtyArena).offsets).toBeDefined()
  })

  it('of nothing is an empty batch of the schema', () => {
    const empty = concat(everyType, [], dirtyArena)
    expect([empty.length, empty.columns.length, rowsOf(empty)]).toEqual([0, everyType.length, []])
    expect(rowsOf(compact(empty, dirtyArena))).toEqual([])
  })
})

describe('copyToHeap', () => {
  it('copies what counts into plain memory that survives the original', () => {
    fc.assert(
      fc.property(anySelected, ({ batch, rows }) => {
        const copy = copyToHeap(batch)
        for (const { values, offsets, validity, dictionary } of batch.columns)
          for (const memory of [values, offsets, validity, dictionary?.values, dictionary?.offsets])
            if (memory) new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).fill(0x5a)
        expect(exactRows(copy)).toEqual(rows)
        for (const { values, dictionary } of copy.columns) {
          expect(values.buffer).toBeInstanceOf(ArrayBuffer)
          if (dictionary) expect(dictionary.values.buffer).toBeInstanceOf(ArrayBuffer)
        }
      }),
    )
  })

  it('keeps the copies of few dictionaries, however many come', () => {
    const of = schemaFrom({ t: 'dictionary' })
    const copies: DictionaryCopies = new Map()
    const same = batchFromRows(of, [{ t: 'same' }])
    const first = copyToHeap(same, copies)
    for (let i = 0; i < 100; i++) {
      copyToHeap(batchFromRows(of, [{ t: `other ${i}` }]), copies)
      expect(copyToHeap(same, copies).columns[0]!.dictionary).toBe(first.columns[0]!.dictionary)
    }
    expect(copies.size).toBe(18)
  })

  it('takes only the values used of a dictionary much longer than the batch', () => {
    const of = schemaFrom({ t: 'dictionary' })
    const rows = Array.from({ length: 3000 }, (_, i) => ({ t: i % 5 ? `text ${i}` : null }))
    const batch = batchFromRows(of, rows)
    const copy = copyToHeap(slice(batch, 100, 110))
    expect(rowsOf(copy)).toEqual(rows.slice(100, 110))
    expect(copy.columns[0]!.dictionary!.length).toBe(8)
    expect(copy.columns[0]!.dictionary!.id).not.toBe(batch.columns[0]!.dictionary!.id)
  })
})
