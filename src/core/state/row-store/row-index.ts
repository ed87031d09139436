/**
 * Finds the row that equals another: an open-addressing table of slots by a hash of all their cells.
 *
 * It grows without a pause: slots move to the larger table a few at a time, with each one that is added or is found to have
 * stayed behind, and until then both tables are looked in.
 */

import { grownInt32 } from './growing.ts'
import { NO_SLOT } from './slots.ts'

const NO_TABLE: Uint32Array<ArrayBuffer> = new Uint32Array(0)
/** In the table before: a slot that has moved, or is gone. */
const GONE = 0xffffffff
/** Places of the table before that are moved when a slot is added: 2 would do. */
const MOVED_PER_SLOT = 8

export class RowIndex {
  /** Slot + 1; 0 is free. Linear probing, at most half full. */
  #table = new Uint32Array(1024)
  /** The table before: its places from `#moved` on are yet to be moved. */
  #before = NO_TABLE
  #moved = 0
  #hashes: Int32Array = new Int32Array(0)
  #count = 0
  #slots = 0

  get bytes(): number {
    return this.#table.byteLength + this.#before.byteLength + 4 * this.#slots
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#slots = slots
    this.#hashes = grownInt32(this.#hashes, slots)
  }

  /** The slot with this hash that `isRow` says holds the row; {@link NO_SLOT} if none does. */
  find(hash: number, row: number, isRow: (slot: number, row: number) => boolean): number {
    const found = this.#findIn(this.#table, hash, row, isRow)
    if (found !== NO_SLOT || this.#before.length === 0) return found
    const behind = this.#findIn(this.#before, hash, row, isRow)
    // Also once no more rows are added: else these would take two looks for good.
    if (behind !== NO_SLOT) this.#move(MOVED_PER_SLOT)
    return behind
  }

  #findIn(
    table: Uint32Array,
    hash: number,
    row: number,
    isRow: (slot: number, row: number) => boolean,
  ): number {
    const mask = table.length - 1
    const hashes = this.#hashes
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = table[at]!
      if (entry === 0) return NO_SLOT
      if (entry !== GONE && hashes[entry - 1] === hash && isRow(entry - 1, row)) return entry - 1
    }
  }

  add(slot: number, hash: number): void {
    if (2 * ++this.#count > this.#table.length) this.#grow()
    this.#hashes[slot] = hash
    this.#place(slot)
    if (this.#before.length > 0) this.#move(MOVED_PER_SLOT)
  }

  #place(slot: number): void {
    const table = this.#table
    const mask = table.length - 1
    let at = this.#hashes[slot]! & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = slot + 1
  }

  #grow(): void {
    if (this.#before.length > 0) this.#move(this.#before.length)
    this.#before = this.#table
    this.#moved = 0
    this.#table = new Uint32Array(2 * this.#before.length)
  }

  #move(places: number): void {
    const before = this.#before
    const end = Math.min(before.length, this.#moved + places)
    for (let at = this.#moved; at < end; at++) {
      const entry = before[at]!
      if (entry === 0 || entry === GONE) continue
      this.#place(entry - 1)
      before[at] = GONE
    }
    this.#moved = end
    if (end === before.length) this.#before = NO_TABLE
  }

  remove(slot: number): void {
    this.#count--
    if (this.#removeFrom(this.#table, slot)) return
    const before = this.#before
    const mask = before.length - 1
    let at = this.#hashes[slot]! & mask
    while (before[at] !== slot + 1) at = (at + 1) & mask
    before[at] = GONE
  }

  /** False when the slot is not there. */
  #removeFrom(table: Uint32Array, slot: number): boolean {
    const mask = table.length - 1
    const hashes = this.#hashes
    let hole = hashes[slot]! & mask
    while (table[hole] !== slot + 1) {
      if (table[hole] === 0) return false
      hole = (hole + 1) & mask
    }
    // What was pushed past the hole moves into it: no tombstones.
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[table[at]! - 1]! & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      table[hole] = table[at]!
      hole = at
    }
    table[hole] = 0
    return true
  }
}
