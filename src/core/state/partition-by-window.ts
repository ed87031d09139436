/**
 * Rows by the shard that owns the window of their event time: for aggregations whose groups need not be together by
 * key.
 *
 * Where times are in order, the rows of a window lie side by side, and where each begins is found by binary search;
 * nothing of the batch is copied, and each shard sees neighbouring rows.
 */

import { type Batch, rowCount, withSelection } from '../batch/batch.ts'
import { type Column, words32Of } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import { slice } from '../batch/take.ts'
import { eventTimesMs, isInOrder } from '../time/event-time.ts'
import { ONE_BY_ONE, type Panes, shardOfPane } from '../time/windows/panes.ts'
import { isTimestamp, timestampUnit } from '../types/column-type.ts'
import { partitionByShard } from './hash.ts'

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
export function partitionByWindow(
  batch: Batch,
  timeColumn: Column,
  windows: Panes,
  shards: number,
  arena: Arena,
  dealt = ONE_BY_ONE,
): ShardRows[] {
  const count = rowCount(batch)
  if (count === 0) return []
  const runs = runsOf(batch, timeColumn, windows, count, startMs =>
    shardOfPane(windows, startMs, shards, dealt),
  )
  const { selection } = batch
  if (runs.length === 1) return [{ shard: runs[0]!.shard, batch }]
  if (runs.length <= MAX_PIECES && !selection) {
    return runs.map(({ shard, start, end }) => ({ shard, batch: slice(batch, start, end) }))
  }
  if (runs.length <= MAX_PIECES) fillShardIds(runs)
  return partitionByShard(shardIds, count, selection, shards, arena).flatMap((rows, shard) =>
    rows.length > 0 ? [{ shard, batch: withSelection(batch, rows) }] : [],
  )
}

/** Rows `start` to before `end`, of those that count, which belong to one shard. */
interface Run {
  readonly shard: number
  readonly start: number
  end: number
}

function fillShardIds(runs: readonly Run[]): void {
  for (const { shard, start, end } of runs) shardIds.fill(shard, start, end)
}

/** The batch as runs of rows of one shard; when they are more than {@link MAX_PIECES}, all shards are in `shardIds`. */
function runsOf(
  { selection }: Batch,
  timeColumn: Column,
  windows: Panes,
  count: number,
  shardOf: (startMs: number) => number,
): Run[] {
  const { type, validity } = timeColumn
  const unit = isTimestamp(type) ? timestampUnit(type) : undefined
  if (shardIds.length < count) shardIds = new Uint8Array(count)
  const ids = shardIds
  const runs: Run[] = []
  const add = (startMs: number, start: number, end: number) => {
    const shard = shardOf(startMs)
    if (runs.length > MAX_PIECES) {
      for (let i = start; i < end; i++) ids[i] = shard
      return
    }
    const last = runs.at(-1)
    if (last?.shard === shard) last.end = end
    else if (runs.push({ shard, start, end }) > MAX_PIECES) fillShardIds(runs)
  }
  if (!validity && (unit === 'ms' || unit === 'us')) {
    const skips = !selection && isInOrder(timeColumn)
    if (byUnits(words32Of(timeColumn), unit === 'us' ? 1000 : 1, windows, count, selection, skips, add))
      return runs
    runs.length = 0
  }
  if (scratch.length < count) scratch = new Float64Array(count)
  eventTimesMs(timeColumn, count, selection, scratch)
  for (let i = 0; i < count; ) {
    const start = i
    const from = windows.startOf(scratch[i]!)
    const to = windows.endOf(from)
    while (i < count && scratch[i]! >= from && scratch[i]! < to) i++
    add(from, start, i)
  }
  return runs
}

/** The same in units of the column; false where a double does not hold the times or bounds exactly. */
function byUnits(
  words32: Int32Array,
  perMs: number,
  windows: Panes,
  count: number,
  rows: Uint32Array | undefined,
  inOrder: boolean,
  add: (startMs: number, start: number, end: number) => void,
): boolean {
  for (let i = 0; i < count; ) {
    const start = i
    const startMs = windows.startOf(Math.floor(unitsAt(words32, rows, i) / perMs))
    const from = startMs * perMs
    const to = windows.endOf(startMs) * perMs
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return false
    if (inOrder) i = firstFrom(words32, to, i, count)
    else
      for (; i < count; i++) {
        const time = unitsAt(words32, rows, i)
        if (!(time >= from && time < to)) break
      }
    add(startMs, start, i)
  }
  return true
}

const unitsAt = (words32: Int32Array, rows: Uint32Array | undefined, i: number): number => {
  const at = 2 * (rows === undefined ? i : rows[i]!)
  return words32[at + 1]! * WORD + (words32[at]! >>> 0)
}

/** The first row after `row`, whose time is before `to`, that is not; rows are in order. */
function firstFrom(words32: Int32Array, to: number, row: number, count: number): number {
  let before = row
  let end = count
  while (end - before > 1) {
    const middle = (before + end) >>> 1
    if (unitsAt(words32, undefined, middle) < to) before = middle
    else end = middle
  }
  return end
}
