/**
 * Plain text by slot: a heap of bytes per block, to which cells are appended. Bytes of cells given back are garbage until
 * the heap is full, or half of it is garbage; then what is left is moved together.
 */

import { type Column, isNullAt } from '../../batch/column.ts'
import { compareBytes, textAt } from '../../batch/compare.ts'
import { copyBytes, viewOf } from '../../batch/copy-bytes.ts'
import { type Arena, allocInt32, allocUint8 } from '../../batch/slab.ts'
import { checkTextSize } from '../../batch/take-column.ts'
import type { ColumnType } from '../../types/column-type.ts'
import { stateMemory } from '../state-memory.ts'
import { BLOCK_MASK, BLOCK_SHIFT, BLOCK_SLOTS } from './slots.ts'
import type { StoredColumn } from './stored-column.ts'
import { ValidityBlocks } from './validity-blocks.ts'

/** A block's first memory is no more. */
const MAX_EXPECTED = 1 << 20

/** The memory of blocks without texts. */
const NO_BYTES = new Uint8Array(0)
const NO_VIEW = viewOf(NO_BYTES)

/** Garbage that is not worth moving the rest for. */
const LITTLE = 1 << 14

interface HeapBlock {
  bytes: Uint8Array
  /** Of these bytes. */
  view: DataView
  /** The heap is full up to here. */
  used: number
  garbage: number
  /** By slot, side by side: where its text starts and ends. */
  readonly bounds: Int32Array
}

export class TextHeap implements StoredColumn {
  readonly type: ColumnType
  readonly #blocks: (HeapBlock | undefined)[] = []
  readonly #validity = new ValidityBlocks()

  constructor(type: ColumnType) {
    this.type = type
  }

  get bytes(): number {
    let total = this.#validity.bytes
    for (const block of this.#blocks) if (block) total += block.bytes.byteLength + 8 * BLOCK_SLOTS
    return total
  }

  addBlock(block: number): void {
    const bounds = allocInt32(stateMemory, 2 * BLOCK_SLOTS).fill(0)
    this.#blocks[block] = { bytes: NO_BYTES, view: NO_VIEW, used: 0, garbage: 0, bounds }
  }

  dropBlock(block: number): void {
    const { bytes, bounds } = this.#blocks[block]!
    stateMemory.give(bounds.buffer as SharedArrayBuffer)
    giveBytes(bytes)
    this.#blocks[block] = undefined
    this.#validity.drop(block)
  }

  put(column: Column, rows: Uint32Array | undefined, slots: Uint32Array, count: number): void {
    this.#validity.put(column.validity, rows, slots, count)
    const coded = column.dictionary
    const codes = column.values as Int32Array
    const from = viewOf(coded ? coded.values : (column.values as Uint8Array))
    const offsets = coded ? coded.offsets : column.offsets!
    const expected = blockOf(offsets)
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      const block = this.#blocks[slots[i]! >>> BLOCK_SHIFT]!
      const at = 2 * (slots[i]! & BLOCK_MASK)
      if (column.validity && isNullAt(column, row)) {
        block.bounds[at] = block.bounds[at + 1] = 0
        continue
      }
      const cell = coded ? codes[row]! : row
      const start = offsets[cell]!
      const end = offsets[cell + 1]!
      if (block.used + end - start > block.bytes.length)
        makeRoom(block, Math.max(end - start, block.bytes === NO_BYTES ? expected : 0))
      block.bounds[at] = block.used
      copyBytes(from, start, end, block.view, block.used)
      block.used += end - start
      block.bounds[at + 1] = block.used
    }
  }

  release(slots: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const block = this.#blocks[slots[i]! >>> BLOCK_SHIFT]!
      const at = 2 * (slots[i]! & BLOCK_MASK)
      block.garbage += block.bounds[at + 1]! - block.bounds[at]!
      block.bounds[at] = block.bounds[at + 1] = 0
      if (block.garbage > LITTLE && 2 * block.garbage > block.used) makeRoom(block, 0)
    }
  }

  releaseBlock(index: number): void {
    const block = this.#blocks[index]!
    block.bounds.fill(0)
    block.used = 0
    block.garbage = 0
  }

  take(slots: Uint32Array, arena: Arena): Column {
    const blocks = this.#blocks
    const offsets = allocInt32(arena, slots.length + 1)
    const size = takeOffsets(blocks, slots, offsets)
    checkTextSize(size)
    const values = allocUint8(arena, size)
    takeTexts(blocks, slots, viewOf(values), offsets)
    const validity = this.#validity.take(slots, arena)
    return { type: this.type, values, offsets, ...(validity ? { validity } : {}) }
  }

  isNull(slot: number): boolean {
    return this.#validity.isNull(slot)
  }

  matcher(column: Column): (slot: number, row: number) => boolean {
    return (slot, row) => {
      const isNull = this.#validity.isNull(slot)
      if (isNull || isNullAt(column, row)) return isNull && isNullAt(column, row)
      const text = textAt(column, row)
      const block = this.#blocks[slot >>> BLOCK_SHIFT]!
      const at = 2 * (slot & BLOCK_MASK)
      const start = block.bounds[at]!
      const end = block.bounds[at + 1]!
      if (end - start !== text.end - text.start) return false
      return compareBytes(block.bytes, start, end, text.bytes, text.start, text.end) === 0
    }
  }

  comparer(): (a: number, b: number) => number {
    return (a, b) => {
      const nullA = this.#validity.isNull(a)
      const nullB = this.#validity.isNull(b)
      if (nullA || nullB) return Number(nullA) - Number(nullB)
      const left = this.#blocks[a >>> BLOCK_SHIFT]!
      const right = this.#blocks[b >>> BLOCK_SHIFT]!
      const i = 2 * (a & BLOCK_MASK)
      const j = 2 * (b & BLOCK_MASK)
      return compareBytes(
        left.bytes,
        left.bounds[i]!,
        left.bounds[i + 1]!,
        right.bytes,
        right.bounds[j]!,
        right.bounds[j + 1]!,
      )
    }
  }
}

// Loops of their own, with nothing after them: see `slots.ts`.

/** Where the texts of slots lie once they follow each other; returns the last offset, which may be too large for one. */
function takeOffsets(
  blocks: readonly (HeapBlock | undefined)[],
  slots: Uint32Array,
  offsets: Int32Array,
): number {
  let size = 0
  offsets[0] = 0
  for (let i = 0; i < slots.length; i++) {
    const { bounds } = blocks[slots[i]! >>> BLOCK_SHIFT]!
    const at = 2 * (slots[i]! & BLOCK_MASK)
    size += bounds[at + 1]! - bounds[at]!
    offsets[i + 1] = size
  }
  return size
}

function takeTexts(
  blocks: readonly (HeapBlock | undefined)[],
  slots: Uint32Array,
  to: DataView,
  offsets: Int32Array,
): void {
  for (let i = 0; i < slots.length; i++) {
    const { view, bounds } = blocks[slots[i]! >>> BLOCK_SHIFT]!
    const at = 2 * (slots[i]! & BLOCK_MASK)
    copyBytes(view, bounds[at]!, bounds[at + 1]!, to, offsets[i]!)
  }
}

/** What a block's texts will come to, by those of a column: a little more than as many take there, unless they are long. */
function blockOf(offsets: Int32Array): number {
  const count = offsets.length - 1
  const mean = count === 0 ? 0 : (offsets[count]! - offsets[0]!) / count
  return Math.min(MAX_EXPECTED, Math.ceil(1.1 * mean * BLOCK_SLOTS))
}

function giveBytes(bytes: Uint8Array): void {
  if (bytes !== NO_BYTES) stateMemory.give(bytes.buffer as SharedArrayBuffer)
}

/** Moves a block's texts together, into memory with room for `more` bytes and as much again as there is. */
function makeRoom(block: HeapBlock, more: number): void {
  const live = block.used - block.garbage
  checkTextSize(live + more)
  const bytes = new Uint8Array(
    stateMemory.take(Math.max(BLOCK_SLOTS, Math.min(2 ** 31 - 1, 2 * live + more))),
  )
  const view = viewOf(bytes)
  if (block.garbage === 0) bytes.set(block.bytes.subarray(0, block.used))
  else moveTexts(block, view)
  giveBytes(block.bytes)
  block.bytes = bytes
  block.view = view
  block.used = live
  block.garbage = 0
}

function moveTexts({ view, bounds }: HeapBlock, to: DataView): void {
  let used = 0
  for (let at = 0; at < 2 * BLOCK_SLOTS; at += 2) {
    const start = bounds[at]!
    const end = bounds[at + 1]!
    if (start === end) continue
    copyBytes(view, start, end, to, used)
    bounds[at] = used
    used += end - start
    bounds[at + 1] = used
  }
}
