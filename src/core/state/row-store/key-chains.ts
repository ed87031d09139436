/** The rows of each key: doubly linked rings of slots, in the order in which the rows came. */

import { grownUint32 } from './growing.ts'

/** Pairs of a row that was asked for and a slot that it matched. */
export class Matches {
  rows: Uint32Array = new Uint32Array(1024)
  slots: Uint32Array = new Uint32Array(1024)
  length = 0
  /** Where the next call of {@link KeyChains.probe} goes on: a row, and in its ring the slot before, plus 1. */
  row = 0
  after = 0

  /** Back to the first row. */
  reset(): void {
    this.length = 0
    this.row = 0
    this.after = 0
  }

  reserve(count: number): void {
    this.rows = grownUint32(this.rows, count)
    this.slots = grownUint32(this.slots, count)
  }
}

export class KeyChains {
  /** By key, its last slot + 1; 0: none. Its next is the first. */
  #last: Uint32Array = new Uint32Array(64)
  /** By key, how many rows it has. */
  #counts: Uint32Array = new Uint32Array(64)
  #next: Uint32Array = new Uint32Array(0)
  #previous: Uint32Array = new Uint32Array(0)
  #keys: Uint32Array = new Uint32Array(0)
  /** Every key with rows is below, and every slot: what there is of the arrays takes memory so far. */
  #keyReach = 0
  #slots = 0

  get bytes(): number {
    return 8 * this.#keyReach + 12 * this.#slots
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#slots = slots
    this.#next = grownUint32(this.#next, slots)
    this.#previous = grownUint32(this.#previous, slots)
    this.#keys = grownUint32(this.#keys, slots)
  }

  /** The key of a slot in use. */
  keyOf(slot: number): number {
    return this.#keys[slot]!
  }

  /** How many rows a key has. */
  countOf(key: number): number {
    return key < this.#counts.length ? this.#counts[key]! : 0
  }

  /** Appends slots to the rows of their keys. */
  add(slots: Uint32Array, keys: Uint32Array, count: number): void {
    let largest = 0
    for (let i = 0; i < count; i++) if (keys[i]! > largest) largest = keys[i]!
    this.#keyReach = Math.max(this.#keyReach, largest + 1)
    this.#last = grownUint32(this.#last, largest + 1)
    this.#counts = grownUint32(this.#counts, largest + 1)
    const lasts = this.#last
    const counts = this.#counts
    const keysOf = this.#keys
    const next = this.#next
    const previous = this.#previous
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      const key = keys[i]!
      const last = lasts[key]! - 1
      if (last < 0) {
        next[slot] = slot
        previous[slot] = slot
      } else {
        const first = next[last]!
        next[last] = slot
        next[slot] = first
        previous[slot] = last
        previous[first] = slot
      }
      lasts[key] = slot + 1
      keysOf[slot] = key
      counts[key]!++
    }
  }

  remove(slots: Uint32Array, count = slots.length): void {
    const next = this.#next
    const previous = this.#previous
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      const key = this.#keys[slot]!
      this.#counts[key]!--
      const before = previous[slot]!
      if (before === slot) {
        this.#last[key] = 0
        continue
      }
      const after = next[slot]!
      next[before] = after
      previous[after] = before
      if (this.#last[key] === slot + 1) this.#last[key] = before + 1
    }
  }

  /**
   * The slots of the keys asked for, each with the number of the row that asked, in the order of the rows and then in
   * that in which the slots came. Adds to `out`, at most until it holds `limit` matches; true when there are more, for
   * which another call goes on.
   */
  probe(keys: Uint32Array, count: number, out: Matches, limit = Number.POSITIVE_INFINITY): boolean {
    const lasts = this.#last
    const next = this.#next
    for (let row = out.row; row < count; row++) {
      const key = keys[row]!
      const last = key < lasts.length ? lasts[key]! - 1 : -1
      if (last < 0) continue
      let slot = out.after ? out.after - 1 : last
      let at = out.length
      out.reserve(Math.min(limit, at + this.#counts[key]!))
      const { rows, slots } = out
      do {
        if (at >= limit) {
          out.length = at
          out.row = row
          out.after = slot === last && !out.after ? 0 : slot + 1
          return true
        }
        slot = next[slot]!
        rows[at] = row
        slots[at++] = slot
      } while (slot !== last)
      out.length = at
      out.after = 0
    }
    out.row = count
    out.after = 0
    return false
  }

  /** The slots of one key, in the order in which they came. */
  slotsOf(key: number): Uint32Array {
    const slots = new Uint32Array(this.countOf(key))
    if (slots.length === 0) return slots
    let slot = this.#last[key]! - 1
    for (let i = 0; i < slots.length; i++) slots[i] = slot = this.#next[slot]!
    return slots
  }

  /** Takes out the first slots of a key, at most `limit`. */
  takeFirst(key: number, limit = Number.POSITIVE_INFINITY): Uint32Array {
    const count = this.#counts[key]!
    const slots = new Uint32Array(Math.min(limit, count))
    const last = this.#last[key]! - 1
    let slot = last
    for (let i = 0; i < slots.length; i++) slots[i] = slot = this.#next[slot]!
    this.#counts[key] = count - slots.length
    if (slots.length === count) this.#last[key] = 0
    else {
      const first = this.#next[slot]!
      this.#next[last] = first
      this.#previous[first] = last
    }
    return slots
  }

  /** Key `live[i]` is called `i` from now on; other keys have no rows. */
  renumber(live: Uint32Array): void {
    const last = new Uint32Array(Math.max(64, live.length))
    const counts = new Uint32Array(last.length)
    for (let key = 0; key < live.length; key++) {
      const old = live[key]!
      if (old >= this.#last.length || this.#last[old] === 0) continue
      last[key] = this.#last[old]!
      counts[key] = this.#counts[old]!
      let slot = last[key]! - 1
      for (let i = 0; i < counts[key]!; i++) {
        this.#keys[slot] = key
        slot = this.#next[slot]!
      }
    }
    this.#last = last
    this.#counts = counts
    this.#keyReach = live.length
  }
}
