/** The clock on the wall in central Europe, for series whose seasons go by it. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The last Sunday of a month, 01:00 UTC: when summer time begins (March) and ends (October). */
function lastSunday(year: number, month: number): number {
  const end = Date.UTC(year, month + 1, 0, 1)
  return end - new Date(end).getUTCDay() * DAY_MS
}

const changes = new Map<number, readonly [number, number]>()

function changesOf(year: number): readonly [number, number] {
  let found = changes.get(year)
  if (!found) changes.set(year, (found = [lastSunday(year, 2), lastSunday(year, 9)]))
  return found
}

const YEAR_MS = 365.2425 * DAY_MS

/** Steps since 1970 by the clock on the wall. */
export function localSteps(timeMs: number, everyMs: number): number {
  const [begins, ends] = changesOf(1970 + Math.floor(timeMs / YEAR_MS))
  const summer = timeMs >= begins && timeMs < ends
  return Math.floor((timeMs + (summer ? 2 : 1) * HOUR_MS) / everyMs)
}
