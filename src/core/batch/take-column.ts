/** Copies and cuts of one column: what `take`, `slice` and `concat` do to each column of a batch. */

import { DataError } from '../errors.ts'
import { isEightByteInteger, isWideDecimal, itemsPerCell } from '../types/column-type.ts'
import { clearTail, takeBits } from './bitmap.ts'
import { allocValues } from './build.ts'
import { bitmapBytes, type Column, words32Of } from './column.ts'
import { copyBytes, viewOf } from './copy-bytes.ts'
import { movedOffsets, rangeOf, takeLists, takeOffsets } from './list-offsets.ts'
import { type Arena, allocInt32, allocUint8 } from './slab.ts'

/** All cells in new memory; the dictionary is kept. */
export function copyColumn(column: Column, length: number, arena: Arena): Column {
  const cells = copyCells(column, length, arena)
  if (!column.validity) return cells
  return { ...cells, validity: copyBitmap(column.validity, length, arena) }
}

function copyCells(column: Column, length: number, arena: Arena): Column {
  const { type, dictionary, offsets, children } = column
  if (children) return copyNested(column, length, arena)
  if (offsets) {
    const start = offsets[0]!
    const size = offsets[length]! - start
    const values = allocUint8(arena, size)
    values.set((column.values as Uint8Array).subarray(start, start + size))
    const own = allocInt32(arena, length + 1)
    for (let i = 0; i <= length; i++) own[i] = offsets[i]! - start
    return { type, values, offsets: own }
  }
  if (type === 'bool') return { type, values: copyBitmap(column.values as Uint8Array, length, arena) }
  const values = dictionary ? allocInt32(arena, length) : allocValues(type, length, arena)
  as8(values).set(as8(column.values).subarray(0, values.byteLength))
  return dictionary ? { type, values, dictionary } : { type, values }
}

function copyNested({ type, offsets, children }: Column, length: number, arena: Arena): Column {
  if (!offsets)
    return {
      type,
      values: allocUint8(arena, 0),
      children: children!.map(child => copyColumn(child, length, arena)),
    }
  const [start, end] = [offsets[0]!, offsets[length]!]
  const own = children!.map(child =>
    start === 0 ? copyColumn(child, end, arena) : takeColumn(child, rangeOf(start, end), arena),
  )
  return {
    type,
    values: allocUint8(arena, 0),
    offsets: movedOffsets(offsets, length, 0, arena),
    children: own,
  }
}

function copyBitmap(bits: Uint8Array, length: number, arena: Arena): Uint8Array {
  const own = allocUint8(arena, bitmapBytes(length))
  own.set(bits.subarray(0, own.length))
  clearTail(own, length)
  return own
}

/** 0, 1, … `length - 1`. */
export function iota(length: number): Uint32Array {
  const rows = new Uint32Array(length)
  for (let i = 0; i < length; i++) rows[i] = i
  return rows
}

/** The items at `places`. A loop: `map` calls its function for each item from outside of compiled code. */
export function itemsAt(items: Uint32Array, places: Uint32Array): Uint32Array {
  const picked = new Uint32Array(places.length)
  for (let i = 0; i < places.length; i++) picked[i] = items[places[i]!]!
  return picked
}

/** The cells at `rows`, in new memory; the dictionary is kept. */
export function takeColumn(column: Column, rows: Uint32Array, arena: Arena): Column {
  const validity = column.validity && takeBits(column.validity, rows, arena)
  const cells = takeCells(column, rows, arena)
  return validity ? { ...cells, validity } : cells
}

export function takeCells(column: Column, rows: Uint32Array, arena: Arena): Column {
  const { type, dictionary } = column
  if (column.children) return takeNested(column, rows, arena)
  if (dictionary) {
    const codes = allocInt32(arena, rows.length)
    take32(column.values as Int32Array, rows, codes)
    return { type, values: codes, dictionary }
  }
  if (column.offsets) return takeText(column, rows, arena)
  if (type === 'bool') return { type, values: takeBits(column.values as Uint8Array, rows, arena) }
  // Cells are moved by width: five loops, each of which sees one kind of array.
  const values = allocValues(type, rows.length, arena)
  if (isEightByteInteger(type)) take64(words32Of(column), rows, words32Of({ type, values }))
  else if (isWideDecimal(type)) take128(words32Of(column), rows, words32Of({ type, values }))
  else if (type === 'float64') takeDoubles(column.values as Float64Array, rows, values as Float64Array)
  else if (values.BYTES_PER_ELEMENT === 4) take32(as32(column.values), rows, as32(values))
  else if (values.BYTES_PER_ELEMENT === 2) take16(as16(column.values), rows, as16(values))
  else take8(as8(column.values), rows, as8(values))
  return { type, values }
}

function takeNested({ type, offsets, children }: Column, rows: Uint32Array, arena: Arena): Column {
  if (!offsets)
    return {
      type,
      values: allocUint8(arena, 0),
      children: children!.map(child => takeColumn(child, rows, arena)),
    }
  const taken = takeLists(offsets, rows, arena)
  const elements = children!.map(child => takeColumn(child, taken.elements, arena))
  return { type, values: allocUint8(arena, 0), offsets: taken.offsets, children: elements }
}

const as32 = (v: ArrayBufferView) => new Int32Array(v.buffer, v.byteOffset, v.byteLength >> 2)
const as16 = (v: ArrayBufferView) => new Uint16Array(v.buffer, v.byteOffset, v.byteLength >> 1)
export const as8 = (v: ArrayBufferView) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength)

function take8(from: Uint8Array, rows: Uint32Array, to: Uint8Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
}

function take16(from: Uint16Array, rows: Uint32Array, to: Uint16Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
}

function take32(from: Int32Array, rows: Uint32Array, to: Int32Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
}

function takeDoubles(from: Float64Array, rows: Uint32Array, to: Float64Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
}

/** Halves, not doubles: a double that happens to be a NaN may change its bits on the way. */
function take64(from: Int32Array, rows: Uint32Array, to: Int32Array): void {
  for (let i = 0, j = 0; i < rows.length; i++, j += 2) {
    const at = rows[i]! * 2
    to[j] = from[at]!
    to[j + 1] = from[at + 1]!
  }
}

function take128(from: Int32Array, rows: Uint32Array, to: Int32Array): void {
  for (let i = 0, j = 0; i < rows.length; i++, j += 4) {
    const at = rows[i]! * 4
    to[j] = from[at]!
    to[j + 1] = from[at + 1]!
    to[j + 2] = from[at + 2]!
    to[j + 3] = from[at + 3]!
  }
}

export function takeText(column: Column, rows: Uint32Array, arena: Arena): Column {
  const from = viewOf(column.values as Uint8Array)
  const starts = column.offsets!
  const count = rows.length
  const offsets = allocInt32(arena, count + 1)
  const size = takeOffsets(starts, rows, offsets)
  checkTextSize(size)
  const values = allocUint8(arena, size)
  takeTexts(from, starts, rows, viewOf(values), offsets)
  return { type: column.type, values, offsets }
}

// A loop of its own, with nothing after it: see `slots.ts` of the row store.
function takeTexts(
  from: DataView,
  starts: Int32Array,
  rows: Uint32Array,
  to: DataView,
  offsets: Int32Array,
): void {
  const count = rows.length
  for (let i = 0; i < count; ) {
    // Rows that follow each other lie side by side: one copy.
    let last = rows[i]!
    const start = starts[last]!
    const at = offsets[i]!
    i++
    while (i < count && rows[i] === last + 1) {
      last++
      i++
    }
    copyBytes(from, start, starts[last + 1]!, to, at)
  }
}

export function checkTextSize(bytes: number): void {
  if (bytes > 2 ** 31 - 1)
    throw new DataError('TEXT_SIZE', `the text of one column of one batch needs ${bytes} bytes, over 2 GiB`, {
      hint: 'smaller batches hold fewer of its strings',
    })
}

export function sliceColumn(column: Column, start: number, end: number): Column {
  const { type, values, offsets, validity, children } = column
  const bits = (map: Uint8Array) => map.subarray(start >> 3, (end + 7) >> 3)
  const items = itemsPerCell(type)
  return {
    ...column,
    values: offsets
      ? values
      : type === 'bool'
        ? bits(values as Uint8Array)
        : values.subarray(start * items, end * items),
    ...(offsets ? { offsets: offsets.subarray(start, end + 1) } : {}),
    ...(validity ? { validity: bits(validity) } : {}),
    // Lists keep their elements, as text keeps its bytes.
    ...(children && !offsets ? { children: children.map(child => sliceColumn(child, start, end)) } : {}),
  }
}

/** Whether the column can be cut at whole bytes of its bitmaps only. */
export const hasBitmaps = ({ type, validity, offsets, children }: Column): boolean =>
  validity !== undefined ||
  type === 'bool' ||
  (!offsets && children !== undefined && children.some(hasBitmaps))
