/** Which cells of a stored column are null: a bitmap per block that has had some, set where a cell is null. */

import { allSet } from '../../batch/bitmap.ts'
import type { Arena } from '../../batch/slab.ts'
import { BLOCK_MASK, BLOCK_SHIFT, BLOCK_SLOTS } from './slots.ts'

export class ValidityBlocks {
  readonly #nulls: (Uint8Array | undefined)[] = []
  #some = false

  get bytes(): number {
    let total = 0
    for (const nulls of this.#nulls) total += nulls?.byteLength ?? 0
    return total
  }

  drop(block: number): void {
    this.#nulls[block] = undefined
  }

  isNull(slot: number): boolean {
    if (!this.#some) return false
    const nulls = this.#nulls[slot >>> BLOCK_SHIFT]
    const at = slot & BLOCK_MASK
    return nulls !== undefined && ((nulls[at >> 3]! >> (at & 7)) & 1) === 1
  }

  /** Notes for fresh slots whether their cells are null. */
  put(
    validity: Uint8Array | undefined,
    rows: Uint32Array | undefined,
    slots: Uint32Array,
    count: number,
  ): void {
    if (!validity && !this.#some) return
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      this.#set(slots[i]!, validity !== undefined && ((validity[row >> 3]! >> (row & 7)) & 1) === 0)
    }
  }

  #set(slot: number, isNull: boolean): void {
    const block = slot >>> BLOCK_SHIFT
    let nulls = this.#nulls[block]
    if (!nulls) {
      if (!isNull) return
      this.#nulls[block] = nulls = new Uint8Array(BLOCK_SLOTS >> 3)
      this.#some = true
    }
    const at = slot & BLOCK_MASK
    if (isNull) nulls[at >> 3]! |= 1 << (at & 7)
    else nulls[at >> 3]! &= ~(1 << (at & 7))
  }

  /** The validity of slots; undefined when none is null. */
  take(slots: Uint32Array, arena: Arena): Uint8Array | undefined {
    if (!this.#some) return undefined
    let validity: Uint8Array | undefined
    for (let i = 0; i < slots.length; i++) {
      if (!this.isNull(slots[i]!)) continue
      validity ??= allSet(slots.length, arena)
      validity[i >> 3]! &= ~(1 << (i & 7))
    }
    return validity
  }
}
