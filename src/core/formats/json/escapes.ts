/** Escapes of JSON text as UTF-8. */

import { BACKSLASH, type BAD, type JsonInput } from './input.ts'
import { badEscape, ESCAPES, hexAt } from './scan.ts'

/** The most bytes that one escape becomes. */
export const MOST_BYTES_OF_ESCAPE = 4

/**
 * Writes what the escape at `at` means. Gives `bytes read * 8 + bytes written`, or -1: it is none, or half of a surrogate
 * pair, which UTF-8 cannot hold.
 */
export function appendUnescaped(input: JsonInput, at: number, out: Uint8Array, to: number): number {
  const { bytes, end } = input
  const letter = at + 1 < end ? bytes[at + 1]! : 0
  if (letter !== 0x75) {
    const meaning = ESCAPES[letter]!
    if (meaning === 0) return badEscape(input, at)
    out[to] = meaning
    return 2 * 8 + 1
  }
  const unit = hexAt(bytes, at + 2, end)
  if (unit < 0) return badEscape(input, at)
  if (unit < 0xd800 || unit > 0xdfff) return 6 * 8 + putCodePoint(unit, out, to)
  const low =
    unit < 0xdc00 && at + 7 < end && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75
      ? hexAt(bytes, at + 8, end)
      : -1
  if (low < 0xdc00 || low > 0xdfff) return loneSurrogate(input, at)
  return 12 * 8 + putCodePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out, to)
}

const loneSurrogate = (input: JsonInput, at: number): typeof BAD =>
  input.fail(
    at,
    'UTF8',
    'a text holds half of a surrogate pair',
    'columns hold UTF-8, which has no such character; the text was cut in two somewhere before',
  )

/** Writes a code point as UTF-8; gives the number of bytes. */
function putCodePoint(code: number, out: Uint8Array, to: number): number {
  if (code < 0x80) {
    out[to] = code
    return 1
  }
  if (code < 0x800) {
    out[to] = 0xc0 | (code >> 6)
    out[to + 1] = 0x80 | (code & 63)
    return 2
  }
  if (code < 0x10000) {
    out[to] = 0xe0 | (code >> 12)
    out[to + 1] = 0x80 | ((code >> 6) & 63)
    out[to + 2] = 0x80 | (code & 63)
    return 3
  }
  out[to] = 0xf0 | (code >> 18)
  out[to + 1] = 0x80 | ((code >> 12) & 63)
  out[to + 2] = 0x80 | ((code >> 6) & 63)
  out[to + 3] = 0x80 | (code & 63)
  return 4
}
