/** Code points of UTF-8 text, given as (bytes, start, end): places counted in them, and pieces found by them. */

import { decodeText } from '../batch/column.ts'
import { equalBytes } from './text-bytes.ts'

/** Where the code point with a number begins, counted from 0; the end of the text beyond the last. */
export function pointAt(a: Uint8Array, s: number, e: number, number: number): number {
  let at = s
  for (let left = number; left > 0 && at < e; left--) {
    const byte = a[at]!
    at += byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
  }
  return Math.min(at, e)
}

/** Where the last `number` code points begin; the start of the text if it has not so many. */
export function pointFromEnd(a: Uint8Array, s: number, e: number, number: number): number {
  let at = e
  for (let left = number; left > 0 && at > s; left--) {
    at--
    while (at > s && (a[at]! & 0xc0) === 0x80) at--
  }
  return at
}

/** The byte at which a slice begins: from the end where the place is negative. */
export const sliceStart = (a: Uint8Array, s: number, e: number, from: number): number =>
  from >= 0 ? pointAt(a, s, e, from) : pointFromEnd(a, s, e, -from)

/** The byte at which a slice ends that begins at byte `start`. */
export function sliceEnd(a: Uint8Array, s: number, e: number, start: number, to: number): number {
  const end = to >= 0 ? pointAt(a, s, e, to) : pointFromEnd(a, s, e, -to)
  return Math.max(start, end)
}

/** The byte at which part of a text ends that begins with point `from`, at byte `start`. */
export function partEnd(a: Uint8Array, start: number, e: number, from: number, to: number): number {
  return pointAt(a, start, e, to - Math.max(from, 0))
}

/** The byte at which `part` next begins, at `from` or later; -1: nowhere. An empty one begins at once. */
export function findBytes(
  a: Uint8Array,
  from: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): number {
  const size = e2 - s2
  if (size === 0) return from
  const first = b[s2]!
  for (let at = from; at <= e - size; at++) {
    if (a[at] === first && (size === 1 || equalBytes(a, at, at + size, b, s2, e2))) return at
  }
  return -1
}

/** How many bytes the white space takes that begins here; 0: none. What JavaScript's `trim` takes for white space. */
export function whiteSpaceAt(a: Uint8Array, at: number, e: number): number {
  const byte = a[at]!
  if (byte < 0x80) return byte === 32 || (byte >= 9 && byte <= 13) ? 1 : 0
  if (byte === 0xc2) return a[at + 1] === 0xa0 ? 2 : 0
  if (byte < 0xe1 || at + 2 >= e) return 0
  const point = ((byte & 15) << 12) | ((a[at + 1]! & 63) << 6) | (a[at + 2]! & 63)
  if (byte === 0xe2) {
    const isSpace =
      point <= 0x200a || point === 0x2028 || point === 0x2029 || point === 0x202f || point === 0x205f
    return isSpace && point >= 0x2000 ? 3 : 0
  }
  return (point === 0x1680 || point === 0x3000 || point === 0xfeff) && byte < 0xf0 ? 3 : 0
}

/** Where a text begins without the white space before it. */
export function trimmedStart(a: Uint8Array, s: number, e: number): number {
  let at = s
  while (at < e) {
    const size = whiteSpaceAt(a, at, e)
    if (size === 0) break
    at += size
  }
  return at
}

/** Where a text ends without the white space after it. */
export function trimmedEnd(a: Uint8Array, s: number, e: number): number {
  let end = e
  while (end > s) {
    const last = pointFromEnd(a, s, end, 1)
    if (whiteSpaceAt(a, last, end) !== end - last) break
    end = last
  }
  return end
}

/** The same with the code points of `chars` for white space. */
export function trimmedStartOf(
  a: Uint8Array,
  s: number,
  e: number,
  chars: Uint8Array,
  s2: number,
  e2: number,
): number {
  let at = s
  while (at < e) {
    const next = pointAt(a, at, e, 1)
    if (!hasPoint(chars, s2, e2, a, at, next)) break
    at = next
  }
  return at
}

export function trimmedEndOf(
  a: Uint8Array,
  s: number,
  e: number,
  chars: Uint8Array,
  s2: number,
  e2: number,
): number {
  let end = e
  while (end > s) {
    const last = pointFromEnd(a, s, end, 1)
    if (!hasPoint(chars, s2, e2, a, last, end)) break
    end = last
  }
  return end
}

function hasPoint(
  chars: Uint8Array,
  s2: number,
  e2: number,
  a: Uint8Array,
  at: number,
  next: number,
): boolean {
  if (next - at === 1) {
    const byte = a[at]!
    for (let i = s2; i < e2; i++) if (chars[i] === byte) return true
    return false
  }
  return findBytes(chars, s2, e2, a, at, next) >= 0
}

/** A text as a string, without a view of the bytes, which costs more than a short text. */
export function decodeBetween(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return decodeText(bytes.subarray(start, end))
  let ascii = ''
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte > 127) return decodeText(bytes.subarray(start, end))
    ascii += String.fromCharCode(byte)
  }
  return ascii
}

const SHORT = 24
