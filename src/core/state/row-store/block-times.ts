/**
 * When rows are due, for rows that may stay a little longer: a block of them is due with its last row. Rows come nearly in order
 * of time, so that those of a block are due at about the same time; and a block that goes as a whole takes no more than
 * its rows' places in their chains.
 */

import { grownFloat64 } from './growing.ts'
import { BLOCK_SHIFT } from './slots.ts'

const NEVER = Number.POSITIVE_INFINITY
const EMPTY = Number.NEGATIVE_INFINITY

export class BlockTimes {
  #dueMs: Float64Array = new Float64Array(0)
  /** By block: when its last row is due. */
  readonly #lastMs: number[] = []
  /** No block is due before. */
  #nextMs = NEVER

  get bytes(): number {
    return this.#dueMs.byteLength
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#dueMs = grownFloat64(this.#dueMs, slots)
    while (this.#lastMs.length < slots >>> BLOCK_SHIFT) this.#lastMs.push(EMPTY)
  }

  /** When a row is due; Infinity for never. */
  dueMs(slot: number): number {
    return this.#dueMs[slot]!
  }

  /** Rows with the times at which they are due; Infinity for never. */
  add(slots: Uint32Array, dueMs: Float64Array, count: number): void {
    const dues = this.#dueMs
    for (let from = 0; from < count; ) {
      const block = slots[from]! >>> BLOCK_SHIFT
      let last = this.#lastMs[block]!
      let at = from
      for (; at < count && slots[at]! >>> BLOCK_SHIFT === block; at++) {
        const due = dueMs[at]!
        dues[slots[at]!] = due
        if (due > last) last = due
      }
      this.#lastMs[block] = last
      // Later rows of the block only put it off.
      if (last < this.#nextMs) this.#nextMs = last
      from = at
    }
  }

  /** Takes out the blocks whose rows are all due by `upToMs`. */
  take(upToMs: number): number[] {
    if (upToMs < this.#nextMs) return []
    const due: number[] = []
    this.#nextMs = NEVER
    this.#lastMs.forEach((last, block) => {
      if (last === EMPTY) return
      if (last <= upToMs) {
        due.push(block)
        this.#lastMs[block] = EMPTY
      } else if (last < this.#nextMs) this.#nextMs = last
    })
    return due
  }
}
