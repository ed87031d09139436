/**
 * Dates and times of ISO 8601 as text: `2024-02-29`, `2024-02-29T06:05`, `2024-02-29 06:05:07.123456Z`,
 * `+012024-02-29T06:05+05:30`. Without an offset, UTC is meant.
 */

import { daysFromMonth } from '../../expr/civil.ts'

/** What {@link readInstant} found: seconds since 1970 UTC, and billionths of a second after them. */
export interface Instant {
  seconds: number
  nanos: number
  /** Whether it is a date alone. */
  isDate: boolean
  /** Whether it says its offset from UTC. */
  hasOffset: boolean
}

const COLON = 58
const DASH = 45

const two = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >>> 0 <= 9 && ones >>> 0 <= 9 ? tens * 10 + ones : -1
}

const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

/** Days since 1970 of a calendar date; NaN if there is no such day. */
export function daysOf(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month]!) return Number.NaN
  if (month === 2 && day === 29 && !isLeap(year)) return Number.NaN
  return daysFromMonth(year, month) + day - 1
}

/** Where the date before was, and which day: neighbouring rows mostly have the same. */
const last = { first: 0, middle: 0, end: 0, days: Number.NaN }

/** Days since 1970 of `YYYY-MM-DD` at `at`, where ten bytes lie before the end of the view; NaN if it is none. */
function daysAt(bytes: Uint8Array, view: DataView, at: number): number {
  const first = view.getInt32(at, true)
  const middle = view.getInt32(at + 4, true)
  const end = view.getInt32(at + 6, true)
  if (first === last.first && middle === last.middle && end === last.end) return last.days
  const century = two(bytes, at)
  const years = two(bytes, at + 2)
  if (century < 0 || years < 0 || bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return Number.NaN
  const days = daysOf(century * 100 + years, two(bytes, at + 5), two(bytes, at + 8))
  last.first = first
  last.middle = middle
  last.end = end
  last.days = days
  return days
}

/**
 * Reads an instant from text of ASCII that ends where `end` says; all of it has to be one.
 *
 * @returns whether it is one
 */
export function readInstant(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  to: Instant,
): boolean {
  let days: number
  if (at < end && (bytes[at] === 0x2b || bytes[at] === DASH)) {
    days = extendedDays(bytes, at, end)
    at += 13
  } else {
    if (at + 10 > end) return false
    days = daysAt(bytes, view, at)
    at += 10
  }
  if (Number.isNaN(days)) return false
  to.seconds = days * 86_400
  to.nanos = 0
  to.hasOffset = false
  to.isDate = at === end
  if (at === end) return true
  const separator = bytes[at]! | 0x20
  return (separator === 0x74 || separator === 0x20) && readTime(bytes, at + 1, end, to)
}

/** `+YYYYYY-MM-DD`, as JavaScript writes years of more than four digits. */
function extendedDays(bytes: Uint8Array, at: number, end: number): number {
  if (at + 13 > end || bytes[at + 7] !== DASH || bytes[at + 10] !== DASH) return Number.NaN
  const [a, b, c] = [two(bytes, at + 1), two(bytes, at + 3), two(bytes, at + 5)]
  if (a < 0 || b < 0 || c < 0) return Number.NaN
  const year = (bytes[at] === DASH ? -1 : 1) * (a * 10_000 + b * 100 + c)
  return daysOf(year, two(bytes, at + 8), two(bytes, at + 11))
}

function readTime(bytes: Uint8Array, at: number, end: number, to: Instant): boolean {
  if (at + 5 > end || bytes[at + 2] !== COLON) return false
  const hours = two(bytes, at)
  const minutes = two(bytes, at + 3)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false
  let seconds = 0
  at += 5
  if (at + 3 <= end && bytes[at] === COLON) {
    seconds = two(bytes, at + 1)
    if (seconds < 0 || seconds > 59) return false
    at += 3
    if (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
      at = readFraction(bytes, at + 1, end, to)
      if (at < 0) return false
    }
  }
  to.seconds += hours * 3600 + minutes * 60 + seconds
  if (at === end) return true
  to.hasOffset = true
  if ((bytes[at]! | 0x20) === 0x7a) return at + 1 === end
  return readOffset(bytes, at, end, to)
}

/** Up to nine digits, and zeros after them. */
function readFraction(bytes: Uint8Array, at: number, end: number, to: Instant): number {
  const first = at
  let nanos = 0
  let scale = 100_000_000
  for (; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit >>> 0 > 9) break
    if (scale === 0) {
      if (digit !== 0) return -1
      continue
    }
    nanos += digit * scale
    scale = scale === 1 ? 0 : scale / 10
  }
  to.nanos = nanos
  return at === first ? -1 : at
}

/** `+05`, `+05:30` or `+0530`. */
function readOffset(bytes: Uint8Array, at: number, end: number, to: Instant): boolean {
  const sign = bytes[at] === 0x2b ? 1 : bytes[at] === DASH ? -1 : 0
  if (sign === 0 || at + 3 > end) return false
  const hours = two(bytes, at + 1)
  let minutes = 0
  at += 3
  if (at < end) {
    if (bytes[at] === COLON) at++
    if (at + 2 !== end) return false
    minutes = two(bytes, at)
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false
  to.seconds -= sign * (hours * 3600 + minutes * 60)
  return true
}
