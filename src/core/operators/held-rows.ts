/** Rows that an operator holds until the watermark has passed them, to take them in total order. */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { sortRows } from '../batch/compare.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { compact, concat, copyToHeap, take } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import type { StateSnapshot } from '../state/snapshot.ts'
import { OUTPUT_ROWS } from './define.ts'
import { rowOrderOf } from './row-order.ts'

/** The hidden columns that place a row in the total order. */
const PLACE = ['\0time', '\0rest', '\0split', '\0offset'] as const

/** A batch with the place of its rows in the total order, to be held. `time` is the event-time column. */
export function withPlace(batch: Batch, time: number, arena: Arena): Batch {
  const { timeMs, timeRest, split, offset } = rowOrderOf(batch, time)
  const places = [timeMs, timeRest!, new Float64Array(timeMs.length).fill(split), offset]
  const compacted = compact(batch, arena)
  const columns = places.map((values): Column => ({ type: 'float64', values }))
  const fields = PLACE.map(name => ({ name, type: 'float64' as const }))
  return {
    ...compacted,
    schema: [...compacted.schema, ...fields],
    columns: [...compacted.columns, ...columns],
  }
}

/** Held rows, of which the first ones in total order are past the watermark. */
export interface PassedRows {
  /** All held rows, with their places. */
  readonly all: Batch
  /** All rows in total order: the first `passed` are before the watermark. */
  readonly order: Uint32Array
  readonly passed: number
  /** Event times in ms, by row of `all`. */
  readonly timesMs: Float64Array
  /** What is still to be held. */
  rest(): Batch[]
}

/** Puts held rows in total order. There is at least one batch, all made by {@link withPlace}. */
export function passedRows(held: readonly Batch[], watermarkMs: number): PassedRows {
  const { schema } = held[0]!
  const all = concat(schema, held, heapArena)
  const width = schema.length - PLACE.length
  const timesMs = all.columns[width]!.values as Float64Array
  const order = sortRows(
    all,
    PLACE.map((_, i) => ({ column: width + i })),
  )
  let passed = 0
  while (passed < order.length && timesMs[order[passed]!]! < watermarkMs) passed++
  return {
    all,
    order,
    passed,
    timesMs,
    rest: () => (passed < order.length ? [copyToHeap(take(all, order.subarray(passed), heapArena))] : []),
  }
}

/** The passed rows in total order, without the hidden columns. */
export function* inChunks({ all, order, passed }: PassedRows, arena: Arena): Generator<Batch> {
  const width = all.schema.length - PLACE.length
  const schema = all.schema.slice(0, width)
  for (let start = 0; start < passed; start += OUTPUT_ROWS) {
    const wide = take(all, order.subarray(start, Math.min(start + OUTPUT_ROWS, passed)), arena)
    const { parents: _, ...rest } = wide
    yield { ...rest, schema, columns: wide.columns.slice(0, width), order: wide.columns.slice(width) }
  }
}

/** Held rows as the table `held` of a snapshot; without key columns they belong to the first shard. */
export function heldTable(held: readonly Batch[], keyColumns: readonly number[]): StateSnapshot['tables'] {
  if (held.length === 0) return {}
  const batch = concat(held[0]!.schema, held, heapArena)
  const keyGroups = new Uint8Array(batch.length)
  if (keyColumns.length)
    keyGroupsOf(
      keyColumns.map(key => batch.columns[key]!),
      batch.length,
      undefined,
      keyGroups,
    )
  return { held: { batch, keyGroups } }
}
