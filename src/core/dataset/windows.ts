/** Windows as users write them: factories of the plain specs that the `agg` node carries. */

import { PlanError } from '../errors.ts'
import { checkNames, shown } from '../options.ts'
import { type Duration, durationMs, showDuration } from '../time/duration.ts'
import type { CalendarSpan } from '../time/windows/calendar.ts'
import type {
  CalendarCumulateSpec,
  CalendarSlidingSpec,
  CalendarSpec,
  CountSpec,
  CumulateSpec,
  GlobalSpec,
  SessionSpec,
  SlidingSpec,
  TumblingSpec,
  WindowSpec,
} from '../time/windows/spec.ts'
import { timeZone as openZone } from '../types/time-zone.ts'

export type { CountSpec, TimeWindowSpec, WindowSpec } from '../time/windows/spec.ts'

/**
 * Windows of one size, one after the other: a row belongs to exactly one. They start at multiples of the size since
 * 1970-01-01T00:00Z, so `tumbling('1d')` is a UTC day; `offset` moves them.
 *
 * @throws {PlanError} `DURATION` for what is not a duration, `WINDOW_SIZE` for a size of nothing.
 * @example
 * tumbling('1h')                   // 00:00, 01:00, …
 * tumbling('1d', { offset: '6h' }) // days from six to six
 */
export function tumbling(size: Duration, options?: { readonly offset?: Duration }): TumblingSpec
/**
 * With a `timeZone`, windows of its calendar: `'1d'` (or `'1 day'`), `'1w'` (`'1 week'`, from Monday), `'1 month'`, `'1 year'`,
 * or several of these. A day has 23 or 25 hours where clocks are changed. `offset` is what clocks show at the start.
 *
 * @throws {PlanError} `TIME_ZONE` for a zone that is not known, and for a size that is not of the calendar
 * @example
 * tumbling('1 month', { timeZone: 'Europe/Paris' })
 */
export function tumbling(
  size: CalendarDuration,
  options: { readonly offset?: Duration; readonly timeZone: string },
): CalendarSpec
export function tumbling(
  size: Duration | CalendarDuration,
  options: { readonly offset?: Duration; readonly timeZone?: string } = {},
): TumblingSpec | CalendarSpec {
  checkNames('tumbling', options, ['offset', 'timeZone'], tumbling)
  const { timeZone } = options
  if (timeZone !== undefined) {
    const span = calendarSpan(size, options.offset, timeZone, tumbling)
    return Object.freeze({ kind: 'calendar', span })
  }
  if (typeof size === 'string' && isOfCalendar(size) && /[a-z]{3}/.test(size)) {
    throw new PlanError('TIME_ZONE', `${shown(size)} is of the calendar, whose time zone is not said`, {
      hint: "tumbling('1 month', { timeZone: 'Europe/Paris' }), or timeZone: 'UTC'",
      above: tumbling,
    })
  }
  const sizeMs = sizeOf(size as Duration, 'the size of tumbling()', "tumbling('1m') is one minute", tumbling)
  const offsetMs = durationMs(options.offset ?? 0, 'the offset of tumbling()', tumbling) % sizeMs
  return Object.freeze({ kind: 'tumbling', sizeMs, offsetMs })
}

/** A number of days, weeks, months or years. */
export type CalendarDuration =
  | `${number}${'d' | 'w'}`
  | `${number} ${'day' | 'week' | 'month' | 'year'}${'' | 's'}`

const UNITS = { d: 'day', w: 'week', day: 'day', week: 'week', month: 'month', year: 'month' } as const

const isOfCalendar = (size: unknown): boolean =>
  typeof size === 'string' && /^\d+(d|w|\s*(?:day|week|month|year)s?)$/.test(size)

function calendarSpan(
  size: unknown,
  offset: Duration | undefined,
  timeZone: string,
  above: Function,
): CalendarSpan {
  const match = typeof size === 'string' ? /^(\d+)(d|w|\s(?:day|week|month|year)s?)$/.exec(size) : null
  const word = match?.[2]?.trim().replace(/s$/, '') as keyof typeof UNITS | undefined
  const count = Number(match?.[1] ?? 0) * (word === 'year' ? 12 : 1)
  if (!word || !(count > 0)) {
    throw new PlanError(
      'TIME_ZONE',
      `in a time zone windows are days, weeks, months or years, got ${shown(size)}`,
      {
        hint: "tumbling('1d', { timeZone }) is a day there; leave timeZone out for shorter windows",
        above,
      },
    )
  }
  openZone(timeZone, above)
  const offsetMs = durationMs(offset ?? 0, `the offset of ${above.name}()`, above)
  return Object.freeze({ unit: UNITS[word], count, timeZone, offsetMs })
}

/**
 * Windows of one size of which one starts every so often, so that a row lies in several: `sliding('10m', { every: '1m' })`
 * gives the last ten minutes, each minute. They start at multiples of `every` since 1970-01-01T00:00Z, moved by `offset`.
 *
 * Rows are folded once, into panes that windows share: many long windows cost about what few short ones do.
 *
 * @throws {PlanError} `DURATION`; `WINDOW_SIZE` for a size or `every` of nothing, and where windows would leave gaps
 * @example
 * sliding('10s', { every: '2s' }) // 00:00–00:10, 00:02–00:12, …
 */
export function sliding(
  size: Duration,
  options: { readonly every: Duration; readonly offset?: Duration },
): SlidingSpec
/**
 * With a `timeZone`, of its calendar: a number of days, weeks, months or years, and `every` so many of them, in which the size
 * goes without a rest.
 *
 * @throws {PlanError} `TIME_ZONE`, `WINDOW_SIZE`
 * @example
 * sliding('7 days', { every: '1 day', timeZone: 'Europe/Paris' })
 */
export function sliding(
  size: CalendarDuration,
  options: { readonly every: CalendarDuration; readonly offset?: Duration; readonly timeZone: string },
): CalendarSlidingSpec
export function sliding(
  size: Duration | CalendarDuration,
  options: {
    readonly every: Duration | CalendarDuration
    readonly offset?: Duration
    readonly timeZone?: string
  },
): SlidingSpec | CalendarSlidingSpec {
  checkNames('sliding', options, ['every', 'offset', 'timeZone'], sliding)
  if (options?.timeZone !== undefined) {
    const { every, offset, timeZone } = options
    const [whole, span] = [size, every].map(of => calendarSpan(of, offset, timeZone, sliding)) as [
      CalendarSpan,
      CalendarSpan,
    ]
    const count = whole.count / span.count
    if (whole.unit !== span.unit || !Number.isInteger(count)) {
      throw new PlanError(
        'WINDOW_SIZE',
        `in a time zone sliding() needs a size that is a multiple of every, got ${shown(size)} and ${shown(every)}`,
        { hint: "sliding('7 days', { every: '1 day', timeZone })", above: sliding },
      )
    }
    return Object.freeze({ kind: 'calendarSliding', span, count })
  }
  const hint = "sliding('10m', { every: '1m' }) is the last ten minutes, each minute"
  const sizeMs = sizeOf(size as Duration, 'the size of sliding()', hint, sliding)
  const everyMs = sizeOf(options?.every as Duration, 'every of sliding()', hint, sliding)
  if (everyMs > sizeMs) {
    throw new PlanError(
      'WINDOW_SIZE',
      `sliding windows of ${showDuration(sizeMs)} every ${showDuration(everyMs)} would leave rows between them out`,
      { hint: 'let every be at most the size; to leave rows out, filter them', above: sliding },
    )
  }
  const offsetMs = durationMs(options.offset ?? 0, 'the offset of sliding()', sliding) % everyMs
  return Object.freeze({ kind: 'sliding', sizeMs, everyMs, offsetMs })
}

/**
 * Windows that grow: they start with each period of `max`, and one ends after every `every` of it.
 * `cumulate('1d', { every: '1h' })` gives, each hour, the day so far.
 *
 * @throws {PlanError} `DURATION`; `WINDOW_SIZE` for a period or `every` of nothing, and where `every` does not divide `max`
 * @example
 * cumulate('1d', { every: '1h' }) // 00:00–01:00, 00:00–02:00, …, 00:00–24:00, and again from the next day on
 */
export function cumulate(
  max: Duration,
  options: { readonly every: Duration; readonly offset?: Duration },
): CumulateSpec
/**
 * With a `timeZone`, of its calendar: periods of days, weeks, months or years, and windows that end with each day, say, or each
 * hour of them.
 *
 * @throws {PlanError} `TIME_ZONE`, `DURATION`, `WINDOW_SIZE`
 * @example
 * cumulate('1 day', { every: '1h', timeZone: 'Europe/Paris' }) // 23 or 25 windows where clocks are changed
 */
export function cumulate(
  max: CalendarDuration,
  options: {
    readonly every: Duration | CalendarDuration
    readonly offset?: Duration
    readonly timeZone: string
  },
): CalendarCumulateSpec
export function cumulate(
  max: Duration | CalendarDuration,
  options: {
    readonly every: Duration | CalendarDuration
    readonly offset?: Duration
    readonly timeZone?: string
  },
): CumulateSpec | CalendarCumulateSpec {
  checkNames('cumulate', options, ['every', 'offset', 'timeZone'], cumulate)
  if (options?.timeZone !== undefined)
    return calendarCumulate(max, options.every, options.offset, options.timeZone)
  const hint = "cumulate('1d', { every: '1h' }) is the day so far, each hour"
  const maxMs = sizeOf(max as Duration, 'the size of cumulate()', hint, cumulate)
  const everyMs = sizeOf(options?.every as Duration, 'every of cumulate()', hint, cumulate)
  if (maxMs % everyMs !== 0) {
    throw new PlanError(
      'WINDOW_SIZE',
      `cumulate() needs a size that is a multiple of every, got ${showDuration(maxMs)} and ${showDuration(everyMs)}`,
      { hint, above: cumulate },
    )
  }
  const offsetMs = durationMs(options.offset ?? 0, 'the offset of cumulate()', cumulate) % maxMs
  return Object.freeze({ kind: 'cumulate', maxMs, everyMs, offsetMs })
}

function calendarCumulate(
  max: unknown,
  every: unknown,
  offset: Duration | undefined,
  timeZone: string,
): CalendarCumulateSpec {
  const span = calendarSpan(max, offset, timeZone, cumulate)
  const hint = "cumulate('1 month', { every: '1 day', timeZone }), or every: '1h'"
  if (!isOfCalendar(every)) {
    const everyMs = sizeOf(every as Duration, 'every of cumulate()', hint, cumulate)
    return Object.freeze({ kind: 'calendarCumulate', span, every: everyMs })
  }
  const step = calendarSpan(every, offset, timeZone, cumulate)
  const divides =
    step.unit === span.unit ? span.count % step.count === 0 : step.unit === 'day' && step.count === 1
  if (!divides) {
    throw new PlanError(
      'WINDOW_SIZE',
      `cumulate() needs periods that are made of every, got ${shown(max)} and ${shown(every)}`,
      { hint, above: cumulate },
    )
  }
  return Object.freeze({ kind: 'calendarCumulate', span, every: step })
}

/**
 * Windows of activity: rows of a key belong together while each is at most `gap` after the one before it. `windowStart` is
 * the event time of the first row, `windowEnd` that of the last one plus the gap; a session closes when the watermark has
 * passed its end. Rows that come out of order make sessions grow, and several become one.
 *
 * @throws {PlanError} `DURATION`; `WINDOW_SIZE` for a gap of nothing
 * @example
 * session('30m') // visits that end after half an hour without a click
 */
export function session(gap: Duration): SessionSpec {
  const gapMs = sizeOf(gap, 'the gap of session()', "session('30m') ends after half an hour", session)
  return Object.freeze({ kind: 'session', gapMs })
}

/**
 * Windows of a number of rows of a key, in order of event time, or without it of their places. One begins with every
 * `every` rows: by default when the one before is full. One that is not full at the end does not leave.
 *
 * Where there is event time, `windowStart` is that of the first row and `windowEnd` that of the last one, which is the event
 * time of the result; without it there are no such columns.
 *
 * @throws {PlanError} `WINDOW_SIZE` for what is not a number of rows, and where `every` is beyond it
 * @example
 * countWindow(100, { every: 10 }) // the last hundred rows, after every ten
 */
export function countWindow(rows: number, options: { readonly every?: number } = {}): CountSpec {
  checkNames('countWindow', options, ['every'], countWindow)
  const { every = rows } = options
  const fail = (message: string) =>
    new PlanError('WINDOW_SIZE', message, {
      hint: 'countWindow(100, { every: 10 }) is the last hundred rows, after every ten',
      above: countWindow,
    })
  for (const [of, given] of [
    ['countWindow() takes', rows],
    ['every of countWindow() is', every],
  ] as const)
    if (!Number.isSafeInteger(given) || given < 1) throw fail(`${of} a number of rows, got ${shown(given)}`)
  if (every > rows) throw fail(`windows of ${rows} rows every ${every} would leave rows between them out`)
  return Object.freeze({ kind: 'count', rows, every })
}

/**
 * One window of all time: a row per key, at the end of the data. Over data that never ends, take results before that:
 * `window(globalWindow(), { emit: { every: '1m' } })`.
 *
 * @example
 * globalWindow()
 */
export function globalWindow(): GlobalSpec {
  return Object.freeze({ kind: 'global' })
}

/** A duration that is longer than nothing. */
function sizeOf(given: Duration, what: string, hint: string, above: Function): number {
  const ms = durationMs(given, what, above)
  if (ms > 0) return ms
  throw new PlanError('WINDOW_SIZE', `${what} must be longer than nothing, got 0 ms`, { hint, above })
}

const KINDS: ReadonlySet<string> = new Set([
  'tumbling',
  'calendar',
  'sliding',
  'calendarSliding',
  'cumulate',
  'calendarCumulate',
  'session',
  'count',
  'global',
] satisfies WindowSpec['kind'][])

/** What `window` was given. @throws {PlanError} `OPTION` for what no factory of windows has made */
export function windowSpec<W extends WindowSpec>(given: W, above: Function): W {
  if (KINDS.has(given?.kind)) return given
  throw new PlanError('OPTION', `window takes windows, got ${shown(given)}`, {
    hint: "window(tumbling('1h'))",
    above,
  })
}
