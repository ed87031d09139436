/**
 * Rows by the shard that owns the window of their event time: for aggregations whose groups nobody needs by key.
 *
 * Where times are in order, the rows of a window lie side by side, and finding them costs one comparison a row; nothing
 * of the batch is copied, and each shard sees neighbouring rows.
 */

import { type Batch, rowCount, withSelection } from '../batch/batch.ts'
import { type Column, halvesOf } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import { slice } from '../batch/take.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { isTimestamp, timestampUnit } from '../types/column-type.ts'
import { partitionByShard } from './hash.ts'
import { shardOfWindow, type TumblingWindow, windowStartOf } from './tumbling.ts'

/** Rows of a batch that belong to one shard. */
export interface ShardRows {
  readonly shard: number
  readonly batch: Batch
}

/** Batches are cut into at most this many pieces; rows in more disorder are selected one by one. */
const MAX_PIECES = 16
const WORD = 2 ** 32

let shardIds = new Uint8Array(1 << 16)
let scratch = new Float64Array(0)

/**
 * The rows of a batch by the shard that owns their window, each shard's in their order.
 *
 * @throws {DataError} `NULL_EVENT_TIME`, `EVENT_TIME_RANGE`
 */
export function spreadByWindow(
  batch: Batch,
  timeColumn: Column,
  window: TumblingWindow,
  shards: number,
  arena: Arena,
): ShardRows[] {
  const count = rowCount(batch)
  if (count === 0) return []
  if (shardIds.length < count) shardIds = new Uint8Array(count)
  const ends: number[] = []
  shardsOf(batch, timeColumn, window, shards, count, ends)
  if (ends.length === 0) return [{ shard: shardIds[0]!, batch }]
  const { selection, seenMs, order } = batch
  // What only some batches have is not cut.
  if (ends.length < MAX_PIECES && !selection && !seenMs && !order) {
    return [...ends, count].map((end, piece) => {
      const start = piece === 0 ? 0 : ends[piece - 1]!
      return { shard: shardIds[start]!, batch: slice(batch, start, end) }
    })
  }
  return partitionByShard(shardIds, count, selection, shards, arena).flatMap((rows, shard) =>
    rows.length > 0 ? [{ shard, batch: withSelection(batch, rows) }] : [],
  )
}

/** Fills `shardIds`; `ends` gets the rows where the shard changes, as long as these are few. */
function shardsOf(
  { selection }: Batch,
  timeColumn: Column,
  window: TumblingWindow,
  shards: number,
  count: number,
  ends: number[],
): void {
  const { type, validity } = timeColumn
  const unit = isTimestamp(type) ? timestampUnit(type) : undefined
  if (!validity && (unit === 'ms' || unit === 'us')) {
    const halves = halvesOf(timeColumn)
    if (byUnits(halves, unit === 'us' ? 1000 : 1, window, shards, count, selection, ends)) return
    ends.length = 0
  }
  if (scratch.length < count) scratch = new Float64Array(count)
  eventTimesMs(timeColumn, count, selection, scratch)
  let from = 0
  let to = 0
  let shard = 0
  for (let i = 0; i < count; i++) {
    const time = scratch[i]!
    if (!(time >= from && time < to)) {
      from = windowStartOf(window, time)
      to = from + window.sizeMs
      const next = shardOfWindow(window, from, shards)
      if (i > 0 && next !== shard && ends.length < MAX_PIECES) ends.push(i)
      shard = next
    }
    shardIds[i] = shard
  }
}

/** The same in units of the column; false where a double does not hold the times or bounds exactly. */
function byUnits(
  halves: Int32Array,
  perMs: number,
  window: TumblingWindow,
  shards: number,
  count: number,
  rows: Uint32Array | undefined,
  ends: number[],
): boolean {
  const ids = shardIds
  let from = 0
  let to = 0
  let shard = 0
  for (let i = 0; i < count; i++) {
    const at = 2 * (rows === undefined ? i : rows[i]!)
    const time = halves[at + 1]! * WORD + (halves[at]! >>> 0)
    if (!(time >= from && time < to)) {
      const startMs = windowStartOf(window, Math.floor(time / perMs))
      from = startMs * perMs
      to = from + window.sizeMs * perMs
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return false
      const next = shardOfWindow(window, startMs, shards)
      if (i > 0 && next !== shard && ends.length < MAX_PIECES) ends.push(i)
      shard = next
    }
    ids[i] = shard
  }
  return true
}
