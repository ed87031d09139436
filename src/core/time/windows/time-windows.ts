/**
 * Windows of time: those of a row follow from its event time alone. What verbs, exchanges and tables ask of them, whatever
 * their kind.
 */

import type { Column } from '../../batch/column.ts'
import { eventTimesMs } from '../event-time.ts'
import { type CalendarSpan, calendarPanes } from './calendar.ts'
import { fixedPanes, type Panes, panesWithin } from './panes.ts'
import type { WindowSpec } from './spec.ts'

export interface TimeWindows {
  /** The spans that windows are made of. */
  readonly panes: Panes
  /** How windows are made of several panes; absent where each is one, and so a row in exactly one window. */
  readonly of?: PanesOfWindows
  /** The start of the first window that a time lies in: none that is open at that watermark, or to come, starts before. */
  firstStartOf(timeMs: number): number
  /** The end, exclusive, of the last window that a time lies in: a row is late for all when the watermark has reached it. */
  lastEndOf(timeMs: number): number
}

/** Windows end at some of the ends of panes, no two at the same. */
export interface PanesOfWindows {
  /** Whether windows grow: each has the panes of the one before it, until one starts anew. */
  readonly cumulative: boolean
  /** The first end of a window after a time. */
  endAfter(ms: number): number
  /** The last end of a window at or before a time. */
  endUpTo(ms: number): number
  /** The start of the window that ends then. */
  startOf(endMs: number): number
}

/** The windows of a spec; undefined for kinds whose windows do not follow from a time alone, and without windows. */
export function timeWindows(spec: WindowSpec | undefined): TimeWindows | undefined {
  switch (spec?.kind) {
    case 'tumbling':
      return singlePanes(fixedPanes(spec.sizeMs, spec.offsetMs))
    case 'calendar':
      return singlePanes(calendarPanes(spec.span))
    case 'sliding':
      return slidingWindows(spec.sizeMs, spec.everyMs, spec.offsetMs)
    case 'calendarSliding':
      return calendarSliding(spec.span, spec.count)
    case 'calendarCumulate': {
      const periods = calendarPanes(spec.span)
      const { every } = spec
      return growingWindows(
        periods,
        typeof every === 'number' ? panesWithin(periods, every) : calendarPanes(every),
      )
    }
    case 'cumulate':
      return growingWindows(fixedPanes(spec.maxMs, spec.offsetMs), fixedPanes(spec.everyMs, spec.offsetMs))
    default:
      return undefined
  }
}

/** Windows of one pane each. */
export const singlePanes = (panes: Panes): TimeWindows => ({
  panes,
  firstStartOf: timeMs => panes.startOf(timeMs),
  lastEndOf: timeMs => panes.endOf(panes.startOf(timeMs)),
})

/** Windows of one size, of which one starts every so often. Panes are as long as both allow. */
function slidingWindows(sizeMs: number, everyMs: number, offsetMs: number): TimeWindows {
  const starts = fixedPanes(everyMs, offsetMs)
  const ends = fixedPanes(everyMs, offsetMs + sizeMs)
  const endAfter = (ms: number) => ends.endOf(ends.startOf(ms))
  return {
    panes: fixedPanes(greatestCommonDivisor(sizeMs, everyMs), offsetMs),
    of: {
      cumulative: false,
      endAfter,
      endUpTo: ms => ends.startOf(ms),
      startOf: endMs => endMs - sizeMs,
    },
    firstStartOf: timeMs => endAfter(timeMs) - sizeMs,
    lastEndOf: timeMs => starts.startOf(timeMs) + sizeMs,
  }
}

/** Windows of so many spans, of which one starts with each. */
function calendarSliding(span: CalendarSpan, count: number): TimeWindows {
  const panes = calendarPanes(span)
  const endAfter = (ms: number) => panes.endOf(panes.startOf(ms))
  const startOf = (endMs: number) => panes.startOfNumber(panes.numberOf(endMs) - count)
  return {
    panes,
    of: { cumulative: false, endAfter, endUpTo: ms => panes.startOf(ms), startOf },
    firstStartOf: timeMs => startOf(endAfter(timeMs)),
    lastEndOf: timeMs => panes.startOfNumber(panes.numberOf(panes.startOf(timeMs)) + count),
  }
}

/** Windows that start with each period and end at every pane of it. Periods are made of whole panes. */
function growingWindows(periods: Panes, panes: Panes): TimeWindows {
  return {
    panes,
    of: {
      cumulative: true,
      endAfter: ms => panes.endOf(panes.startOf(ms)),
      endUpTo: ms => panes.startOf(ms),
      // Bounds are whole ms.
      startOf: endMs => periods.startOf(endMs - 1),
    },
    firstStartOf: timeMs => periods.startOf(timeMs),
    lastEndOf: timeMs => periods.endOf(periods.startOf(timeMs)),
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

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
