/**
 * The column that a decoder fills while it goes through a block: memory of this thread, used again for the next block,
 * from which the column of the batch is copied. So the loops write into arrays that stay the same, and what is shared is
 * as large as it must be.
 */

import { clearTail } from '../../batch/bitmap.ts'
import { bitmapBytes, type Column, type Values, valuesConstructor } from '../../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../../batch/slab.ts'
import {
  type ColumnType,
  isDecimal,
  isDuration,
  isEightByteInteger,
  isFloat,
  isInteger,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  isWideDecimal,
  itemsPerCell,
} from '../../types/column-type.ts'
import { TextCodes } from './text-codes.ts'

/** How the cells of a column are read and kept. */
export type CellKind =
  | 'small'
  | 'wide'
  | 'float'
  | 'bool'
  | 'date'
  | 'timestamp'
  | 'decimal'
  | 'clock'
  | 'text'
  | 'codes'

/** The kind of a type's cells; undefined for types that no field of a CSV file is read as. */
export function cellKind(type: ColumnType): CellKind | undefined {
  if (type === 'dictionary') return 'codes'
  if (isText(type)) return 'text'
  if (type === 'bool' || type === 'date') return type
  if (isTimestamp(type)) return 'timestamp'
  if (isFloat(type)) return 'float'
  if (isDecimal(type)) return 'decimal'
  if (isTimeOfDay(type) || isDuration(type)) return 'clock'
  if (isInteger(type)) return 'small'
  return isWide(type) ? 'wide' : undefined
}

const NONE = new Uint8Array(0)

export class CellColumn {
  readonly name: string
  readonly type: ColumnType
  kind: CellKind
  /** Cells by row: numbers, a byte per bool, codes of texts; pairs of words of 64-bit cells. Unused by plain text. */
  values: Values = NONE
  /** Bits that are cleared at nulls. */
  valid = new Uint8Array(0)
  /** Plain text: row i is `heap[offsets[i], offsets[i + 1])`. */
  offsets = new Int32Array(1)
  heap = new Uint8Array(0)
  /** The heap by words; they may be written three bytes beyond a text. */
  heapView = new DataView(NONE.buffer)
  codes: TextCodes | undefined
  #rows = 0

  constructor(name: string, type: ColumnType, kind: CellKind) {
    this.name = name
    this.type = type
    this.kind = kind
    if (kind === 'codes') this.codes = new TextCodes()
  }

  /** Makes room for rows and for bytes of text; cells there are stay. */
  reserve(rows: number, textBytes: number): void {
    if (rows > this.#rows) this.#grow(rows)
    if (this.kind === 'text' && textBytes + 4 > this.heap.length) {
      const grown = new Uint8Array(textBytes + 4)
      grown.set(this.heap)
      this.heap = grown
      this.heapView = new DataView(grown.buffer)
    }
  }

  #grow(rows: number): void {
    const valid = new Uint8Array(bitmapBytes(rows)).fill(255)
    valid.set(this.valid)
    this.valid = valid
    this.#rows = rows
    if (this.kind === 'text') {
      const offsets = new Int32Array(rows + 1)
      offsets.set(this.offsets)
      this.offsets = offsets
      return
    }
    const grown = this.kind === 'codes' ? new Int32Array(rows) : scratchFor(this.type, rows)
    grown.set(this.values as Int32Array)
    this.values = grown
  }

  /** From the next block on texts are kept as they are, and not as codes. */
  keepPlain(): void {
    this.kind = 'text'
    this.codes = undefined
    this.#rows = 0
    this.values = NONE
    this.valid = new Uint8Array(0)
  }

  setNull(row: number): void {
    this.valid[row >> 3]! &= ~(1 << (row & 7))
    if (this.kind === 'text') this.offsets[row + 1] = this.offsets[row]!
    else if (this.kind === 'codes') this.values[row] = 0
  }

  /** Sets a cell of text; the bytes are UTF-8. */
  setText(row: number, text: Uint8Array, from: number, to: number): void {
    if (this.kind === 'codes') {
      this.values[row] = this.codes!.code(text, from, to)
      return
    }
    const { heap } = this
    let size = this.offsets[row]!
    for (let i = from; i < to; i++) heap[size++] = text[i]!
    this.offsets[row + 1] = size
  }

  /** Takes back what was written of a row. */
  unset(row: number): void {
    this.valid[row >> 3]! |= 1 << (row & 7)
  }

  /** The first `rows` cells as a column in `arena`'s memory; all is empty afterwards. */
  finish(arena: Arena, rows: number): Column {
    const column = { type: this.type, ...this.#cells(arena, rows) }
    const validity = this.#validity(arena, rows)
    return validity ? { ...column, validity } : column
  }

  #cells(arena: Arena, rows: number): Omit<Column, 'type' | 'validity'> {
    if (this.kind === 'text') {
      const offsets = allocInt32(arena, rows + 1)
      offsets.set(this.offsets.subarray(0, rows + 1))
      const values = allocUint8(arena, offsets[rows]!)
      values.set(this.heap.subarray(0, values.length))
      return { values, offsets }
    }
    if (this.kind === 'codes') {
      const values = allocInt32(arena, rows)
      values.set(this.values.subarray(0, rows) as Int32Array)
      return { values, dictionary: this.codes!.dictionary() }
    }
    if (this.kind === 'bool') return { values: packed(this.values as Uint8Array, rows, arena) }
    const Type = valuesConstructor(this.type)
    const items = rows * itemsPerCell(this.type)
    const { buffer, byteOffset } = arena.allocate(items * Type.BYTES_PER_ELEMENT)
    const bytes = new Uint8Array(buffer, byteOffset, items * Type.BYTES_PER_ELEMENT)
    bytes.set(new Uint8Array(this.values.buffer, 0, bytes.length))
    return { values: new Type(buffer as ArrayBuffer, byteOffset, items) }
  }

  #validity(arena: Arena, rows: number): Uint8Array | undefined {
    const bytes = bitmapBytes(rows)
    const { valid } = this
    let all = 255
    for (let i = 0; i < bytes; i++) all &= valid[i]!
    if (all === 255) return undefined
    const validity = allocUint8(arena, bytes)
    validity.set(valid.subarray(0, bytes))
    clearTail(validity, rows)
    valid.fill(255, 0, bytes)
    return validity
  }
}

function scratchFor(type: ColumnType, rows: number): Exclude<Values, BigInt64Array | BigUint64Array> {
  if (isEightByteInteger(type)) return new Int32Array(2 * rows)
  if (isWideDecimal(type)) return new Int32Array(4 * rows)
  return new (valuesConstructor(type) as Int32ArrayConstructor)(rows)
}

/** Bytes that are 0 or 1 as bits. */
function packed(cells: Uint8Array, rows: number, arena: Arena): Uint8Array {
  const bits = allocUint8(arena, bitmapBytes(rows)).fill(0)
  for (let i = 0; i < rows; i++) bits[i >> 3]! |= cells[i]! << (i & 7)
  return bits
}
