/**
 * Batches in, DuckDB chunks out. Rows are first gathered in staging arrays, one a column, in the layout of DuckDB's
 * vectors: batches may be tiny, and DuckDB wants many rows at a time. Filling a chunk is then one copy a column.
 */

import type Raw from '@duckdb/node-bindings'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { bitmapBytes, type Column } from '../../core/batch/column.ts'
import { DataError } from '../../core/errors.ts'
import {
  type ColumnType,
  isEightByteInteger,
  isText,
  isTimestamp,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from '../../core/types/column-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { hasZero, setBits } from './chunk.ts'
import { INLINE_BYTES } from './text-cells.ts'

/** Rows of a DuckDB vector: what a chunk holds at most. */
export const CHUNK_ROWS = 2048

/** Rows of a schema on their way to DuckDB. */
export class RowStage {
  readonly capacity: number
  readonly #columns: StagedColumn[]
  #rows = 0

  constructor(schema: Schema, capacity: number) {
    this.capacity = capacity
    this.#columns = schema.map(({ name, type }) => stagedColumn(name, type, capacity))
  }

  get rows(): number {
    return this.#rows
  }

  /** Takes rows that count, from the `from`-th on, as many as there is room for; returns how many. */
  append(batch: Batch, from: number): number {
    const count = Math.min(rowCount(batch) - from, this.capacity - this.#rows)
    const rows = batch.selection?.subarray(from, from + count)
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.append(batch.columns[i]!, rows, from, count, this.#rows)
    }
    this.#rows += count
    return count
  }

  clear(): void {
    this.#rows = 0
    for (const column of this.#columns) column.clear()
  }

  /** Fills a chunk with rows from `from` on and returns how many; 0 at the end. */
  fill(raw: typeof Raw, chunk: Raw.DataChunk, from: number): number {
    const count = Math.min(CHUNK_ROWS, this.#rows - from)
    raw.data_chunk_set_size(chunk, Math.max(0, count))
    if (count <= 0) return 0
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.fill(raw, raw.data_chunk_get_vector(chunk, i), from, count)
    }
    return count
  }
}

function stagedColumn(name: string, type: ColumnType, capacity: number): StagedColumn {
  if (isText(type)) return new StagedText(type, capacity)
  if (type === 'bool') return new StagedBool(type, capacity)
  if (isTimestamp(type) && timestampZone(type) !== undefined && timestampUnit(type) !== 'us') {
    return new StagedInstant(name, type, capacity)
  }
  if (isEightByteInteger(type)) return new StagedWords32(type, capacity)
  switch (type) {
    case 'int8':
    case 'uint8':
      return new StagedBytes(type, capacity)
    case 'int16':
    case 'uint16':
      return new StagedShorts(type, capacity)
    case 'float64':
      return new StagedDoubles(type, capacity)
    default:
      return new StagedWords(type, capacity)
  }
}

abstract class StagedColumn {
  readonly type: ColumnType
  readonly capacity: number
  #validity: Uint8Array<ArrayBuffer> | undefined
  #hasNulls = false

  constructor(type: ColumnType, capacity: number) {
    this.type = type
    this.capacity = capacity
  }

  append(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const { validity } = column
    if (validity) {
      // A whole number of 64-bit words: DuckDB copies masks by words.
      this.#validity ??= new Uint8Array(((this.capacity + 63) >> 6) * 8)
      if (!this.#hasNulls) setBits(this.#validity, 0, at)
      this.#hasNulls = true
      const target = this.#validity
      for (let i = 0; i < count; i++) {
        const row = rows ? rows[i]! : from + i
        const place = at + i
        if ((validity[row >> 3]! >> (row & 7)) & 1) target[place >> 3]! |= 1 << (place & 7)
        else target[place >> 3]! &= ~(1 << (place & 7))
      }
    } else if (this.#hasNulls) setBits(this.#validity!, at, count)
    this.copy(column, rows, from, count, at)
  }

  clear(): void {
    this.#hasNulls = false
  }

  fill(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    this.write(raw, vector, from, count)
    if (!this.#hasNulls) return
    // Chunks begin at multiples of 2048 rows: their bits begin at whole words.
    const bytes = this.#validity!.subarray(from >> 3, (from >> 3) + bitmapBytes(count))
    if (!hasZero(bytes, count)) return
    raw.vector_ensure_validity_writable(vector)
    raw.copy_data_to_vector_validity(vector, 0, bytes.buffer, bytes.byteOffset, ((count + 63) >> 6) * 8)
  }

  /** Whether the staged row holds a value. */
  protected isValid(row: number): boolean {
    return !this.#hasNulls || ((this.#validity![row >> 3]! >> (row & 7)) & 1) === 1
  }

  protected abstract copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void
  protected abstract write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void
}

/** Copies `count` items of a staging array into a vector. */
function writeItems(
  raw: typeof Raw,
  vector: Raw.Vector,
  items: { readonly buffer: ArrayBuffer; readonly BYTES_PER_ELEMENT: number },
  from: number,
  count: number,
): void {
  const width = items.BYTES_PER_ELEMENT
  raw.copy_data_to_vector(vector, 0, items.buffer, from * width, count * width)
}

class StagedWords extends StagedColumn {
  readonly #items: Int32Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Int32Array(capacity)
  }

  /** int32, uint32, date and float32 alike: their bits. */
  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const { buffer, byteOffset, length } = column.values
    const source = new Int32Array(buffer as ArrayBuffer, byteOffset, length)
    const items = this.#items
    if (!rows) items.set(source.subarray(from, from + count), at)
    else for (let i = 0; i < count; i++) items[at + i] = source[rows[i]!]!
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

class StagedShorts extends StagedColumn {
  readonly #items: Int16Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Int16Array(capacity)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const { buffer, byteOffset, length } = column.values
    const source = new Int16Array(buffer as ArrayBuffer, byteOffset, length)
    const items = this.#items
    if (!rows) items.set(source.subarray(from, from + count), at)
    else for (let i = 0; i < count; i++) items[at + i] = source[rows[i]!]!
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

class StagedBytes extends StagedColumn {
  readonly #items: Uint8Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Uint8Array(capacity)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const { buffer, byteOffset, length } = column.values
    const source = new Uint8Array(buffer as ArrayBuffer, byteOffset, length)
    const items = this.#items
    if (!rows) items.set(source.subarray(from, from + count), at)
    else for (let i = 0; i < count; i++) items[at + i] = source[rows[i]!]!
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

class StagedDoubles extends StagedColumn {
  readonly #items: Float64Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Float64Array(capacity)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = column.values as Float64Array
    const items = this.#items
    if (!rows) items.set(source.subarray(from, from + count), at)
    else for (let i = 0; i < count; i++) items[at + i] = source[rows[i]!]!
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

/** 64-bit integers and timestamps, as pairs of words: no BigInt a row. */
class StagedWords32 extends StagedColumn {
  readonly #items: Int32Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Int32Array(capacity * 2)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const { buffer, byteOffset, length } = column.values
    const source = new Int32Array(buffer as ArrayBuffer, byteOffset, length * 2)
    const items = this.#items
    if (!rows) items.set(source.subarray(from * 2, (from + count) * 2), at * 2)
    else {
      for (let i = 0; i < count; i++) {
        const row = rows[i]! * 2
        items[(at + i) * 2] = source[row]!
        items[(at + i) * 2 + 1] = source[row + 1]!
      }
    }
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from * 2, count * 2)
  }
}

/** Timestamps with a zone in seconds or milliseconds: DuckDB keeps such instants in microseconds only. */
class StagedInstant extends StagedColumn {
  readonly #items: BigInt64Array<ArrayBuffer>
  readonly #factor: bigint
  readonly #name: string

  constructor(name: string, type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#name = name
    this.#items = new BigInt64Array(capacity)
    this.#factor = BigInt(1e6 / (isTimestamp(type) ? UNITS_PER_SECOND[timestampUnit(type)] : 1))
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const source = column.values as BigInt64Array
    for (let i = 0; i < count; i++) {
      if (!this.isValid(at + i)) continue
      const value = source[rows ? rows[i]! : from + i]! * this.#factor
      if (BigInt.asIntN(64, value) !== value) {
        throw new DataError(
          'OVERFLOW',
          `column ${JSON.stringify(this.#name)}: ${value / this.#factor} ${this.type} is beyond the microseconds DuckDB can hold`,
        )
      }
      this.#items[at + i] = value
    }
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

/** A bit a value here, a byte in DuckDB. */
class StagedBool extends StagedColumn {
  readonly #items: Uint8Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Uint8Array(capacity)
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    const bits = column.values as Uint8Array
    for (let i = 0; i < count; i++) {
      const row = rows ? rows[i]! : from + i
      this.#items[at + i] = (bits[row >> 3]! >> (row & 7)) & 1
    }
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    writeItems(raw, vector, this.#items, from, count)
  }
}

/**
 * Text as DuckDB's 16-byte cells. Short texts are whole in their cell; of long ones the cell is left to DuckDB, which
 * copies their bytes from here when a chunk is filled.
 */
class StagedText extends StagedColumn {
  readonly #cells: Int32Array<ArrayBuffer>
  readonly #cellBytes: Uint8Array<ArrayBuffer>
  /** Staged rows with long texts, ascending, with where their bytes begin and how many there are. */
  #longRows: number[] = []
  #longStarts: number[] = []
  #longLengths: number[] = []
  #long = new Uint8Array(0)
  #longUsed = 0
  /** Cells of the texts of the dictionary seen last, four words each; -1 as length: not made yet. */
  #dictionary = ''
  #coded = new Int32Array(0)

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#cells = new Int32Array(capacity * 4)
    this.#cellBytes = new Uint8Array(this.#cells.buffer)
  }

  override clear(): void {
    super.clear()
    this.#longRows.length = 0
    this.#longStarts.length = 0
    this.#longLengths.length = 0
    this.#longUsed = 0
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    if (column.dictionary) this.#copyCodes(column, rows, from, count, at)
    else this.#copyPlain(column, rows, from, count, at)
  }

  #copyPlain(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const bytes = column.values as Uint8Array
    const offsets = column.offsets!
    for (let i = 0; i < count; i++) {
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const row = rows ? rows[i]! : from + i
      this.#write(bytes, offsets[row]!, offsets[row + 1]!, at + i)
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
    for (let i = 0; i < count; i++) {
      const cell = (at + i) * 4
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const code = codes[rows ? rows[i]! : from + i]!
      const known = code * 4
      const length = coded[known]!
      if (length >= 0 && length <= INLINE_BYTES) {
        cells[cell] = length
        cells[cell + 1] = coded[known + 1]!
        cells[cell + 2] = coded[known + 2]!
        cells[cell + 3] = coded[known + 3]!
        continue
      }
      const start = dictionary.offsets[code]!
      const end = dictionary.offsets[code + 1]!
      this.#write(dictionary.values, start, end, at + i)
      if (end - start <= INLINE_BYTES) coded.set(cells.subarray(cell, cell + 4), known)
      else coded[known] = end - start
    }
  }

  #write(source: Uint8Array, start: number, end: number, row: number): void {
    const length = end - start
    const cells = this.#cells
    this.#clearCell(row)
    if (length <= INLINE_BYTES) {
      cells[row * 4] = length
      const place = row * 16 + 4 - start
      for (let b = start; b < end; b++) this.#cellBytes[place + b] = source[b]!
      return
    }
    if (this.#longUsed + length > this.#long.length) {
      const grown = new Uint8Array(Math.max(this.#longUsed + length, this.#long.length * 2, 1 << 16))
      grown.set(this.#long.subarray(0, this.#longUsed))
      this.#long = grown
    }
    this.#long.set(source.subarray(start, end), this.#longUsed)
    this.#longRows.push(row)
    this.#longStarts.push(this.#longUsed)
    this.#longLengths.push(length)
    this.#longUsed += length
  }

  #clearCell(row: number): void {
    const cell = row * 4
    this.#cells[cell] = 0
    this.#cells[cell + 1] = 0
    this.#cells[cell + 2] = 0
    this.#cells[cell + 3] = 0
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    raw.copy_data_to_vector(vector, 0, this.#cells.buffer, from * 16, count * 16)
    const rows = this.#longRows
    for (let i = firstAtLeast(rows, from); i < rows.length && rows[i]! < from + count; i++) {
      const start = this.#longStarts[i]!
      const bytes = this.#long.subarray(start, start + this.#longLengths[i]!)
      raw.vector_assign_string_element_len(vector, rows[i]! - from, bytes)
    }
  }
}

/** The first place in ascending numbers that holds `least` or more. */
function firstAtLeast(numbers: readonly number[], least: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}
