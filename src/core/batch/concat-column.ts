/** Joins the cells of one column of several batches. Different dictionaries become one. */

import { isBytes, itemsPerCell } from '../types/column-type.ts'
import { childTypes, isStruct } from '../types/nested-type.ts'
import { type Batch, rowCount } from './batch.ts'
import { allSet, copyBits, takeBits } from './bitmap.ts'
import { allocValues } from './build.ts'
import type { Column, Dictionary } from './column.ts'
import { copyBytes, viewOf } from './copy-bytes.ts'
import { unifyDictionaries } from './joint-dictionary.ts'
import { checkListSize, movedOffsets, rangeOf, takeLists } from './list-offsets.ts'
import { type Arena, allocInt32, allocUint8, heapArena } from './slab.ts'
import { as8, checkTextSize, iota, takeCells, takeText } from './take-column.ts'
import { TextInterner } from './text-interner.ts'

/** Rows of a batch: all, or those selected. */
type Rows = Pick<Batch, 'length' | 'selection'>

export function emptyColumn(type: Column['type'], arena: Arena): Column {
  const inner = childTypes(type)
  if (inner.length > 0) {
    const children = inner.map(child => emptyColumn(child, arena))
    return isStruct(type)
      ? { type, values: allocUint8(arena, 0), children }
      : { type, values: allocUint8(arena, 0), offsets: allocInt32(arena, 1).fill(0), children }
  }
  const values = allocValues(type, 0, arena)
  const offsets = allocInt32(arena, 1)
  offsets[0] = 0
  if (type === 'utf8' || type === 'binary') return { type, values, offsets }
  return type === 'dictionary'
    ? { type, values, dictionary: new TextInterner().dictionary() }
    : { type, values }
}

export function concatColumn(
  columns: readonly Column[],
  parts: readonly Rows[],
  length: number,
  arena: Arena,
): Column {
  const joined = concatCells(columns, parts, length, arena)
  if (!columns.some(column => column.validity)) return joined
  const validity = allSet(length, arena)
  let at = 0
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!
    const bits = columns[p]!.validity
    const count = rowCount(part)
    if (bits) {
      if (part.selection) copyBits(takeBits(bits, part.selection, heapArena), 0, validity, at, count)
      else copyBits(bits, 0, validity, at, count)
    }
    at += count
  }
  return { ...joined, validity }
}

function concatCells(
  columns: readonly Column[],
  parts: readonly Rows[],
  length: number,
  arena: Arena,
): Column {
  const { type, children } = columns[0]!
  if (children) return concatNested(columns, parts, length, arena)
  const dictionaries = columns.map(column => column.dictionary)
  if (dictionaries.every(dictionary => dictionary !== undefined)) {
    const { dictionary, codes } = unifyDictionaries(dictionaries as Dictionary[])
    const values = allocInt32(arena, length)
    let at = 0
    for (let p = 0; p < parts.length; p++) {
      const from = columns[p]!.values as Int32Array
      const { selection, length: rows } = parts[p]!
      at = selection
        ? takeCodes(from, selection, codes[p], values, at)
        : copyCodes(from, rows, codes[p], values, at)
    }
    return { type, values, dictionary }
  }
  if (isBytes(type)) return concatText(columns, parts, length, arena)
  const values = allocValues(type, length, arena)
  const target = as8(values)
  let at = 0
  for (let p = 0; p < parts.length; p++) {
    const { selection, length: rows } = parts[p]!
    let part = columns[p]!
    if (selection) part = takeCells(part, selection, heapArena)
    const count = selection?.length ?? rows
    if (type === 'bool') copyBits(part.values as Uint8Array, 0, target, at, count)
    else {
      const width = values.BYTES_PER_ELEMENT * itemsPerCell(type)
      target.set(as8(part.values).subarray(0, count * width), at * width)
    }
    at += count
  }
  return { type, values }
}

function concatNested(
  columns: readonly Column[],
  parts: readonly Rows[],
  length: number,
  arena: Arena,
): Column {
  const { type, offsets, children } = columns[0]!
  const child = (c: number) => columns.map(column => column.children![c]!)
  if (!offsets) {
    const fields = children!.map((_, c) => concatColumn(child(c), parts, length, arena))
    return { type, values: allocUint8(arena, 0), children: fields }
  }
  const joined = allocInt32(arena, length + 1)
  joined[0] = 0
  let at = 0
  let row = 0
  const elements = columns.map((column, p): Rows => {
    const { selection, length: rows } = parts[p]!
    const own = column.offsets!
    const count = selection?.length ?? rows
    let taken: Rows
    if (selection) {
      const lists = takeLists(own, selection, heapArena)
      for (let i = 1; i <= count; i++) joined[row + i] = lists.offsets[i]! + at
      taken = { length: 0, selection: lists.elements }
    } else {
      joined.set(movedOffsets(own, count, at, heapArena), row)
      const [start, end] = [own[0]!, own[count]!]
      taken = start === 0 ? { length: end } : { length: end, selection: rangeOf(start, end) }
    }
    at += rowCount(taken)
    row += count
    return taken
  })
  checkListSize(at)
  return {
    type,
    values: allocUint8(arena, 0),
    offsets: joined,
    children: [concatColumn(child(0), elements, at, arena)],
  }
}

function takeCodes(
  from: Int32Array,
  rows: Uint32Array,
  map: Int32Array | undefined,
  to: Int32Array,
  at: number,
): number {
  if (map) for (let i = 0; i < rows.length; i++) to[at++] = map[from[rows[i]!]!]!
  else for (let i = 0; i < rows.length; i++) to[at++] = from[rows[i]!]!
  return at
}

function copyCodes(
  from: Int32Array,
  count: number,
  map: Int32Array | undefined,
  to: Int32Array,
  at: number,
): number {
  if (map) for (let i = 0; i < count; i++) to[at++] = map[from[i]!]!
  else {
    to.set(from.subarray(0, count), at)
    at += count
  }
  return at
}

/** Text as bytes; cells given as codes are spelled out. */
function concatText(
  columns: readonly Column[],
  parts: readonly Rows[],
  length: number,
  arena: Arena,
): Column {
  const plain = columns.map((column, p) => {
    const { selection, length: rows } = parts[p]!
    if (column.dictionary) return spellOut(column, selection ?? iota(rows), heapArena)
    return selection ? takeText(column, selection, heapArena) : column
  })
  let size = 0
  for (let p = 0; p < parts.length; p++) {
    const offsets = plain[p]!.offsets!
    size += offsets[rowCount(parts[p]!)]! - offsets[0]!
  }
  checkTextSize(size)
  const offsets = allocInt32(arena, length + 1)
  const values = allocUint8(arena, size)
  offsets[0] = 0
  let at = 0
  let row = 0
  for (let p = 0; p < parts.length; p++) {
    const from = plain[p]!.offsets!
    const count = rowCount(parts[p]!)
    const start = from[0]!
    values.set((plain[p]!.values as Uint8Array).subarray(start, from[count]!), at)
    for (let i = 1; i <= count; i++) offsets[row + i] = from[i]! - start + at
    row += count
    at += from[count]! - start
  }
  return { type: columns[0]!.type, values, offsets }
}

/** The cells of a text column at `rows` as plain text; nulls become empty. The validity is left to the caller. */
function spellOut(column: Column, rows: Uint32Array, arena: Arena): Column {
  const dictionary = column.dictionary!
  const codes = takeCells(column, rows, heapArena).values as Int32Array
  // A null may hold any bits: code 0 of an empty dictionary, or beyond it.
  for (let i = 0; i < codes.length; i++) if (codes[i]! >>> 0 >= dictionary.length) codes[i] = -1
  const offsets = allocInt32(arena, codes.length + 1)
  let size = 0
  offsets[0] = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code >= 0) size += dictionary.offsets[code + 1]! - dictionary.offsets[code]!
    offsets[i + 1] = size
  }
  checkTextSize(size)
  const values = allocUint8(arena, size)
  const [from, to] = [viewOf(dictionary.values), viewOf(values)]
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code >= 0) copyBytes(from, dictionary.offsets[code]!, dictionary.offsets[code + 1]!, to, offsets[i]!)
  }
  return { type: column.type, values, offsets }
}

/** Text without a dictionary: the column itself, or its codes spelled out in `arena`. Every physical row is read. */
export function plainText(column: Column, length: number, arena: Arena): Column {
  if (!column.dictionary) return column
  const plain = spellOut(column, iota(length), arena)
  return column.validity ? { ...plain, validity: column.validity } : plain
}

/** Text with a dictionary: the column itself, or one with a dictionary made for it. Every physical row is read. */
export function dictionaryText(column: Column, length: number, arena: Arena): Column {
  if (column.dictionary) return column
  const texts = new TextInterner()
  const values = allocInt32(arena, length)
  const bytes = column.values as Uint8Array
  const offsets = column.offsets!
  const { validity } = column
  for (let i = 0; i < length; i++)
    values[i] =
      validity && !((validity[i >> 3]! >> (i & 7)) & 1) ? 0 : texts.code(bytes, offsets[i]!, offsets[i + 1]!)
  const coded = { type: column.type, values, dictionary: texts.dictionary() }
  return validity ? { ...coded, validity } : coded
}
