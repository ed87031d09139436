/**
 * Text that comes as codes, by slot: codes into a dictionary of the column's own, whose texts are counted. When more of
 * them are unused than used the dictionary is made anew.
 */

import { type Column, isNullAt } from '../../batch/column.ts'
import { textAt } from '../../batch/compare.ts'
import { type Arena, allocUint32, heapArena } from '../../batch/slab.ts'
import type { ColumnType } from '../../types/column-type.ts'
import { stateMemory } from '../state-memory.ts'
import { TextIndex } from '../text-index.ts'
import { grownInt32 } from './growing.ts'
import { BLOCK_MASK, BLOCK_SHIFT, BLOCK_SLOTS } from './slots.ts'
import type { StoredColumn } from './stored-column.ts'

/** Unused texts that are not worth looking at all rows for. */
const FEW = 1024

export class TextPool implements StoredColumn {
  readonly type: ColumnType
  readonly #blocks: (Uint32Array | undefined)[] = []
  #texts: TextIndex
  /** How many slots have a code. Null is a code like any other. */
  #uses: Int32Array = new Int32Array(64)
  #unused = 0
  #blockCount = 0
  #scratch = new Uint32Array(0)

  constructor(type: ColumnType) {
    this.type = type
    this.#texts = new TextIndex(type)
  }

  get bytes(): number {
    return this.#texts.bytes + this.#uses.byteLength + this.#blockCount * 4 * BLOCK_SLOTS
  }

  addBlock(block: number): void {
    this.#blocks[block] = allocUint32(stateMemory, BLOCK_SLOTS)
    this.#blockCount++
  }

  dropBlock(block: number): void {
    stateMemory.give(this.#blocks[block]!.buffer as SharedArrayBuffer)
    this.#blocks[block] = undefined
    this.#blockCount--
  }

  put(column: Column, rows: Uint32Array | undefined, slots: Uint32Array, count: number): void {
    if (this.#scratch.length < count) this.#scratch = new Uint32Array(count)
    const codes = this.#scratch
    const known = this.#texts.size
    this.#texts.intern(column, count, rows, codes)
    const size = this.#texts.size
    this.#uses = grownInt32(this.#uses, size)
    this.#unused += size - known
    const uses = this.#uses
    for (let i = 0; i < count; i++) {
      const code = codes[i]!
      if (uses[code]!++ === 0) this.#unused--
      this.#blocks[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK] = code
    }
  }

  release(slots: Uint32Array, count: number): void {
    const uses = this.#uses
    for (let i = 0; i < count; i++) {
      const code = this.#codeOf(slots[i]!)
      if (--uses[code]! === 0) this.#unused++
    }
    const used = this.#texts.size - this.#unused
    // Looking at all rows pays when it frees enough: an eighth of as many texts.
    if (this.#unused > Math.max(FEW, used, (this.#blockCount * BLOCK_SLOTS) / 8)) this.#renew()
  }

  releaseBlock(_block: number, slots: Uint32Array): void {
    this.release(slots, slots.length)
  }

  #renew(): void {
    const size = this.#texts.size
    const used: number[] = []
    const renamed = new Uint32Array(size)
    for (let code = 0; code < size; code++) {
      if (this.#uses[code] === 0) continue
      renamed[code] = used.length
      used.push(code)
    }
    const codes = Uint32Array.from(used)
    const texts = new TextIndex(this.type)
    texts.intern(this.#texts.column(codes, codes.length, heapArena), codes.length, undefined, codes.slice())
    const uses = new Int32Array(Math.max(64, codes.length))
    for (let i = 0; i < codes.length; i++) uses[i] = this.#uses[codes[i]!]!
    this.#texts = texts
    this.#uses = uses
    this.#unused = 0
    for (const block of this.#blocks)
      if (block) for (let at = 0; at < BLOCK_SLOTS; at++) block[at] = renamed[block[at]!]!
  }

  #codeOf(slot: number): number {
    return this.#blocks[slot >>> BLOCK_SHIFT]![slot & BLOCK_MASK]!
  }

  take(slots: Uint32Array, arena: Arena): Column {
    const codes = new Uint32Array(slots.length)
    takeCodes(this.#blocks as readonly Uint32Array[], slots, codes)
    return this.#texts.column(codes, codes.length, arena)
  }

  isNull(slot: number): boolean {
    return this.#codeOf(slot) === this.#texts.nullCode
  }

  matcher(column: Column): (slot: number, row: number) => boolean {
    return (slot, row) => {
      const isNull = this.isNull(slot)
      if (isNull || isNullAt(column, row)) return isNull && isNullAt(column, row)
      const text = textAt(column, row)
      return this.#texts.isText(this.#codeOf(slot), text.bytes, text.start, text.end)
    }
  }

  comparer(): (a: number, b: number) => number {
    return (a, b) => this.#texts.compare(this.#codeOf(a), this.#codeOf(b))
  }
}

// A loop of its own, with nothing after it: see `slots.ts`.
function takeCodes(blocks: readonly Uint32Array[], slots: Uint32Array, codes: Uint32Array): void {
  for (let i = 0; i < slots.length; i++)
    codes[i] = blocks[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK]!
}
