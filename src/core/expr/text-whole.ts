/**
 * What is found out or made of a plain text column as a whole, before the loop over its rows: four bytes at a time, without
 * a look at where rows begin.
 */

import { NO_BYTES, type Scratch } from './text-bytes.ts'

const HIGH_BITS = 0x80808080 | 0

/** Whether the bytes from `s` to before `e` are all ASCII. */
export function isAscii(bytes: Uint8Array, s: number, e: number): boolean {
  const { head, words, tail } = wordsOf(bytes, s, e)
  let all = 0
  for (let i = s; i < head; i++) all |= bytes[i]!
  for (let i = tail; i < e; i++) all |= bytes[i]!
  if (all > 127) return false
  const { length } = words
  for (let i = 0; i < length; ) {
    let some = 0
    for (const end = Math.min(i + 4096, length); i < end; i++) some |= words[i]!
    if ((some & HIGH_BITS) !== 0) return false
  }
  return true
}

/** The whole words of four bytes between two places, and where they begin and end. */
function wordsOf(bytes: Uint8Array, s: number, e: number) {
  const head = Math.min(e, s + (-(bytes.byteOffset + s) & 3))
  const count = (e - head) >> 2
  if (count === 0) return { head: e, words: NO_WORDS, tail: e }
  return { head, words: new Int32Array(bytes.buffer, bytes.byteOffset + head, count), tail: head + count * 4 }
}

const NO_WORDS: Int32Array = new Int32Array(0)

/** Whether a column's texts are ASCII; false also where too few of the rows count for the question to pay. */
export const isAsciiColumn = (bytes: Uint8Array, offsets: Int32Array, n: number, rows: number): boolean =>
  isDense(n, rows) && isAscii(bytes, offsets[0]!, offsets[n]!)

/** Whether so many of a batch's rows count that the others may be worked on, too. */
export const isDense = (n: number, rows: number): boolean => rows * 4 >= n

/** A column's texts with their ASCII letters changed: the one at byte `s` is at `s - shift`. */
export interface CasedColumn {
  readonly bytes: Uint8Array
  readonly shift: number
  /** Whether that is done at all; not where too few of the rows count. */
  readonly isDone: boolean
  /** Whether there were no other bytes than ASCII. */
  readonly isAscii: boolean
}

/** @param toUpper else to lower case */
export function casedColumn(
  scratch: Scratch,
  slot: number,
  bytes: Uint8Array,
  offsets: Int32Array,
  n: number,
  rows: number,
  toUpper: boolean,
): CasedColumn {
  if (!isDense(n, rows)) return { bytes: NO_BYTES, shift: 0, isDone: false, isAscii: false }
  const s = offsets[0]!
  const e = offsets[n]!
  const { head, words, tail } = wordsOf(bytes, s, e)
  // Words of the result begin where those of the column do.
  const shift = head - ((head - s + 3) & ~3)
  const cased = scratch.spare(slot, e - shift)
  const to =
    words.length > 0 ? new Int32Array(cased.buffer, cased.byteOffset + head - shift, words.length) : words
  // From the first letter up this sets a byte's high bit, and beyond the last one.
  const fromFirst = toUpper ? 0x1f1f1f1f : 0x3f3f3f3f
  const beyondLast = toUpper ? 0x05050505 : 0x25252525
  let all = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const low = word & 0x7f7f7f7f
    all |= word
    to[i] = word ^ (((low + fromFirst) & ~(low + beyondLast) & ~word & HIGH_BITS) >>> 2)
  }
  all &= HIGH_BITS
  const first = toUpper ? 97 : 65
  const put = (i: number) => {
    const byte = bytes[i]!
    all |= byte & 128
    cased[i - shift] = byte >= first && byte < first + 26 ? byte ^ 32 : byte
  }
  for (let i = s; i < head; i++) put(i)
  for (let i = tail; i < e; i++) put(i)
  return { bytes: cased, shift, isDone: true, isAscii: all === 0 }
}
