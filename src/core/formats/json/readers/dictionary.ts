import type { Column } from '../../../batch/column.ts'
import { allocInt32 } from '../../../batch/slab.ts'
import { TextInterner } from '../../../batch/text-interner.ts'
import { appendUnescaped } from '../escapes.ts'
import { BACKSLASH, BAD, NULL_WORD, QUOTE } from '../input.ts'
import { skipText, skipValue } from '../scan.ts'
import { Reader } from './reader.ts'

/** Distinct texts after which a dictionary is followed by another: ever new ones must not fill memory. */
const LARGEST_DICTIONARY = 1 << 16

/** Text as codes. The dictionary grows from block to block. */
export class DictionaryReader extends Reader {
  readonly kind = 'dictionary'
  #codes: Int32Array = new Int32Array(0)
  #texts = new TextInterner()
  #unescaped: Uint8Array = new Uint8Array(256)

  protected open(rows: number): void {
    this.#codes = allocInt32(this.arena, rows)
  }

  protected grow(rows: number): void {
    const old = this.#codes
    this.open(rows)
    this.#codes.set(old)
  }

  read(at: number, row: number): number {
    const { bytes, view, end } = this.input
    if (bytes[at] !== QUOTE) {
      if (at + 4 <= end && view.getInt32(at, true) === NULL_WORD) {
        this.missing(row)
        return at + 4
      }
      const after = skipValue(this.input, at)
      return after < 0 ? BAD : this.#set(row, bytes, at, after, after)
    }
    const after = skipText(this.input, at + 1)
    if (after < 0) return BAD
    for (let i = at + 1; i < after - 1; i++)
      if (bytes[i] === BACKSLASH) return this.#setUnescaped(row, at + 1, after)
    return this.#set(row, bytes, at + 1, after - 1, after)
  }

  #set(row: number, bytes: Uint8Array, start: number, end: number, after: number): number {
    this.#codes[row] = this.#texts.code(bytes, start, end)
    this.setValid(row)
    return after
  }

  #setUnescaped(row: number, start: number, after: number): number {
    const { bytes } = this.input
    if (this.#unescaped.length < after - start) this.#unescaped = new Uint8Array(2 * (after - start))
    let to = 0
    for (let from = start; from < after - 1; ) {
      if (bytes[from] !== BACKSLASH) {
        this.#unescaped[to++] = bytes[from++]!
        continue
      }
      const written = appendUnescaped(this.input, from, this.#unescaped, to)
      if (written < 0) return BAD
      to += written & 7
      from += written >> 3
    }
    return this.#set(row, this.#unescaped, 0, to, after)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const dictionary = this.#texts.dictionary()
    if (dictionary.length > LARGEST_DICTIONARY) this.#texts = new TextInterner()
    return { values: this.#codes.subarray(0, length), dictionary }
  }
}
