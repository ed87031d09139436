/** Tumbling windows: equal spans of event time, end to end, each row in exactly one. */

import type { Column } from '../batch/column.ts'
import { eventTimesMs } from '../time/event-time.ts'

export interface TumblingWindow {
  /** A whole number of ms, at least 1. */
  readonly sizeMs: number
  /** Windows start at multiples of the size since 1970, moved by this. */
  readonly offsetMs: number
}

/** The start of the window a time lies in; the window ends, exclusively, `sizeMs` later. */
export function windowStartOf({ sizeMs, offsetMs }: TumblingWindow, timeMs: number): number {
  return Math.floor((timeMs - offsetMs) / sizeMs) * sizeMs + offsetMs
}

/** The shard that owns a window where rows are spread by window: neighbours are on different ones. */
export function shardOfWindow({ sizeMs, offsetMs }: TumblingWindow, startMs: number, shards: number): number {
  const window = Math.round((startMs - offsetMs) / sizeMs)
  return ((window % shards) + shards) % shards
}

/**
 * The end of each row's window, ms: a row is late when that is at or before the watermark its split had.
 *
 * @throws {DataError} `NULL_EVENT_TIME`, `EVENT_TIME_RANGE`
 */
export function windowEndsOf(
  window: TumblingWindow,
  timeColumn: Column,
  count: number,
  rows: Uint32Array | undefined,
  outMs: Float64Array,
): void {
  eventTimesMs(timeColumn, count, rows, outMs)
  let startMs = 0
  let endMs = 0
  for (let i = 0; i < count; i++) {
    const timeMs = outMs[i]!
    if (!(timeMs >= startMs && timeMs < endMs)) {
      startMs = windowStartOf(window, timeMs)
      endMs = startMs + window.sizeMs
    }
    outMs[i] = endMs
  }
}
