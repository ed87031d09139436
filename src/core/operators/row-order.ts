import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { OFFSET, parentsOf, SPLIT } from '../batch/meta.ts'
import { comparePlaces, isMade } from '../batch/place.ts'
import { endKeys, placeKeys } from '../batch/place-key.ts'
import type { RowOrder, RowTies } from '../fold.ts'
import { eventTimesMs } from '../time/event-time.ts'

/**
 * A batch's rows in the total order: event time, then place.
 *
 * @param time index of the event-time column, or -1: rows are then ordered by place alone
 */
export function rowOrderOf(batch: Batch, time: number): RowOrder {
  const count = rowCount(batch)
  const timeMs = new Float64Array(count)
  const timeRest = new Float64Array(count)
  if (time >= 0) eventTimesMs(batch.columns[time]!, count, batch.selection, timeMs, timeRest)
  const ties = tiesOf(batch)
  const order = { timeMs, timeRest, ...(ties ? { ties } : {}) }
  if (isMade(batch)) return { ...order, split: Number.POSITIVE_INFINITY, offset: new Float64Array(count) }
  const splits = splitsOf(batch, count)
  return {
    ...order,
    split: batch.position.split,
    offset: offsetsOf(batch, count),
    ...(splits ? { splits } : {}),
  }
}

function offsetsOf(batch: Batch, count: number): Float64Array {
  const { position, selection } = batch
  const offset = new Float64Array(count)
  const own = batch.meta?.[OFFSET]?.values as Float64Array | undefined
  const parents = parentsOf(batch)
  for (let i = 0; i < count; i++) {
    const row = selection ? selection[i]! : i
    offset[i] = own ? own[row]! : position.offset + (parents ? parents[row]! : row)
  }
  return offset
}

function splitsOf(batch: Batch, count: number): Uint32Array | undefined {
  const splits = batch.meta?.[SPLIT]?.values as Uint32Array | undefined
  return splits && Uint32Array.from({ length: count }, (_, i) => splits[rowAt(batch, i)]!)
}

/** What orders rows further: of source rows the end of their places, of made rows all of it. */
function tiesOf(batch: Batch): RowTies | undefined {
  const keys = isMade(batch) ? placeKeys(batch) : endKeys(batch)
  return (
    keys && {
      compare: (i, j) => comparePlaces(batch, rowAt(batch, i), batch, rowAt(batch, j)),
      key: i => keys.key(rowAt(batch, i)),
    }
  )
}
