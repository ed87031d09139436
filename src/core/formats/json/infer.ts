/**
 * The columns that records imply.
 *
 * | values | type |
 * |---|---|
 * | booleans | `bool` |
 * | whole numbers | `int64`; `uint64` where one needs it |
 * | numbers | `float64` |
 * | dates of ISO 8601 | `date` |
 * | dates with times | `timestamp[us]`; `timestamp[ns]` where one has more digits |
 * | objects | `struct` of all keys that were seen, in that order |
 * | arrays | `list` of what all elements imply |
 * | other text, values of several kinds, nulls alone, numbers that no column holds, empty objects | `utf8` |
 *
 * Nulls and absent keys imply nothing.
 */

import type { ColumnType } from '../../types/column-type.ts'
import { listType, MAX_DEPTH, structType } from '../../types/nested-type.ts'
import type { Field } from '../../types/schema.ts'
import {
  BACKSLASH,
  BAD,
  CLOSE_LIST,
  CLOSE_OBJECT,
  type JsonInput,
  MINUS,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from './input.ts'
import { type Instant, readInstant } from './instants.ts'
import { asciiOf, wholeOf } from './numbers.ts'
import { skipColon, skipSpace, skipText, skipValue } from './scan.ts'

/** A struct of more fields than this is text: its keys are data. */
const MOST_FIELDS = 1000

const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT64 = 2n ** 64n - 1n

/** What values of one place in the records were. */
export class Seen {
  #bools = 0
  #wholes = 0
  #floats = 0
  #dates = 0
  #times = 0
  #texts = 0
  /** Whole numbers beyond int64, and beyond any column. */
  #wide = 0
  #tooWide = 0
  #negative = false
  /** Times with more than six digits of a second. */
  #fine = 0
  /** Times that say their offset from UTC: with and without are not one type. */
  #offsets = 0
  #lists = 0
  #objects = 0
  #element: Seen | undefined
  readonly #fields = new Map<string, Seen>()

  /** The fields of the objects there were. */
  get fields(): readonly Field[] {
    return [...this.#fields].map(([name, seen]) => ({ name, type: seen.type }))
  }

  /** Takes the value at `at` into account; the offset after it, or -1. */
  add(input: JsonInput, at: number, depth = 0): number {
    const byte = at < input.end ? input.bytes[at]! : 0
    if (depth <= MAX_DEPTH) {
      if (byte === OPEN_OBJECT) return this.#addObject(input, at, depth)
      if (byte === OPEN_LIST) return this.#addList(input, at, depth)
    }
    const end = skipValue(input, at)
    if (end < 0) return BAD
    if (byte === QUOTE) this.#addText(input, at + 1, end - 1)
    else if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) this.#addNumber(asciiOf(input.bytes, at, end))
    else if (byte === 0x74 || byte === 0x66) this.#bools++
    else if (byte !== 0x6e) this.#texts++
    return end
  }

  #addNumber(text: string): void {
    if (/[.eE]/.test(text)) {
      this.#floats++
      return
    }
    const value = wholeOf(text)
    this.#wholes++
    if (value === undefined || value > MAX_UINT64 || value < -MAX_INT64 - 1n) this.#tooWide++
    else if (value > MAX_INT64) this.#wide++
    else if (value < 0n) this.#negative = true
  }

  #addText(input: JsonInput, start: number, end: number): void {
    if (end - start < 10 || end - start > 40 || !readInstant(input.bytes, input.view, start, end, instant)) {
      this.#texts++
      return
    }
    if (instant.isDate) this.#dates++
    else this.#times++
    if (instant.nanos % 1000 !== 0) this.#fine++
    if (instant.hasOffset) this.#offsets++
  }

  #addObject(input: JsonInput, at: number, depth: number): number {
    const { bytes } = input
    this.#objects++
    at = skipSpace(input, at + 1)
    if (at < input.end && bytes[at] === CLOSE_OBJECT) return at + 1
    for (;;) {
      if (at >= input.end || bytes[at] !== QUOTE) return input.unexpected(at, 'a key')
      const keyEnd = skipText(input, at + 1)
      if (keyEnd < 0) return BAD
      const field = this.#fieldOf(keyOf(bytes, at, keyEnd))
      if ((at = skipColon(input, keyEnd)) < 0) return BAD
      if ((at = field.add(input, at, depth + 1)) < 0) return BAD
      at = skipSpace(input, at)
      const after = at < input.end ? bytes[at]! : 0
      if (after === CLOSE_OBJECT) return at + 1
      if (after !== 0x2c) return input.unexpected(at, "',' or '}'")
      at = skipSpace(input, at + 1)
    }
  }

  #fieldOf(name: string): Seen {
    let field = this.#fields.get(name)
    if (!field) {
      field = new Seen()
      this.#fields.set(name, field)
    }
    return field
  }

  #addList(input: JsonInput, at: number, depth: number): number {
    const { bytes } = input
    this.#lists++
    this.#element ??= new Seen()
    at = skipSpace(input, at + 1)
    if (at < input.end && bytes[at] === CLOSE_LIST) return at + 1
    for (;;) {
      if ((at = this.#element.add(input, at, depth + 1)) < 0) return BAD
      at = skipSpace(input, at)
      const after = at < input.end ? bytes[at]! : 0
      if (after === CLOSE_LIST) return at + 1
      if (after !== 0x2c) return input.unexpected(at, "',' or ']'")
      at = skipSpace(input, at + 1)
    }
  }

  /** The type that holds all values there were. */
  get type(): ColumnType {
    const numbers = this.#wholes + this.#floats
    const times = this.#dates + this.#times
    const kinds = [this.#bools, numbers, times, this.#texts, this.#lists, this.#objects].filter(
      count => count > 0,
    )
    if (kinds.length !== 1) return 'utf8'
    if (this.#bools > 0) return 'bool'
    if (numbers > 0) return this.#numberType
    if (times > 0) return this.#timeType
    if (this.#lists > 0) return listType(this.#element!.type)
    if (this.#objects === 0 || this.#fields.size === 0 || this.#fields.size > MOST_FIELDS) return 'utf8'
    return structType(this.fields)
  }

  get #numberType(): ColumnType {
    if (this.#floats > 0) return 'float64'
    if (this.#tooWide > 0 || (this.#wide > 0 && this.#negative)) return 'utf8'
    return this.#wide > 0 ? 'uint64' : 'int64'
  }

  get #timeType(): ColumnType {
    if (this.#times === 0) return 'date'
    // Dates alone mean midnight UTC, as times without an offset do.
    if (this.#offsets !== 0 && this.#offsets !== this.#times + this.#dates) return 'utf8'
    return this.#fine > 0 ? 'timestamp[ns]' : 'timestamp[us]'
  }
}

const instant: Instant = { seconds: 0, nanos: 0, isDate: false, hasOffset: false }
const decoder = new TextDecoder()

/** The key whose quotes are at `start` and before `end`. */
function keyOf(bytes: Uint8Array, start: number, end: number): string {
  const key = bytes.slice(start, end)
  return key.includes(BACKSLASH)
    ? (JSON.parse(decoder.decode(key)) as string)
    : decoder.decode(key.subarray(1, -1))
}
