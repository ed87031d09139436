/**
 * Copies of rows into new memory: gathering, compacting, joining and cutting batches.
 *
 * What is gathered keeps its provenance: `parents` says which source row a gathered row was, unless they still follow
 * each other. Dictionaries are kept, not copied (see `dictionary.ts`), except by {@link copyToHeap}.
 */

import { DataError } from '../errors.ts'
import { isEightByteInteger } from '../types/column-type.ts'
import type { Schema } from '../types/schema.ts'
import { type Batch, NO_POSITION, type Position, rowCount } from './batch.ts'
import { allSet, clearTail, copyBits, takeBits } from './bitmap.ts'
import { allocValues } from './build.ts'
import { bitmapBytes, type Column, type Dictionary, words32Of } from './column.ts'
import { newDictionaryId } from './dictionary.ts'
import { type Arena, allocInt32, allocUint8, allocUint32, heapArena } from './slab.ts'
import { TextInterner } from './text-interner.ts'

/**
 * The rows with these physical numbers, in this order; a number may occur several times. Nothing of the result lies
 * in the input's slabs.
 */
export function take(batch: Batch, rows: Uint32Array, arena: Arena): Batch {
  const columns = batch.columns.map(column => takeColumn(column, rows, arena))
  const taken = withProvenance({ schema: batch.schema, length: rows.length, columns }, batch, rows, arena)
  return batch.order ? { ...taken, order: batch.order.map(column => takeColumn(column, rows, arena)) } : taken
}

function withProvenance(
  result: Pick<Batch, 'schema' | 'length' | 'columns'>,
  { position, parents }: Batch,
  rows: Uint32Array,
  arena: Arena,
): Batch {
  if (parents) {
    const own = allocUint32(arena, rows.length)
    for (let i = 0; i < rows.length; i++) own[i] = parents[rows[i]!]!
    return { ...result, position, parents: own }
  }
  const first = rows[0] ?? 0
  let consecutive = true
  for (let i = 1; i < rows.length && consecutive; i++) consecutive = rows[i] === first + i
  if (consecutive) return { ...result, position: { split: position.split, offset: position.offset + first } }
  const own = allocUint32(arena, rows.length)
  own.set(rows)
  return { ...result, position, parents: own }
}

/** The rows that count, copied so that all rows of the result do. */
export function compact(batch: Batch, arena: Arena): Batch {
  const { selection, parents, schema, length, position } = batch
  if (selection) return take(batch, selection, arena)
  const columns = batch.columns.map(column => copyColumn(column, length, arena))
  if (!parents) return { schema, length, columns, position }
  const own = allocUint32(arena, length)
  own.set(parents.subarray(0, length))
  return { schema, length, columns, position, parents: own }
}

/** All cells in new memory; the dictionary is kept. */
function copyColumn(column: Column, length: number, arena: Arena): Column {
  const cells = copyCells(column, length, arena)
  if (!column.validity) return cells
  return { ...cells, validity: copyBitmap(column.validity, length, arena) }
}

function copyCells(column: Column, length: number, arena: Arena): Column {
  const { type, dictionary, offsets } = column
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

/** The cells at `rows`, in new memory; the dictionary is kept. */
export function takeColumn(column: Column, rows: Uint32Array, arena: Arena): Column {
  const validity = column.validity && takeBits(column.validity, rows, arena)
  const cells = takeCells(column, rows, arena)
  return validity ? { ...cells, validity } : cells
}

function takeCells(column: Column, rows: Uint32Array, arena: Arena): Column {
  const { type, dictionary } = column
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
  else if (type === 'float64') takeDoubles(column.values as Float64Array, rows, values as Float64Array)
  else if (values.BYTES_PER_ELEMENT === 4) take32(as32(column.values), rows, as32(values))
  else if (values.BYTES_PER_ELEMENT === 2) take16(as16(column.values), rows, as16(values))
  else take8(as8(column.values), rows, as8(values))
  return { type, values }
}

const as32 = (v: ArrayBufferView) => new Int32Array(v.buffer, v.byteOffset, v.byteLength >> 2)
const as16 = (v: ArrayBufferView) => new Uint16Array(v.buffer, v.byteOffset, v.byteLength >> 1)
const as8 = (v: ArrayBufferView) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength)

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

function takeText(column: Column, rows: Uint32Array, arena: Arena): Column {
  const from = column.values as Uint8Array
  const starts = column.offsets!
  const count = rows.length
  const offsets = allocInt32(arena, count + 1)
  let size = 0
  offsets[0] = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    size += starts[row + 1]! - starts[row]!
    offsets[i + 1] = size
  }
  checkTextSize(size)
  const to = allocUint8(arena, size)
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
  return { type: column.type, values: to, offsets }
}

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start < 64) for (let i = start; i < end; i++) to[at++] = from[i]!
  else to.set(from.subarray(start, end), at)
}

function checkTextSize(bytes: number): void {
  if (bytes > 2 ** 31 - 1)
    throw new DataError('TEXT_SIZE', `the text of one column of one batch needs ${bytes} bytes, over 2 GiB`, {
      hint: 'smaller batches hold fewer of its strings',
    })
}

/**
 * Those that count of the `start`-th to before the `end`-th row; the result shares the batch's memory.
 */
export function slice(batch: Batch, start: number, end: number): Batch {
  const count = rowCount(batch)
  const from = Math.max(0, Math.min(start, count))
  const until = Math.max(from, Math.min(end, count))
  if (from === 0 && until === count) return batch
  if (batch.selection) return { ...batch, selection: batch.selection.subarray(from, until) }
  // Bitmaps can be cut at whole bytes only: up to seven rows before the start stay, left out by a selection.
  const bitmaps = batch.columns.some(column => column.validity || column.type === 'bool')
  const cut = bitmaps ? from & ~7 : from
  const { position, parents } = batch
  const sliced: Batch = {
    ...batch,
    length: until - cut,
    columns: batch.columns.map(column => sliceColumn(column, cut, until)),
    position: parents ? position : { split: position.split, offset: position.offset + cut },
    ...(parents ? { parents: parents.subarray(cut, until) } : {}),
  }
  if (cut === from) return sliced
  const selection = new Uint32Array(until - from)
  for (let i = 0; i < selection.length; i++) selection[i] = from - cut + i
  return { ...sliced, selection }
}

function sliceColumn(column: Column, start: number, end: number): Column {
  const { type, values, offsets, validity } = column
  const bits = (map: Uint8Array) => map.subarray(start >> 3, (end + 7) >> 3)
  return {
    ...column,
    values: offsets ? values : type === 'bool' ? bits(values as Uint8Array) : values.subarray(start, end),
    ...(offsets ? { offsets: offsets.subarray(start, end + 1) } : {}),
    ...(validity ? { validity: bits(validity) } : {}),
  }
}

/**
 * The rows that count of all batches, one after the other. Different dictionaries of a column become one.
 *
 * The result has the position of the first batch, and `parents` where its rows do not simply follow; rows of
 * different splits have no common position, they keep only their order.
 */
export function concat(schema: Schema, batches: readonly Batch[], arena: Arena): Batch {
  const parts = batches.filter(batch => rowCount(batch) > 0)
  if (parts.length === 1) return { ...compact(parts[0]!, arena), schema }
  let length = 0
  for (const part of parts) length += rowCount(part)
  const columns = schema.map(({ type }, c) => {
    if (parts.length === 0) return emptyColumn(type, arena)
    return concatColumn(
      parts.map(part => part.columns[c]!),
      parts,
      length,
      arena,
    )
  })
  return { schema, length, columns, ...concatProvenance(parts, length, arena) }
}

function emptyColumn(type: Column['type'], arena: Arena): Column {
  const values = allocValues(type, 0, arena)
  const offsets = allocInt32(arena, 1)
  offsets[0] = 0
  if (type === 'utf8') return { type, values, offsets }
  return type === 'dictionary'
    ? { type, values, dictionary: new TextInterner().dictionary() }
    : { type, values }
}

function concatColumn(columns: Column[], parts: readonly Batch[], length: number, arena: Arena): Column {
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

function concatCells(columns: Column[], parts: readonly Batch[], length: number, arena: Arena): Column {
  const type = columns[0]!.type
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
  if (type === 'utf8') return concatText(columns, parts, length, arena)
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
      const width = values.BYTES_PER_ELEMENT
      target.set(as8(part.values).subarray(0, count * width), at * width)
    }
    at += count
  }
  return { type, values }
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
function concatText(columns: Column[], parts: readonly Batch[], length: number, arena: Arena): Column {
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
  return { type: 'utf8', values, offsets }
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
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code >= 0)
      copyBytes(
        dictionary.values,
        dictionary.offsets[code]!,
        dictionary.offsets[code + 1]!,
        values,
        offsets[i]!,
      )
  }
  return { type: 'utf8', values, offsets }
}

/** Text without a dictionary: the column itself, or its codes spelled out in `arena`. Every physical row is read. */
export function plainText(column: Column, length: number, arena: Arena): Column {
  if (!column.dictionary) return column
  const plain = { ...spellOut(column, iota(length), arena), type: column.type }
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

/**
 * One dictionary for all: `codes[p][c]` is the new code of code `c` of dictionary `p`; absent when codes stay. Views
 * of one growing dictionary need no new one.
 */
export function unifyDictionaries(dictionaries: readonly Dictionary[]): {
  dictionary: Dictionary
  codes: (Int32Array | undefined)[]
} {
  let longest = dictionaries[0]!
  let same = true
  for (const dictionary of dictionaries) {
    if (dictionary.id !== longest.id) same = false
    else if (dictionary.length > longest.length) longest = dictionary
  }
  if (same) return { dictionary: longest, codes: dictionaries.map(() => undefined) }
  const texts = new TextInterner(longest.length)
  const known = new Map<string, { length: number; codes: Int32Array }>()
  const codes = dictionaries.map(({ id, length, values, offsets }) => {
    const earlier = known.get(id)
    if (earlier && earlier.length >= length) return earlier.codes
    const map = new Int32Array(length)
    for (let c = 0; c < length; c++) map[c] = texts.code(values, offsets[c]!, offsets[c + 1]!)
    known.set(id, { length, codes: map })
    return map
  })
  return { dictionary: texts.dictionary(), codes }
}

function concatProvenance(
  parts: readonly Batch[],
  length: number,
  arena: Arena,
): { position: Position; parents?: Uint32Array } {
  const first = parts[0]?.position
  if (!first || parts.some(({ position }) => position.split !== first.split))
    return { position: first ?? NO_POSITION }
  let low = Number.POSITIVE_INFINITY
  let high = 0
  let simple = true
  let next = first.offset
  for (const { position, selection, parents, length: rows } of parts) {
    if (selection || parents || position.offset !== next) simple = false
    next = position.offset + rows
    low = Math.min(low, position.offset)
    high = Math.max(high, position.offset)
  }
  if (simple) return { position: first }
  const offsets = allocUint32(arena, length)
  let at = 0
  for (const { position, selection, parents, length: rows } of parts) {
    const base = position.offset - low
    const count = selection?.length ?? rows
    for (let i = 0; i < count; i++) {
      const row = selection ? selection[i]! : i
      const offset = base + (parents ? parents[row]! : row)
      // Parents are 32-bit: rows further apart keep their order only.
      if (offset > 0xffffffff) return { position: first }
      offsets[at++] = offset
    }
  }
  return { position: { split: first.split, offset: low }, parents: offsets }
}

/** Heap copies of dictionaries, so that the batches of one dictionary share one copy. */
export type DictionaryCopies = Map<string, Dictionary>

/**
 * A deep copy of the rows that count into plain memory that nothing else uses: what user code may keep. A dictionary
 * much longer than the batch is cut down to the values used; others are copied whole, once with the same `copies`.
 */
export function copyToHeap(batch: Batch, copies: DictionaryCopies = new Map()): Batch {
  const compacted = compact(batch, heapArena)
  const { length } = compacted
  const columns = compacted.columns.map(column => {
    const { dictionary } = column
    if (!dictionary) return column
    const copy = copies.get(dictionary.id)
    if (copy && copy.length >= dictionary.length) return { ...column, dictionary: copy }
    if (dictionary.length > Math.max(1024, 2 * length)) return trimDictionary(column, length)
    const whole: Dictionary = {
      id: dictionary.id,
      length: dictionary.length,
      values: dictionary.values.slice(0, dictionary.offsets[dictionary.length]!),
      offsets: new Int32Array(dictionary.offsets.subarray(0, dictionary.length + 1)),
    }
    copies.set(dictionary.id, whole)
    return { ...column, dictionary: whole }
  })
  return { ...compacted, columns }
}

/** The column with a heap dictionary of only the values it uses; `column.values` is overwritten. */
function trimDictionary(column: Column, length: number): Column {
  const dictionary = column.dictionary!
  const codes = column.values as Int32Array
  const { validity } = column
  const own = new Map<number, number>()
  let size = 0
  for (let i = 0; i < length; i++) {
    const code = codes[i]!
    if (validity && !((validity[i >> 3]! >> (i & 7)) & 1)) {
      codes[i] = 0
      continue
    }
    let short = own.get(code)
    if (short === undefined) {
      short = own.size
      own.set(code, short)
      size += dictionary.offsets[code + 1]! - dictionary.offsets[code]!
    }
    codes[i] = short
  }
  const values = new Uint8Array(size)
  const offsets = new Int32Array(own.size + 1)
  let at = 0
  let next = 0
  for (const code of own.keys()) {
    const start = dictionary.offsets[code]!
    const end = dictionary.offsets[code + 1]!
    copyBytes(dictionary.values, start, end, values, at)
    at += end - start
    offsets[++next] = at
  }
  return { ...column, dictionary: { id: newDictionaryId(), length: own.size, values, offsets } }
}
