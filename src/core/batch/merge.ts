/** Merging what several shards emitted in one step, each in order, into the one order that all shard counts give. */

import { type ColumnType, isWideDecimal } from '../types/column-type.ts'
import type { Schema } from '../types/schema.ts'
import { type Batch, rowAt, rowCount } from './batch.ts'
import { type Column, words32Of } from './column.ts'
import { compareCells } from './compare.ts'
import { interleave, joinedPlaces } from './interleave.ts'
import { comparePlaces, isConstant } from './place.ts'
import { type Arena, allocFloat64, allocUint32, SlabArena, SlabPool } from './slab.ts'
import { concat, slice } from './take.ts'

/** Rows a merged batch has at most. */
const MERGED_ROWS = 1 << 16

/** The batches of a shard as runs whose rows are in order of place: one, or several where batches overlap. */
export function runsInOrder(batches: readonly Batch[]): Batch[][] {
  const runs: Batch[][] = []
  let before: Batch | undefined
  for (const batch of batches) {
    const count = rowCount(batch)
    if (count === 0) continue
    const last = before && rowAt(before, rowCount(before) - 1)
    if (before && comparePlaces(before, last!, batch, rowAt(batch, 0)) <= 0) runs.at(-1)!.push(batch)
    else runs.push([batch])
    before = batch
  }
  return runs
}

/**
 * Merges runs of batches by the places of their rows. Rows of one place keep the order of the runs.
 *
 * @param runs each a list of batches whose rows are in order of place, one after the other
 * @param mostRows how many rows a merged batch may have
 */
export function mergeOrdered(
  runs: readonly (readonly Batch[])[],
  arena: Arena,
  mostRows = MERGED_ROWS,
): Batch[] {
  const filled = runs.map(run => run.filter(batch => rowCount(batch) > 0)).filter(run => run.length > 0)
  if (filled.length < 2) return filled[0] ? [...filled[0]] : []
  const { schema } = filled[0]![0]!
  const pieces = piecesInOrder(filled)
  if (!pieces) return interleaved(schema, filled, arena, mostRows)
  return inChunks(concat(schema, pieces, arena), mostRows)
}

function inChunks(all: Batch, mostRows: number): Batch[] {
  const chunks = Math.ceil(rowCount(all) / mostRows)
  return Array.from({ length: chunks }, (_, i) => slice(all, i * mostRows, (i + 1) * mostRows))
}

/**
 * The rows of all runs by place, interleaved a chunk at a time: what is known of a chunk's rows then stays in cache. With
 * dictionaries all at once, because these are joined each time.
 */
function interleaved(
  schema: Schema,
  runs: readonly (readonly Batch[])[],
  arena: Arena,
  mostRows: number,
): Batch[] {
  const total = runs.flat().reduce((sum, batch) => sum + rowCount(batch), 0)
  if (total <= mostRows || runs.some(run => run.some(hasDictionary)))
    return inChunks(interleavedAtOnce(schema, runs, arena), mostRows)
  const chunks: Batch[] = []
  const heads = runs.map((run): Head => ({ run, at: 0, row: 0 }))
  for (;;) {
    const open = heads.filter(({ run, at }) => at < run.length)
    if (open.length === 0) return chunks
    const rows = Math.max(1, Math.floor(mostRows / open.length))
    const parts = cutInOrder(open.map(({ run, at, row }) => slice(run[at]!, row, row + rows)))
    parts.forEach((part, p) => {
      advance(open[p]!, rowCount(part))
    })
    const filled = parts.filter(part => rowCount(part) > 0).map(part => [part])
    chunks.push(filled.length === 1 ? filled[0]![0]! : interleavedAtOnce(schema, filled, arena))
  }
}

function interleavedAtOnce(schema: Schema, runs: readonly (readonly Batch[])[], arena: Arena) {
  const scratch = new SlabArena(scratchPool)
  try {
    return interleave(schema, runs.flat(), orderOfRows(runs, scratch), arena, scratch)
  } finally {
    for (const slab of scratch.take()) scratchPool.release(slab)
  }
}

/** Shared memory, only because that is kept from merge to merge and is nothing for V8 to collect. */
const scratchPool = new SlabPool()

const hasDictionary = ({ columns, meta }: Batch): boolean =>
  [...columns, ...Object.values(meta ?? {})].some(({ dictionary }) => dictionary !== undefined)

/** The rows of each part that come before whatever follows the parts: one of them is there whole. */
function cutInOrder(parts: readonly Batch[]): Batch[] {
  let least = 0
  parts.forEach((part, p) => {
    if (p > 0 && compareLast(part, parts[least]!) < 0) least = p
  })
  return parts.map((part, p) => {
    if (p === least) return part
    const last = parts[least]!
    const lastRow = rowAt(last, rowCount(last) - 1)
    // Equal rows are of the earlier run first.
    const bound = p < least ? 1 : 0
    const comes = (row: number) => comparePlaces(part, rowAt(part, row), last, lastRow) < bound
    return slice(part, 0, firstAfter(-1, rowCount(part), comes))
  })
}

const compareLast = (a: Batch, b: Batch): number =>
  comparePlaces(a, rowAt(a, rowCount(a) - 1), b, rowAt(b, rowCount(b) - 1))

function advance(head: Head, rows: number): void {
  head.row += rows
  if (head.row < rowCount(head.run[head.at]!)) return
  head.at++
  head.row = 0
}

/** The rows of all runs by place, as numbers counted through the runs one after the other. */
function orderOfRows(runs: readonly (readonly Batch[])[], scratch: Arena): Uint32Array {
  const lengths = runs.map(run => run.reduce((sum, batch) => sum + rowCount(batch), 0))
  const length = lengths.reduce((sum, ofRun) => sum + ofRun, 0)
  // Most of a place's cells are the same in all rows: split, branch, what rows of one table joined.
  const places = joinedPlaces(runs.flat(), scratch)
  const keys = places.filter(column => !isConstant(column, length))
  const ranks = keys.map(column => sortableNumbers(column, length, scratch))
  const numbers = ranks.filter(rank => rank !== undefined)
  const rows = allocUint32(scratch, length)
  if (lengths.length === 2 && numbers.length === keys.length && numbers.length <= 2)
    mergeTwoRuns(lengths[0]!, rows, numbers[0], numbers[1])
  else mergeRuns(lengths, comparator(keys, ranks), rows)
  return rows
}

/** Below this many rows per piece on average, rows are merged one by one. */
const PIECE_ROWS = 32
/** Pieces after which it is decided whether they are long enough. */
const PIECES_TO_SEE = 64

/**
 * The runs cut into pieces that follow each other in order; undefined where these would be short. Shards that own
 * windows emit whole windows in turn: these need no comparison of each row, and are copied as they lie.
 */
function piecesInOrder(runs: readonly (readonly Batch[])[]): Batch[] | undefined {
  const pieces: Batch[] = []
  const heads = runs.map((run): Head => ({ run, at: 0, row: 0 }))
  const total = runs.flat().reduce((sum, batch) => sum + rowCount(batch), 0)
  let done = 0
  while (done < total) {
    if (PIECE_ROWS * pieces.length > total) return undefined
    if (pieces.length === PIECES_TO_SEE && done < PIECE_ROWS * PIECES_TO_SEE) return undefined
    let least: Head | undefined
    let next: Head | undefined
    for (const head of heads) {
      if (head.at === head.run.length) continue
      if (!least || before(head, least)) {
        next = least
        least = head
      } else if (!next || before(head, next)) next = head
    }
    const { run, at, row } = least!
    const batch = run[at]!
    const end = next ? endBefore(least!, next, heads) : rowCount(batch)
    pieces.push(slice(batch, row, end))
    done += end - row
    least!.row = end
    if (end < rowCount(batch)) continue
    least!.at++
    least!.row = 0
  }
  return pieces
}

/** Where a run's rows begin that are not in a piece yet. */
interface Head {
  readonly run: readonly Batch[]
  at: number
  row: number
}

/** Whether a head's first row comes strictly before the other's. */
function before(head: Head, other: Head): boolean {
  const a = head.run[head.at]!
  const b = other.run[other.at]!
  return comparePlaces(a, rowAt(a, head.row), b, rowAt(b, other.row)) < 0
}

/**
 * The first row of a head's batch that does not come before the other's first row; equal rows are of the earlier run
 * first.
 */
function endBefore(head: Head, other: Head, heads: readonly Head[]): number {
  const a = head.run[head.at]!
  const b = other.run[other.at]!
  const bound = heads.indexOf(head) < heads.indexOf(other) ? 1 : 0
  const comes = (row: number) => comparePlaces(a, rowAt(a, row), b, rowAt(b, other.row)) < bound
  return firstAfter(head.row, rowCount(a), comes)
}

/**
 * The first row after `low` and before `high` for which `comes` does not hold, or else `high`. A galloping search, by steps
 * that double, then a binary one: its cost grows with the logarithm of how far it goes.
 */
function firstAfter(low: number, high: number, comes: (row: number) => boolean): number {
  let step = 1
  while (low + step < high) {
    if (!comes(low + step)) {
      high = low + step
      break
    }
    low += step
    step *= 2
  }
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (comes(middle)) low = middle
    else high = middle
  }
  return high
}

/** Writes the physical rows of consecutive sorted runs in merged order. */
function mergeRuns(
  lengths: readonly number[],
  compare: (a: number, b: number) => number,
  rows: Uint32Array,
): void {
  const next: number[] = []
  const ends: number[] = []
  let total = 0
  for (const length of lengths) {
    next.push(total)
    total += length
    ends.push(total)
  }
  for (let i = 0; i < total; i++) {
    let least = -1
    for (let run = 0; run < next.length; run++) {
      if (next[run]! >= ends[run]!) continue
      if (least < 0 || compare(next[run]!, next[least]!) < 0) least = run
    }
    rows[i] = next[least]!++
  }
}

/** The usual case: two runs, by one or two keys that are numbers. Rows `0` to `middle` and those from there on. */
function mergeTwoRuns(
  middle: number,
  rows: Uint32Array,
  first: Float64Array = new Float64Array(rows.length),
  second: Float64Array = first,
): void {
  const end = rows.length
  let a = 0
  let b = middle
  let at = 0
  while (a < middle && b < end) {
    const x = first[a]!
    const y = first[b]!
    rows[at++] = x < y || (x === y && second[a]! <= second[b]!) ? a++ : b++
  }
  while (a < middle) rows[at++] = a++
  while (b < end) rows[at++] = b++
}

/** Compares two rows by the key columns, through numbers that sort as the cells do where that is possible. */
function comparator(
  keys: readonly Column[],
  ranks: readonly (Float64Array | undefined)[],
): (a: number, b: number) => number {
  return (a, b) => {
    for (let k = 0; k < keys.length; k++) {
      const numbers = ranks[k]
      const order = numbers ? numbers[a]! - numbers[b]! : compareCells(keys[k]!, a, keys[k]!, b)
      if (order !== 0) return order
    }
    return 0
  }
}

const SMALL_INTEGERS: ReadonlySet<ColumnType> = new Set([
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
  'date',
])

/** Numbers in the order of the cells: times and integers as doubles, text as ranks of its dictionary. */
function sortableNumbers(column: Column, length: number, scratch: Arena): Float64Array | undefined {
  if (column.validity) return undefined
  const { type, values, dictionary } = column
  if (dictionary) {
    const entries: Column = { type: 'utf8', values: dictionary.values, offsets: dictionary.offsets }
    const sorted = Array.from({ length: dictionary.length }, (_, i) => i)
    sorted.sort((a, b) => compareCells(entries, a, entries, b))
    const rank = new Float64Array(dictionary.length)
    sorted.forEach((code, place) => {
      rank[code] = place
    })
    const numbers = allocFloat64(scratch, length)
    ranksOf(values as Int32Array, rank, numbers)
    return numbers
  }
  if (isWideDecimal(type)) return undefined
  if (values instanceof BigInt64Array) {
    const numbers = allocFloat64(scratch, length)
    return areSafe(words32Of(column), numbers) ? numbers : undefined
  }
  if (type === 'float64') {
    const numbers = (values as Float64Array).subarray(0, length)
    return areFinite(numbers) ? numbers : undefined
  }
  if (SMALL_INTEGERS.has(type)) {
    const numbers = allocFloat64(scratch, length)
    toDoubles(values as Int32Array, numbers)
    return numbers
  }
  return undefined
}

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

function ranksOf(codes: Int32Array, rank: Float64Array, numbers: Float64Array): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] = rank[codes[i]!]!
}

/** Writes integers of eight bytes as doubles; whether that tells all of them apart. */
function areSafe(words32: Int32Array, numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) {
    const high = words32[2 * i + 1]!
    if (high >= 0x200000 || high < -0x200000) return false
    numbers[i] = high * 4294967296 + (words32[2 * i]! >>> 0)
  }
  return true
}

function areFinite(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i]!)) return false
  return true
}

function toDoubles(integers: Int32Array, numbers: Float64Array): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] = integers[i]!
}
