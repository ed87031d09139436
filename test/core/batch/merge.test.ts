import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Batch, rowCount } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { mergeOrdered } from '../../../src/core/batch/merge.ts'
import { orderMeta } from '../../../src/core/batch/meta.ts'
import { type Row, rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { dictionaryText, slice } from '../../../src/core/batch/take.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const schema = schemaFrom({
  window: 'int32',
  key: 'utf8',
  odd: 'bool',
  place: 'int32',
  wide: 'int64',
  half: 'float64',
  small: 'int16',
  least: 'uint8',
})

/** Rows that repeat each window for as many keys as it says; null keys come last. */
const runOf = fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 150 })), { maxLength: 5 }).map(windows =>
  windows
    .toSorted(([a], [b]) => a - b)
    .flatMap(([window, keys]) => Array.from({ length: keys }, (_, key) => ({ window, key })))
    .toSorted((a, b) => a.window - b.window || a.key - b.key),
)

const keyOf = (key: number) => (key > 140 ? null : String(key).padStart(3, '0'))

/** One of each width that cells are moved by. */
const cellsOf = (i: number) => ({
  wide: BigInt(i) << 40n,
  half: i % 5 === 0 ? null : i / 2,
  small: -i,
  least: i % 200,
})

/** A run as batches of some length, plain or with a dictionary of its own. */
function batchesOf(
  run: readonly { window: number; key: number }[],
  from: number,
  rows: number,
  coded: boolean,
): Batch[] {
  const whole = batchFromRows(
    schema,
    run.map(({ window, key }, i) => ({
      window,
      key: keyOf(key),
      odd: i % 2 === 1,
      place: from + i,
      ...cellsOf(i),
    })),
    heapArena,
  )
  const key = coded ? dictionaryText(whole.columns[1]!, whole.length, heapArena) : whole.columns[1]!
  const columns = [whole.columns[0]!, key, ...whole.columns.slice(2)]
  const batches: Batch[] = []
  for (let start = 0; start < whole.length; start += rows) {
    const part = slice({ ...whole, columns }, start, start + rows)
    batches.push({ ...part, meta: orderMeta(part.columns.slice(0, 2)) })
  }
  return batches
}

it('gives the rows of all runs in order, equal ones in the order of the runs', () => {
  fc.assert(
    fc.property(
      fc.array(runOf, { maxLength: 4 }),
      fc.constantFrom(7, 64, 100_000),
      fc.boolean(),
      fc.constantFrom(3, 50, 100_000),
      (runs, rows, coded, mostRows) => {
        const parts = runs.map((run, r) => batchesOf(run, 1000 * r, rows, coded))
        const merged = mergeOrdered(parts, heapArena, mostRows)
        const all: Row[] = parts.flat().flatMap(batch => rowsOf(batch))
        const order = ({ window, key }: Row) => `${window} ${key ?? '~'}`
        const expected = all.toSorted((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0))
        expect(merged.flatMap(batch => rowsOf(batch))).toEqual(expected)
        expect(merged.every(batch => rowCount(batch) > 0)).toBe(true)
      },
    ),
  )
})
