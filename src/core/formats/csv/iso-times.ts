/** Dates and timestamps of ISO 8601 in all the forms that are read. */

import { floorDiv } from '../../expr/civil.ts'
import { daysOf, isDay } from './civil-days.ts'
import type { TimeParts } from './time-pattern.ts'

/** Days of 400 years. */
const ERA_DAYS = 146_097
/** Of the years that 64 bits of seconds reach. */
const MAX_YEAR_DIGITS = 12

/** `2001-06-09`; years beyond four digits have a sign and at least six: `+012001-06-09`. Gives where it ends, or -1. */
function dayAt(bytes: Uint8Array, from: number, to: number, into: TimeParts): number {
  const first = bytes[from]
  const isExpanded = first === 43 || first === 45
  const start = isExpanded ? from + 1 : from
  let at = isExpanded ? start + 6 : start + 4
  while (isExpanded && at < to && at < start + MAX_YEAR_DIGITS && isDigit(bytes[at]!)) at++
  if (at + 6 > to) return -1
  let year = digitsAt(bytes, start, at - start)
  const month = digitsAt(bytes, at + 1, 2)
  const day = digitsAt(bytes, at + 4, 2)
  const separator = bytes[at]
  if ((separator !== 45 && separator !== 47) || bytes[at + 3] !== separator || year < 0) return -1
  if (first === 45) year = -year
  // The calendar repeats every 400 years.
  const eras = floorDiv(year, 400)
  const yearOfEra = year - eras * 400
  if (!isDay(yearOfEra, month, day)) return -1
  into.days = daysOf(yearOfEra, month, day) + eras * ERA_DAYS
  return at + 6
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** The number that some digits are, -1 where another byte is among them. */
function digitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** A date; a time of midnight may follow. */
export const isoDate = (bytes: Uint8Array, from: number, to: number, into: TimeParts): boolean =>
  isoTimestamp(bytes, from, to, into)

/** A date, and after `T` or spaces `14:03`, `14:03:07` or `14:03:07.123`, and then an offset: `Z`, `+02:00`. */
export function isoTimestamp(bytes: Uint8Array, from: number, to: number, into: TimeParts): boolean {
  into.secondOfDay = 0
  into.nanoseconds = 0
  into.offsetMinutes = undefined
  const afterDay = dayAt(bytes, from, to, into)
  if (afterDay < 0) return false
  if (afterDay === to) return true
  const between = bytes[afterDay]
  if (between !== 84 && between !== 116 && between !== 32) return false
  const at = timeAt(bytes, afterDay + 1, to, into)
  if (at < 0) return false
  if (at === to) return true
  const shift = bytes[at] === 32 ? at + 1 : at
  return offsetAt(bytes, shift, to, into) === to
}

/** `Z`, `+02`, `+0200` or `+02:00`. Gives where it ends, or -1. */
function offsetAt(bytes: Uint8Array, at: number, to: number, into: TimeParts): number {
  if (at >= to) return -1
  const first = bytes[at]!
  if ((first | 32) === 122) {
    into.offsetMinutes = 0
    return at + 1
  }
  if ((first !== 43 && first !== 45) || at + 3 > to) return -1
  const hours = digitsAt(bytes, at + 1, 2)
  if (hours < 0 || hours > 23) return -1
  let minutes = 0
  let end = at + 3
  if (end < to) {
    const minutesAt = bytes[end] === 58 ? end + 1 : end
    if (minutesAt + 2 > to) return -1
    minutes = digitsAt(bytes, minutesAt, 2)
    if (minutes < 0 || minutes > 59) return -1
    end = minutesAt + 2
  }
  into.offsetMinutes = (first === 45 ? -1 : 1) * (hours * 60 + minutes)
  return end
}

function timeAt(bytes: Uint8Array, from: number, to: number, into: TimeParts): number {
  if (from + 5 > to || bytes[from + 2] !== 58) return -1
  const hour = digitsAt(bytes, from, 2)
  const minute = digitsAt(bytes, from + 3, 2)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return -1
  let at = from + 5
  let second = 0
  if (at + 3 <= to && bytes[at] === 58) {
    second = digitsAt(bytes, at + 1, 2)
    if (second < 0 || second > 59) return -1
    at += 3
    if (at < to && bytes[at] === 46) at = fractionAt(bytes, at + 1, to, into)
  }
  into.secondOfDay = hour * 3600 + minute * 60 + second
  return at
}

function fractionAt(bytes: Uint8Array, from: number, to: number, into: TimeParts): number {
  let at = from
  let unit = 1e9
  while (at < to && bytes[at]! >= 48 && bytes[at]! <= 57) {
    unit /= 10
    if (unit >= 1) into.nanoseconds += (bytes[at]! - 48) * unit
    at++
  }
  return at === from ? -1 : at
}
