/**
 * Which windows a row belongs to, one by one: for aggregations that keep a group per window, because windows say more than
 * their last word.
 */

import type { WindowSpec } from './spec.ts'
import { type PanesOfWindows, type TimeWindows, timeWindows } from './time-windows.ts'

/** Windows as numbers: each has a key of its own, which says where it starts and ends. */
export interface WindowAssigner {
  /** The pane of a time, with the windows that it is a part of. Panes are kept while they are used. */
  paneOf(timeMs: number): PaneWindows
  boundsOf(key: number): { readonly startMs: number; readonly endMs: number }
  /** Rows at or after a watermark lie in windows that start here or later. */
  firstStartOf(timeMs: number): number
}

/** The windows of all times from `startMs` to before `endMs`. */
export interface PaneWindows {
  readonly startMs: number
  readonly endMs: number
  /** In order of their ends. */
  readonly keys: readonly number[]
  /** Exclusive. */
  readonly endsMs: readonly number[]
}

/** The assigner of a spec; undefined for kinds whose windows do not follow from a time alone, and without windows. */
export function windowAssigner(spec: WindowSpec | undefined): WindowAssigner | undefined {
  const windows = timeWindows(spec)
  if (!windows) return undefined
  return windows.of ? severalPanesEach(windows, windows.of) : onePaneEach(windows)
}

/** Windows of one pane each, whose key is their start. */
const onePaneEach = ({ panes, firstStartOf }: TimeWindows): WindowAssigner => ({
  paneOf(timeMs) {
    // Without the sign of zero: it is a key.
    const startMs = panes.startOf(timeMs) + 0
    const endMs = panes.endOf(startMs)
    return { startMs, endMs, keys: [startMs], endsMs: [endMs] }
  },
  boundsOf: startMs => ({ startMs, endMs: panes.endOf(startMs) }),
  firstStartOf,
})

/** Windows of several panes, whose key is their end. */
const severalPanesEach = (
  { panes, lastEndOf, firstStartOf }: TimeWindows,
  { endAfter, startOf }: PanesOfWindows,
): WindowAssigner => ({
  paneOf(timeMs) {
    const startMs = panes.startOf(timeMs)
    const lastMs = lastEndOf(startMs)
    const endsMs: number[] = []
    // Without the sign of zero: it is a key.
    for (let endMs = endAfter(startMs); endMs <= lastMs; endMs = endAfter(endMs)) endsMs.push(endMs + 0)
    return { startMs, endMs: panes.endOf(startMs), keys: endsMs, endsMs }
  },
  boundsOf: endMs => ({ startMs: startOf(endMs), endMs }),
  firstStartOf,
})
