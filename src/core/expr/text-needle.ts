/**
 * A text that is looked for in others, known before the loop over the rows: what makes that fast is made once.
 *
 * A needle is found by Horspool's search, which looks at about every `size`-th byte. In a plain column, whose texts lie one
 * after the other, one search finds the next occurrence in whatever row it is: where occurrences are rare, rows without one
 * cost a comparison.
 */

import { kept } from './kept.ts'

const encoder = new TextEncoder()

/** Bytes that a search looks through itself before it asks the engine, whose call costs as much as so many. */
const NEAR = 256

export class Needle {
  readonly bytes: Uint8Array
  readonly size: number
  /** Its whole words of four bytes, the last of which may take some bytes of the one before again; none when it is shorter. */
  readonly #words: Int32Array
  /** By byte: how much further the needle may lie at least when that byte stands where it would end. 0: it may be here. */
  readonly #steps: Uint8Array
  /** How much further when it is not here, though its last byte is. */
  readonly #afterLast: number

  /** @param bytes at least one */
  constructor(bytes: Uint8Array) {
    const size = bytes.length
    this.bytes = bytes
    this.size = size
    const view = new DataView(bytes.buffer, bytes.byteOffset, size)
    this.#words = Int32Array.from({ length: size < 4 ? 0 : Math.ceil(size / 4) }, (_, i) =>
      view.getInt32(Math.min(i * 4, size - 4)),
    )
    this.#steps = new Uint8Array(256).fill(Math.min(size, 255))
    for (let i = 0; i < size; i++) this.#steps[bytes[i]!] = Math.min(size - 1 - i, 255)
    const before = bytes.lastIndexOf(bytes[size - 1]!, size - 2)
    this.#afterLast = size === 1 ? 1 : size - 1 - before
  }

  /** Whether a text begins with it. It has at least four bytes. */
  isAt(bytes: DataView, s: number, e: number): boolean {
    const words = this.#words
    if (e - s < this.size) return false
    const last = words.length - 1
    for (let i = 0; i < last; i++) if (bytes.getInt32(s + i * 4) !== words[i]) return false
    return bytes.getInt32(s + this.size - 4) === words[last]
  }

  /** Whether they end with it. */
  isEndOf(bytes: DataView, s: number, e: number): boolean {
    return e - s >= this.size && this.isAt(bytes, e - this.size, e)
  }

  /** Where it next begins, at byte `from` or later, and ends by `end`; -1: nowhere. */
  find(a: Uint8Array, from: number, end: number): number {
    const { bytes, size } = this
    const steps = this.#steps
    const last = size - 1
    const lastByte = bytes[last]!
    let at = from + last
    if (size < 3) {
      for (; at < end; at++)
        if (a[at] === lastByte && (size === 1 || a[at - 1] === bytes[0])) return at - last
      return -1
    }
    while (at < end) {
      const step = steps[a[at]!]!
      if (step !== 0) {
        at += step
        continue
      }
      const start = at - last
      let same = 0
      while (same < last && a[start + same] === bytes[same]) same++
      if (same === last) return start
      at += this.#afterLast
    }
    return -1
  }

  /** Where a part of a text begins that this separates, counted from 0; -1 beyond the last. */
  partStart(a: Uint8Array, s: number, e: number, part: number): number {
    let start = s
    for (let i = 0; i < part; i++) {
      const at = this.find(a, start, e)
      if (at < 0) return -1
      start = at + this.size
    }
    return start
  }

  /** Where the part that begins at `start` ends; of a part that is not there, its start. */
  partEnd(a: Uint8Array, start: number, e: number): number {
    if (start < 0) return start
    const at = this.find(a, start, e)
    return at < 0 ? e : at
  }
}

/** The needle of a text that is not empty, the same each time. */
export const needleOf: (text: string) => Needle = kept(text => new Needle(encoder.encode(text)))

/** Looks for a needle in the texts of a plain column; quickest when asked row by row in their order. */
export class ColumnSearch {
  readonly #needle: Needle
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #isDense: boolean
  /** No occurrence begins at `#from` or later and before `#at`, which is beyond the end where there is none left. */
  #from = 0
  #at = -1
  #areFar = false

  /**
   * @param end of the last text
   * @param isDense whether so many of the rows will be asked for that others may be looked through, too
   */
  constructor(needle: Needle, bytes: Uint8Array, end: number, isDense: boolean) {
    this.#needle = needle
    this.#bytes = bytes
    this.#end = end
    this.#isDense = isDense
  }

  get size(): number {
    return this.#needle.size
  }

  /** As {@link Needle.find}, in the bytes of the column. */
  find(_bytes: Uint8Array, from: number, end: number): number {
    if (!this.#isDense) return this.#needle.find(this.#bytes, from, end)
    if (from > this.#at || from < this.#from) this.#seek(from)
    const at = this.#at
    return at + this.#needle.size <= end ? at : -1
  }

  #seek(from: number): void {
    this.#from = from
    if (!this.#areFar) {
      this.#at = this.#needle.find(this.#bytes, from, Math.min(from + NEAR, this.#end))
      if (this.#at >= 0) return
    }
    const at = Buffer.prototype.indexOf.call(this.#bytes as Buffer, this.#needle.bytes, from)
    this.#at = at < 0 ? this.#end : at
    this.#areFar = this.#at - from > NEAR
  }
}
