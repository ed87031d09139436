/** Cells of fixed width: blocks in the layout of a column of 4096 rows. */

import { allocValues } from '../../batch/build.ts'
import { bitAt, type Column, type Values, valuesConstructor, words32Of } from '../../batch/column.ts'
import { compareNumbers } from '../../batch/compare.ts'
import { type Arena, allocUint8 } from '../../batch/slab.ts'
import { type ColumnType, isEightByteInteger, isFloat } from '../../types/column-type.ts'
import { stateMemory } from '../state-memory.ts'
import { BLOCK_MASK, BLOCK_SHIFT, BLOCK_SLOTS } from './slots.ts'
import type { StoredColumn } from './stored-column.ts'
import { ValidityBlocks } from './validity-blocks.ts'

/** How cells are moved: by width, so that each loop sees one kind of array. */
type Mover = 'bits' | 'bytes' | 'shorts' | 'words' | 'pairs' | 'doubles'

export class FixedColumn implements StoredColumn {
  readonly type: ColumnType
  readonly #mover: Mover
  /** By block; of the column's own kind of array. */
  readonly #values: (Values | undefined)[] = []
  /** The same memory, as the mover sees it. */
  readonly #moved: Values[] = []
  readonly #validity = new ValidityBlocks()

  constructor(type: ColumnType) {
    this.type = type
    this.#mover = moverOf(type)
  }

  get bytes(): number {
    let total = this.#validity.bytes
    for (const values of this.#values) total += values?.byteLength ?? 0
    return total
  }

  addBlock(block: number): void {
    const values = allocValues(this.type, BLOCK_SLOTS, stateMemory)
    this.#values[block] = values
    this.#moved[block] = asMoved(values, this.#mover)
  }

  dropBlock(block: number): void {
    stateMemory.give(this.#values[block]!.buffer as SharedArrayBuffer)
    this.#values[block] = undefined
    this.#moved[block] = NOTHING
    this.#validity.drop(block)
  }

  put(column: Column, rows: Uint32Array | undefined, slots: Uint32Array, count: number): void {
    const from = asMoved(column.values, this.#mover)
    const to = this.#moved
    const mover = this.#mover
    if (mover === 'bits') putBits(from as Uint8Array, rows, to as Uint8Array[], slots, count)
    else if (mover === 'bytes') putBytes(from as Uint8Array, rows, to as Uint8Array[], slots, count)
    else if (mover === 'shorts') putShorts(from as Uint16Array, rows, to as Uint16Array[], slots, count)
    else if (mover === 'words') putWords(from as Int32Array, rows, to as Int32Array[], slots, count)
    else if (mover === 'pairs') putPairs(from as Int32Array, rows, to as Int32Array[], slots, count)
    else putDoubles(from as Float64Array, rows, to as Float64Array[], slots, count)
    this.#validity.put(column.validity, rows, slots, count)
  }

  release(): void {}

  releaseBlock(): void {}

  take(slots: Uint32Array, arena: Arena): Column {
    const validity = this.#validity.take(slots, arena)
    const values = this.#takeValues(slots, arena)
    return { type: this.type, values, ...(validity ? { validity } : {}) }
  }

  #takeValues(slots: Uint32Array, arena: Arena): Values {
    const from = this.#moved
    const mover = this.#mover
    if (mover === 'bits') {
      const bits = allocUint8(arena, (slots.length + 7) >> 3)
      takeSlotBits(from as Uint8Array[], slots, bits)
      return bits
    }
    const values = allocValues(this.type, slots.length, arena)
    const to = asMoved(values, mover)
    if (mover === 'bytes') takeBytes(from as Uint8Array[], slots, to as Uint8Array)
    else if (mover === 'shorts') takeShorts(from as Uint16Array[], slots, to as Uint16Array)
    else if (mover === 'words') takeWords(from as Int32Array[], slots, to as Int32Array)
    else if (mover === 'pairs') takePairs(from as Int32Array[], slots, to as Int32Array)
    else takeDoubles(from as Float64Array[], slots, to as Float64Array)
    return values
  }

  isNull(slot: number): boolean {
    return this.#validity.isNull(slot)
  }

  matcher(column: Column, exactly: boolean): (slot: number, row: number) => boolean {
    const own = this.#matcherOfValues(column, exactly)
    const validity = this.#validity
    const other = column.validity
    return (slot, row) => {
      const isNull = validity.isNull(slot)
      if (isNull || (other && !bitAt(other, row))) return isNull && other !== undefined && !bitAt(other, row)
      return own(slot, row)
    }
  }

  #matcherOfValues(column: Column, exactly: boolean): (slot: number, row: number) => boolean {
    const blocks = this.#moved
    if (this.#mover === 'bits') {
      const bits = column.values as Uint8Array
      return (slot, row) =>
        bitAt(blocks[slot >>> BLOCK_SHIFT] as Uint8Array, slot & BLOCK_MASK) === bitAt(bits, row)
    }
    if (this.#mover === 'pairs') {
      const words = words32Of(column)
      return (slot, row) => {
        const block = blocks[slot >>> BLOCK_SHIFT] as Int32Array
        const at = 2 * (slot & BLOCK_MASK)
        return block[at] === words[2 * row] && block[at + 1] === words[2 * row + 1]
      }
    }
    const values = column.values as Float64Array
    const typed = this.#values as Float64Array[]
    if (exactly && isFloat(this.type))
      return (slot, row) => Object.is(typed[slot >>> BLOCK_SHIFT]![slot & BLOCK_MASK]!, values[row]!)
    return (slot, row) => compareNumbers(typed[slot >>> BLOCK_SHIFT]![slot & BLOCK_MASK]!, values[row]!) === 0
  }

  comparer(): (a: number, b: number) => number {
    const validity = this.#validity
    const own = this.#comparerOfValues()
    return (a, b) => {
      const nullA = validity.isNull(a)
      const nullB = validity.isNull(b)
      return nullA || nullB ? Number(nullA) - Number(nullB) : own(a, b)
    }
  }

  #comparerOfValues(): (a: number, b: number) => number {
    if (this.#mover === 'bits') {
      const bits = this.#moved as Uint8Array[]
      return (a, b) =>
        Number(bitAt(bits[a >>> BLOCK_SHIFT]!, a & BLOCK_MASK)) -
        Number(bitAt(bits[b >>> BLOCK_SHIFT]!, b & BLOCK_MASK))
    }
    if (this.#mover === 'pairs') {
      const words = this.#moved as Int32Array[]
      const flip = this.type === 'uint64' ? 0x80000000 : 0
      return (a, b) => {
        const left = words[a >>> BLOCK_SHIFT]!
        const right = words[b >>> BLOCK_SHIFT]!
        const i = 2 * (a & BLOCK_MASK)
        const j = 2 * (b & BLOCK_MASK)
        if (left[i + 1] !== right[j + 1]) return (left[i + 1]! ^ flip) < (right[j + 1]! ^ flip) ? -1 : 1
        return Math.sign((left[i]! >>> 0) - (right[j]! >>> 0))
      }
    }
    const values = this.#values as Float64Array[]
    return (a, b) =>
      compareNumbers(values[a >>> BLOCK_SHIFT]![a & BLOCK_MASK]!, values[b >>> BLOCK_SHIFT]![b & BLOCK_MASK]!)
  }
}

const NOTHING = new Uint8Array(0)

function moverOf(type: ColumnType): Mover {
  if (type === 'bool') return 'bits'
  if (isEightByteInteger(type)) return 'pairs'
  if (type === 'float64') return 'doubles'
  const width = valuesConstructor(type).BYTES_PER_ELEMENT
  return width === 1 ? 'bytes' : width === 2 ? 'shorts' : 'words'
}

function asMoved(values: Values, mover: Mover): Values {
  const { buffer, byteOffset, byteLength } = values
  if (mover === 'doubles') return values
  if (mover === 'bits' || mover === 'bytes') return new Uint8Array(buffer, byteOffset, byteLength)
  if (mover === 'shorts') return new Uint16Array(buffer, byteOffset, byteLength >> 1)
  return new Int32Array(buffer, byteOffset, byteLength >> 2)
}

function putBits(
  from: Uint8Array,
  rows: Uint32Array | undefined,
  to: readonly Uint8Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const block = to[slots[i]! >>> BLOCK_SHIFT]!
    const at = slots[i]! & BLOCK_MASK
    const mask = 1 << (at & 7)
    if ((from[row >> 3]! >> (row & 7)) & 1) block[at >> 3]! |= mask
    else block[at >> 3]! &= ~mask
  }
}

function putBytes(
  from: Uint8Array,
  rows: Uint32Array | undefined,
  to: readonly Uint8Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    to[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK] = from[rows === undefined ? i : rows[i]!]!
}

function putShorts(
  from: Uint16Array,
  rows: Uint32Array | undefined,
  to: readonly Uint16Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    to[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK] = from[rows === undefined ? i : rows[i]!]!
}

function putWords(
  from: Int32Array,
  rows: Uint32Array | undefined,
  to: readonly Int32Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    to[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK] = from[rows === undefined ? i : rows[i]!]!
}

function putPairs(
  from: Int32Array,
  rows: Uint32Array | undefined,
  to: readonly Int32Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const block = to[slots[i]! >>> BLOCK_SHIFT]!
    const at = 2 * (slots[i]! & BLOCK_MASK)
    block[at] = from[2 * row]!
    block[at + 1] = from[2 * row + 1]!
  }
}

function putDoubles(
  from: Float64Array,
  rows: Uint32Array | undefined,
  to: readonly Float64Array[],
  slots: Uint32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    to[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK] = from[rows === undefined ? i : rows[i]!]!
}

function takeSlotBits(from: readonly Uint8Array[], slots: Uint32Array, to: Uint8Array): void {
  to.fill(0)
  for (let i = 0; i < slots.length; i++) {
    const at = slots[i]! & BLOCK_MASK
    to[i >> 3]! |= ((from[slots[i]! >>> BLOCK_SHIFT]![at >> 3]! >> (at & 7)) & 1) << (i & 7)
  }
}

function takeBytes(from: readonly Uint8Array[], slots: Uint32Array, to: Uint8Array): void {
  for (let i = 0; i < slots.length; i++) to[i] = from[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK]!
}

function takeShorts(from: readonly Uint16Array[], slots: Uint32Array, to: Uint16Array): void {
  for (let i = 0; i < slots.length; i++) to[i] = from[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK]!
}

function takeWords(from: readonly Int32Array[], slots: Uint32Array, to: Int32Array): void {
  for (let i = 0; i < slots.length; i++) to[i] = from[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK]!
}

function takePairs(from: readonly Int32Array[], slots: Uint32Array, to: Int32Array): void {
  for (let i = 0; i < slots.length; i++) {
    const block = from[slots[i]! >>> BLOCK_SHIFT]!
    const at = 2 * (slots[i]! & BLOCK_MASK)
    to[2 * i] = block[at]!
    to[2 * i + 1] = block[at + 1]!
  }
}

function takeDoubles(from: readonly Float64Array[], slots: Uint32Array, to: Float64Array): void {
  for (let i = 0; i < slots.length; i++) to[i] = from[slots[i]! >>> BLOCK_SHIFT]![slots[i]! & BLOCK_MASK]!
}
