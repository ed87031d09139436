/** What the makers of changelogs share. */

import type { Batch } from '../batch/batch.ts'
import { sortRows } from '../batch/compare.ts'
import { WEIGHT, withMeta, withoutMeta } from '../batch/meta.ts'
import { placeColumns } from '../batch/place.ts'
import { type Arena, allocInt32, heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'

/** The batch with other weights: one for all rows, or one for each. */
export function weighed(batch: Batch, weights: number | Int32Array, arena: Arena): Batch {
  const values = allocInt32(arena, batch.length)
  if (typeof weights === 'number') values.fill(weights)
  else values.set(weights)
  return withMeta(withoutMeta(batch, WEIGHT), { [WEIGHT]: { type: 'int32', values } })
}

/** The rows in the order of their places: what several shards emit is merged by it. */
export function inPlaceOrder(batch: Batch, arena: Arena): Batch {
  const columns = placeColumns(batch, heapArena)
  const order = sortRows(
    { ...batch, columns },
    columns.map((_, column) => ({ column })),
  )
  return order.every((row, i) => row === i) ? batch : take(batch, order, arena)
}
