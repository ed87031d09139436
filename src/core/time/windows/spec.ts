/** Windows as plans hold them: plain JSON, made by the factories of `core/dataset/windows.ts`. */

import type { CalendarSpan } from './calendar.ts'

/** Windows of one size, end to end: each row in exactly one. */
export interface TumblingSpec {
  readonly kind: 'tumbling'
  /** A whole number of ms, at least 1. */
  readonly sizeMs: number
  /** Windows start at multiples of the size since 1970-01-01T00:00Z, moved by this. */
  readonly offsetMs: number
}

/** Windows of the calendar of a time zone, end to end. */
export interface CalendarSpec {
  readonly kind: 'calendar'
  readonly span: CalendarSpan
}

/** Windows of one size of which one starts every so often: a row lies in several. */
export interface SlidingSpec {
  readonly kind: 'sliding'
  readonly sizeMs: number
  /** At most the size. Windows start at multiples of it since 1970-01-01T00:00Z, moved by the offset. */
  readonly everyMs: number
  readonly offsetMs: number
}

/** The same of the calendar of a time zone: one starts with each span, and ends with the span that is the last of `count`. */
export interface CalendarSlidingSpec {
  readonly kind: 'calendarSliding'
  readonly span: CalendarSpan
  readonly count: number
}

/** Windows that grow: they start with each period of `maxMs`, and one ends at every `everyMs` of it. */
export interface CumulateSpec {
  readonly kind: 'cumulate'
  /** A multiple of `everyMs`. Periods start at multiples of it since 1970-01-01T00:00Z, moved by the offset. */
  readonly maxMs: number
  readonly everyMs: number
  readonly offsetMs: number
}

/** The same with periods of the calendar of a time zone; ends are spans of the calendar, or so many ms apart from the start. */
export interface CalendarCumulateSpec {
  readonly kind: 'calendarCumulate'
  readonly span: CalendarSpan
  /** Spans that lie in the periods whole, or a whole number of ms: the last window of a period may be shorter. */
  readonly every: CalendarSpan | number
}

/** Windows of activity: rows of a key that are at most `gapMs` apart, each from the next, are in one. */
export interface SessionSpec {
  readonly kind: 'session'
  readonly gapMs: number
}

/** Windows of a number of rows of a key, in total order. One that is not full at the end is none. */
export interface CountSpec {
  readonly kind: 'count'
  /** Of a window; at least 1. */
  readonly rows: number
  /** A window begins with every so many rows: at most as many as one has. */
  readonly every: number
}

/** One window of all time, which closes at the end. */
export interface GlobalSpec {
  readonly kind: 'global'
}

/** Windows with a start and an end. */
export type TimeWindowSpec =
  | TumblingSpec
  | CalendarSpec
  | SlidingSpec
  | CalendarSlidingSpec
  | CumulateSpec
  | CalendarCumulateSpec
  | SessionSpec

/** What rows are grouped by besides their keys. */
export type WindowSpec = TimeWindowSpec | CountSpec | GlobalSpec
