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
  #capacity = 0
  #validity: Uint8Array<ArrayBuffer> | undefined
  #hasNulls = false

  constructor(type: ColumnType) {
    this.type = type
  }

  /** Bytes of values that have no fixed width. */
  get longBytes(): number {
    return 0
  }

  /** Makes room for `capacity` rows, more than there was; what is staged stays. */
  grow(capacity: number): void {
    this.#capacity = capacity
    if (this.#validity) this.#validity = larger(this.#validity, wordBytes(capacity))
    this.growItems(capacity)
  }

  append(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const { validity } = column
    if (validity) {
      this.#validity ??= new Uint8Array(wordBytes(this.#capacity))
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

  /** Whether any staged row may be null. */
  protected get hasNulls(): boolean {
    return this.#hasNulls
  }

  /** Whether the staged row holds a value. */
  protected isValid(row: number): boolean {
    return !this.#hasNulls || ((this.#validity![row >> 3]! >> (row & 7)) & 1) === 1
  }

  /** Makes a staged row null, whose value DuckDB does not take. */
  protected setNull(row: number): void {
    this.#validity ??= new Uint8Array(wordBytes(this.#capacity))
    if (!this.#hasNulls) setBits(this.#validity, 0, this.#capacity)
    this.#hasNulls = true
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
  }

  protected abstract growItems(capacity: number): void
  protected abstract copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void
  protected abstract write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void
}

/** Bytes of a bitmap in whole 64-bit words: DuckDB copies masks by words. */
const wordBytes = (rows: number): number => ((rows + 63) >> 6) * 8

/** A longer array that begins with what the old one holds. */
export function larger<A extends Items>(old: A, length: number): A {
  const items = new (old.constructor as new (length: number) => A)(length)
  items.set(old as never)
  return items
}

type Items =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>

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
  #items = new Int32Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
  #items = new Int16Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
  #items = new Uint8Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
  #items = new Float64Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
  #items = new Int32Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity * 2)
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
  #items = new BigInt64Array(0)
  readonly #factor: bigint
  readonly #name: string

  constructor(name: string, type: ColumnType) {
    super(type)
    this.#name = name
    this.#factor = BigInt(1e6 / (isTimestamp(type) ? UNITS_PER_SECOND[timestampUnit(type)] : 1))
  }

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
  #items = new Uint8Array(0)

  protected growItems(capacity: number): void {
    this.#items = larger(this.#items, capacity)
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
