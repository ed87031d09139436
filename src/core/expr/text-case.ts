/**
 * Upper and lower case, one code point at a time, as DuckDB has it: a mapping to several code points (`ß` to `SS`) is left
 * out. The tables are those of the JavaScript engine's Unicode version.
 */

import type { Scratch } from './text-bytes.ts'

/** A code point that has none, or more than one, stays. */
function mapPoint(point: string, map: (point: string) => string, exceptions: ReadonlyMap<string, string>) {
  const to = exceptions.get(point) ?? map(point)
  return to.length === String.fromCodePoint(to.codePointAt(0)!).length ? to : point
}

/** Most letters are below this, and kept in a table; others are mapped each time. */
const TABLE_POINTS = 0x3000

export class CaseMap {
  readonly toUpper: boolean
  readonly #map: (point: string) => string
  /** The point that each becomes, plus one; 0: not asked for so far. */
  readonly #points = new Int32Array(TABLE_POINTS)

  constructor(toUpper: boolean) {
    this.toUpper = toUpper
    const exceptions = new Map([toUpper ? ['\u00df', '\u1e9e'] : ['\u0130', 'i']])
    const change = toUpper ? (text: string) => text.toUpperCase() : (text: string) => text.toLowerCase()
    this.#map = point => mapPoint(point, change, exceptions)
  }

  text(text: string): string {
    let mapped = ''
    for (const point of text) mapped += this.#map(point)
    return mapped
  }

  /** Appends the text changed, and says where it begins. */
  append(scratch: Scratch, a: Uint8Array, s: number, e: number): number {
    const start = scratch.end
    // A point of two bytes may become one of three.
    scratch.reserve((e - s) * 2)
    const { bytes } = scratch
    const first = this.toUpper ? 97 : 65
    let end = start
    for (let i = s; i < e; ) {
      const byte = a[i]!
      if (byte < 0x80) {
        bytes[end++] = byte >= first && byte < first + 26 ? byte ^ 32 : byte
        i++
        continue
      }
      const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
      const point = this.#point(pointOf(a, i, size))
      i += size
      end = putPoint(bytes, end, point)
    }
    scratch.end = end
    return start
  }

  #point(point: number): number {
    if (point > 0x10ffff) return 0xfffd
    if (point >= TABLE_POINTS) return this.#map(String.fromCodePoint(point)).codePointAt(0)!
    const known = this.#points[point]!
    if (known > 0) return known - 1
    const mapped = this.#map(String.fromCodePoint(point)).codePointAt(0)!
    this.#points[point] = mapped + 1
    return mapped
  }
}

export const UPPER = new CaseMap(true)
export const LOWER = new CaseMap(false)

/** The code point of well-formed UTF-8. */
function pointOf(a: Uint8Array, at: number, size: number): number {
  const second = a[at + 1]! & 63
  if (size === 2) return ((a[at]! & 31) << 6) | second
  const third = a[at + 2]! & 63
  if (size === 3) return ((a[at]! & 15) << 12) | (second << 6) | third
  return ((a[at]! & 7) << 18) | (second << 12) | (third << 6) | (a[at + 3]! & 63)
}

/** Writes a code point, and says where it ends. */
function putPoint(bytes: Uint8Array, at: number, point: number): number {
  let end = at
  if (point < 0x80) bytes[end++] = point
  else {
    if (point < 0x800) bytes[end++] = 0xc0 | (point >> 6)
    else {
      if (point < 0x10000) bytes[end++] = 0xe0 | (point >> 12)
      else {
        bytes[end++] = 0xf0 | (point >> 18)
        bytes[end++] = 0x80 | ((point >> 12) & 63)
      }
      bytes[end++] = 0x80 | ((point >> 6) & 63)
    }
    bytes[end++] = 0x80 | (point & 63)
  }
  return end
}
