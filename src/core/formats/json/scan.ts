/**
 * A strict scanner of RFC 8259: skips values and checks them on the way. Text is checked to be UTF-8.
 *
 * Text is looked through by words of four bytes. With `w` the word, the top bit of a byte of
 * `(w ^ 0x02020202) - 0x21212121` is set for a quote or a control character (the exclusive or maps the quote to 0x20 and
 * keeps control characters below it), that of `(w ^ 0x5c5c5c5c) - 0x01010101` for a backslash, and that of `w` beyond
 * ASCII. A borrow can set the bit of a byte only above one whose bit is set rightly: the lowest is always right.
 */

import {
  ALSE_WORD,
  BACKSLASH,
  BAD,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  type JsonInput,
  MINUS,
  NULL_WORD,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  TRUE_WORD,
} from './input.ts'

/** Bits of bytes of `word` that end a run of plain text: see the head of the file. */
export const textStops = (word: number): number =>
  (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101) | word) & 0x80808080

/** Which byte of the word the lowest stop is in: 0 to 3. */
export const firstStop = (stops: number): number => (31 - Math.clz32(stops & -stops)) >> 3

/** The offset of the next byte that is no white space. */
export function skipSpace(input: JsonInput, at: number): number {
  const { bytes, space, end } = input
  while (at < end && space[bytes[at]!] === 1) at++
  return at
}

/** Bytes of the UTF-8 sequence that begins with the byte beyond ASCII at `at`; 0 if it is none. */
export function utf8Length(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!
  const second = at + 1 < end ? bytes[at + 1]! : 0
  if ((second & 0xc0) !== 0x80 || first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return 2
  const third = at + 2 < end ? bytes[at + 2]! : 0
  if ((third & 0xc0) !== 0x80) return 0
  if (first < 0xf0) {
    // Neither longer than needed nor half of a surrogate pair.
    if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0
    return 3
  }
  const fourth = at + 3 < end ? bytes[at + 3]! : 0
  if ((fourth & 0xc0) !== 0x80) return 0
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0
  return 4
}

const HEX = new Int8Array(256).fill(-1)
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i
for (let i = 0; i < 6; i++) HEX[0x41 + i] = HEX[0x61 + i] = 10 + i

/** The number that four hexadecimal digits at `at` make, or -1. */
export function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  const a = HEX[bytes[at]!]!
  const b = HEX[bytes[at + 1]!]!
  const c = HEX[bytes[at + 2]!]!
  const d = HEX[bytes[at + 3]!]!
  return (a | b | c | d) < 0 ? -1 : (a << 12) | (b << 8) | (c << 4) | d
}

/** What an escape of one letter means; 0: there is no such escape. */
export const ESCAPES = new Uint8Array(256)
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  ESCAPES[letter!.charCodeAt(0)] = meaning!.charCodeAt(0)

/** Skips text; `at` is after the quote that opens it, what it gives after the one that closes it. */
export function skipText(input: JsonInput, at: number): number {
  const { bytes, view, end } = input
  const lastWord = end - 4
  for (;;) {
    while (at <= lastWord) {
      const stops = textStops(view.getInt32(at, true))
      if (stops !== 0) {
        at += firstStop(stops)
        break
      }
      at += 4
    }
    if (at >= end) return input.unexpected(end, 'the end of a text')
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) {
      const next = skipEscape(input, at)
      if (next < 0) return BAD
      at = next
    } else if (byte < 0x20) return controlCharacter(input, at)
    else if (byte < 0x80) at++
    else {
      const length = utf8Length(bytes, at, end)
      if (length === 0) return notUtf8(input, at)
      at += length
    }
  }
}

function skipEscape(input: JsonInput, at: number): number {
  const { bytes, end } = input
  const letter = at + 1 < end ? bytes[at + 1]! : 0
  if (letter === 0x75) {
    if (hexAt(bytes, at + 2, end) < 0) return badEscape(input, at)
    return at + 6
  }
  return ESCAPES[letter] === 0 ? badEscape(input, at) : at + 2
}

export const badEscape = (input: JsonInput, at: number): typeof BAD =>
  input.fail(at, 'JSON_SYNTAX', `a backslash is followed by ${input.show(at + 1)}, which is no escape`)

export const controlCharacter = (input: JsonInput, at: number): typeof BAD =>
  input.fail(at, 'JSON_SYNTAX', `a text holds ${input.show(at)}, which has to be escaped`)

export const notUtf8 = (input: JsonInput, at: number): typeof BAD =>
  input.fail(at, 'UTF8', `${input.show(at)} is not UTF-8`, "encoding: 'latin1' reads files of that kind")

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** Skips a number. */
export function skipNumber(input: JsonInput, at: number): number {
  const { bytes, end } = input
  const start = at
  if (bytes[at] === MINUS) at++
  if (at >= end || !isDigit(bytes[at]!)) return input.unexpected(at, start === at ? 'a value' : 'a digit')
  if (bytes[at] === 0x30) {
    at++
    if (at < end && isDigit(bytes[at]!)) return input.fail(at, 'JSON_SYNTAX', 'a number begins with 0')
  } else while (at < end && isDigit(bytes[at]!)) at++
  if (at < end && bytes[at] === DOT) {
    at++
    if (at >= end || !isDigit(bytes[at]!)) return input.unexpected(at, 'a digit after the point')
    while (at < end && isDigit(bytes[at]!)) at++
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++
    if (at < end && (bytes[at] === MINUS || bytes[at] === 0x2b)) at++
    if (at >= end || !isDigit(bytes[at]!)) return input.unexpected(at, 'a digit of the exponent')
    while (at < end && isDigit(bytes[at]!)) at++
  }
  return at
}

/** Skips `null`, `true` or `false`. */
export function skipLiteral(input: JsonInput, at: number): number {
  const { view, end } = input
  if (at + 4 <= end) {
    const word = view.getInt32(at, true)
    if (word === NULL_WORD || word === TRUE_WORD) return at + 4
    if (at + 5 <= end && view.getUint8(at) === 0x66 && view.getInt32(at + 1, true) === ALSE_WORD)
      return at + 5
  }
  return input.unexpected(at, 'a value')
}

/** Skips a value of any kind. */
export function skipValue(input: JsonInput, at: number): number {
  if (at >= input.end) return input.unexpected(at, 'a value')
  const byte = input.bytes[at]!
  if (byte === QUOTE) return skipText(input, at + 1)
  if (byte === OPEN_OBJECT || byte === OPEN_LIST) return skipContainer(input, at)
  return byte === MINUS || isDigit(byte) ? skipNumber(input, at) : skipLiteral(input, at)
}

/** 1 for each object, 0 for each list that is open. It grows: recursion would end with the stack. */
let open = new Uint8Array(64)

/** Skips an object or a list, of any depth. */
function skipContainer(input: JsonInput, at: number): number {
  const { bytes } = input
  let depth = 0
  for (;;) {
    // At a value.
    const byte = bytes[at]!
    if (at < input.end && (byte === OPEN_OBJECT || byte === OPEN_LIST)) {
      if (depth === open.length) open = grown(open)
      const isObject = byte === OPEN_OBJECT
      open[depth++] = isObject ? 1 : 0
      at = skipSpace(input, at + 1)
      if (at >= input.end || bytes[at] !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
        if (isObject && (at = skipKey(input, at)) < 0) return BAD
        continue
      }
      at++
      depth--
    } else if ((at = skipValue(input, at)) < 0) return BAD
    // After a value.
    for (;;) {
      if (depth === 0) return at
      at = skipSpace(input, at)
      const isObject = open[depth - 1] === 1
      const after = at < input.end ? bytes[at]! : 0
      if (after === COMMA) {
        at = skipSpace(input, at + 1)
        if (isObject && (at = skipKey(input, at)) < 0) return BAD
        break
      }
      if (after !== (isObject ? CLOSE_OBJECT : CLOSE_LIST))
        return input.unexpected(at, isObject ? "',' or '}'" : "',' or ']'")
      at++
      depth--
    }
  }
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2)
  larger.set(bytes)
  return larger
}

/** Skips a key with its colon, up to its value. */
function skipKey(input: JsonInput, at: number): number {
  if (at >= input.end || input.bytes[at] !== QUOTE) return input.unexpected(at, 'a key')
  const end = skipText(input, at + 1)
  return end < 0 ? BAD : skipColon(input, end)
}

/** Skips the colon after a key, up to the value. */
export function skipColon(input: JsonInput, at: number): number {
  at = skipSpace(input, at)
  if (at >= input.end || input.bytes[at] !== COLON) return input.unexpected(at, "':'")
  return skipSpace(input, at + 1)
}
