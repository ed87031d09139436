/**
 * Finds where records end in a stream of bytes: line ends that are not within quotes.
 *
 * A quote opens a field where it is the field's first byte; elsewhere it is text. So it is enough to go from quote to
 * quote, and where there is none the last line end is found from the back.
 */

import type { Cutter } from '../contract.ts'
import { CR, type CsvDialect, isLineEnd, LF, type Marks, marksOf } from './dialect.ts'

/** Bytes between two quotes below which looking at each byte beats calls that look for quotes. */
const DENSE = 64

export function csvCutter(dialect: CsvDialect): Cutter {
  const marks = marksOf(dialect)
  if (marks.quote < 0) return { lastEnd: (bytes, from, to) => lineEndBefore(bytes, from, to, to) }
  return marks.comment < 0 ? new QuoteCutter(marks) : new CommentCutter(marks)
}

/** After the last line end of `[from, until)`; a carriage return right before `to` may be half of one. */
function lineEndBefore(bytes: Uint8Array, from: number, until: number, to: number): number {
  const near = Math.max(from, until - DENSE)
  for (let i = until - 1; i >= near; i--) if (bytes[i] === LF) return i + 1
  const feed = near > from ? bytes.subarray(from, near).lastIndexOf(LF) : -1
  if (feed >= 0) return from + feed + 1
  for (let i = Math.min(until, to - 1) - 1; i >= from; i--) if (bytes[i] === CR) return i + 1
  return -1
}

/** The first place of a byte in a range, or its end. */
function nextByte(bytes: Uint8Array, byte: number, from: number, to: number): number {
  const near = Math.min(to, from + DENSE)
  for (let i = from; i < near; i++) if (bytes[i] === byte) return i
  if (near === to) return to
  const found = bytes.subarray(near, to).indexOf(byte)
  return found < 0 ? to : near + found
}

/** What is within quotes, over several ranges. */
class Quoted {
  readonly #quote: number
  readonly #escaping: number
  /** The last byte of the range before, where only the next one tells what it means; -1 for none. */
  #held = -1

  constructor({ quote, escaping }: Marks) {
    this.#quote = quote
    this.#escaping = escaping
  }

  /** Where the bytes after the closing quote begin; -1: they are not in this range. */
  leave(bytes: Uint8Array, from: number, to: number): number {
    const quote = this.#quote
    const escaping = this.#escaping
    const held = this.#held
    this.#held = -1
    let at = from
    if (held === quote && bytes[at] !== quote) return at
    if (held >= 0 && (bytes[at] === quote || bytes[at] === escaping)) at++
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (byte !== quote && byte !== escaping) continue
      if (byte !== escaping) return at + 1
      if (at + 1 === to) {
        this.#held = byte
        return -1
      }
      const after = bytes[at + 1]!
      if (after === quote || (after === escaping && byte !== quote)) at++
      else if (byte === quote) return at + 1
    }
    return -1
  }
}

class QuoteCutter implements Cutter {
  readonly #marks: Marks
  readonly #quoted: Quoted
  #isQuoted = false
  /** The byte before those that come next: what a quote is depends on it. A file begins as a line does. */
  #before = LF

  constructor(marks: Marks) {
    this.#marks = marks
    this.#quoted = new Quoted(marks)
  }

  lastEnd(bytes: Uint8Array, from: number, to: number): number {
    let last = -1
    let at = from
    while (at < to) {
      if (this.#isQuoted) {
        const after = this.#quoted.leave(bytes, at, to)
        if (after < 0) return last
        this.#isQuoted = false
        // A quote right after the closing one opens nothing.
        this.#before = this.#marks.quote
        at = after
        continue
      }
      const start = at
      at = this.#toOpening(bytes, at, to)
      const end = lineEndBefore(bytes, start, at, to)
      if (end >= 0) last = end
      if (at === to) {
        if (start < to) this.#before = bytes[to - 1]!
        break
      }
      this.#isQuoted = true
      at++
    }
    return last
  }

  /** The next quote that opens a field, or the end of the range. */
  #toOpening(bytes: Uint8Array, from: number, to: number): number {
    const { quote, delimiter } = this.#marks
    let at = nextByte(bytes, quote, from, to)
    while (at < to) {
      const before = at === from ? this.#before : bytes[at - 1]!
      if (before === delimiter || isLineEnd(before)) return at
      at = nextByte(bytes, quote, at + 1, to)
    }
    return to
  }
}

/** Where lines may be comments, in which quotes mean nothing: byte by byte. */
class CommentCutter implements Cutter {
  readonly #marks: Marks
  readonly #quoted: Quoted
  #place: 'record' | 'field' | 'text' | 'quoted' | 'comment' = 'record'

  constructor(marks: Marks) {
    this.#marks = marks
    this.#quoted = new Quoted(marks)
  }

  lastEnd(bytes: Uint8Array, from: number, to: number): number {
    const { quote, delimiter, comment } = this.#marks
    let last = -1
    for (let at = from; at < to; at++) {
      if (this.#place === 'quoted') {
        at = this.#quoted.leave(bytes, at, to)
        if (at < 0) return last
        this.#place = 'text'
        if (at === to) break
      }
      const byte = bytes[at]!
      if (isLineEnd(byte)) {
        this.#place = 'record'
        if (byte === LF || (at + 1 < to && bytes[at + 1] !== LF)) last = at + 1
      } else if (this.#place === 'comment') continue
      else if (this.#place === 'record' && byte === comment) this.#place = 'comment'
      else if (byte === delimiter) this.#place = 'field'
      else if (byte === quote && this.#place !== 'text') this.#place = 'quoted'
      else this.#place = 'text'
    }
    return last
  }
}
