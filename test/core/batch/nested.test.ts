import * as arrow from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { fromArrowTable } from '../../../src/core/batch/from-arrow.ts'
import { nullColumn, takeOrNull } from '../../../src/core/batch/null-column.ts'
import { cellsOf, rowsOf } from '../../../src/core/batch/rows.ts'
import { compact, concat, copyToHeap, slice, take } from '../../../src/core/batch/take.ts'
import { toArrowTable } from '../../../src/core/batch/to-arrow.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { Wire } from '../../../src/workers/wire.ts'
import { sentOver } from '../../workers/sent-over.ts'
import { dirtyArena, exactRows, nestedSchema, rowsWith, selectedBatch } from './arbitrary.ts'

const nestedTable = nestedSchema.chain(schema =>
  fc.record({ schema: fc.constant(schema), rows: rowsWith(schema) }),
)
const nestedSelected = nestedSchema.chain(selectedBatch)

describe('nested columns', () => {
  it('go from rows to columns and back', () => {
    fc.assert(
      fc.property(nestedTable, ({ schema, rows }) => {
        expect(exactRows(batchFromRows(schema, rows, dirtyArena))).toEqual(rows)
      }),
    )
  })

  it('are gathered, cut, copied and joined as rows are', () => {
    fc.assert(
      fc.property(
        nestedSelected,
        fc.array(fc.nat()),
        fc.nat(32),
        fc.nat(32),
        ({ batch, rows }, picks, start, end) => {
          expect(exactRows(compact(batch, dirtyArena))).toEqual(rows)
          expect(exactRows(copyToHeap(batch))).toEqual(rows)
          const cut = slice(batch, start, end)
          const cutRows = rows.slice(start, Math.max(start, end))
          expect(exactRows(cut)).toEqual(cutRows)
          expect(exactRows(copyToHeap(cut))).toEqual(cutRows)
          const joined = concat(batch.schema, [cut, batch, cut], dirtyArena)
          expect(exactRows(joined)).toEqual([...cutRows, ...rows, ...cutRows])
          const numbers = joined.length > 0 ? picks.map(pick => pick % joined.length) : []
          expect(exactRows(take(joined, Uint32Array.from(numbers), dirtyArena))).toEqual(
            numbers.map(i => exactRows(joined)[i]),
          )
          const [column] = joined.columns
          const name = batch.schema[0]!.name
          const holes = takeOrNull(column!, joined.length, Uint32Array.of(0xffffffff, ...numbers), dirtyArena)
          expect(
            cellsOf({ ...joined, length: numbers.length + 1, columns: [holes] }, 0, { timestamps: 'bigint' }),
          ).toEqual([null, ...numbers.map(i => exactRows(joined)[i]![name])])
        },
      ),
    )
  })

  it('are nulls where nothing is', () => {
    const schema = schemaFrom({
      s: { a: ['utf8'], d: 'dictionary' },
      l: [{ b: 'bool' }],
      m: 'map<utf8, int64>',
    })
    const columns = schema.map(({ type }) => nullColumn(type, 3, dirtyArena))
    const none = { s: null, l: null, m: null }
    const batch = { schema, length: 3, columns, position: { split: 0, offset: 0 } }
    expect(rowsOf(batch)).toEqual([none, none, none])
    const row = { s: { a: ['x', null], d: 'y' }, l: [{ b: true }, null], m: new Map([['k', null]]) }
    const one = batchFromRows(schema, [row], dirtyArena)
    expect(rowsOf(concat(schema, [batch, one], dirtyArena))).toEqual([none, none, none, row])
  })

  it('become Arrow columns and come back, also through its file format', () => {
    fc.assert(
      fc.property(nestedSelected, ({ batch, rows }) => {
        const table = toArrowTable(batch.schema, [batch, slice(batch, 1, 5), batch])
        const expected = [...rows, ...rows.slice(1, 5), ...rows]
        // apache-arrow writes a field without a name as one called null.
        const named =
          !JSON.stringify(batch.schema).includes('\\"\\"') && !batch.schema.some(({ name }) => name === '')
        const read = named ? [table, arrow.tableFromIPC(arrow.tableToIPC(table, 'file'))] : [table]
        for (const back of read.map(fromArrowTable)) {
          expect(back.schema).toEqual(batch.schema)
          expect(back.batches.flatMap(exactRows)).toEqual(expected)
        }
        // apache-arrow cannot cut a table of no batches.
        if (expected.length === 0) return
        const cut = fromArrowTable(table.slice(2, 9))
        expect(cut.batches.flatMap(exactRows)).toEqual(expected.slice(2, 9))
      }),
    )
  })

  it('cross threads', () => {
    fc.assert(
      fc.property(nestedSelected, ({ batch, rows }) => {
        const [near, far] = [new Wire(), new Wire()]
        const step = { kind: 'step' as const, job: 'j', turn: 0, free: [], stage: 0, partitionedBy: [] }
        const { message } = sentOver(near, far, { ...step, inputs: [{ batch, input: 0 }] })
        expect(exactRows(message.inputs[0]!.batch)).toEqual(rows)
      }),
    )
  })

  it('read lists of fixed and of large size from Arrow', () => {
    const ints = arrow.makeData({ type: new arrow.Int32(), length: 6, data: Int32Array.of(1, 2, 3, 4, 5, 6) })
    const item = new arrow.Field('x', new arrow.Int32(), true)
    const fixed = arrow.makeData({
      type: new arrow.FixedSizeList(2, item),
      length: 3,
      nullCount: 1,
      nullBitmap: Uint8Array.of(5),
      child: ints,
    })
    const large = arrow.makeData({
      type: new arrow.LargeList(item),
      length: 3,
      nullCount: 0,
      valueOffsets: BigInt64Array.of(1n, 1n, 4n, 6n),
      child: ints,
    })
    const table = new arrow.Table({ fixed: new arrow.Vector([fixed]), large: new arrow.Vector([large]) })
    const { schema, batches } = fromArrowTable(table)
    expect(schema).toEqual(schemaFrom({ fixed: ['int32'], large: ['int32'] }))
    expect(batches.flatMap(batch => rowsOf(batch))).toEqual([
      { fixed: [1, 2], large: [] },
      { fixed: null, large: [2, 3, 4] },
      { fixed: [5, 6], large: [5, 6] },
    ])
    const beyond = arrow.makeData({
      type: new arrow.List(item),
      length: 1,
      nullCount: 0,
      valueOffsets: Int32Array.of(0, 7),
      child: ints,
    })
    expect(() => fromArrowTable(new arrow.Table({ l: new arrow.Vector([beyond]) }))).toThrow(
      expect.objectContaining({ code: 'CORRUPT_ARROW' }),
    )
  })

  it('name the place of a value that does not fit', () => {
    const schema = schemaFrom({ user: { tags: ['int8'] }, at: 'map<utf8, int8>' })
    const message = (row: Record<string, unknown>) => {
      try {
        batchFromRows(schema, [{}, row])
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(message({ user: { tags: [1, 300] } })).toContain('column "user.tags[]" is int8, row 1 has 300')
    expect(message({ user: 'x' })).toContain('column "user" is struct<tags: list<int8>>, row 1 has "x"')
    expect(message({ user: { tags: 'x' } })).toContain('column "user.tags" is list<int8>, row 1 has "x"')
    expect(message({ at: { a: 1 } })).toContain('column "at" is map<utf8, int8>, row 1 has an object')
    expect(message({ at: new Map([[null, 1]]) })).toContain('row 1 has null')
  })
})
