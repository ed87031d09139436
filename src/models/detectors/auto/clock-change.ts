/**
 * When clocks on the wall are put an hour forward or back: a season that goes by them comes an hour earlier or later from
 * then on, and that is no anomaly.
 *
 * Of which place in the world a series is, nobody has said. So for a few days after a change anywhere a value is measured by
 * the season as it was and by the season an hour moved, and taken for the better; as soon as the values say which it is, the
 * season is moved, or stays.
 */
export interface ClockChange {
  /** Time of the change, ms: what it is told apart by; 0 where there is none. */
  readonly at: number
  /** Hours that the season comes earlier, 1 or −1. */
  readonly hours: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Days after a change in which the season may have moved: offices are closed on the Sunday of the change. */
const OPEN_MS = 4 * DAY_MS
/** An hour speaks for one of the two by so many scales at most; and so much in sum decides. */
const MOST = 4
const DECIDED = 6

/**
 * Sundays of a month (0 is the last), hour UTC of the earliest place: of Europe, of North America, of Australia and New Zealand,
 * whose changes come on a Saturday in UTC.
 */
const RULES = [
  { month: 2, sunday: 0, hour: 1, hours: 1 },
  { month: 9, sunday: 0, hour: 1, hours: -1 },
  { month: 2, sunday: 2, hour: 6, hours: 1 },
  { month: 10, sunday: 1, hour: 6, hours: -1 },
  { month: 3, sunday: 1, hour: -10, hours: -1 },
  { month: 8, sunday: 0, hour: -10, hours: 1 },
  { month: 9, sunday: 1, hour: -10, hours: 1 },
] as const

const NONE: ClockChange = { at: 0, hours: 0 }

function sundayOf(year: number, month: number, sunday: number): number {
  if (sunday === 0) {
    const end = Date.UTC(year, month + 1, 0)
    return end - new Date(end).getUTCDay() * DAY_MS
  }
  const first = Date.UTC(year, month, 1)
  return first + (((7 - new Date(first).getUTCDay()) % 7) + 7 * (sunday - 1)) * DAY_MS
}

/** Changes of a year in order. */
function changesOf(year: number): ClockChange[] {
  return RULES.map(({ month, sunday, hour, hours }) => ({
    at: sundayOf(year, month, sunday) + hour * HOUR_MS,
    hours,
  })).sort((a, b) => a.at - b.at)
}

/** What was found last holds for times in [from, until). */
let from = 0
let until = 0
let found = NONE

/** The change that a time is within some days after; one with `at` 0 where there is none. */
export function clockChangeBefore(timeMs: number): ClockChange {
  if (timeMs >= from && timeMs < until) return found
  if (!(Math.abs(timeMs) < 8e15)) return NONE
  const year = new Date(timeMs).getUTCFullYear()
  from = Number.NEGATIVE_INFINITY
  until = Number.POSITIVE_INFINITY
  found = NONE
  for (const change of [year - 1, year, year + 1].flatMap(changesOf)) {
    const end = change.at + OPEN_MS
    if (change.at <= timeMs) {
      from = Math.max(from, timeMs < end ? change.at : end)
      if (timeMs < end) {
        found = change
        until = Math.min(until, end)
      }
    } else until = Math.min(until, change.at)
  }
  return found
}

/** Whether a season of so many steps goes by the clock, and can be moved by an hour. */
export const goesByClock = (period: number, everyMs: number): boolean =>
  Number.isInteger(HOUR_MS / everyMs) && Number.isInteger((period * everyMs) / DAY_MS)

/** Whether what values have said decides. */
export const isDecided = (said: number): boolean => Math.abs(said) >= DECIDED

/** What a value says for the season having moved by some steps: how much nearer it is then, in scales and hours. */
export const saysOf = (stays: number, moves: number, steps: number): number =>
  (Math.min(Math.abs(stays), MOST) - Math.min(Math.abs(moves), MOST)) / Math.abs(steps)
