import fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchFromRows } from '../../../../src/core/batch/build.ts'
import { heapArena } from '../../../../src/core/batch/slab.ts'
import { dictionaryText } from '../../../../src/core/batch/take.ts'
import { RowStore } from '../../../../src/core/state/row-store/row-store.ts'
import { BLOCK_SLOTS } from '../../../../src/core/state/row-store/slots.ts'
import type { Schema } from '../../../../src/core/types/schema.ts'
import { runs } from '../../../effort.ts'

const schema: Schema = [
  { name: 'id', type: 'int32' },
  { name: 'plain', type: 'utf8' },
  { name: 'coded', type: 'utf8' },
]
const KEYS = 7
const textOf = (id: number) => `text of ${id % 1000}`

/** Rows with these ids. */
function batchOf(ids: readonly number[]) {
  const rows = ids.map(id => ({ id, plain: textOf(id), coded: textOf(id + 1) }))
  const batch = batchFromRows(schema, rows, heapArena, { split: 0, offset: ids[0]! })
  const [id, plain, coded] = batch.columns
  return { ...batch, columns: [id!, plain!, dictionaryText(coded!, ids.length, heapArena)] }
}

const step = fc.record({
  rows: fc.integer({ min: 1, max: 2 * BLOCK_SLOTS }),
  spreadMs: fc.integer({ min: 0, max: 40 }),
  forwardMs: fc.integer({ min: 0, max: 30 }),
})

it('rows that are not due stay as they were; those that are go with the last of their block', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.integer(), (steps, seed) => {
      const store = new RowStore({ schema, keyed: true, places: true, expires: 'by block' })
      const dueOf = new Map<number, number>()
      let [nextId, nowMs] = [0, 0]
      for (const { rows, spreadMs, forwardMs } of steps) {
        const ids = Array.from({ length: rows }, () => nextId++)
        const dueMs = Float64Array.from(
          ids,
          id => nowMs + ((Math.imul(id ^ seed, 0x9e3779b1) >>> 8) % (spreadMs + 1)),
        )
        ids.forEach((id, i) => {
          dueOf.set(id, dueMs[i]!)
        })
        store.insert(batchOf(ids), undefined, { keys: Uint32Array.from(ids, id => id % KEYS), dueMs })
        nowMs += forwardMs
        store.removeDue(nowMs)

        const kept = idsIn(store)
        for (const [id, due] of dueOf) if (due > nowMs && !kept.has(id)) expect.unreachable(`${id} is gone`)
        for (const id of [...dueOf.keys()]) if (!kept.has(id)) dueOf.delete(id)
      }
      expect(idsIn(store).size).toBe(store.count)
      store.removeDue(nowMs + 40)
      expect(store.count).toBe(0)
      expect(store.slotsOf(0)).toHaveLength(0)
    }),
    { numRuns: runs(30) },
  )
})

/** The ids of the rows in a store, whose cells and chains are checked. */
function idsIn(store: RowStore): Set<number> {
  const slots = store.all()
  if (slots.length === 0) return new Set()
  const { columns, length } = store.take(slots, heapArena)
  const ids = columns[0]!.values as Int32Array
  const rows = batchOf([...ids])
  const same = store.matcher(rows)
  for (let i = 0; i < length; i++) if (!same(slots[i]!, i)) expect.unreachable(`the row of ${ids[i]}`)
  const chained = Array.from({ length: KEYS }, (_, key) => [...store.slotsOf(key)]).flat()
  expect(chained.sort((a, b) => a - b)).toEqual([...slots])
  return new Set(ids)
}
