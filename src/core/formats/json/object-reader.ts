/**
 * Objects into columns: records, and structs within them.
 *
 * Objects of a file mostly look alike, so the first one makes a template (`template.ts`): a generated function that expects
 * its keys, in its order, with its white space. What differs goes the slow way, which takes all that is JSON, and is
 * learned from when it happens often.
 */

import { BACKSLASH, BAD, CLOSE_OBJECT, COMMA, type JsonInput, QUOTE } from './input.ts'
import { KeyTable } from './key-table.ts'
import type { Reader } from './readers/reader.ts'
import { skipColon, skipSpace, skipText, skipValue } from './scan.ts'
import { type FastObject, learnTemplate } from './template.ts'

/** A template is made anew when of so many objects that went the slow way, there were not many times more that did not. */
const MISSES = 64
const HITS_PER_MISS = 4
/** Objects without an order that lasts are not learned from for ever. */
const MOST_TEMPLATES = 16

export class ObjectReader {
  readonly names: readonly string[]
  readonly readers: readonly Reader[]
  readonly #input: JsonInput
  readonly #keys: KeyTable
  /** By column: the object that had it last. */
  readonly #seenIn: Float64Array
  #object = 0
  #fast: FastObject | undefined
  #templates = 0
  #reads = 0
  #misses = 0

  constructor(input: JsonInput, names: readonly string[], readers: readonly Reader[]) {
    this.#input = input
    this.names = names
    this.readers = readers
    this.#keys = new KeyTable(names)
    this.#seenIn = new Float64Array(names.length)
  }

  /** Reads the object whose brace is at `at` into a row of all columns; the offset after it, or -1. */
  read(at: number, row: number): number {
    this.#reads++
    if (this.#fast) {
      const end = this.#fast(at, row)
      if (end >= 0) return end
    }
    const end = this.#readSlowly(at, row)
    if (end >= 0) this.#learn(at, end)
    return end
  }

  /** The row is null in all columns. */
  missing(row: number): void {
    for (const reader of this.readers) reader.missing(row)
  }

  #learn(start: number, end: number): void {
    if (this.#fast && (++this.#misses < MISSES || this.#misses * HITS_PER_MISS < this.#reads)) return
    if (this.#templates === MOST_TEMPLATES) return
    this.#templates++
    this.#misses = this.#reads = 0
    this.#fast = learnTemplate(this.#input, start, end, this.readers, (from, to) =>
      this.#columnOf(from, to, -1),
    )
  }

  #columnOf(start: number, end: number, guess: number): number {
    const { bytes } = this.#input
    for (let i = start; i < end; i++)
      if (bytes[i] === BACKSLASH) return this.#keys.findEscaped(bytes, start - 1, end + 1)
    return this.#keys.find(bytes, start, end, guess)
  }

  #readSlowly(start: number, row: number): number {
    const input = this.#input
    const { bytes } = input
    const object = ++this.#object
    let seen = 0
    let last = -1
    let at = skipSpace(input, start + 1)
    if (at < input.end && bytes[at] === CLOSE_OBJECT) {
      this.missing(row)
      return at + 1
    }
    for (;;) {
      if (at >= input.end || bytes[at] !== QUOTE) return input.unexpected(at, 'a key')
      const keyEnd = skipText(input, at + 1)
      if (keyEnd < 0) return BAD
      const column = this.#columnOf(at + 1, keyEnd - 1, last + 1)
      if ((at = skipColon(input, keyEnd)) < 0) return BAD
      if (column < 0) {
        if ((at = skipValue(input, at)) < 0) return BAD
      } else {
        const end = at < input.end ? this.readers[column]!.read(at, row) : input.unexpected(at, 'a value')
        if (end < 0) {
          input.path.unshift(this.names[column]!)
          return BAD
        }
        at = end
        last = column
        if (this.#seenIn[column] !== object) {
          this.#seenIn[column] = object
          seen++
        }
      }
      at = skipSpace(input, at)
      const after = at < input.end ? bytes[at]! : 0
      if (after === CLOSE_OBJECT) break
      if (after !== COMMA) return input.unexpected(at, "',' or '}'")
      at = skipSpace(input, at + 1)
    }
    if (seen < this.readers.length)
      for (let c = 0; c < this.readers.length; c++)
        if (this.#seenIn[c] !== object) this.readers[c]!.missing(row)
    return at + 1
  }
}
