/** Finds the row that equals another: an open-addressing table of slots by a hash of all their cells. */

import { grownInt32 } from './growing.ts'
import { NO_SLOT } from './slots.ts'

export class RowIndex {
  /** Slot + 1; 0 is free. Linear probing, at most half full. */
  #table = new Uint32Array(1024)
  #hashes = new Int32Array(0)
  #count = 0

  get bytes(): number {
    return this.#table.byteLength + this.#hashes.byteLength
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#hashes = grownInt32(this.#hashes, slots)
  }

  /** The slot with this hash that `isRow` says holds the row; {@link NO_SLOT} if none does. */
  find(hash: number, row: number, isRow: (slot: number, row: number) => boolean): number {
    const table = this.#table
    const mask = table.length - 1
    const hashes = this.#hashes
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = table[at]! - 1
      if (slot < 0) return NO_SLOT
      if (hashes[slot] === hash && isRow(slot, row)) return slot
    }
  }

  add(slot: number, hash: number): void {
    if (2 * ++this.#count > this.#table.length) this.#grow()
    this.#hashes[slot] = hash
    this.#place(slot)
  }

  #place(slot: number): void {
    const table = this.#table
    const mask = table.length - 1
    let at = this.#hashes[slot]! & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = slot + 1
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Uint32Array(2 * old.length)
    for (let at = 0; at < old.length; at++) if (old[at] !== 0) this.#place(old[at]! - 1)
  }

  remove(slot: number): void {
    const table = this.#table
    const mask = table.length - 1
    const hashes = this.#hashes
    let hole = hashes[slot]! & mask
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask
    this.#count--
    // What was pushed past the hole moves into it: no tombstones.
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[table[at]! - 1]! & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      table[hole] = table[at]!
      hole = at
    }
    table[hole] = 0
  }
}
