/**
 * A column of a batch: Arrow's memory layout as plain data, so that it crosses threads by structured clone and
 * becomes an apache-arrow vector without copying.
 *
 * Cells that are null, or that the batch's selection leaves out, hold whatever bits they had: read `validity` and
 * the selection first.
 */

import { type ColumnType, isTimestamp } from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'

export type Values =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

export interface Column {
  readonly type: ColumnType
  /**
   * Fixed-width types: one item per row; decimals over 18 digits: two, the low one first. `bool`: a bitmap, least
   * significant bit first. Text: the UTF-8 bytes, binary: the bytes, or with a `dictionary` one Int32 code per row.
   */
  readonly values: Values
  /**
   * Plain text and binary: `length + 1` byte offsets into `values`; lists and maps: as many offsets into their child. They
   * ascend, at nulls too, and need not begin at 0.
   */
  readonly offsets?: Int32Array
  /** A bitmap, least significant bit first, set where the cell is not null. Absent when nothing is null. */
  readonly validity?: Uint8Array
  /** Text held as codes: the distinct values, plain text without nulls. */
  readonly dictionary?: Dictionary
  /**
   * Nested types only, whose `values` are empty: a struct's fields, each as long as the column; or the elements of lists,
   * the entries of maps, of which row `i` has those from `offsets[i]` to before `offsets[i + 1]`.
   */
  readonly children?: readonly Column[]
}

/** The `values` of a nested column; shared memory, as batches that cross threads want it. */
export const NO_VALUES = new Uint8Array(new SharedArrayBuffer(0) as ArrayBufferLike as ArrayBuffer)

/**
 * The values that text codes stand for. Two columns with the same `id` number agree on every code below the smaller
 * `length`: a dictionary only grows.
 */
export interface Dictionary {
  /** Distinguishes dictionaries within a process; unique across threads. */
  readonly id: string
  readonly length: number
  readonly values: Uint8Array
  readonly offsets: Int32Array
}

/** Whether bit `i` is set. */
export const bitAt = (bits: Uint8Array, i: number): boolean => ((bits[i >> 3]! >> (i & 7)) & 1) === 1

/** Whether the cell at physical row `i` is null. */
export const isNullAt = (column: Column, i: number): boolean =>
  column.validity !== undefined && !bitAt(column.validity, i)

/** Bytes a bitmap of `length` bits needs. */
export const bitmapBytes = (length: number): number => (length + 7) >> 3

/** The constructor of a type's `values`; codes and bits included. */
export function valuesConstructor(type: ColumnType) {
  switch (type) {
    case 'int8':
      return Int8Array
    case 'int16':
      return Int16Array
    case 'int32':
    case 'date':
      return Int32Array
    case 'uint8':
    case 'bool':
    case 'utf8':
    case 'binary':
      return Uint8Array
    case 'uint16':
      return Uint16Array
    case 'uint32':
      return Uint32Array
    case 'uint64':
      return BigUint64Array
    case 'float32':
      return Float32Array
    case 'float64':
      return Float64Array
    case 'dictionary':
      return Int32Array
    default:
      return isNested(type) ? Uint8Array : BigInt64Array
  }
}

/** Whether the column's cells are text; lists have offsets, too. */
export const holdsText = (column: Column): boolean =>
  column.dictionary !== undefined || (column.offsets !== undefined && column.children === undefined)

/**
 * A 64-bit column's values as pairs of 32-bit words, the low one first: what hot loops read instead of BigInts. Of decimals
 * over 18 digits there are four.
 */
export function words32Of(column: Column): Int32Array {
  const { buffer, byteOffset, length } = column.values
  return new Int32Array(buffer, byteOffset, length * 2)
}

/** The bytes of one cell of text or binary, plain or coded; not a copy. */
export function textBytesAt(column: Column, i: number): Uint8Array {
  const { dictionary } = column
  if (dictionary) {
    const code = (column.values as Int32Array)[i]!
    return dictionary.values.subarray(dictionary.offsets[code]!, dictionary.offsets[code + 1]!)
  }
  return (column.values as Uint8Array).subarray(column.offsets![i]!, column.offsets![i + 1]!)
}

/** Where the text of a cell lies. */
export function textAt(column: Column, row: number): { bytes: Uint8Array; start: number; end: number } {
  const at = column.dictionary ? (column.values as Int32Array)[row]! : row
  const bytes = column.dictionary?.values ?? (column.values as Uint8Array)
  const offsets = column.dictionary?.offsets ?? column.offsets!
  return { bytes, start: offsets[at]!, end: offsets[at + 1]! }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * What Node's buffers decode with. It takes shared memory as it is: 70 bytes in 180 ns, through a copy for `TextDecoder` in
 * 970. Absent elsewhere.
 */
const { utf8Slice } = Buffer.prototype as { utf8Slice?(this: Uint8Array, start: number, end: number): string }

/** Decodes UTF-8 that may lie in shared memory, which `TextDecoder` refuses. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length < 24) {
    let ascii = ''
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (byte > 127) return decoder.decode(bytes.slice())
      ascii += String.fromCharCode(byte)
    }
    return ascii
  }
  if (utf8Slice) return utf8Slice.call(bytes, 0, bytes.length)
  return decoder.decode(bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes)
}

/** Whether a cell of this type shows itself as a `Date`. */
export const isDateLike = (type: ColumnType): boolean => type === 'date' || isTimestamp(type)
