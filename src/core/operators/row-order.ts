import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { orderColumns } from '../batch/meta.ts'
import { isMade, offsetAt } from '../batch/place.ts'
import type { RowOrder } from '../fold.ts'
import { hashKeys } from '../state/hash.ts'
import { eventTimesMs } from '../time/event-time.ts'

/**
 * The place of a batch's rows in the total order: event time, then split, then offset.
 *
 * Rows that a keyed operator made have no offset. They differ in their key, so the key's hash takes its place, which is
 * the same on any number of shards.
 *
 * @param time index of the event-time column, or -1: rows are then ordered by position alone
 */
export function rowOrderOf(batch: Batch, time: number): RowOrder {
  const count = rowCount(batch)
  const timeMs = new Float64Array(count)
  const timeRest = new Float64Array(count)
  if (time >= 0) eventTimesMs(batch.columns[time]!, count, batch.selection, timeMs, timeRest)
  return { timeMs, timeRest, split: batch.position.split, offset: offsetsOf(batch, count) }
}

function offsetsOf(batch: Batch, count: number): Float64Array {
  const offset = new Float64Array(count)
  const order = orderColumns(batch)
  if (isMade(batch) && order.length > 1) {
    const first = new Int32Array(count)
    const second = new Int32Array(count)
    hashKeys(order.slice(1), count, batch.selection, first, second)
    for (let i = 0; i < count; i++) offset[i] = (first[i]! >>> 0) * 0x100000 + (second[i]! & 0xfffff)
    return offset
  }
  for (let i = 0; i < count; i++) offset[i] = offsetAt(batch, rowAt(batch, i))
  return offset
}
