/** Days of the proleptic Gregorian calendar for years from 0 on, in whole 32-bit arithmetic. */

const MONTH_DAYS = Int8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

const isLeap = (year: number): boolean => (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Whether there is such a day. */
export const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  day <= MONTH_DAYS[month]! &&
  (month !== 2 || day < 29 || isLeap(year))

/** Days since 1970-01-01 of a day there is (H. Hinnant's days_from_civil, eras of 400 years from March). */
export function daysOf(year: number, month: number, day: number): number {
  // An era more, so that the first months of the year 0 have one that is not negative.
  const y = (month <= 2 ? year + 399 : year + 400) | 0
  const era = (y / 400) | 0
  const yearOfEra = y - Math.imul(era, 400)
  const dayOfYear = (((Math.imul(153, month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1
  const dayOfEra = Math.imul(yearOfEra, 365) + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear
  return (Math.imul(era, 146_097) + dayOfEra - 865_565) | 0
}
