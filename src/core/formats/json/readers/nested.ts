/** Objects as structs or maps, arrays as lists. */

import { type Column, NO_VALUES } from '../../../batch/column.ts'
import { allocInt32 } from '../../../batch/slab.ts'
import type { ListType, MapType, StructType } from '../../../types/nested-type.ts'
import {
  BAD,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  type JsonInput,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from '../input.ts'
import type { ObjectReader } from '../object-reader.ts'
import { skipColon, skipSpace } from '../scan.ts'
import { Reader } from './reader.ts'

export class StructReader extends Reader {
  readonly kind = 'struct'
  readonly #fields: ObjectReader

  constructor(type: StructType, input: JsonInput, fields: ObjectReader) {
    super(type, input)
    this.#fields = fields
  }

  protected open(rows: number): void {
    for (const field of this.#fields.readers) field.begin(this.arena, rows)
  }

  protected grow(rows: number): void {
    for (const field of this.#fields.readers) field.reserve(rows)
  }

  read(at: number, row: number): number {
    if (this.input.bytes[at] !== OPEN_OBJECT) return this.nullOr(at, row)
    const end = this.#fields.read(at, row)
    if (end >= 0) this.setValid(row)
    return end
  }

  override missing(row: number): void {
    super.missing(row)
    this.#fields.missing(row)
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    return { values: NO_VALUES, children: this.#fields.readers.map(field => field.finish(length)) }
  }
}

/** What lists and maps share: offsets into what they hold. */
abstract class RepeatedReader extends Reader {
  protected offsets: Int32Array = new Int32Array(1)
  /** Elements that a row had in the block before. */
  protected perRow = 2

  protected abstract readonly children: readonly Reader[]

  protected open(rows: number): void {
    this.offsets = allocInt32(this.arena, rows + 1)
    this.offsets[0] = 0
    // An element and what comes after it take two bytes at least: what rows of a block before had, lists in lists to the
    // power of their depth, may be more than there can be.
    const elements = Math.min(Math.ceil(rows * this.perRow), this.input.end >> 1) + 16
    for (const child of this.children) child.begin(this.arena, elements)
  }

  protected grow(rows: number): void {
    const offsets = allocInt32(this.arena, rows + 1)
    offsets.set(this.offsets)
    this.offsets = offsets
  }

  override missing(row: number): void {
    super.missing(row)
    this.offsets[row + 1] = this.offsets[row]!
  }

  protected ended(row: number, elements: number): void {
    this.offsets[row + 1] = elements
    this.setValid(row)
  }

  /** The offsets, and how many elements there are. */
  protected repeated(length: number): { offsets: Int32Array; elements: number } {
    const elements = this.offsets[length]!
    if (length > 0) this.perRow = (elements / length) * 1.1
    return { offsets: this.offsets.subarray(0, length + 1), elements }
  }
}

export class ListReader extends RepeatedReader {
  readonly kind = 'list'
  protected readonly children: readonly Reader[]
  readonly #element: Reader

  constructor(type: ListType, input: JsonInput, element: Reader) {
    super(type, input)
    this.#element = element
    this.children = [element]
  }

  read(start: number, row: number): number {
    const { input } = this
    const { bytes } = input
    if (bytes[start] !== OPEN_LIST) return this.nullOr(start, row)
    const element = this.#element
    let count = this.offsets[row]!
    let at = skipSpace(input, start + 1)
    if (at < input.end && bytes[at] === CLOSE_LIST) {
      this.ended(row, count)
      return at + 1
    }
    for (;;) {
      if (count >= element.capacity) element.reserve(count + 1)
      if (at >= input.end) return input.unexpected(at, 'a value')
      at = element.read(at, count++)
      if (at < 0) {
        input.path.unshift(`[${count - 1 - this.offsets[row]!}]`)
        return BAD
      }
      at = skipSpace(input, at)
      const after = at < input.end ? bytes[at] : 0
      if (after === CLOSE_LIST) break
      if (after !== COMMA) return input.unexpected(at, "',' or ']'")
      at = skipSpace(input, at + 1)
    }
    this.ended(row, count)
    return at + 1
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const { offsets, elements } = this.repeated(length)
    return { values: NO_VALUES, offsets, children: [this.#element.finish(elements)] }
  }
}

/**
 * An object as a map from its keys, which are read as the keys' type reads text; or a list of objects with `key` and
 * `value`. Equal keys are entries of their own.
 */
export class MapReader extends RepeatedReader {
  readonly kind = 'map'
  protected readonly children: readonly Reader[]
  readonly #type: StructType
  readonly #entries: ObjectReader
  readonly #key: Reader
  readonly #value: Reader

  /** @param entries reads objects with `key` and `value` */
  constructor(type: MapType, input: JsonInput, entryType: StructType, entries: ObjectReader) {
    super(type, input)
    this.#type = entryType
    this.#entries = entries
    this.children = entries.readers
    this.#key = entries.readers[0]!
    this.#value = entries.readers[1]!
  }

  read(start: number, row: number): number {
    const { input } = this
    const { bytes } = input
    const isList = bytes[start] === OPEN_LIST
    if (!isList && bytes[start] !== OPEN_OBJECT) return this.nullOr(start, row)
    const close = isList ? CLOSE_LIST : CLOSE_OBJECT
    let count = this.offsets[row]!
    let at = skipSpace(input, start + 1)
    if (at < input.end && bytes[at] === close) {
      this.ended(row, count)
      return at + 1
    }
    for (;;) {
      if (count >= this.#key.capacity) this.#key.reserve(count + 1)
      if (count >= this.#value.capacity) this.#value.reserve(count + 1)
      at = isList ? this.#readPair(at, count) : this.#readEntry(at, count)
      if (at < 0) return BAD
      count++
      at = skipSpace(input, at)
      const after = at < input.end ? bytes[at] : 0
      if (after === close) break
      if (after !== COMMA) return input.unexpected(at, `',' or '${String.fromCharCode(close)}'`)
      at = skipSpace(input, at + 1)
    }
    this.ended(row, count)
    return at + 1
  }

  /** `"key": value` */
  #readEntry(at: number, row: number): number {
    const { input } = this
    if (at >= input.end || input.bytes[at] !== QUOTE) return input.unexpected(at, 'a key')
    if ((at = this.#key.read(at, row)) < 0 || (at = skipColon(input, at)) < 0) return BAD
    return at < input.end ? this.#value.read(at, row) : input.unexpected(at, 'a value')
  }

  /** `{"key": …, "value": …}` */
  #readPair(at: number, row: number): number {
    const { input } = this
    return at < input.end && input.bytes[at] === OPEN_OBJECT
      ? this.#entries.read(at, row)
      : input.unexpected(at, 'an entry, as {"key": 1, "value": 2},')
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const { offsets, elements } = this.repeated(length)
    const children = this.children.map(child => child.finish(elements))
    return { values: NO_VALUES, offsets, children: [{ type: this.#type, values: NO_VALUES, children }] }
  }
}
