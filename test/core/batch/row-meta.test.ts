import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { bytesColumn } from '../../../src/core/batch/bytes.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { compareBytes, sortRows } from '../../../src/core/batch/compare.ts'
import { mergeOrdered } from '../../../src/core/batch/merge.ts'
import {
  BRANCH,
  childName,
  ENCODED,
  OFFSET,
  orderMeta,
  PARENT,
  type RowMeta,
  SEEN,
  SPLIT,
  seenOf,
  WEIGHT,
  weightsOf,
} from '../../../src/core/batch/meta.ts'
import {
  comparePlaces,
  inBranch,
  isMade,
  offsetAt,
  placeColumns,
  placedBy,
  splitAt,
  wholePlaces,
  withChildren,
} from '../../../src/core/batch/place.ts'
import { hashPlaces } from '../../../src/core/batch/place-hash.ts'
import { END_OF_BASE, placeKeys } from '../../../src/core/batch/place-key.ts'
import { compact, concat, copyToHeap, dictionaryText, slice, take } from '../../../src/core/batch/take.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { type ColumnType, itemsPerCell } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { Wire } from '../../../src/workers/wire.ts'
import { sentOver } from '../../workers/sent-over.ts'
import { dirtyArena, TYPES, value } from './arbitrary.ts'

/**
 * The law: whatever is done to rows, what travels with a row stays with it. Every row has a name (`id`), so that
 * a row can be found again, and is then described whole.
 */
const schema = schemaFrom({ id: 'int32' })
const idOf = (batch: Batch, row: number): number => batch.columns[0]!.values[row] as number

/** All that travels with a row, as text; its place by the bytes that it is compared by. */
function description(batch: Batch, row: number): string {
  const place = Buffer.from(placeKeys(batch).key(row)).toString('hex')
  const source = isMade(batch) ? 'made' : `${splitAt(batch, row)}:${offsetAt(batch, row)}`
  const seen = seenOf(batch)?.[row] ?? Number.NEGATIVE_INFINITY
  return `${idOf(batch, row)} ×${weightsOf(batch)?.[row] ?? 1} seen ${seen} ${source} at ${place}`
}

const descriptions = (batches: readonly Batch[]): string[] =>
  batches.flatMap(batch =>
    Array.from({ length: rowCount(batch) }, (_, i) => description(batch, rowAt(batch, i))),
  )

const float = (values: readonly number[]): Column => ({ type: 'float64', values: Float64Array.from(values) })
const uint32 = (values: readonly number[]): Column => ({ type: 'uint32', values: Uint32Array.from(values) })

/** A column of some type for `length` rows, some null; text perhaps with a dictionary. */
const anyColumn = (type: ColumnType, length: number): fc.Arbitrary<Column> =>
  fc
    .tuple(
      fc.array(fc.option(value(type), { freq: 5 }), { minLength: length, maxLength: length }),
      fc.boolean(),
    )
    .map(([cells, coded]) => {
      const of = [{ name: 'c', type }]
      const column = batchFromRows(
        of,
        cells.map(c => ({ c })),
        dirtyArena,
      ).columns[0]!
      return coded && type === 'utf8' ? dictionaryText(column, length, dirtyArena) : column
    })

const some = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined })
const perRow = <T>(of: fc.Arbitrary<T>, length: number) =>
  fc.array(of, { minLength: length, maxLength: length })

/** Order columns of some types, the same for every batch of a run. */
const orderTypes = fc.array(fc.constantFrom<ColumnType>(...TYPES), { maxLength: 3 })

/** Every kind of metadata, in every combination that occurs. */
function metaOf(length: number, order: readonly ColumnType[]): fc.Arbitrary<RowMeta> {
  const source = fc.oneof(
    fc.constant({}),
    perRow(fc.nat(9), length).map(parents => ({ [PARENT]: uint32(parents) })),
    fc
      .tuple(perRow(fc.nat(3), length), perRow(fc.nat(2 ** 40), length))
      .map(([splits, offsets]) => ({ [SPLIT]: uint32(splits), [OFFSET]: float(offsets) })),
  )
  const made = fc.tuple(...order.map(type => anyColumn(type, length))).map(columns => orderMeta(columns))
  // As all real ones, they begin with a tag, and none is the beginning of another.
  const encoded = perRow(fc.uint8Array({ minLength: 3, maxLength: 3, max: 31 }), length).map(keys => {
    const ended = keys.map(key => Uint8Array.of(...key, END_OF_BASE))
    const { validity: _, ...column } = bytesColumn(ended, dirtyArena)
    return { [ENCODED]: column }
  })
  const place: fc.Arbitrary<RowMeta> = order.length
    ? fc.oneof(
        { weight: 4, arbitrary: made },
        fc.tuple(made, encoded).map(([a, b]) => ({ ...a, ...b })),
      )
    : fc.oneof({ weight: 5, arbitrary: source as fc.Arbitrary<RowMeta> }, encoded)
  return fc
    .record({
      place,
      child: some(perRow(fc.nat(3), length)),
      grandchild: some(perRow(fc.nat(3), length)),
      branch: some(perRow(fc.nat(3), length)),
      seen: some(perRow(fc.double({ noNaN: true }), length)),
      weight: some(perRow(fc.constantFrom(-2, -1, 1, 3), length)),
    })
    .map(({ place, child, grandchild, branch, seen, weight }) => ({
      ...place,
      ...(child ? { [childName(0)]: uint32(child) } : {}),
      ...(child && grandchild ? { [childName(1)]: uint32(grandchild) } : {}),
      ...(branch ? { [BRANCH]: float(branch) } : {}),
      ...(seen ? { [SEEN]: float(seen) } : {}),
      ...(weight ? { [WEIGHT]: { type: 'int32' as const, values: Int32Array.from(weight) } } : {}),
    }))
}

/** A batch whose rows are `from`, `from + 1`, …, with metadata, of which some are selected. */
const batchWith = (order: readonly ColumnType[], from = 0): fc.Arbitrary<Batch> =>
  fc.integer({ min: 1, max: 20 }).chain(length =>
    fc
      .record({
        meta: metaOf(length, order),
        // `key`: rows are in the order of a column of theirs.
        only: fc.constantFrom('all', 'bare', 'key'),
        kept: some(perRow(fc.boolean(), length)),
        split: fc.nat(2),
        offset: fc.oneof(fc.nat(50), fc.constant(2 ** 33)),
      })
      .map(({ meta, only, kept, split, offset }) => {
        const rows: RowLike[] = Array.from({ length }, (_, i) => ({ id: from + i }))
        const batch = batchFromRows(schema, rows, dirtyArena, { split, offset })
        const selection = kept && Uint32Array.from(rows.keys()).filter(i => kept[i])
        const own = { all: meta, bare: {}, key: orderMeta(batch.columns) }[order.length ? 'all' : only]
        return {
          ...batch,
          ...(selection ? { selection } : {}),
          ...(Object.keys(own).length ? { meta: own } : {}),
        }
      }),
  )

const anyBatch = orderTypes.chain(order => batchWith(order))
/** Rows of places that are all of one branch or of several, none of them joined with rows of another kind. */
const branched = anyBatch.filter(({ meta }) => meta?.[ENCODED] === undefined)
/** Several batches of one kind of rows, or of several kinds. */
const batches = fc
  .oneof(
    orderTypes.map(order => [order, order, order]),
    fc.tuple(orderTypes, orderTypes, orderTypes),
  )
  .chain(orders => fc.tuple(...orders.map((order, i) => batchWith(order, 100 * i))))

describe('what travels with a row stays with it', () => {
  it('through take', () => {
    fc.assert(
      fc.property(anyBatch, fc.array(fc.nat()), (batch, picks) => {
        const rows = Uint32Array.from(picks, pick => pick % batch.length)
        const expected = Array.from(rows, row => description(batch, row))
        expect(descriptions([take(batch, rows, dirtyArena)])).toEqual(expected)
      }),
    )
  })

  it('through compact and copyToHeap, which share no memory with the batch', () => {
    fc.assert(
      fc.property(anyBatch, batch => {
        const expected = descriptions([batch])
        const copies = [compact(batch, dirtyArena), copyToHeap(batch)]
        for (const column of [...batch.columns, ...Object.values(batch.meta ?? {})]) overwrite(column)
        for (const copy of copies) expect(descriptions([copy])).toEqual(expected)
      }),
    )
  })

  it('through slice, again and again', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(20), fc.nat(20), (batch, start, end) => {
        const expected = descriptions([batch]).slice(start, end)
        const cut = slice(batch, start, end)
        expect(descriptions([cut])).toEqual(expected)
        expect(descriptions([slice(cut, 1, 9)])).toEqual(expected.slice(1, 9))
        for (const column of Object.values(cut.meta ?? {}))
          if (!column.offsets && column.type !== 'bool')
            expect(column.values.length).toBe(cut.length * itemsPerCell(column.type))
      }),
    )
  })

  it('through concat, of rows of every split and kind', () => {
    fc.assert(
      fc.property(batches, parts => {
        const joined = concat(schema, parts, dirtyArena)
        expect(rowCount(joined)).toBe(joined.length)
        const before = parts.flatMap(part =>
          Array.from({ length: rowCount(part) }, (_, i) => [part, rowAt(part, i)] as const),
        )
        // A joined place may be written in another form: rows compare as before, and all else is the same.
        const plain = (text: string) => text.replace(/ (made|\d+:\d+) at .*/, '')
        expect(descriptions([joined]).map(plain)).toEqual(before.map(([b, r]) => plain(description(b, r))))
        for (const [i, [a, rowA]] of before.entries()) {
          for (const [j, [b, rowB]] of before.entries()) {
            const order = Math.sign(comparePlaces(joined, i, joined, j))
            expect(order).toBe(Math.sign(comparePlaces(a, rowA, b, rowB)))
          }
          if (!isMade(joined)) expect(splitAt(joined, i)).toBe(splitAt(a, rowA))
          if (!isMade(joined)) expect(offsetAt(joined, i)).toBe(offsetAt(a, rowA))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('through kernels, which filter and compute', () => {
    const column = { kind: 'column', name: 'id' } as const
    const test = {
      kind: 'call',
      fn: 'gt',
      args: [column, { kind: 'literal', type: 'int32', value: 2 }],
    } as const
    const kernel = compileKernel(schema, [
      { kind: 'filter', test },
      { kind: 'project', columns: [{ name: 'id', expr: column }] },
    ])
    fc.assert(
      fc.property(anyBatch, batch => {
        const kept = descriptions([batch]).filter(text => Number.parseInt(text, 10) > 2)
        expect(descriptions([kernel.run(batch, dirtyArena)])).toEqual(kept)
      }),
    )
  })

  it('through messages between threads', () => {
    fc.assert(
      fc.property(anyBatch, batch => {
        const step = { kind: 'step' as const, job: 'j', turn: 0, free: [], stage: 0, partitionedBy: [] }
        const [near, far] = [new Wire(), new Wire()]
        const { message } = sentOver(near, far, { ...step, inputs: [{ batch, input: 0 }] })
        expect(descriptions(message.inputs.map(input => input.batch))).toEqual(descriptions([batch]))
      }),
    )
  })

  it('through a merge, which puts rows in the order of their places', () => {
    fc.assert(
      fc.property(
        orderTypes.chain(order => fc.tuple(batchWith(order), batchWith(order, 100))),
        parts => {
          const runs = parts.map(part => [inOrder(part)])
          const merged = mergeOrdered(runs, dirtyArena)
          const places = merged.flatMap(batch =>
            Array.from({ length: rowCount(batch) }, (_, i) => [batch, rowAt(batch, i)] as const),
          )
          for (let i = 1; i < places.length; i++)
            expect(comparePlaces(...places[i - 1]!, ...places[i]!)).toBeLessThanOrEqual(0)
          const plain = (text: string) => text.replace(/ (made|\d+:\d+) at .*/, '')
          expect(descriptions(merged).map(plain).toSorted()).toEqual(
            descriptions(parts).map(plain).toSorted(),
          )
        },
      ),
    )
  })
})

describe('a place', () => {
  it('compares as its bytes do, within a kind of rows and between kinds', () => {
    fc.assert(
      fc.property(batches, ([a, b]) => {
        for (const [left, right] of [
          [a!, a!],
          [a!, b!],
        ] as const) {
          const [keysL, keysR] = [placeKeys(left), placeKeys(right)]
          for (let i = 0; i < left.length; i++) {
            for (let j = 0; j < right.length; j++) {
              const [l, r] = [keysL.key(i), keysR.key(j)]
              const byBytes = Math.sign(compareBytes(l, 0, l.length, r, 0, r.length))
              expect(Math.sign(comparePlaces(left, i, right, j))).toBe(byBytes)
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is what its columns sort by', () => {
    fc.assert(
      fc.property(anyBatch, batch => {
        const whole = (rows: Batch) => wholePlaces(rows, 2, dirtyArena)
        for (const columnsOf of [placeColumns, whole]) {
          const sorted = inOrder(batch, columnsOf)
          for (let i = 1; i < sorted.length; i++)
            expect(comparePlaces(sorted, i - 1, sorted, i)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })

  it('tells children of one row apart, and then their children', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(3), (batch, depth) => {
        let made = compact(batch, dirtyArena)
        const count = made.length
        for (let d = 0; d <= depth; d++) {
          const twice = Uint32Array.from({ length: 2 * made.length }, (_, i) => i >> 1)
          const child = Uint32Array.from(twice, (_, i) => i & 1)
          made = withChildren(take(made, twice, dirtyArena), d + 2, child)
        }
        const keys = placeKeys(made)
        for (let i = 0; i < count; i++) {
          const of = 2 ** (depth + 1)
          const own = Array.from({ length: of }, (_, k) => Buffer.from(keys.key(of * i + k)).toString('hex'))
          expect(new Set(own).size).toBe(of)
          expect(own.toSorted()).toEqual(own)
        }
      }),
    )
  })

  it('is in the order of the inputs of a union, and of unions of unions', () => {
    fc.assert(
      fc.property(branched, branched, (a, b) => {
        const low = Math.max(...Array.from(a.meta?.[BRANCH]?.values ?? [0], Number)) + 1
        const [left, right] = [inBranch(a, 0), inBranch(b, low)]
        for (let i = 0; i < a.length; i++)
          for (let j = 0; j < b.length; j++) expect(comparePlaces(left, i, right, j)).toBeLessThan(0)
        for (let j = 1; j < b.length; j++)
          expect(Math.sign(comparePlaces(right, j - 1, right, j))).toBe(
            Math.sign(comparePlaces(b, j - 1, b, j)),
          )
      }),
    )
  })

  it('is led by what it is put behind', () => {
    fc.assert(
      fc.property(anyBatch, batch => {
        const back = float(Array.from({ length: batch.length }, (_, i) => -i))
        const placed = placedBy(batch, [back], dirtyArena)
        for (let i = 1; i < batch.length; i++) expect(comparePlaces(placed, i, placed, i - 1)).toBeLessThan(0)
        const level = placedBy(batch, [float(Array.from({ length: batch.length }, () => 0))], dirtyArena)
        for (let i = 1; i < batch.length; i++)
          expect(Math.sign(comparePlaces(level, i, level, i - 1))).toBe(
            Math.sign(comparePlaces(batch, i, batch, i - 1)),
          )
      }),
    )
  })
})

/** The rows that count, sorted by the columns of their places. */
function inOrder(batch: Batch, columnsOf = placeColumns): Batch {
  const all = compact(batch, dirtyArena)
  const columns = columnsOf(all, dirtyArena)
  const keys = columns.map((_, column) => ({ column }))
  return take(all, sortRows({ ...all, columns }, keys), dirtyArena)
}

function overwrite({ values, offsets, validity }: Column): void {
  for (const memory of [values, offsets, validity])
    if (memory) new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).fill(0x5a)
}

it('a row has one hash of its place, whether or not its batch says that it is the first of one row and of one input', () => {
  const zeros = (type: 'uint32' | 'float64'): Column => ({
    type,
    values: type === 'uint32' ? new Uint32Array(3) : new Float64Array(3),
  })
  const plain: Batch = { schema: [], length: 3, columns: [], position: { split: 1, offset: 40 } }
  const hashes = [...hashPlaces(plain, 7)]
  expect(new Set(hashes).size).toBe(3)
  for (const meta of [{ child: zeros('uint32') }, { branch: zeros('float64') }] as RowMeta[])
    expect([...hashPlaces({ ...plain, meta }, 7)]).toEqual(hashes)
  const second: Column = { type: 'uint32', values: Uint32Array.of(0, 1, 0) }
  const [first, other, third] = hashPlaces({ ...plain, meta: { child: second } }, 7)
  expect([first, third]).toEqual([hashes[0], hashes[2]])
  expect(other).not.toBe(hashes[1])
})
