/**
 * Panes of the calendar of a time zone: days, weeks, months and years as clocks there show them. A day may have 23 or 25
 * hours; one whose midnight is left out begins at the first instant there is.
 *
 * Bounds are looked up once per day of UTC and pane, so that rows cost a comparison.
 */

import { DataError } from '../../errors.ts'
import { timeZone } from '../../types/time-zone.ts'
import type { Panes } from './panes.ts'

export interface CalendarSpan {
  readonly unit: 'day' | 'week' | 'month'
  /** How many units: days since 1970-01-01, weeks since Monday 1969-12-29, months since the year 0. */
  readonly count: number
  /** An IANA name. */
  readonly timeZone: string
  /** What clocks show at the start, ms after midnight of the unit's first day. */
  readonly offsetMs: number
}

const DAY_MS = 86_400_000
/** What a Date holds, ms from 1970. */
const MOST_MS = 8.64e15

/** Panes whose numbers are without gaps. */
export interface CalendarPanes extends Panes {
  /** The start of the pane with a number. */
  startOfNumber(number: number): number
}

export function calendarPanes(span: CalendarSpan): CalendarPanes {
  const zone = timeZone(span.timeZone)
  const startOfNumber = (number: number) => zone.instantOf(civilOf(span, number) + span.offsetMs)
  const byDay = new Map<number, { startMs: number; endMs: number }[]>()
  const ends = new Map<number, number>()
  const find = (timeMs: number): number => {
    const day = Math.floor(timeMs / DAY_MS)
    const known = byDay.get(day)?.find(({ startMs, endMs }) => timeMs >= startMs && timeMs < endMs)
    if (known) return known.startMs
    if (!(Math.abs(timeMs) <= MOST_MS)) throw beyondDates()
    let number = numberOf(span, zone.clockOf(timeMs) - span.offsetMs)
    while (startOfNumber(number) > timeMs) number--
    while (startOfNumber(number + 1) <= timeMs) number++
    const pane = { startMs: startOfNumber(number), endMs: startOfNumber(number + 1) }
    if (!(pane.startMs >= -MOST_MS && pane.endMs <= MOST_MS)) throw beyondDates()
    byDay.set(day, [...(byDay.get(day) ?? []), pane])
    ends.set(pane.startMs, pane.endMs)
    return pane.startMs
  }
  return {
    startOf: find,
    endOf(startMs) {
      find(startMs)
      return ends.get(startMs)!
    },
    startOfNumber,
    numberOf: startMs => numberOf(span, zone.clockOf(startMs) - span.offsetMs),
  }
}

const beyondDates = (): DataError =>
  new DataError(
    'EVENT_TIME_RANGE',
    'the window of an event time begins or ends outside the years -271821 to 275760',
    { hint: 'is the unit of the timestamp right? filter such times out first' },
  )

/** Which span a civil time lies in, ms as if it were UTC. */
function numberOf({ unit, count }: CalendarSpan, civilMs: number): number {
  if (unit === 'day') return Math.floor(civilMs / DAY_MS / count)
  if (unit === 'week') return Math.floor((civilMs / DAY_MS + 3) / 7 / count)
  const date = new Date(civilMs)
  return Math.floor((12 * date.getUTCFullYear() + date.getUTCMonth()) / count)
}

/** The civil time at which a span starts. */
function civilOf({ unit, count }: CalendarSpan, number: number): number {
  if (unit === 'day') return number * count * DAY_MS
  if (unit === 'week') return (number * count * 7 - 3) * DAY_MS
  return new Date(0).setUTCFullYear(0, number * count, 1)
}
