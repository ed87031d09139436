/** Text columns on their way to DuckDB. */

import type Raw from '@duckdb/node-bindings'
import type { Column } from '../../core/batch/column.ts'
import { copyBytes, viewOf } from '../../core/batch/copy-bytes.ts'
import { findInvalidUtf8 } from '../../core/formats/utf8.ts'
import { CHUNK_ROWS, freeBytes } from './chunk.ts'
import { larger, StagedColumn } from './staged-columns.ts'
import { INLINE_BYTES } from './text-cells.ts'

const NO_BYTES = new Uint8Array(0)
/** In place of a length: a text of a dictionary that is no UTF-8. */
const NO_TEXT = -2

/**
 * Text as DuckDB's 16-byte cells. Short texts are whole in their cell. The bytes of long ones lie here one after the other,
 * and their cells say where. When a chunk is filled, its vector gets the bytes of all its long texts as if they were the
 * text of one cell: that copies them to memory of the vector's, of which DuckDB says the address, and the cells point into it.
 * A call per text would cost ten times as much as the copy.
 */
export class StagedText extends StagedColumn {
  /** Four words per row: length, first four bytes, then of short texts the rest, of long ones where in `#long` they begin. */
  #cells = new Int32Array(0)
  #cellBytes = NO_BYTES
  #long = NO_BYTES
  #longView = viewOf(NO_BYTES)
  #longUsed = 0
  /** Bytes of the long texts of all rows, also of those that share them. */
  #longBytes = 0
  /** Cells of the texts of the dictionary seen last; -1 as length: not made yet; {@link NO_TEXT}: no UTF-8. Of long ones the last word is `#chunk`. */
  #dictionary = ''
  #coded = new Int32Array(0)
  /** Number of the chunk that is being staged, never used twice: its rows share the bytes of equal texts of a dictionary. */
  #chunk = 0
  /** Cells of one chunk on their way to a vector. */
  #pointing = new Int32Array(0)

  /** Binaries are any bytes. */
  readonly #isText = this.type !== 'binary'

  override get longBytes(): number {
    return this.#longBytes
  }

  protected growItems(capacity: number): void {
    this.#cells = larger(this.#cells, capacity * 4)
    this.#cellBytes = new Uint8Array(this.#cells.buffer)
  }

  override clear(): void {
    super.clear()
    this.#longUsed = 0
    this.#longBytes = 0
    this.#chunk++
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    if (column.dictionary) this.#copyCodes(column, rows, from, count, at)
    else if (rows || this.hasNulls) this.#copyPlain(column, rows, from, count, at)
    else this.#copyRange(column, from, count, at)
  }

  #copyPlain(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const bytes = column.values as Uint8Array
    const view = viewOf(bytes)
    const offsets = column.offsets!
    for (let i = 0; i < count; i++) {
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const row = rows ? rows[i]! : from + i
      const start = offsets[row]!
      const length = offsets[row + 1]! - start
      if (length > INLINE_BYTES) this.#writeLong(view, start, length, at + i)
      else if (!this.#writeShort(bytes, start, length, at + i)) this.setNull(at + i)
    }
  }

  /** Rows next to each other, none of them null: where most texts are long, their bytes are copied at once. */
  #copyRange(column: Column, from: number, count: number, at: number): void {
    const offsets = column.offsets!
    const first = offsets[from]!
    const size = offsets[from + count]! - first
    if (size <= count * INLINE_BYTES) {
      this.#copyPlain(column, undefined, from, count, at)
      return
    }
    const bytes = column.values as Uint8Array
    const view = viewOf(bytes)
    const ahead = this.#reserveLong(size) - first
    // Out of shared memory `set` copies byte by byte where source and target are aligned differently.
    Buffer.from(bytes.buffer, bytes.byteOffset + first, size).copy(this.#long, this.#longUsed)
    this.#longUsed += size
    let start = first
    for (let i = 0; i < count; i++) {
      const end = offsets[from + i + 1]!
      const length = end - start
      if (length > INLINE_BYTES) this.#pointTo(at + i, length, view.getInt32(start, true), start + ahead)
      else if (!this.#writeShort(bytes, start, length, at + i)) this.setNull(at + i)
      start = end
    }
  }

  #copyCodes(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const codes = column.values as Int32Array
    const dictionary = column.dictionary!
    if (dictionary.id !== this.#dictionary) {
      this.#dictionary = dictionary.id
      this.#coded = new Int32Array(0)
    }
    if (this.#coded.length < dictionary.length * 4) {
      const grown = new Int32Array(Math.max(dictionary.length * 4, this.#coded.length * 2)).fill(-1)
      grown.set(this.#coded)
      this.#coded = grown
    }
    const coded = this.#coded
    const cells = this.#cells
    const view = viewOf(dictionary.values)
    for (let i = 0; i < count; i++) {
      if ((at + i) % CHUNK_ROWS === 0) this.#chunk++
      const cell = (at + i) * 4
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const code = codes[rows ? rows[i]! : from + i]!
      const known = code * 4
      const length = coded[known]!
      if (length === NO_TEXT) {
        this.#clearCell(at + i)
        this.setNull(at + i)
        continue
      }
      if (length >= 0 && (length <= INLINE_BYTES || coded[known + 3] === this.#chunk)) {
        cells[cell] = length
        cells[cell + 1] = coded[known + 1]!
        cells[cell + 2] = coded[known + 2]!
        cells[cell + 3] = coded[known + 3]!
        if (length > INLINE_BYTES) this.#longBytes += length
        continue
      }
      const start = dictionary.offsets[code]!
      const size = dictionary.offsets[code + 1]! - start
      if (size <= INLINE_BYTES) {
        if (!this.#writeShort(dictionary.values, start, size, at + i)) {
          this.setNull(at + i)
          coded[known] = NO_TEXT
          continue
        }
      } else {
        this.#writeLong(view, start, size, at + i)
        cells[cell + 3] = this.#chunk
      }
      coded.set(cells.subarray(cell, cell + 4), known)
    }
  }

  /** Returns false where the bytes are no UTF-8: DuckDB makes long ones null, but takes short ones until it commits. */
  #writeShort(source: Uint8Array, start: number, length: number, row: number): boolean {
    this.#clearCell(row)
    this.#cells[row * 4] = length
    const place = row * 16 + 4 - start
    const end = start + length
    let all = 0
    for (let b = start; b < end; b++) {
      const byte = source[b]!
      all |= byte
      this.#cellBytes[place + b] = byte
    }
    if (all < 0x80 || !this.#isText || findInvalidUtf8(source, start, end) < 0) return true
    this.#clearCell(row)
    return false
  }

  #writeLong(source: DataView, start: number, length: number, row: number): void {
    const at = this.#reserveLong(length)
    copyBytes(source, start, start + length, this.#longView, at)
    this.#longUsed += length
    this.#pointTo(row, length, source.getInt32(start, true), at)
  }

  /** @param start where in the long bytes */
  #pointTo(row: number, length: number, prefix: number, start: number): void {
    const cells = this.#cells
    cells[row * 4] = length
    cells[row * 4 + 1] = prefix
    cells[row * 4 + 2] = start
    cells[row * 4 + 3] = 0
    this.#longBytes += length
  }

  /** Makes room for long bytes; returns where they go. */
  #reserveLong(size: number): number {
    const needed = this.#longUsed + size
    if (needed > this.#long.length) {
      this.#long = larger(this.#long, Math.max(needed, this.#long.length * 2, 1 << 12))
      this.#longView = viewOf(this.#long)
    }
    return this.#longUsed
  }

  #clearCell(row: number): void {
    const cell = row * 4
    this.#cells[cell] = 0
    this.#cells[cell + 1] = 0
    this.#cells[cell + 2] = 0
    this.#cells[cell + 3] = 0
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    const span = this.#longBytes > 0 ? this.#longSpan(from, count) : undefined
    if (!span) {
      raw.copy_data_to_vector(vector, 0, this.#cells.buffer, from * 16, count * 16)
      return
    }
    const bytes = this.#long.subarray(span.start, span.end)
    const address = this.#areWhole(from, count, span.end) ? ownedBy(raw, vector, bytes) : undefined
    const cells = this.#withAddresses(from, count, span.start, address)
    raw.copy_data_to_vector(vector, 0, cells.buffer, 0, count * 16)
    if (!address) this.#assignEach(raw, vector, from, count)
  }

  /** Where the bytes of the long texts of some rows begin and end; undefined without any. */
  #longSpan(from: number, count: number): { start: number; end: number } | undefined {
    const cells = this.#cells
    let first = this.#longUsed
    let last = 0
    for (let cell = from * 4; cell < (from + count) * 4; cell += 4) {
      const length = cells[cell]!
      if (length <= INLINE_BYTES) continue
      const start = cells[cell + 2]!
      if (start < first) first = start
      if (start + length > last) last = start + length
    }
    return last === 0 ? undefined : { start: first, end: last }
  }

  /**
   * Whether the long texts of some rows, whose bytes end at `end`, begin and end between characters. DuckDB looks at the bytes of all
   * together: of two texts that share the bytes of one character neither is UTF-8, but both one after the other are.
   */
  #areWhole(from: number, count: number, end: number): boolean {
    const cells = this.#cells
    for (let cell = from * 4; cell < (from + count) * 4; cell += 4) {
      const length = cells[cell]!
      if (length <= INLINE_BYTES) continue
      const next = cells[cell + 2]! + length
      if (isContinuation(cells[cell + 1]!) || (next < end && isContinuation(this.#long[next]!))) return false
    }
    return true
  }

  /** Cells of some rows as DuckDB has them. @param address of the byte at `start` of the long ones; without it they are empty */
  #withAddresses(
    from: number,
    count: number,
    start: number,
    address: Address | undefined,
  ): Int32Array<ArrayBuffer> {
    if (this.#pointing.length < count * 4) this.#pointing = new Int32Array(count * 4)
    const cells = this.#cells
    const pointing = this.#pointing
    const { low, high } = address ?? { low: 0, high: 0 }
    for (let i = 0, cell = from * 4; i < count * 4; i += 4, cell += 4) {
      const length = cells[cell]!
      pointing[i] = length
      pointing[i + 1] = cells[cell + 1]!
      pointing[i + 2] = cells[cell + 2]!
      pointing[i + 3] = cells[cell + 3]!
      if (length <= INLINE_BYTES) continue
      const at = low + cells[cell + 2]! - start
      pointing[i + 2] = at
      pointing[i + 3] = at < 2 ** 32 ? high : high + 1
      if (!address) pointing.fill(0, i, i + 4)
    }
    return pointing
  }

  /** One of the texts is not UTF-8: it becomes null, and the others are assigned one by one. */
  #assignEach(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    for (let row = from; row < from + count; row++) {
      const length = this.#cells[row * 4]!
      if (length <= INLINE_BYTES) continue
      const start = this.#cells[row * 4 + 2]!
      if (!this.#isText || findInvalidUtf8(this.#long, start, start + length) < 0)
        raw.vector_assign_string_element_len(vector, row - from, this.#long.subarray(start, start + length))
      else this.setNull(row)
    }
  }
}

/** Whether a byte, the lowest of a word, is not the first of a character in UTF-8. */
const isContinuation = (word: number): boolean => (word & 0xc0) === 0x80

interface Address {
  readonly low: number
  readonly high: number
}

const EMPTY_CELL = new ArrayBuffer(16)

const ALL_VALID = new Uint8Array(8).fill(255).buffer

/** Copies bytes into memory of a vector of texts and says where; undefined when DuckDB does not take them for a text. */
function ownedBy(raw: typeof Raw, vector: Raw.Vector, bytes: Uint8Array): Address | undefined {
  // A text that is refused leaves the cell as it was, and makes it null.
  raw.copy_data_to_vector(vector, 0, EMPTY_CELL, 0, 16)
  raw.vector_assign_string_element_len(vector, 0, bytes)
  const cell = raw.vector_get_data(vector, 16)
  const [length, , low, high] = new Uint32Array(cell.buffer, cell.byteOffset, 4)
  freeBytes(cell)
  if (length === bytes.length) return { low: low!, high: high! }
  raw.vector_ensure_validity_writable(vector)
  raw.copy_data_to_vector_validity(vector, 0, ALL_VALID, 0, 8)
  return undefined
}
