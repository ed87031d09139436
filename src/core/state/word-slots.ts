/**
 * An open-addressing table from three words to a number, which grows without a pause: entries move to the larger table a few
 * at a time, with each one that is added or is found to have stayed behind, and until then both tables are looked in. Memory of the larger table is touched
 * before it is needed, a page at a time: the system gives memory out by pages when they are first touched, and a large new
 * table filled at random would wait for one with nearly every entry.
 *
 * A slot is four words: the key's three and its number, which is never 0. Nothing is ever taken out.
 */

const NO_SLOTS: Int32Array<ArrayBuffer> = new Int32Array(0)
/** Slots that are moved when an entry is added: 2 would do, so that all are moved before the new table is full, too. */
const MOVED_PER_ENTRY = 4
/** Tables from this size on have the next one prepared, while they get the last quarter of their entries. */
const PREPARED_WORDS = 1 << 18
const PAGE_WORDS = 1024
/** So many entries make a page of the next table ready: all of them by the time it is needed. */
const ENTRIES_PER_PAGE = 16

export class WordSlots {
  readonly #seed = (Math.random() * 2 ** 32) | 0
  #slots: Int32Array<ArrayBuffer>
  /** The table before, of which the entries from word `#moved` on are yet to be moved. */
  #before = NO_SLOTS
  #moved = 0
  /** The table to come, of which the words below `#touched` have been touched. */
  #next = NO_SLOTS
  #touched = 0
  #count = 0
  /** The place of a key that was not found. */
  #free = 0

  /** @param slots how many it begins with: a power of two */
  constructor(slots: number) {
    this.#slots = new Int32Array(4 * slots)
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#before.byteLength + 4 * Math.min(this.#touched, this.#next.length)
  }

  /** For loops that look up by themselves, as {@link find} does; what they do not find may be there nonetheless. */
  get slots(): Int32Array {
    return this.#slots
  }

  /** Added to the third word before it is hashed. */
  get seed(): number {
    return this.#seed
  }

  /** The number of a key, 0 if it has none. */
  find(first: number, second: number, third: number): number {
    const hash = hashWords(first, second, third ^ this.#seed) << 2
    const slots = this.#slots
    const mask = slots.length - 4
    let slot = hash & mask
    for (;;) {
      const number = slots[slot + 3]!
      if (number === 0) break
      if (slots[slot] === first && slots[slot + 1] === second && slots[slot + 2] === third) return number
      slot = (slot + 4) & mask
    }
    this.#free = slot
    const before = this.#before
    // What begins before the place that moving has come to has moved.
    if (before.length === 0 || (hash & (before.length - 4)) < this.#moved) return 0
    const number = findIn(before, first, second, third, hash)
    // Also once no more entries are added: loops that look up by themselves look in the larger table only.
    if (number !== 0) this.#move(4 * MOVED_PER_ENTRY)
    return number
  }

  /** Gives a key its number, right after {@link find} has found none. */
  add(first: number, second: number, third: number, number: number): void {
    const slots = this.#slots
    const slot = this.#free
    slots[slot] = first
    slots[slot + 1] = second
    slots[slot + 2] = third
    slots[slot + 3] = number
    const count = ++this.#count
    if (this.#before.length > 0) this.#move(4 * MOVED_PER_ENTRY)
    else if ((count & (ENTRIES_PER_PAGE - 1)) === 0 && slots.length >= PREPARED_WORDS) this.#prepare()
    if (8 * count >= slots.length) this.#grow()
  }

  /** Touches another page of the next table, once three quarters of the entries of this one are there. */
  #prepare(): void {
    if (32 * this.#count < 3 * this.#slots.length) return
    if (this.#next.length === 0) {
      this.#next = new Int32Array(2 * this.#slots.length)
      this.#touched = 0
    }
    if (this.#touched >= this.#next.length) return
    this.#next[this.#touched] = 0
    this.#touched += PAGE_WORDS
  }

  #grow(): void {
    if (this.#before.length > 0) this.#move(this.#before.length)
    this.#before = this.#slots
    this.#moved = 0
    this.#slots = this.#next.length > 0 ? this.#next : new Int32Array(2 * this.#before.length)
    this.#next = NO_SLOTS
  }

  #move(words: number): void {
    const before = this.#before
    const slots = this.#slots
    const mask = slots.length - 4
    const seed = this.#seed
    const end = this.#moved + words
    let at = this.#moved
    // Never in the middle of a run of entries: so those that begin before the end of what has moved have all moved.
    for (; at < before.length && (at < end || before[at + 3] !== 0); at += 4) {
      if (before[at + 3] === 0) continue
      const third = before[at + 2]!
      let slot = (hashWords(before[at]!, before[at + 1]!, third ^ seed) << 2) & mask
      while (slots[slot + 3] !== 0) slot = (slot + 4) & mask
      slots[slot] = before[at]!
      slots[slot + 1] = before[at + 1]!
      slots[slot + 2] = third
      slots[slot + 3] = before[at + 3]!
    }
    this.#moved = at
    if (at === before.length) this.#before = NO_SLOTS
  }
}

function findIn(slots: Int32Array, first: number, second: number, third: number, hash: number): number {
  const mask = slots.length - 4
  let slot = hash & mask
  for (;;) {
    const number = slots[slot + 3]!
    if (number === 0) return 0
    if (slots[slot] === first && slots[slot + 1] === second && slots[slot + 2] === third) return number
    slot = (slot + 4) & mask
  }
}

/** Where {@link WordSlots} begins to look for a key; the seed is part of `salt`. */
export function hashWords(first: number, second: number, salt: number): number {
  let h = Math.imul(first ^ salt, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 16)
}
