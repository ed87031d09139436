/**
 * Days since 1970-01-01 and the proleptic Gregorian calendar.
 *
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days): eras of 400
 * years, years that begin in March.
 */

/** Days since 1970-01-01 of a month's first day. `month` is 1 to 12. */
export function daysFromMonth(year: number, month: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5)
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The calendar date of a day, as `(year * 16 + month) * 32 + day`, so that a hot loop allocates nothing. */
export function packedCivil(days: number): number {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return (year * 16 + month) * 32 + day
}

export const yearOf = (days: number): number => Math.floor(packedCivil(days) / 512)
export const monthOf = (days: number): number => floorMod(packedCivil(days), 512) >> 5
export const dayOf = (days: number): number => floorMod(packedCivil(days), 32)
/** ISO: 1 is Monday, 7 Sunday. 1970-01-01 was a Thursday. */
export const isoDayOfWeek = (days: number): number => floorMod(days + 3, 7) + 1

export const quarterOf = (days: number): number => Math.floor((monthOf(days) + 2) / 3)

/** 1 is the first of January. */
export const dayOfYear = (days: number): number => days - daysFromMonth(yearOf(days), 1) + 1

/** The year that the ISO week of a day belongs to: that of its Thursday. */
export const isoYearOf = (days: number): number => yearOf(days - isoDayOfWeek(days) + 4)

/** The number of the ISO week of a day, 1 to 53. */
export function isoWeekOf(days: number): number {
  const thursday = days - isoDayOfWeek(days) + 4
  return Math.floor((dayOfYear(thursday) - 1) / 7) + 1
}

/** Months since the year 0. */
export const monthsOf = (days: number): number => yearOf(days) * 12 + monthOf(days) - 1

/** The first day of a month, counted from the year 0. */
export const daysOfMonths = (months: number): number => {
  const year = floorDiv(months, 12)
  return daysFromMonth(year, months - year * 12 + 1)
}

/** The first day of the span of so many months that a day lies in; spans follow one another from the year 0. */
export const truncateMonths = (days: number, count: number): number =>
  daysOfMonths(floorDiv(monthsOf(days), count) * count)

/** The day so many months later; of a month that has no such day, its last. */
export function addMonths(days: number, count: number): number {
  const months = monthsOf(days) + count
  const first = daysOfMonths(months)
  return Math.min(first + dayOf(days) - 1, daysOfMonths(months + 1) - 1)
}

/** The last day of the month. */
export const lastDayOf = (days: number): number => daysOfMonths(monthsOf(days) + 1) - 1

/** `a / b` rounded down, exactly, for whole numbers up to 2^53 (a division alone may round up to the next one). */
export function floorDiv(a: number, b: number): number {
  const quotient = Math.floor(a / b)
  const rest = a - quotient * b
  return rest < 0 ? quotient - 1 : rest >= b ? quotient + 1 : quotient
}

/** The remainder of {@link floorDiv}, with the sign of `b`. */
export const floorMod = (a: number, b: number): number => a - floorDiv(a, b) * b
