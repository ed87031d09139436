/** Numbers and times as text, digit by digit: as `String` writes them, without a string for each. */

import { packedCivil } from '../expr/civil.ts'
import type { Output } from './output.ts'

/** What each of these writes at most: whoever calls one has made so much room. */
export const NUMBER_BYTES = 40

/** A whole number that a double holds exactly. */
export function writeInteger(out: Output, value: number): void {
  let rest = value
  if (rest < 0) {
    out.bytes[out.size++] = 45
    rest = -rest
  }
  // Whole 32-bit arithmetic divides three times as fast as doubles do.
  if (rest < 1e9) writeSmall(out, rest | 0)
  else {
    const billions = Math.floor(rest / 1e9)
    writeSmall(out, billions | 0)
    writePadded(out, (rest - billions * 1e9) | 0, 9)
  }
}

function writeSmall(out: Output, value: number): void {
  let count = 1
  for (let power = 10; power <= value; power *= 10) count++
  writePadded(out, value, count)
}

/** The last `count` digits of a whole number of 32 bits, zeros first. */
export function writePadded(out: Output, value: number, count: number): void {
  const { bytes, size } = out
  let rest = value | 0
  for (let at = size + count - 1; at >= size; at--) {
    const tenth = (rest / 10) | 0
    bytes[at] = 48 + rest - Math.imul(tenth, 10)
    rest = tenth
  }
  out.size = size + count
}

/** Digits behind the point that {@link writeFloat} tries before it makes a string. */
const MAX_PLACES = 4
const POWERS = [1, 10, 100, 1000, 10_000] as const

/**
 * A finite number as `String` writes it, but `-0` as that. With up to 15 digits no two decimals are the same double: one that
 * gives the number back is the shortest there is, if none of fewer places does.
 */
export function writeFloat(out: Output, value: number): void {
  const size = Math.abs(value)
  if (size >= 1e15 || Object.is(value, -0)) out.putAscii(size === 0 ? '-0' : String(value))
  else if (Math.floor(size) === size) writeInteger(out, value)
  else {
    const places = placesOf(size)
    if (places === 0) out.putAscii(String(value))
    else {
      const power = POWERS[places]!
      const whole = Math.floor(size)
      if (value < 0) out.bytes[out.size++] = 45
      writeInteger(out, whole)
      out.bytes[out.size++] = 46
      writePadded(out, Math.round(size * power) - whole * power, places)
    }
  }
}

/** How many digits behind the point give the number back, of at most 15 in all; 0: more than are tried. */
function placesOf(size: number): number {
  for (let places = 1; places <= MAX_PLACES; places++) {
    const power = POWERS[places]!
    const units = Math.round(size * power)
    if (units >= 1e15) return 0
    if (units / power === size) return places
  }
  return 0
}

/** A day as ISO 8601; years beyond four digits with a sign and six or more. */
export function writeDate(out: Output, days: number): void {
  const packed = packedCivil(days)
  const year = Math.floor(packed / 512)
  const rest = packed - year * 512
  if (year < 0 || year > 9999) {
    out.bytes[out.size++] = year < 0 ? 45 : 43
    const digits = Math.abs(year)
    if (digits > 999_999) writeInteger(out, digits)
    else writePadded(out, digits, 6)
  } else writePadded(out, year, 4)
  out.bytes[out.size++] = 45
  writePadded(out, rest >> 5, 2)
  out.bytes[out.size++] = 45
  writePadded(out, rest & 31, 2)
}

/** Writes days; those of rows that follow one another are mostly the same, and are then copied. */
export function dateWriter(out: Output): (days: number) => void {
  let last = Number.NaN
  let text: Uint8Array = new Uint8Array(0)
  return days => {
    if (days === last) out.put(text)
    else {
      const start = out.size
      writeDate(out, days)
      last = days
      text = out.bytes.slice(start, out.size)
    }
  }
}

/** `14:03:07`, a time of day in seconds. */
export function writeClock(out: Output, second: number): void {
  const { bytes, size } = out
  const minutes = (second / 60) | 0
  const hours = (minutes / 60) | 0
  twoDigits(bytes, size, hours)
  bytes[size + 2] = 58
  twoDigits(bytes, size + 3, minutes - hours * 60)
  bytes[size + 5] = 58
  twoDigits(bytes, size + 6, second - minutes * 60)
  out.size = size + 8
}

function twoDigits(bytes: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0
  bytes[at] = 48 + tens
  bytes[at + 1] = 48 + value - tens * 10
}
