/** Cells of one column of several batches, put where each belongs. */

import { isBytes, isEightByteInteger, isWideDecimal, itemsPerCell } from '../types/column-type.ts'
import { type Batch, rowCount } from './batch.ts'
import { allSet } from './bitmap.ts'
import { allocValues } from './build.ts'
import type { Dictionary } from './column.ts'
import { type Column, words32Of } from './column.ts'
import { concatColumn } from './concat-column.ts'
import { copyBytes, viewOf } from './copy-bytes.ts'
import { unifyDictionaries } from './joint-dictionary.ts'
import { type Arena, allocInt32, allocUint8, heapArena } from './slab.ts'
import { as8, checkTextSize, takeColumn } from './take-column.ts'

/** Where rows go: row `i` of all parts, one after the other, becomes row `to[i]`; `rows` is the same the other way round. */
export interface Interleaving {
  readonly parts: readonly Pick<Batch, 'length' | 'selection'>[]
  readonly rows: Uint32Array
  readonly to: Uint32Array
}

export function interleaveColumn(columns: readonly Column[], into: Interleaving, arena: Arena): Column {
  const { parts, rows } = into
  if (!columns.every(column => isSimple(column, columns[0]!)))
    return takeColumn(concatColumn(columns, parts, rows.length, heapArena), rows, arena)
  const cells = columns.map((column, p) => {
    const { selection } = parts[p]!
    return selection ? takeColumn(column, selection, heapArena) : column
  })
  const interleaved = interleaveCells(cells, into, arena)
  if (!cells.some(({ validity }) => validity)) return interleaved
  return { ...interleaved, validity: interleaveValidity(cells, into, arena) }
}

/** Numbers, codes and texts are put in place one by one; what is more than that is joined first. */
const isSimple = ({ type, children, dictionary }: Column, first: Column): boolean =>
  !children &&
  type !== 'bool' &&
  !isWideDecimal(type) &&
  itemsPerCell(type) === 1 &&
  (dictionary === undefined) === (first.dictionary === undefined)

function interleaveCells(cells: readonly Column[], into: Interleaving, arena: Arena): Column {
  const { type, dictionary } = cells[0]!
  if (dictionary) return interleaveCodes(cells, into, arena)
  if (isBytes(type)) return interleaveText(cells, into, arena)
  const values = allocValues(type, into.rows.length, arena)
  targetsOf(into).forEach((to, p) => {
    const from = cells[p]!
    // As `takeCells`: cells are moved by width, integers of eight bytes in halves.
    if (isEightByteInteger(type)) put64(words32Of(from), to, words32Of({ type, values }))
    else if (type === 'float64') putDoubles(from.values as Float64Array, to, values as Float64Array)
    else if (values.BYTES_PER_ELEMENT === 4) put32(as32(from.values), to, as32(values))
    else if (values.BYTES_PER_ELEMENT === 2) put16(as16(from.values), to, as16(values))
    else put8(as8(from.values), to, as8(values))
  })
  return { type, values }
}

/** Where the rows of each part go. */
function targetsOf({ parts, to }: Interleaving): Uint32Array[] {
  let end = 0
  return parts.map(part => {
    const from = end
    end += rowCount(part as Batch)
    return to.subarray(from, end)
  })
}

function interleaveCodes(cells: readonly Column[], into: Interleaving, arena: Arena): Column {
  const { dictionary, codes } = unifyDictionaries(cells.map(column => column.dictionary as Dictionary))
  const values = allocInt32(arena, into.rows.length)
  targetsOf(into).forEach((to, p) => {
    const from = cells[p]!.values as Int32Array
    const map = codes[p]
    if (map) putMapped(from, map, to, values)
    else put32(from, to, values)
  })
  return { type: cells[0]!.type, values, dictionary }
}

function interleaveText(cells: readonly Column[], into: Interleaving, arena: Arena): Column {
  const { length } = into.rows
  const offsets = allocInt32(arena, length + 1)
  const targets = targetsOf(into)
  targets.forEach((to, p) => {
    putSizes(cells[p]!.offsets!, to, offsets)
  })
  const size = sumUp(offsets)
  checkTextSize(size)
  const values = allocUint8(arena, size)
  const target = viewOf(values)
  targets.forEach((to, p) => {
    putTexts(viewOf(cells[p]!.values as Uint8Array), cells[p]!.offsets!, to, target, offsets)
  })
  return { type: cells[0]!.type, values, offsets }
}

function interleaveValidity(cells: readonly Column[], into: Interleaving, arena: Arena): Uint8Array {
  const validity = allSet(into.rows.length, arena)
  targetsOf(into).forEach((to, p) => {
    const bits = cells[p]!.validity
    if (bits) clearNulls(bits, to, validity)
  })
  return validity
}

const as32 = (v: ArrayBufferView) => new Int32Array(v.buffer, v.byteOffset, v.byteLength >> 2)
const as16 = (v: ArrayBufferView) => new Uint16Array(v.buffer, v.byteOffset, v.byteLength >> 1)

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

/** The size of each text, one place after its own. */
function putSizes(offsets: Int32Array, to: Uint32Array, sizes: Int32Array): void {
  for (let i = 0; i < to.length; i++) sizes[to[i]! + 1] = offsets[i + 1]! - offsets[i]!
}

/** Makes offsets of sizes; returns the last. */
function sumUp(sizes: Int32Array): number {
  let size = 0
  sizes[0] = 0
  for (let i = 1; i < sizes.length; i++) {
    size += sizes[i]!
    sizes[i] = size
  }
  return size
}

function putTexts(
  from: DataView,
  starts: Int32Array,
  to: Uint32Array,
  target: DataView,
  offsets: Int32Array,
): void {
  for (let i = 0; i < to.length; i++) copyBytes(from, starts[i]!, starts[i + 1]!, target, offsets[to[i]!]!)
}

function putMapped(from: Int32Array, map: Int32Array, to: Uint32Array, values: Int32Array): void {
  for (let i = 0; i < to.length; i++) values[to[i]!] = map[from[i]!]!
}

function clearNulls(bits: Uint8Array, to: Uint32Array, validity: Uint8Array): void {
  for (let i = 0; i < to.length; i++)
    if (!((bits[i >> 3]! >> (i & 7)) & 1)) validity[to[i]! >> 3]! &= ~(1 << (to[i]! & 7))
}

function put8(from: Uint8Array, to: Uint32Array, values: Uint8Array): void {
  for (let i = 0; i < to.length; i++) values[to[i]!] = from[i]!
}

function put16(from: Uint16Array, to: Uint32Array, values: Uint16Array): void {
  for (let i = 0; i < to.length; i++) values[to[i]!] = from[i]!
}

function put32(from: Int32Array, to: Uint32Array, values: Int32Array): void {
  for (let i = 0; i < to.length; i++) values[to[i]!] = from[i]!
}

function putDoubles(from: Float64Array, to: Uint32Array, values: Float64Array): void {
  for (let i = 0; i < to.length; i++) values[to[i]!] = from[i]!
}

function put64(from: Int32Array, to: Uint32Array, values: Int32Array): void {
  for (let i = 0, j = 0; i < to.length; i++, j += 2) {
    const at = to[i]! * 2
    values[at] = from[j]!
    values[at + 1] = from[j + 1]!
  }
}
