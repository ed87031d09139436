/**
 * The order of values, the same wherever rows are sorted: `orderBy`, windows' output, `topN`.
 *
 * Numbers by size, -0 equal to 0, NaN after every number (as DuckDB has it); 64-bit integers exactly; text by its
 * UTF-8 bytes, which is the order of code points; binary by its bytes; false before true; lists by their elements, structs
 * by their fields, in which null comes last; nulls last unless asked otherwise, descending
 * too. Equal rows keep their order.
 */

import { isEightByteInteger, isWideDecimal } from '../types/column-type.ts'
import type { Batch } from './batch.ts'
import { bitAt, type Column, type Dictionary, isNullAt, textAt, words32Of } from './column.ts'
import { nestedBytes } from './nested-bytes.ts'
import { withScratch } from './scratch.ts'
import { type Arena, allocUint32, heapArena } from './slab.ts'
import { iota, itemsAt } from './take-column.ts'
import { TextInterner } from './text-interner.ts'

export { textAt } from './column.ts'

export interface SortKey {
  /** The column's place in the batch. */
  readonly column: number
  readonly descending?: boolean
  /** Default: `last`, in both directions. */
  readonly nulls?: 'first' | 'last'
}

/**
 * Compares two cells of columns of one type (text may be coded or plain): negative when the first comes first, 0 when
 * they are equal. Nulls are equal to each other and come last.
 */
export function compareCells(a: Column, i: number, b: Column, j: number): number {
  const nullA = isNullAt(a, i)
  const nullB = isNullAt(b, j)
  if (nullA || nullB) return nullA === nullB ? 0 : nullA ? 1 : -1
  return compareValues(a, i, b, j)
}

function compareValues(a: Column, i: number, b: Column, j: number): number {
  if (a.children) return compareNested(a, i, b, j)
  if (a.dictionary || a.offsets) {
    const textA = textAt(a, i)
    const textB = textAt(b, j)
    return compareBytes(textA.bytes, textA.start, textA.end, textB.bytes, textB.start, textB.end)
  }
  if (a.type === 'bool')
    return Number(bitAt(a.values as Uint8Array, i)) - Number(bitAt(b.values as Uint8Array, j))
  if (isEightByteInteger(a.type)) {
    const wordsA = words32Of(a)
    const wordsB = words32Of(b)
    let highA = wordsA[i * 2 + 1]!
    let highB = wordsB[j * 2 + 1]!
    if (a.type === 'uint64') {
      highA >>>= 0
      highB >>>= 0
    }
    if (highA !== highB) return highA < highB ? -1 : 1
    return Math.sign((wordsA[i * 2]! >>> 0) - (wordsB[j * 2]! >>> 0))
  }
  if (isWideDecimal(a.type)) return compareQuads(words32Of(a), i, words32Of(b), j)
  return compareNumbers(a.values[i] as number, b.values[j] as number)
}

/** Compares 128-bit integers given as four words each, the low one first. */
export function compareQuads(a: Int32Array, i: number, b: Int32Array, j: number): number {
  const top = a[4 * i + 3]! - b[4 * j + 3]!
  if (top !== 0) return Math.sign(top)
  for (let word = 2; word >= 0; word--) {
    const difference = (a[4 * i + word]! >>> 0) - (b[4 * j + word]! >>> 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

/** Fields, elements, entries one after the other; of two lists of which one begins with the other, the short one first. */
function compareNested(a: Column, i: number, b: Column, j: number): number {
  if (!a.offsets) {
    for (let c = 0; c < a.children!.length; c++) {
      const order = compareCells(a.children![c]!, i, b.children![c]!, j)
      if (order !== 0) return order
    }
    return 0
  }
  const [startA, startB] = [a.offsets[i]!, b.offsets![j]!]
  const [lengthA, lengthB] = [a.offsets[i + 1]! - startA, b.offsets![j + 1]! - startB]
  const [elementA, elementB] = [a.children![0]!, b.children![0]!]
  for (let k = 0; k < lengthA && k < lengthB; k++) {
    const order = compareCells(elementA, startA + k, elementB, startB + k)
    if (order !== 0) return order
  }
  return lengthA - lengthB
}

/** Numbers by size, -0 equal to 0, NaN equal to itself and after everything else. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** Compares `a[startA, endA)` and `b[startB, endB)` byte by byte; a prefix comes first. */
export function compareBytes(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  const common = Math.min(endA - startA, endB - startB)
  for (let k = 0; k < common; k++) {
    const difference = a[startA + k]! - b[startB + k]!
    if (difference !== 0) return difference
  }
  return endA - startA - (endB - startB)
}

/**
 * Below this many rows a comparison sort is faster than the fixed cost of a radix sort's histograms.
 */
const FEW_ROWS = 256

/**
 * The physical numbers of the rows that count, sorted by the keys, the first key first; rows with equal keys keep
 * their order. The batch itself is not changed.
 */
export function sortRows(batch: Batch, keys: readonly SortKey[]): Uint32Array {
  const rows = batch.selection ? batch.selection.slice() : iota(batch.length)
  if (rows.length < FEW_ROWS) return rows.sort(rowComparer(batch, keys))
  let sorted: Uint32Array = rows
  // Stable passes from the last key to the first: the first has the final say.
  for (let k = keys.length - 1; k >= 0; k--)
    sorted = sortByKey(batch.columns[keys[k]!.column]!, sorted, keys[k]!)
  return sorted
}

/** Compares physical rows of one batch by the keys, and by number last: rows are given ascending. */
function rowComparer(batch: Batch, keys: readonly SortKey[]): (i: number, j: number) => number {
  return (i, j) => {
    for (const { column: c, descending, nulls } of keys) {
      const column = batch.columns[c]!
      const nullI = isNullAt(column, i)
      const nullJ = isNullAt(column, j)
      if (nullI || nullJ) {
        if (nullI !== nullJ) return nullI === (nulls === 'first') ? -1 : 1
        continue
      }
      const order = compareValues(column, i, column, j)
      if (order !== 0) return descending ? -order : order
    }
    return i - j
  }
}

function sortByKey(column: Column, rows: Uint32Array, { descending, nulls }: SortKey): Uint32Array {
  const { validity } = column
  let valued = rows
  let empty: Uint32Array | undefined
  if (validity) {
    valued = rows.filter(row => (validity[row >> 3]! >> (row & 7)) & 1)
    if (valued.length < rows.length) empty = rows.filter(row => !((validity[row >> 3]! >> (row & 7)) & 1))
  }
  const sorted = withScratch(scratch => {
    const words = sortWords(column, valued, scratch)
    if (descending) for (const word of words) for (let i = 0; i < word.length; i++) word[i] = ~word[i]!
    return radixSort(words, valued, scratch)
  })
  if (!empty) return sorted
  const all = new Uint32Array(rows.length)
  all.set(empty, nulls === 'first' ? 0 : sorted.length)
  all.set(sorted, nulls === 'first' ? empty.length : 0)
  return all
}

/**
 * The cells at `rows` as unsigned words whose order is theirs, the lowest word first: one for what fits 32 bits, two
 * for doubles and 64-bit integers, four for decimals over 18 digits.
 */
function sortWords(column: Column, rows: Uint32Array, arena: Arena): Uint32Array[] {
  const { type, values } = column
  if (column.children) {
    const bytes = nestedBytes(column, rows, rows.length, { asKeys: true }, heapArena)
    return [textRanks(bytes, iota(rows.length))]
  }
  if (column.dictionary || column.offsets) return [textRanks(column, rows)]
  if (type === 'bool') {
    const bits = values as Uint8Array
    return [Uint32Array.from(rows, row => (bits[row >> 3]! >> (row & 7)) & 1)]
  }
  if (isEightByteInteger(type))
    return wideWords(words32Of(column), rows, type === 'uint64' ? 0 : 0x80000000, arena)
  if (isWideDecimal(type)) return quadWords(words32Of(column), rows)
  if (type === 'float64')
    return distances(values as Float64Array, rows, arena) ?? doubleWords(values as Float64Array, rows, arena)
  if (type === 'float32') return doubleWords(new Float64Array(values as Float32Array), rows, arena)
  return [integerWords(new Float64Array(values as Int32Array), rows)]
}

function integerWords(values: Float64Array, rows: Uint32Array): Uint32Array {
  const words = new Uint32Array(rows.length)
  // As a distance from the smallest value, every width fits a word.
  let low = 0
  for (let i = 0; i < rows.length; i++) if (values[rows[i]!]! < low) low = values[rows[i]!]!
  for (let i = 0; i < rows.length; i++) words[i] = values[rows[i]!]! - low
  return words
}

/** Whole numbers less than 2^32 apart, as offsets of rows are, as distances from the least; undefined for other ones. */
function distances(values: Float64Array, rows: Uint32Array, arena: Arena): Uint32Array[] | undefined {
  const low = leastWhole(values, rows)
  if (Number.isNaN(low)) return undefined
  const words = allocUint32(arena, rows.length)
  return areDistances(values, rows, low, words) ? [words] : undefined
}

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

/** The least of values that are whole numbers; NaN where one is not. */
function leastWhole(values: Float64Array, rows: Uint32Array): number {
  let low = Number.POSITIVE_INFINITY
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!
    if (value !== Math.floor(value)) return Number.NaN
    if (value < low) low = value
  }
  return low
}

/** Writes how far each value is from `low`; whether all of that are words. */
function areDistances(values: Float64Array, rows: Uint32Array, low: number, words: Uint32Array): boolean {
  for (let i = 0; i < rows.length; i++) {
    const distance = values[rows[i]!]! - low
    if (!(distance < 2 ** 32)) return false
    words[i] = distance
  }
  return true
}

function wideWords(words32: Int32Array, rows: Uint32Array, flip: number, arena: Arena): Uint32Array[] {
  const low = allocUint32(arena, rows.length)
  const high = allocUint32(arena, rows.length)
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i]! * 2
    low[i] = words32[at]!
    high[i] = words32[at + 1]! ^ flip
  }
  return [low, high]
}

function quadWords(words32: Int32Array, rows: Uint32Array): Uint32Array[] {
  return [0, 1, 2, 3].map(word => {
    const flip = word === 3 ? 0x80000000 : 0
    return Uint32Array.from(rows, row => words32[row * 4 + word]! ^ flip)
  })
}

/** IEEE 754 doubles order like integers once negative ones are inverted and positive ones get the top bit. */
function doubleWords(values: Float64Array, rows: Uint32Array, arena: Arena): Uint32Array[] {
  const words32 = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const low = allocUint32(arena, rows.length)
  const high = allocUint32(arena, rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (Number.isNaN(values[row]!)) {
      // Every NaN alike, whatever its sign and payload.
      low[i] = 0xffffffff
      high[i] = 0xffffffff
      continue
    }
    const lowBits = words32[row * 2]!
    let highBits = words32[row * 2 + 1]!
    if (highBits === -0x80000000 && lowBits === 0) highBits = 0
    const sign = highBits >> 31
    low[i] = lowBits ^ sign
    high[i] = highBits ^ (sign | 0x80000000)
  }
  return [low, high]
}

/** The rank of each cell's text among the distinct ones. */
function textRanks(column: Column, rows: Uint32Array): Uint32Array {
  const codes = new Uint32Array(rows.length)
  let dictionary = column.dictionary
  if (dictionary && dictionary.length <= 4 * rows.length) {
    const own = column.values as Int32Array
    for (let i = 0; i < rows.length; i++) codes[i] = own[rows[i]!]!
  } else {
    const texts = new TextInterner()
    for (let i = 0; i < rows.length; i++) {
      const { bytes, start, end } = textAt(column, rows[i]!)
      codes[i] = texts.code(bytes, start, end)
    }
    dictionary = texts.dictionary()
  }
  const ranks = dictionaryRanks(dictionary)
  for (let i = 0; i < codes.length; i++) codes[i] = ranks[codes[i]!]!
  return codes
}

/** The place of each of the dictionary's values in the order of their bytes. */
export function dictionaryRanks({ length, values, offsets }: Dictionary): Uint32Array {
  // The first eight bytes decide most comparisons: they are sorted as words, and only ties look at the text.
  const low = new Uint32Array(length)
  const high = new Uint32Array(length)
  for (let code = 0; code < length; code++) {
    const start = offsets[code]!
    const end = offsets[code + 1]!
    high[code] = prefixWord(values, start, end)
    low[code] = prefixWord(values, start + 4, end)
  }
  const order = withScratch(scratch => radixSort([low, high], iota(length), scratch))
  const byText = (a: number, b: number) =>
    compareBytes(values, offsets[a]!, offsets[a + 1]!, values, offsets[b]!, offsets[b + 1]!)
  for (let i = 0; i < length; ) {
    let j = i + 1
    while (j < length && low[order[j]!] === low[order[i]!] && high[order[j]!] === high[order[i]!]) j++
    if (j - i > 1) order.subarray(i, j).sort(byText)
    i = j
  }
  const ranks = new Uint32Array(length)
  for (let rank = 0; rank < length; rank++) ranks[order[rank]!] = rank
  return ranks
}

function prefixWord(bytes: Uint8Array, start: number, end: number): number {
  let word = 0
  for (let k = 0; k < 4; k++) word = (word << 8) | (start + k < end ? bytes[start + k]! : 0)
  return word >>> 0
}

const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS

/**
 * `rows` in the stable order of the words, of which the `i`-th belong to `rows[i]`; the last word weighs most. A radix
 * sort from the lowest digit, which skips digits all rows share, and everything when the rows are sorted already.
 */
function radixSort(words: readonly Uint32Array[], rows: Uint32Array, scratch: Arena): Uint32Array {
  const count = rows.length
  if (isSorted(words, count)) return rows
  let order = allocUint32(scratch, count)
  number(order)
  let spare = allocUint32(scratch, count)
  const counts = new Uint32Array(DIGITS)
  for (const word of words) {
    const differing = bitsThatDiffer(word, count)
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (((differing >>> shift) & (DIGITS - 1)) === 0) continue
      countDigits(word, count, shift, counts)
      sortByDigit(word, shift, counts, order, spare)
      const sorted = spare
      spare = order
      order = sorted
    }
  }
  return itemsAt(rows, order)
}

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

function number(order: Uint32Array): void {
  for (let i = 0; i < order.length; i++) order[i] = i
}

function bitsThatDiffer(word: Uint32Array, count: number): number {
  let differing = 0
  for (let i = 1; i < count; i++) differing |= word[i]! ^ word[0]!
  return differing
}

function countDigits(word: Uint32Array, count: number, shift: number, counts: Uint32Array): void {
  counts.fill(0)
  for (let i = 0; i < count; i++) counts[(word[i]! >>> shift) & (DIGITS - 1)]!++
}

/** Moves `order` to `sorted`; what was counted becomes where the next word of each digit goes. */
function sortByDigit(
  word: Uint32Array,
  shift: number,
  counts: Uint32Array,
  order: Uint32Array,
  sorted: Uint32Array,
): void {
  startsOf(counts)
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!
    sorted[counts[(word[at]! >>> shift) & (DIGITS - 1)]!++] = at
  }
}

function startsOf(counts: Uint32Array): void {
  let next = 0
  for (let digit = 0; digit < DIGITS; digit++) {
    const size = counts[digit]!
    counts[digit] = next
    next += size
  }
}

function isAscending(word: Uint32Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (word[i]! < word[i - 1]!) return false
  return true
}

function isSorted(words: readonly Uint32Array[], count: number): boolean {
  if (words.length > 2) return false
  const low = words[0]!
  const high = words[1]
  if (!high) return isAscending(low, count)
  for (let i = 1; i < count; i++) {
    if (high[i]! < high[i - 1]!) return false
    if (high[i] === high[i - 1] && low[i]! < low[i - 1]!) return false
  }
  return true
}
