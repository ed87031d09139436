/**
 * One value of a column as the interpreter sees it: booleans, numbers (small integers, int53, floats, days), bigints
 * (int64, uint64, decimals and times in their unit), strings (text; binary as a character per byte), null.
 */

import { columnFrom } from '../batch/build.ts'
import { binaryString, bytesOfBinaryString } from '../batch/bytes.ts'
import {
  bitAt,
  bitmapBytes,
  type Column,
  decodeText,
  isNullAt,
  textBytesAt,
  type Values,
  valuesConstructor,
} from '../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../batch/slab.ts'
import { dictionaryText } from '../batch/take.ts'
import { type ColumnType, isText, isWideDecimal } from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'

/** Any typed array, as what cells are written to. */
type AnyValues = { [row: number]: Cell }

export type Cell = boolean | number | bigint | string | null

/** The cell at physical row `row`. */
export function cellAt(column: Column, row: number): Cell {
  if (isNullAt(column, row)) return null
  if (column.type === 'bool') return bitAt(column.values as Uint8Array, row)
  if (isText(column.type)) return decodeText(textBytesAt(column, row))
  if (column.type === 'binary') return binaryString(textBytesAt(column, row))
  if (isWideDecimal(column.type)) {
    const items = column.values as BigInt64Array
    return (items[2 * row + 1]! << 64n) | BigInt.asUintN(64, items[2 * row]!)
  }
  const value = column.values[row]!
  return column.type === 'int53' ? Number(value) : value
}

/**
 * A column of `length` rows that holds `cells[i]` at row `rows(i)` and arbitrary values elsewhere. Of a nested type, what
 * are called cells here are values as rows hold them.
 */
export function columnFromCells(
  type: ColumnType,
  cells: readonly Cell[],
  row: (i: number) => number,
  length: number,
  arena: Arena,
): Column {
  if (isNested(type)) {
    const values: unknown[] = new Array(length).fill(null)
    for (let i = 0; i < cells.length; i++) values[row(i)] = cells[i]
    return columnFrom(type, values, arena)
  }
  let validity: Uint8Array | undefined
  if (cells.includes(null)) {
    validity = allocUint8(arena, bitmapBytes(length)).fill(0)
    for (let i = 0; i < cells.length; i++) {
      if (cells[i] !== null) validity[row(i) >> 3]! |= 1 << (row(i) & 7)
    }
  }
  const rest = validity ? { validity } : {}
  if (type === 'bool') {
    const bits = allocUint8(arena, bitmapBytes(length)).fill(0)
    for (let i = 0; i < cells.length; i++) if (cells[i]) bits[row(i) >> 3]! |= 1 << (row(i) & 7)
    return { type, values: bits, ...rest }
  }
  if (isText(type)) {
    const text: Column = { ...textFromCells(cells, row, length, arena), type: 'utf8', ...rest }
    return type === 'dictionary' ? dictionaryText({ ...text, type }, length, arena) : text
  }
  if (type === 'binary') return { ...bytesFromCells(cells, row, length, arena), type, ...rest }
  if (isWideDecimal(type)) return { type, values: quadsFromCells(cells, row, length, arena), ...rest }
  const Typed = valuesConstructor(type)
  const { buffer, byteOffset } = arena.allocate(length * Typed.BYTES_PER_ELEMENT)
  const values = new (Typed as Int32ArrayConstructor)(buffer, byteOffset, length) as unknown as AnyValues
  const wide = values instanceof BigInt64Array || values instanceof BigUint64Array
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]!
    if (cell !== null) values[row(i)] = wide ? BigInt(cell) : cell
  }
  return { type, values: values as unknown as Values, ...rest }
}

const encoder = new TextEncoder()

function textFromCells(
  cells: readonly Cell[],
  row: (i: number) => number,
  length: number,
  arena: Arena,
): Pick<Column, 'values' | 'offsets'> {
  return piecesAt(
    cells.map(cell => encoder.encode((cell as string | null) ?? '')),
    row,
    length,
    arena,
  )
}

function bytesFromCells(cells: readonly Cell[], row: (i: number) => number, length: number, arena: Arena) {
  return piecesAt(
    cells.map(cell => bytesOfBinaryString((cell as string | null) ?? '')),
    row,
    length,
    arena,
  )
}

function quadsFromCells(cells: readonly Cell[], row: (i: number) => number, length: number, arena: Arena) {
  const { buffer, byteOffset } = arena.allocate(length * 16)
  const items = new BigInt64Array(buffer as ArrayBuffer, byteOffset, length * 2)
  for (let i = 0; i < cells.length; i++) {
    if (cells[i] === null) continue
    items[2 * row(i)] = cells[i] as bigint
    items[2 * row(i) + 1] = (cells[i] as bigint) >> 64n
  }
  return items
}

function piecesAt(
  pieces: readonly Uint8Array[],
  row: (i: number) => number,
  length: number,
  arena: Arena,
): Pick<Column, 'values' | 'offsets'> {
  const values = allocUint8(
    arena,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  )
  const offsets = allocInt32(arena, length + 1)
  let at = 0
  let next = 0
  for (let i = 0; i < pieces.length; i++) {
    for (; next <= row(i); next++) offsets[next] = at
    values.set(pieces[i]!, at)
    at += pieces[i]!.length
  }
  for (; next <= length; next++) offsets[next] = at
  return { values, offsets }
}

/**
 * The order of two strings by their UTF-8 bytes, which is the order of their code points: negative, zero, positive.
 * JavaScript's own `<` orders UTF-16 units and differs above U+FFFF.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return unitOrder(x) - unitOrder(y)
  }
  return a.length - b.length
}

/** Moves surrogates above the rest of the basic plane. */
const unitOrder = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
