/** Slots of a row store with ranks, from 1 on: what of a batch is gathered, without an object per row. */

import { grownUint32 } from '../state/row-store/growing.ts'

export class RankedSlots {
  count = 0
  #slots: Uint32Array = new Uint32Array(64)
  #ranks: Uint32Array = new Uint32Array(64)

  clear(): void {
    this.count = 0
  }

  add(slot: number, rank: number): void {
    if (this.count === this.#slots.length) {
      this.#slots = grownUint32(this.#slots, this.count + 1)
      this.#ranks = grownUint32(this.#ranks, this.count + 1)
    }
    this.#slots[this.count] = slot
    this.#ranks[this.count++] = rank
  }

  /** Valid until something is added. */
  slots(): Uint32Array {
    return this.#slots.subarray(0, this.count)
  }

  /** The ranks from 0 on. */
  ranks(): Uint32Array {
    return this.#ranks.slice(0, this.count).map(rank => rank - 1)
  }
}
