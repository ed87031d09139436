/**
 * Columns of fixed width on their way to DuckDB: staging arrays in the layout of DuckDB's vectors.
 *
 * There is a class per kind of array, though their loops look alike: a loop that sees one kind of array runs at full
 * speed.
 */

import type Raw from '@duckdb/node-bindings'
import { bitmapBytes, type Column } from '../../core/batch/column.ts'
import { DataError } from '../../core/errors.ts'
import {
  type ColumnType,
  isTimestamp,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../../core/types/column-type.ts'
import { hasZero, setBits } from './chunk.ts'

/** Rows of one column, gathered from batches of any size until they fill chunks. */
export abstract class StagedColumn {
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

/** int32, uint32, date and float32 alike: their bits. */
export class StagedInt32 extends StagedColumn {
  readonly #items: Int32Array<ArrayBuffer>

  constructor(type: ColumnType, capacity: number) {
    super(type, capacity)
    this.#items = new Int32Array(capacity)
  }

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

export class StagedInt16 extends StagedColumn {
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

export class StagedInt8 extends StagedColumn {
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

export class StagedFloat64 extends StagedColumn {
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

/** 64-bit integers and timestamps, as pairs of words: no BigInt per row. */
export class StagedInt64 extends StagedColumn {
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
export class StagedInstant extends StagedColumn {
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

/** A bit per value here, a byte in DuckDB. */
export class StagedBool extends StagedColumn {
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
