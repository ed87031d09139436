/** Lists, structs, maps and decimals of over 18 digits by slot: their bytes, in a heap of texts. */

import { bitAt, type Column } from '../../batch/column.ts'
import { nestedBytes } from '../../batch/nested-bytes.ts'
import { nestedValues } from '../../batch/nested-values.ts'
import { type Arena, heapArena } from '../../batch/slab.ts'
import { type ColumnType, isFloat } from '../../types/column-type.ts'
import { anyType } from '../../types/nested-type.ts'
import type { StoredColumn } from './stored-column.ts'
import { TextHeap } from './text-heap.ts'

export class NestedHeap implements StoredColumn {
  readonly type: ColumnType
  readonly #texts = new TextHeap('utf8')
  /** Whether values may be equal whose bytes are not: those with zeros of both signs. */
  readonly #hasFloats: boolean

  constructor(type: ColumnType) {
    this.type = type
    this.#hasFloats = anyType(type, isFloat)
  }

  get bytes(): number {
    return this.#texts.bytes
  }

  addBlock(block: number): void {
    this.#texts.addBlock(block)
  }

  dropBlock(block: number): void {
    this.#texts.dropBlock(block)
  }

  put(column: Column, rows: Uint32Array | undefined, slots: Uint32Array, count: number): void {
    this.#texts.put(exactBytes(column, rows, count), undefined, slots, count)
  }

  release(slots: Uint32Array, count: number): void {
    this.#texts.release(slots, count)
  }

  releaseBlock(block: number): void {
    this.#texts.releaseBlock(block)
  }

  take(slots: Uint32Array, arena: Arena): Column {
    return nestedValues(this.type, this.#texts.take(slots, heapArena), slots.length, arena)
  }

  matcher(column: Column, exactly: boolean): (slot: number, row: number) => boolean {
    const asKeys = !exactly
    return (slot, row) => {
      const isNull = this.#texts.isNull(slot)
      const other = column.validity !== undefined && !bitAt(column.validity, row)
      if (isNull || other) return isNull && other
      const matches =
        asKeys && this.#hasFloats ? this.#asKey(slot) : this.#texts.take(Uint32Array.of(slot), heapArena)
      return sameBytes(matches, nestedBytes(column, Uint32Array.of(row), 1, { asKeys }, heapArena))
    }
  }

  comparer(): (a: number, b: number) => number {
    const own = this.#texts.comparer()
    if (!this.#hasFloats) return own
    return (a, b) => {
      const order = own(a, b)
      if (order === 0 || this.#texts.isNull(a) || this.#texts.isNull(b)) return order
      return sameBytes(this.#asKey(a), this.#asKey(b)) ? 0 : order
    }
  }

  isNull(slot: number): boolean {
    return this.#texts.isNull(slot)
  }

  /** The bytes of a slot's value as of a key. */
  #asKey(slot: number): Column {
    const value = this.take(Uint32Array.of(slot), heapArena)
    return nestedBytes(value, undefined, 1, { asKeys: true }, heapArena)
  }
}

const exactBytes = (column: Column, rows: Uint32Array | undefined, count: number): Column =>
  nestedBytes(column, rows, count, { asKeys: false }, heapArena)

function sameBytes(a: Column, b: Column): boolean {
  const [left, right] = [a.values as Uint8Array, b.values as Uint8Array]
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
