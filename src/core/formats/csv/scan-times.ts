/**
 * Dates and timestamps in ISO 8601 read where they stand: `2001-06-09`, `2001-06-09 14:03:07.25`, with `T` or a space,
 * with `Z` or nothing after. As in `scan-numbers.ts`, -1 stands for whatever else there is.
 */

import { daysOf, isDay } from './civil-days.ts'
import { writeBillions, writeWhole } from './words64.ts'

/** Two digits as a number; negative for anything else. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const a = bytes[at]! - 48
  const b = bytes[at + 1]! - 48
  return (a | b | (9 - a) | (9 - b)) < 0 ? -1 : Math.imul(a, 10) + b
}

const NO_DAY = -2_147_483_648

/** The days of the ten bytes at `at`. */
function scanDay(bytes: Uint8Array, at: number): number {
  const year = Math.imul(twoDigits(bytes, at), 100) + twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  if ((bytes[at + 4]! ^ 45) | (bytes[at + 7]! ^ 45)) return NO_DAY
  if (year < 0 || twoDigits(bytes, at + 2) < 0 || !isDay(year, month, day)) return NO_DAY
  return daysOf(year, month, day)
}

/** A date as days since 1970-01-01. */
export function scanDate(bytes: Uint8Array, at: number, end: number, days: Int32Array, row: number): number {
  if (at + 10 >= end) return -1
  const day = scanDay(bytes, at)
  if (day === NO_DAY) return -1
  days[row] = day
  return at + 10
}

const MAX_SAFE = 9_007_199_254_740_991

/**
 * A timestamp in units since 1970-01-01 UTC; digits finer than the unit are cut off. `needsZone`: what has no `Z` is of
 * some zone, and not read here.
 */
export function scanTimestamp(
  bytes: Uint8Array,
  at: number,
  end: number,
  words: Int32Array,
  row: number,
  unitsPerSecond: number,
  needsZone: boolean,
): number {
  if (at + 20 >= end) return -1
  const days = scanDay(bytes, at)
  const between = bytes[at + 10]!
  const hour = twoDigits(bytes, at + 11)
  const minute = twoDigits(bytes, at + 14)
  const second = twoDigits(bytes, at + 17)
  if (days === NO_DAY || (between !== 32 && between !== 84)) return -1
  if ((bytes[at + 13]! ^ 58) | (bytes[at + 16]! ^ 58)) return -1
  // Unsigned, what is negative is too large.
  if (hour >>> 0 > 23 || minute >>> 0 > 59 || second >>> 0 > 59) return -1
  let i = at + 19
  let fraction = 0
  let byte = bytes[i]!
  if (byte === 46) {
    const first = ++i
    byte = bytes[i]!
    let unit = unitsPerSecond
    while (byte >= 48 && byte <= 57) {
      unit = unit / 10
      if (unit >= 1) fraction += (byte - 48) * unit
      byte = bytes[++i]!
    }
    if (i === first) return -1
  }
  if (byte === 90) i++
  else if (needsZone) return -1
  const seconds = days * 86_400 + hour * 3600 + minute * 60 + second
  if (unitsPerSecond === 1e9) return writeNanoseconds(words, row, seconds, fraction) ? i : -1
  const value = seconds * unitsPerSecond + fraction
  if (value > MAX_SAFE || value < -MAX_SAFE) return -1
  writeWhole(words, row, value)
  return i
}

function writeNanoseconds(words: Int32Array, row: number, seconds: number, fraction: number): boolean {
  if (seconds >= 0) return writeBillions(words, row, seconds, fraction, false)
  if (fraction === 0) return writeBillions(words, row, -seconds, 0, true)
  return writeBillions(words, row, -seconds - 1, 1e9 - fraction, true)
}
