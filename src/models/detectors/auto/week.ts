/**
 * What the hours of a week add to a season of a day, of values more than one to the hour: weekends are low.
 *
 * A week of such values is too long for a look at the structure. So means of what the season of the day leaves of each hour of the
 * week are kept, about a level that remembers a week; and the regression of an hour on what it was in the weeks before. Its
 * slope is between 0 and 1, and 0 unless it is five standard errors off: where weeks are not alike, they add nothing.
 *
 * An array of its own, for series that have such a season: some numbers, then the mean of each hour, and how many it is of.
 */

const HOUR_MS = 3_600_000
const HOURS = 168
const LEVEL = 0
const SEEN = 1
const HOUR = 2
const SUM = 3
const COUNT = 4
const PRODUCT = 5
const SQUARE = 6
const NEW_SQUARE = 7
const COMPARED = 8
const SLOPE = 9
const MEANS = 10
const VISITS = MEANS + HOURS
const SIZE = VISITS + HOURS

/** Weeks that a mean remembers, and hours that the regression does. */
const MEMORY = 4
const KEEP = 1 - 1 / (3 * HOURS)
/** Hours compared until there is a slope; standard errors that it must be off 0; hours of which one tells something new. */
const LEAST = 48
const SURE = 5
const ALIKE = 6
/** A value counts up to so many scales off. */
const CLIP = 20

/** Whether values at such steps, of a season so many steps long, may have a week that only this can know. */
export const hasHoursOfWeek = (period: number, everyMs: number | undefined): boolean =>
  everyMs !== undefined && everyMs < HOUR_MS && Math.abs((period * everyMs) / (24 * HOUR_MS) - 1) < 1e-9

/** Of a series that nothing is known of. */
export function newWeek(): Float64Array {
  const week = new Float64Array(SIZE)
  week[HOUR] = -1
  return week
}

const hourOf = (timeMs: number): number => {
  const hours = Math.floor(timeMs / HOUR_MS)
  return hours - HOURS * Math.floor(hours / HOURS)
}

/** What the week adds at a time. */
export const weekAt = (week: Float64Array, timeMs: number): number =>
  week[SLOPE] === 0 ? 0 : week[SLOPE]! * week[MEANS + hourOf(timeMs)]!

/**
 * Learns what the season of the day leaves of a value, `scale` being that of its noise. Returns how much more the week adds at
 * that time than it did before.
 */
export function learnWeek(
  week: Float64Array,
  timeMs: number,
  rest: number,
  scale: number,
  everyMs: number,
): number {
  const hour = hourOf(timeMs)
  let more = 0
  if (hour !== week[HOUR]) {
    const before = weekAt(week, timeMs)
    if (week[COUNT]! > 0) endHour(week)
    week[HOUR] = hour
    week[SUM] = week[COUNT] = 0
    more = weekAt(week, timeMs) - before
  }
  const seen = week[SEEN]! + 1
  const most = CLIP * scale
  const off = seen === 1 ? 0 : rest - week[LEVEL]!
  const taken = off > most ? most : Math.max(off, -most)
  week[SEEN] = seen
  week[LEVEL] = seen === 1 ? rest : week[LEVEL]! + Math.max(1 / seen, everyMs / (HOURS * HOUR_MS)) * taken
  week[SUM] = week[SUM]! + taken
  week[COUNT] = week[COUNT]! + 1
  return more
}

/** Compares an hour with those of the weeks before, and takes it in. */
function endHour(week: Float64Array): void {
  const hour = week[HOUR]!
  const now = week[SUM]! / week[COUNT]!
  const mean = week[MEANS + hour]!
  const visits = week[VISITS + hour]!
  if (visits > 0) {
    week[PRODUCT] = KEEP * week[PRODUCT]! + now * mean
    week[SQUARE] = KEEP * week[SQUARE]! + mean * mean
    week[NEW_SQUARE] = KEEP * week[NEW_SQUARE]! + now * now
    week[COMPARED] = KEEP * week[COMPARED]! + 1
    week[SLOPE] = slopeOf(week)
  }
  week[VISITS + hour] = Math.min(visits + 1, MEMORY)
  week[MEANS + hour] = mean + (now - mean) / week[VISITS + hour]!
}

function slopeOf(week: Float64Array): number {
  const square = week[SQUARE]!
  const compared = week[COMPARED]!
  if (compared < LEAST || !(square > 0)) return 0
  const slope = week[PRODUCT]! / square
  const left = Math.max(0, week[NEW_SQUARE]! - slope * week[PRODUCT]!) / compared
  const error = Math.sqrt((ALIKE * left) / square)
  return slope > SURE * error ? Math.min(1, slope) : 0
}
