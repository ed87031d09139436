/**
 * Reading DuckDB's text cells. A cell is 16 bytes: a length, then up to 12 bytes of text, or the first 4 and a pointer.
 *
 * Texts are numbered as they come, in one growing dictionary per column, so that everything downstream compares numbers.
 * The words of a short cell are the key: no byte of it is looked at twice.
 */

import type Raw from '@duckdb/node-bindings'
import type { Dictionary } from '../../core/batch/column.ts'
import { checkTextSize } from '../../core/batch/take-column.ts'
import { uniqueId } from '../../core/unique-id.ts'
import { freeBytes } from './chunk.ts'

/** The longest text that lies in its cell. */
export const INLINE_BYTES = 12

/**
 * Texts that lie outside their cells are fetched together when they are next to each other in memory. A gap smaller
 * than a page cannot hold an unmapped one: both its ends are mapped.
 */
const LARGEST_GAP = 64

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** The bytes of the long texts of some rows of a chunk. */
class LongTexts {
  readonly #raw: typeof Raw
  #bytes: Uint8Array[] = []
  #starts = new Int32Array(0)
  #which = new Int32Array(0)

  constructor(raw: typeof Raw) {
    if (!LITTLE_ENDIAN) throw new Error('DuckDB text cells are read on little-endian machines only')
    this.#raw = raw
  }

  /** Fetches the long texts among rows `from` to `from + count`. */
  fetch(
    data: Uint8Array,
    cells: Int32Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
  ): void {
    if (this.#starts.length < count) {
      this.#starts = new Int32Array(count)
      this.#which = new Int32Array(count)
    }
    for (const bytes of this.#bytes) freeBytes(bytes)
    this.#bytes.length = 0
    const end = from + count
    let first = -1
    let spanStart = 0
    let spanEnd = 0
    for (let row = from; row <= end; row++) {
      let start = 0
      let length = 0
      if (row < end) {
        length = cells[row * 4]!
        if (length <= INLINE_BYTES) continue
        if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
        start = (cells[row * 4 + 2]! >>> 0) + (cells[row * 4 + 3]! >>> 0) * 2 ** 32
        if (
          first >= 0 &&
          start >= spanStart &&
          start <= spanEnd + LARGEST_GAP &&
          start - spanStart < 1 << 24
        ) {
          if (start + length > spanEnd) spanEnd = start + length
          this.#starts[row - from] = start - spanStart
          this.#which[row - from] = this.#bytes.length
          continue
        }
      }
      if (first >= 0) {
        const at = data.byteOffset + first * 16 + 8
        this.#bytes.push(this.#raw.get_data_from_pointer(data.buffer as ArrayBuffer, at, spanEnd - spanStart))
      }
      if (row < end) {
        first = row
        spanStart = start
        spanEnd = start + length
        this.#starts[row - from] = 0
        this.#which[row - from] = this.#bytes.length
      }
    }
  }

  /** Where the text of the `i`-th row fetched begins in {@link bytesOf}. */
  startOf(i: number): number {
    return this.#starts[i]!
  }

  bytesOf(i: number): Uint8Array {
    return this.#bytes[this.#which[i]!]!
  }
}

const FIRST_SLOTS = 1024

/** Words per slot of the hash table; the last three are empty, so that a slot is one shift away. */
const SLOT = 8

/** Distinct texts of one column of one reader, numbered 0, 1, … in order of appearance. Shared memory; only grows. */
export class TextDictionary {
  readonly id = `duckdb-${uniqueId()}`
  #length = 0
  #bytes = new Uint8Array(new SharedArrayBuffer(1 << 14))
  #used = 0
  #offsets = new Int32Array(new SharedArrayBuffer((FIRST_SLOTS + 1) * 4))
  /**
   * Open addressing; {@link SLOT} words per slot: the code + 1, or 0, then the key: the four words of a short cell, or
   * length, prefix and two hashes of a long one.
   */
  #table = new Int32Array(FIRST_SLOTS * SLOT)
  #snapshot: Dictionary | undefined
  readonly #long: LongTexts

  constructor(raw: typeof Raw) {
    this.#long = new LongTexts(raw)
  }

  /** How many texts there are. */
  get length(): number {
    return this.#length
  }

  /** The dictionary as it stands; later texts do not show in it. */
  snapshot(): Dictionary {
    if (this.#snapshot?.length !== this.#length) {
      this.#snapshot = {
        id: this.id,
        length: this.#length,
        values: this.#bytes.subarray(0, this.#used),
        offsets: this.#offsets.subarray(0, this.#length + 1),
      }
    }
    return this.#snapshot
  }

  /** Writes the codes of rows `from` to `from + count` of a chunk to `codes[at]` onwards; 0 for null. */
  encode(
    data: Uint8Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    codes: Int32Array,
    at: number,
  ): void {
    const cells = new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2)
    let longs = 0
    let row = from
    const end = from + count
    while (row < end) {
      row = this.#encodeShort(cells, validity, row, end, codes, at - from)
      if (row >= end) break
      // The cell at `row` stopped the fast loop: a null, a long text, or a new one.
      if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) codes[at - from + row] = 0
      else if (cells[row * 4]! > INLINE_BYTES) {
        longs++
        codes[at - from + row] = -1
      } else codes[at - from + row] = this.#addShort(data, cells, row)
      row++
    }
    if (longs > 0) this.#encodeLong(data, cells, validity, from, count, codes, at)
  }

  /** Codes of known short texts up to the first row that is something else; returns that row. */
  #encodeShort(
    cells: Int32Array,
    validity: Uint8Array | undefined,
    from: number,
    end: number,
    codes: Int32Array,
    shift: number,
  ): number {
    const table = this.#table
    const mask = table.length - 1
    for (let row = from; row < end; row++) {
      if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) return row
      const c = row * 4
      const length = cells[c]!
      if (length > INLINE_BYTES) return row
      const a = cells[c + 1]!
      const b = cells[c + 2]!
      const d = cells[c + 3]!
      let at = (hash(length, a, b, d) * SLOT) & mask
      for (;;) {
        const entry = table[at]!
        if (
          table[at + 2] === a &&
          table[at + 1] === length &&
          table[at + 3] === b &&
          table[at + 4] === d &&
          entry !== 0
        ) {
          codes[shift + row] = entry - 1
          break
        }
        if (entry === 0) return row
        at = (at + SLOT) & mask
      }
    }
    return end
  }

  #addShort(data: Uint8Array, cells: Int32Array, row: number): number {
    const c = row * 4
    const code = this.#add(data, row * 16 + 4, cells[c]!)
    this.#place(code, cells[c]!, cells[c + 1]!, cells[c + 2]!, cells[c + 3]!)
    return code
  }

  #encodeLong(
    data: Uint8Array,
    cells: Int32Array,
    validity: Uint8Array | undefined,
    from: number,
    count: number,
    codes: Int32Array,
    at: number,
  ): void {
    const long = this.#long
    long.fetch(data, cells, validity, from, count)
    for (let i = 0; i < count; i++) {
      if (codes[at + i] !== -1) continue
      const length = cells[(from + i) * 4]!
      codes[at + i] = this.#codeOfLong(long.bytesOf(i), long.startOf(i), length, cells[(from + i) * 4 + 1]!)
    }
  }

  #codeOfLong(bytes: Uint8Array, start: number, length: number, prefix: number): number {
    let h = 0x811c9dc5
    let g = 0x1b873593
    const end = start + length
    for (let i = start; i < end; i++) {
      h = Math.imul(h ^ bytes[i]!, 0x01000193)
      g = Math.imul(g + bytes[i]!, 0x5bd1e995) ^ (g >>> 15)
    }
    const table = this.#table
    const mask = table.length - 1
    let at = (hash(length, prefix, h, g) * SLOT) & mask
    for (;;) {
      const entry = table[at]!
      if (entry === 0) break
      const same =
        table[at + 1] === length && table[at + 2] === prefix && table[at + 3] === h && table[at + 4] === g
      if (same && this.#sameBytes(entry - 1, bytes, start, length)) return entry - 1
      at = (at + SLOT) & mask
    }
    const code = this.#add(bytes, start, length)
    this.#place(code, length, prefix, h, g)
    return code
  }

  #sameBytes(code: number, bytes: Uint8Array, start: number, length: number): boolean {
    const mine = this.#offsets[code]!
    const own = this.#bytes
    for (let i = 0; i < length; i++) if (own[mine + i] !== bytes[start + i]) return false
    return true
  }

  /** Appends a text; the caller enters it into the table. */
  #add(source: Uint8Array, start: number, length: number): number {
    const code = this.#length
    if (this.#used + length > this.#bytes.length) {
      checkTextSize(this.#used + length)
      const grown = new Uint8Array(
        new SharedArrayBuffer(Math.max(this.#bytes.length * 2, this.#used + length)),
      )
      grown.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = grown
    }
    if (code + 2 > this.#offsets.length) {
      const grown = new Int32Array(new SharedArrayBuffer(this.#offsets.length * 8))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) bytes[this.#used + i] = source[start + i]!
    this.#used += length
    this.#offsets[code + 1] = this.#used
    this.#length++
    return code
  }

  /** Enters a new code under its key; keeps the table at most half full. */
  #place(code: number, length: number, a: number, b: number, c: number): void {
    if (this.#length * 2 * SLOT > this.#table.length) {
      const old = this.#table
      this.#table = new Int32Array(old.length * 2)
      for (let at = 0; at < old.length; at += SLOT) {
        const entry = old[at]!
        if (entry !== 0) this.#enter(entry, old[at + 1]!, old[at + 2]!, old[at + 3]!, old[at + 4]!)
      }
    }
    this.#enter(code + 1, length, a, b, c)
  }

  #enter(entry: number, length: number, a: number, b: number, c: number): void {
    const table = this.#table
    const mask = table.length - 1
    let at = (hash(length, a, b, c) * SLOT) & mask
    while (table[at] !== 0) at = (at + SLOT) & mask
    table[at] = entry
    table[at + 1] = length
    table[at + 2] = a
    table[at + 3] = b
    table[at + 4] = c
  }
}

/** Mixes the words of a cell; multipliers of MurmurHash3 (Appleby, public domain). Below 2^28. */
function hash(length: number, a: number, b: number, c: number): number {
  const h = Math.imul(a ^ Math.imul(b, 0x1b873593) ^ Math.imul(c ^ length, 0x85ebca6b), 0xcc9e2d51)
  return (h ^ (h >>> 15)) >>> 4
}

/** Plain text of one batch while it is read: bytes and offsets, in memory of this thread. */
export class PlainText {
  offsets = new Int32Array(1)
  bytes = new Uint8Array(1 << 12)
  used = 0
  readonly #long: LongTexts

  constructor(raw: typeof Raw) {
    this.#long = new LongTexts(raw)
  }

  begin(capacity: number): void {
    if (this.offsets.length < capacity + 1) this.offsets = new Int32Array(capacity + 1)
    this.used = 0
  }

  append(data: Uint8Array, validity: Uint8Array | undefined, from: number, count: number, at: number): void {
    const cells = new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2)
    let need = this.used
    let longs = 0
    for (let row = from; row < from + count; row++) {
      if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const length = cells[row * 4]! >>> 0
      need += length
      if (length > INLINE_BYTES) longs++
    }
    checkTextSize(need)
    if (need > this.bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
      grown.set(this.bytes.subarray(0, this.used))
      this.bytes = grown
    }
    if (longs > 0) this.#long.fetch(data, cells, validity, from, count)
    const { bytes, offsets } = this
    let used = this.used
    for (let i = 0; i < count; i++) {
      const row = from + i
      offsets[at + i] = used
      if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const length = cells[row * 4]!
      if (length > INLINE_BYTES) {
        const start = this.#long.startOf(i)
        bytes.set(this.#long.bytesOf(i).subarray(start, start + length), used)
      } else {
        const start = row * 16 + 4
        for (let b = 0; b < length; b++) bytes[used + b] = data[start + b]!
      }
      used += length
    }
    offsets[at + count] = used
    this.used = used
  }
}
