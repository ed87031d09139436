/** Whole numbers and times as text, digit by digit. Each needs up to 32 bytes of room. */

import { packedCivil } from '../../expr/civil.ts'
import type { ByteSink } from './byte-sink.ts'

/** A whole number that a double holds exactly. */
export function writeInteger(sink: ByteSink, value: number): void {
  const { bytes } = sink
  let rest = value
  if (rest < 0) {
    bytes[sink.size++] = 45
    rest = -rest
  }
  let end = sink.size + digitCount(rest)
  sink.size = end
  while (rest > 2_147_483_647) {
    const tenth = Math.floor(rest / 10)
    bytes[--end] = 48 + (rest - tenth * 10)
    rest = tenth
  }
  let small = rest | 0
  do {
    const tenth = (small / 10) | 0
    bytes[--end] = 48 + small - Math.imul(tenth, 10)
    small = tenth
  } while (small > 0)
}

function digitCount(value: number): number {
  let count = 1
  for (let power = 10; power <= value; power *= 10) count++
  return count
}

/** The last `count` digits of a whole number, zeros first. */
export function writePadded(sink: ByteSink, value: number, count: number): void {
  let rest = value
  sink.size += count
  for (let i = 1; i <= count; i++) {
    const tenth = Math.floor(rest / 10)
    sink.bytes[sink.size - i] = 48 + (rest - tenth * 10)
    rest = tenth
  }
}

/** A day as ISO 8601; years beyond four digits with a sign and six or more. */
export function writeDate(sink: ByteSink, days: number): void {
  const packed = packedCivil(days)
  const year = Math.floor(packed / 512)
  const rest = packed - year * 512
  if (year < 0 || year > 9999) {
    sink.bytes[sink.size++] = year < 0 ? 45 : 43
    writePadded(sink, Math.abs(year), Math.max(6, digitCount(Math.abs(year))))
  } else writePadded(sink, year, 4)
  sink.bytes[sink.size++] = 45
  writePadded(sink, rest >> 5, 2)
  sink.bytes[sink.size++] = 45
  writePadded(sink, rest & 31, 2)
}

/** `T14:03:07.25`: a time of day in seconds and a fraction in units, of which zeros at the end are left out. */
export function writeTime(sink: ByteSink, second: number, fraction: number, digits: number): void {
  const { bytes } = sink
  bytes[sink.size++] = 84
  writePadded(sink, Math.floor(second / 3600), 2)
  bytes[sink.size++] = 58
  writePadded(sink, Math.floor(second / 60) % 60, 2)
  bytes[sink.size++] = 58
  writePadded(sink, second % 60, 2)
  if (fraction === 0) return
  bytes[sink.size++] = 46
  writePadded(sink, fraction, digits)
  while (bytes[sink.size - 1] === 48) sink.size--
}
