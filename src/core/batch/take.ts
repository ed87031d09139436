/**
 * Copies of rows into new memory: gathering, compacting, joining and cutting batches.
 *
 * What travels with rows (`meta.ts`) stays with its row. A gathered row keeps its place: `parent` says which source row
 * it was, unless the rows still follow each other. Dictionaries are kept, not copied (see `dictionary.ts`), except by
 * {@link copyToHeap}.
 */

import type { Schema } from '../types/schema.ts'
import { type Batch, rowCount } from './batch.ts'
import type { Column, Dictionary } from './column.ts'
import { concatColumn, emptyColumn } from './concat-column.ts'
import { copyBytes, viewOf } from './copy-bytes.ts'
import { newDictionaryId } from './dictionary.ts'
import { mapColumns, PARENT } from './meta.ts'
import { concatMeta, hasOwnPlace } from './place.ts'
import { type Arena, allocUint32, heapArena } from './slab.ts'
import { copyColumn, hasBitmaps, sliceColumn, takeColumn } from './take-column.ts'

export { dictionaryText, plainText } from './concat-column.ts'
export { unifyDictionaries } from './joint-dictionary.ts'
export { iota, takeColumn } from './take-column.ts'

/**
 * The rows with these physical numbers, in this order; a number may occur several times. Nothing of the result lies
 * in the input's slabs.
 */
export function take(batch: Batch, rows: Uint32Array, arena: Arena): Batch {
  const { schema, position } = batch
  const cells = mapColumns(batch, column => takeColumn(column, rows, arena))
  const { meta } = cells
  const taken = { schema, length: rows.length, position, ...cells }
  if (meta && (PARENT in meta || hasOwnPlace(meta))) return taken
  const first = rows[0] ?? 0
  let consecutive = true
  for (let i = 1; i < rows.length && consecutive; i++) consecutive = rows[i] === first + i
  if (consecutive) return { ...taken, position: { split: position.split, offset: position.offset + first } }
  const values = allocUint32(arena, rows.length)
  values.set(rows)
  return { ...taken, meta: { ...meta, [PARENT]: { type: 'uint32', values } } }
}

/** The rows that count, copied so that all rows of the result do. */
export function compact(batch: Batch, arena: Arena): Batch {
  const { selection, schema, length, position } = batch
  if (selection) return take(batch, selection, arena)
  return { schema, length, position, ...mapColumns(batch, column => copyColumn(column, length, arena)) }
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
  const { position, columns, meta } = batch
  // Bitmaps can be cut at whole bytes only: up to seven rows before the start stay, left out by a selection.
  const bitmaps = columns.some(hasBitmaps) || (meta !== undefined && Object.values(meta).some(hasBitmaps))
  const cut = bitmaps ? from & ~7 : from
  const part = (column: Column) => sliceColumn(column, cut, until)
  const stays = meta && (PARENT in meta || hasOwnPlace(meta))
  const sliced: Batch = {
    ...batch,
    length: until - cut,
    position: stays ? position : { split: position.split, offset: position.offset + cut },
    ...mapColumns(batch, part),
  }
  if (cut === from) return sliced
  const selection = new Uint32Array(until - from)
  for (let i = 0; i < selection.length; i++) selection[i] = from - cut + i
  return { ...sliced, selection }
}

/**
 * The rows that count of all batches, one after the other. Different dictionaries of a column become one.
 *
 * Every row keeps its place and what else travels with it; where only some batches have a column of metadata, the
 * others' rows get what its absence means. The result has the position of the first batch where rows simply follow.
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
  return { schema, length, columns, ...concatMeta(parts, columns, arena) }
}

/**
 * Heap copies of dictionaries, so that the batches of one dictionary share one copy. {@link copyToHeap} keeps those of
 * the last few batches: a source may make a dictionary per batch.
 */
export type DictionaryCopies = Map<string, Dictionary>

/**
 * A deep copy of the rows that count into plain memory that nothing else uses: what user code may keep. A dictionary
 * much longer than the batch is cut down to the values used; others are copied whole, once with the same `copies`.
 */
export function copyToHeap(batch: Batch, copies: DictionaryCopies = new Map()): Batch {
  const compacted = compact(batch, heapArena)
  const { length } = compacted
  const coded = compacted.columns.reduce((sum, column) => sum + dictionariesIn(column), 0)
  const own = (column: Column, length: number): Column => {
    const { dictionary, children, offsets } = column
    if (children) {
      const size = offsets ? offsets[length]! : length
      return { ...column, children: children.map(child => own(child, size)) }
    }
    if (!dictionary) return column
    const copy = copies.get(dictionary.id)
    if (copy && copy.length >= dictionary.length) {
      keepCopy(copies, copy, coded)
      return { ...column, dictionary: copy }
    }
    if (dictionary.length > Math.max(1024, 2 * length)) return trimDictionary(column, length)
    const whole: Dictionary = {
      id: dictionary.id,
      length: dictionary.length,
      values: dictionary.values.slice(0, dictionary.offsets[dictionary.length]!),
      offsets: new Int32Array(dictionary.offsets.subarray(0, dictionary.length + 1)),
    }
    keepCopy(copies, whole, coded)
    return { ...column, dictionary: whole }
  }
  return { ...compacted, ...mapColumns(compacted, column => own(column, length)) }
}

const dictionariesIn = ({ dictionary, children }: Column): number =>
  children ? children.reduce((sum, child) => sum + dictionariesIn(child), 0) : dictionary ? 1 : 0

/** Keeps a copy as the one used last, and lets go of those used longest ago. */
function keepCopy(copies: DictionaryCopies, copy: Dictionary, columns: number): void {
  copies.delete(copy.id)
  copies.set(copy.id, copy)
  const kept = 16 + 2 * columns
  for (const id of copies.keys()) {
    if (copies.size <= kept) return
    copies.delete(id)
  }
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
  const [from, to] = [viewOf(dictionary.values), viewOf(values)]
  const offsets = new Int32Array(own.size + 1)
  let at = 0
  let next = 0
  for (const code of own.keys()) {
    const start = dictionary.offsets[code]!
    const end = dictionary.offsets[code + 1]!
    copyBytes(from, start, end, to, at)
    at += end - start
    offsets[++next] = at
  }
  return { ...column, dictionary: { id: newDictionaryId(), length: own.size, values, offsets } }
}
