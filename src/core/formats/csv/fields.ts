/** Fields and records found the careful way, byte by byte: what the fast loops hand over to when something is unusual. */

import { CR, isLineEnd, LF, type Marks } from './dialect.ts'

/** What is wrong with the quotes of a field. */
export interface QuoteFault {
  readonly kind: 'open' | 'after'
  /** Where the quote is that is never closed, or the byte after a closing quote that should not be there. */
  readonly at: number
}

/** Finds one field at a time; what was found last stays in its properties. */
export class FieldScanner {
  /** Where the field's text lies: the bytes scanned, or memory of its own where escapes were taken out. */
  text: Uint8Array = EMPTY
  from = 0
  to = 0
  /** Where the delimiter or line end after the field is, or the end of the bytes. */
  next = 0
  quoted = false
  fault: QuoteFault | undefined
  readonly #marks: Marks
  #own = new Uint8Array(256)

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** Finds the field that begins at `at`. False: its quotes are wrong, see {@link fault}. */
  scan(bytes: Uint8Array, at: number, end: number): boolean {
    const { delimiter, quote } = this.#marks
    if (at < end && bytes[at] === quote) return this.#scanQuoted(bytes, at, end)
    let i = at
    while (i < end && bytes[i] !== delimiter && !isLineEnd(bytes[i]!)) i++
    this.#found(bytes, at, i, i, false)
    return true
  }

  #found(text: Uint8Array, from: number, to: number, next: number, quoted: boolean): void {
    this.text = text
    this.from = from
    this.to = to
    this.next = next
    this.quoted = quoted
    this.fault = undefined
  }

  #scanQuoted(bytes: Uint8Array, at: number, end: number): boolean {
    const { delimiter } = this.#marks
    const close = closingQuote(bytes, at + 1, end, this.#marks)
    if (close < 0) {
      this.fault = { kind: 'open', at }
      return false
    }
    const next = close + 1
    if (next < end && bytes[next] !== delimiter && !isLineEnd(bytes[next]!)) {
      this.fault = { kind: 'after', at: next }
      return false
    }
    this.#found(bytes, at + 1, close, next, true)
    if (hasEscape(bytes, at + 1, close, this.#marks)) this.#unescape(bytes, at + 1, close)
    return true
  }

  #unescape(bytes: Uint8Array, from: number, to: number): void {
    if (this.#own.length < to - from) this.#own = new Uint8Array(2 * (to - from))
    this.text = this.#own
    this.from = 0
    this.to = copyUnescaped(bytes, from, to, this.#marks, this.#own, 0)
  }
}

const EMPTY = new Uint8Array(0)

/** Where the quote is that closes the field whose text begins at `from`; -1 for nowhere. */
export function closingQuote(
  bytes: Uint8Array,
  from: number,
  end: number,
  { quote, escaping }: Marks,
): number {
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!
    if (byte === quote) {
      if (escaping !== quote || i + 1 >= end || bytes[i + 1] !== quote) return i
      i++
    } else if (byte === escaping && i + 1 < end && (bytes[i + 1] === quote || bytes[i + 1] === escaping)) i++
  }
  return -1
}

function hasEscape(bytes: Uint8Array, from: number, to: number, { escaping }: Marks): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === escaping) return true
  return false
}

/** Copies the text within quotes to `out[at]` onwards without what escapes; gives where it ends there. */
export function copyUnescaped(
  bytes: Uint8Array,
  from: number,
  to: number,
  { quote, escaping }: Marks,
  out: Uint8Array,
  at: number,
): number {
  let end = at
  for (let i = from; i < to; i++) {
    // What stands before another character is itself.
    if (bytes[i] === escaping && i + 1 < to && (bytes[i + 1] === quote || bytes[i + 1] === escaping)) i++
    out[end++] = bytes[i]!
  }
  return end
}

/** Where the line that `at` lies in ends: after its line feed, carriage return, or both. */
export function lineEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end && !isLineEnd(bytes[i]!)) i++
  return afterLineEnd(bytes, i, end)
}

/** Right after the line end at `at`. */
export function afterLineEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return end
  return bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF ? at + 2 : at + 1
}

/**
 * Where the record that begins at `start` ends, whatever is wrong with it: after its line end. Text after a closing quote
 * is as text without quotes; a quote that is never closed takes everything.
 */
export function recordEnd(bytes: Uint8Array, start: number, end: number, marks: Marks): number {
  let i = start
  let atField = true
  while (i < end) {
    const byte = bytes[i]!
    if (atField && byte === marks.quote) {
      const close = closingQuote(bytes, i + 1, end, marks)
      if (close < 0) return end
      i = close + 1
      atField = false
      continue
    }
    if (isLineEnd(byte)) return afterLineEnd(bytes, i, end)
    atField = byte === marks.delimiter
    i++
  }
  return end
}
