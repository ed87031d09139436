/**
 * Windows of time: those of a row follow from its event time alone. What verbs, exchanges and tables ask of them, whatever
 * their kind.
 */

import type { Column } from '../../batch/column.ts'
import { eventTimesMs } from '../event-time.ts'
import { fixedPanes, type Panes } from './panes.ts'
import type { WindowSpec } from './spec.ts'

export interface TimeWindows {
  /** The spans that windows are made of; each window is one where `whole`. */
  readonly panes: Panes
  /** Whether every window is one pane: then a row lies in exactly one window. */
  readonly whole: boolean
  /** The start of the first window that a time lies in: no window open or to come starts before, at that watermark. */
  firstStartOf(timeMs: number): number
  /** The end, exclusive, of the last window that a time lies in: a row is late for all when the watermark has reached it. */
  lastEndOf(timeMs: number): number
}

/** The windows of a spec; undefined for kinds whose windows do not follow from a time alone, and without windows. */
export function timeWindows(spec: WindowSpec | undefined): TimeWindows | undefined {
  if (spec?.kind === 'tumbling') return singlePanes(fixedPanes(spec.sizeMs, spec.offsetMs))
  return undefined
}

/** Windows of one pane each. */
export const singlePanes = (panes: Panes): TimeWindows => ({
  panes,
  whole: true,
  firstStartOf: timeMs => panes.startOf(timeMs),
  lastEndOf: timeMs => panes.endOf(panes.startOf(timeMs)),
})

/**
 * The end of the last window of each row, ms: a row is late when that is at or before the watermark its split had.
 *
 * @throws {DataError} `NULL_EVENT_TIME`, `EVENT_TIME_RANGE`
 */
export function lastWindowEnds(
  { panes, lastEndOf }: TimeWindows,
  timeColumn: Column,
  count: number,
  rows: Uint32Array | undefined,
  outMs: Float64Array,
): void {
  eventTimesMs(timeColumn, count, rows, outMs)
  let startMs = 0
  let endMs = 0
  let lastMs = 0
  for (let i = 0; i < count; i++) {
    const timeMs = outMs[i]!
    if (!(timeMs >= startMs && timeMs < endMs)) {
      startMs = panes.startOf(timeMs)
      endMs = panes.endOf(startMs)
      lastMs = lastEndOf(startMs)
    }
    outMs[i] = lastMs
  }
}
