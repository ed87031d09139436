/**
 * Gives equal texts equal codes, from plain UTF-8 or from the codes of any dictionary.
 *
 * Codes count from 0 in order of first sight. The texts lie one after the other in shared memory that is only ever
 * appended to, so that results refer to them as a {@link Dictionary} without copying, on any thread.
 *
 * A text of at most 8 bytes is known by its bytes, packed into two words; a longer one by a hash and a comparison.
 */

import type { Column, Dictionary } from '../batch/column.ts'
import { compareBytes } from '../batch/compare.ts'
import { newDictionaryId } from '../batch/dictionary.ts'
import { type Arena, allocInt32 } from '../batch/slab.ts'
import { retire } from '../batch/spare-memory.ts'
import { DataError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { grownLength, sharedMemory } from './growing.ts'
import { type CodeLookup, validityOf } from './integer-index.ts'
import { hashWords, WordSlots } from './word-slots.ts'

const MAX_BYTES = 2 ** 31 - 1
/** Dictionaries whose codes are remembered. */
const MAX_CACHED = 16

// What a text of n < 8 bytes keeps of the two words read at its start.
const KEEP_LOW = new Int32Array([0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1])
const KEEP_HIGH = new Int32Array([0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1])

export class TextIndex {
  readonly #type: ColumnType
  readonly #id = newDictionaryId()
  #bytes = new Uint8Array(new SharedArrayBuffer(1024))
  #offsets = new Int32Array(new SharedArrayBuffer(4 * 65))
  #size = 0
  #nullCode = -1
  /** Code + 1 by two words of the text, or of its hash, and its length. */
  readonly #slots = new WordSlots(256)
  /** Code + 1 by the code of another dictionary, by its id. */
  readonly #known = new Map<string, Int32Array>()
  /** While texts are only looked up: those that have no code get `NO_CODE`. */
  #closed = false

  constructor(type: ColumnType) {
    this.#type = type
  }

  /** How many distinct texts it has seen, null included. */
  get size(): number {
    return this.#size
  }

  /** The code of null; -1 when it has not been seen. */
  get nullCode(): number {
    return this.#nullCode
  }

  get bytes(): number {
    // What is reserved beyond them costs nothing yet.
    let total = this.#offsets[this.#size]! + 4 * (this.#size + 1) + this.#slots.bytes
    for (const codes of this.#known.values()) total += codes.byteLength
    return total
  }

  /** The codes of other dictionaries are not remembered any longer. */
  forgetDictionaries(): void {
    this.#known.clear()
  }

  /** Says that the index is not used any more. Columns that it made stay as they are. */
  release(): void {
    retire(this.#bytes.buffer)
    retire(this.#offsets.buffer)
  }

  /** `codes[i]` becomes the code of the text at physical row `rows[i]` (or `i`). */
  intern(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    if (column.dictionary) this.#internCodes(column, column.dictionary, count, rows, codes)
    else this.#internText(column, count, rows, codes)
  }

  /** As {@link IntegerIndex.find}. */
  find(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    this.#closed = true
    try {
      this.intern(column, count, rows, codes)
    } finally {
      this.#closed = false
    }
  }

  #internCodes(
    column: Column,
    dictionary: Dictionary,
    count: number,
    rows: Uint32Array | undefined,
    codes: Uint32Array,
  ): void {
    const known = this.#knownOf(dictionary)
    const values = column.values as Int32Array
    const { validity } = column
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
        codes[i] = this.#codeOfNull()
        continue
      }
      const value = values[row]!
      let code = known[value]!
      if (code === 0) {
        code = this.codeOf(dictionary.values, dictionary.offsets[value]!, dictionary.offsets[value + 1]!) + 1
        known[value] = code
      }
      codes[i] = code - 1
    }
  }

  /** As {@link IntegerIndex.lookup}, for text that comes as codes. */
  lookup(column: Column): CodeLookup | undefined {
    if (!column.dictionary || column.validity) return undefined
    return { values: column.values as Int32Array, array: this.#knownOf(column.dictionary), base: 0 }
  }

  /** As {@link IntegerIndex.internRow}. */
  internRow(column: Column, row: number, lookup: CodeLookup): number {
    const { values, offsets } = column.dictionary!
    const value = lookup.values[row]!
    const code = this.codeOf(values, offsets[value]!, offsets[value + 1]!)
    lookup.array[value] = code + 1
    return code
  }

  #knownOf(dictionary: Dictionary): Int32Array {
    const { id, length } = dictionary
    let known = this.#known.get(id)
    if (known === undefined || known.length < length) {
      const larger = new Int32Array(known === undefined ? length : Math.max(length, known.length * 2))
      if (known) larger.set(known)
      else if (this.#known.size >= MAX_CACHED) this.#known.delete(this.#known.keys().next().value!)
      this.#known.set(id, larger)
      known = larger
    }
    return known
  }

  #internText(column: Column, count: number, rows: Uint32Array | undefined, codes: Uint32Array): void {
    const bytes = column.values as Uint8Array
    const offsets = column.offsets!
    const { validity } = column
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const readable = bytes.byteLength - 8
    const { seed } = this.#slots
    let { slots } = this.#slots
    let mask = slots.length - 4
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
        codes[i] = this.#codeOfNull()
        continue
      }
      const start = offsets[row]!
      const length = offsets[row + 1]! - start
      if (length <= 8 && start <= readable) {
        const low = view.getInt32(start, true) & KEEP_LOW[length]!
        const high = view.getInt32(start + 4, true) & KEEP_HIGH[length]!
        let slot = (hashWords(low, high, length ^ seed) << 2) & mask
        let code = slots[slot + 3]!
        while (
          code !== 0 &&
          (slots[slot] !== low || slots[slot + 1] !== high || slots[slot + 2] !== length)
        ) {
          slot = (slot + 4) & mask
          code = slots[slot + 3]!
        }
        if (code !== 0) {
          codes[i] = code - 1
          continue
        }
      }
      codes[i] = this.codeOf(bytes, start, start + length)
      slots = this.#slots.slots
      mask = slots.length - 4
    }
  }

  /** The code of one text; a new one if the text is new. */
  codeOf(source: Uint8Array, start: number, end: number): number {
    const length = end - start
    let low = 0
    let high = 0
    if (length <= 8) {
      for (let i = 0; i < length && i < 4; i++) low |= source[start + i]! << (8 * i)
      for (let i = 4; i < length; i++) high |= source[start + i]! << (8 * i - 32)
    } else {
      low = this.#slots.seed
      high = length
      let i = start
      for (; i + 4 <= end; i += 4) {
        const word = source[i]! | (source[i + 1]! << 8) | (source[i + 2]! << 16) | (source[i + 3]! << 24)
        low = Math.imul(low ^ word, 0x9e3779b1)
        low ^= low >>> 15
        high = (Math.imul(high, 31) + word) | 0
      }
      for (; i < end; i++) {
        low = Math.imul(low ^ source[i]!, 0x9e3779b1)
        low ^= low >>> 15
        high = (Math.imul(high, 31) + source[i]!) | 0
      }
    }
    let known = this.#slots.find(low, high, length)
    // Of two long texts with one hash the second is known by the next.
    while (known !== 0 && length > 8 && !this.#equal(known - 1, source, start, end)) {
      low = (low + 1) | 0
      known = this.#slots.find(low, high, length)
    }
    if (known !== 0 || this.#closed) return known - 1
    const code = this.#append(source, start, end)
    this.#slots.add(low, high, length, code + 1)
    return code
  }

  #equal(code: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes
    let at = this.#offsets[code]!
    for (let i = start; i < end; i++) if (source[i] !== bytes[at++]) return false
    return true
  }

  #codeOfNull(): number {
    // Its place in the dictionary holds an empty text that no valid cell refers to.
    if (this.#nullCode < 0 && !this.#closed) this.#nullCode = this.#append(this.#bytes, 0, 0)
    return this.#nullCode
  }

  #append(source: Uint8Array, start: number, end: number): number {
    const code = this.#size
    if (code + 1 === this.#offsets.length) {
      const offsets = new Int32Array(sharedMemory(4 * grownLength(code + 1, code + 2), 4 * (code + 2)))
      offsets.set(this.#offsets)
      retire(this.#offsets.buffer)
      this.#offsets = offsets
    }
    const at = this.#offsets[code]!
    const until = at + end - start
    if (until > this.#bytes.length) {
      if (until > MAX_BYTES) {
        throw new DataError('KEY_TEXT_SIZE', 'the distinct texts of one key column exceed 2 GiB', {
          hint: 'group by a shorter column, or by a hash of this one',
        })
      }
      const length = Math.min(MAX_BYTES, grownLength(this.#bytes.length, until))
      const bytes = new Uint8Array(sharedMemory(length, until))
      bytes.set(this.#bytes.subarray(0, at))
      retire(this.#bytes.buffer)
      this.#bytes = bytes
    }
    for (let i = start, j = at; i < end; i++, j++) this.#bytes[j] = source[i]!
    this.#offsets[code + 1] = until
    this.#size = code + 1
    return code
  }

  /** The texts of codes, as codes into this index's dictionary. */
  column(codes: Uint32Array, count: number, arena: Arena): Column {
    const values = allocInt32(arena, count)
    for (let i = 0; i < count; i++) values[i] = codes[i]!
    const length = this.#size
    const dictionary: Dictionary = {
      id: this.#id,
      length,
      values: this.#bytes.subarray(0, this.#offsets[length]!),
      offsets: this.#offsets.subarray(0, length + 1),
    }
    const validity = this.#nullCode < 0 ? undefined : validityOf(codes, count, this.#nullCode, arena)
    return { type: this.#type, values, dictionary, ...(validity ? { validity } : {}) }
  }

  /** Canonical order: by UTF-8 bytes, null after everything. */
  compare(a: number, b: number): number {
    if (a === b) return 0
    if (a === this.#nullCode) return 1
    if (b === this.#nullCode) return -1
    const offsets = this.#offsets
    return compareBytes(this.#bytes, offsets[a]!, offsets[a + 1]!, this.#bytes, offsets[b]!, offsets[b + 1]!)
  }

  /** Whether a code that is not the null's stands for the text `source[start, end)`. */
  isText(code: number, source: Uint8Array, start: number, end: number): boolean {
    const length = this.#offsets[code + 1]! - this.#offsets[code]!
    return length === end - start && this.#equal(code, source, start, end)
  }
}
