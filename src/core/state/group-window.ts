/**
 * The groups of one window by key id: a plain array, or an open-addressing table while few of very many keys occur.
 * Group 0 means none.
 */

import { grown } from './growing.ts'
import { spareArrays } from './spare-arrays.ts'

/** Below this many keys an array is always small enough. */
const ARRAY_KEYS = 64
/** With fewer than one key in this many the array would be mostly empty. */
const SPARSE = 16
/** Shorter arrays are not worth keeping. */
const MIN_KEPT = 1024

export class GroupWindow {
  readonly startMs: number
  readonly endMs: number
  /** Of the panes of longer windows: the first end of a window that its rows count for; -Infinity for all. */
  readonly fromMs: number
  /** How many groups it has. */
  count = 0
  /** Group by key id; empty while the table is used. May be shorter than the number of keys. */
  array: Int32Array
  /** Every key with a group in the array is below. */
  #reach = 0
  /** Two words per slot: key + 1, group. */
  #slots: Int32Array
  #words: Int32Array = NONE
  #wordsOf: Int32Array | undefined

  /**
   * @param keys how many keys there are
   * @param like a window whose groups tell how many keys to expect here
   */
  constructor(
    startMs: number,
    endMs: number,
    keys: number,
    fromMs = Number.NEGATIVE_INFINITY,
    like?: GroupWindow,
  ) {
    this.startMs = startMs
    this.endMs = endMs
    this.fromMs = fromMs
    const sparse = keys > ARRAY_KEYS && !(like && like.count * SPARSE >= keys)
    this.array = sparse ? NONE : zeros(capacityFor(keys))
    this.#slots = sparse ? new Int32Array(32) : NONE
  }

  /** Gives its arrays to others. The window is not used any more, but for {@link count}. */
  free(): void {
    give(this.array, this.#reach)
    give(this.#words, this.#words.length)
    this.array = NONE
    this.#words = NONE
    this.#wordsOf = undefined
    this.#slots = NONE
    this.#reach = 0
  }

  get bytes(): number {
    return 4 * this.#reach + this.#slots.byteLength + this.#words.byteLength
  }

  /**
   * Group by the place of a key in `keys`, an array of key ids that loops look words up in; zeros where not yet known.
   * Saves a loop the way over the id. The window keeps it until `keys` is another array.
   */
  byWord(keys: Int32Array): Int32Array {
    if (this.#wordsOf !== keys) {
      give(this.#words, this.#words.length)
      this.#wordsOf = keys
      this.#words = zeros(keys.length)
    }
    return this.#words
  }

  /** The group of a key, 0 if it has none. */
  get(key: number): number {
    if (this.#slots.length === 0) return key < this.array.length ? this.array[key]! : 0
    const slots = this.#slots
    const mask = slots.length - 2
    let slot = (hash(key) << 1) & mask
    for (;;) {
      const found = slots[slot]!
      if (found === 0) return 0
      if (found === key + 1) return slots[slot + 1]!
      slot = (slot + 2) & mask
    }
  }

  /** Gives a key that has none a group. `keys` is how many keys there are. */
  add(key: number, group: number, keys: number): void {
    this.count++
    if (key < this.array.length) {
      this.#put(key, group)
      return
    }
    if (this.#slots.length === 0) {
      if (key >= this.array.length) {
        if (keys > ARRAY_KEYS && this.count * SPARSE < keys) this.#toTable()
        else this.#widen(keys)
      }
    } else if (this.count * SPARSE >= keys) this.#toArray(keys)
    if (this.#slots.length === 0) this.#put(key, group)
    else {
      if (4 * this.count > this.#slots.length) this.#rehash(this.#slots.length * 2)
      this.#place(key, group)
    }
  }

  #put(key: number, group: number): void {
    this.array[key] = group
    if (key >= this.#reach) this.#reach = key + 1
  }

  #place(key: number, group: number): void {
    const slots = this.#slots
    const mask = slots.length - 2
    let slot = (hash(key) << 1) & mask
    while (slots[slot] !== 0) slot = (slot + 2) & mask
    slots[slot] = key + 1
    slots[slot + 1] = group
  }

  #rehash(length: number): void {
    const old = this.#slots
    this.#slots = new Int32Array(length)
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot] !== 0) this.#place(old[slot]! - 1, old[slot + 1]!)
    }
  }

  #widen(keys: number): void {
    this.array = grown(this.array, capacityFor(keys))
  }

  #toArray(keys: number): void {
    const old = this.#slots
    this.array = zeros(capacityFor(keys))
    this.#slots = NONE
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot] !== 0) this.#put(old[slot]! - 1, old[slot + 1]!)
    }
  }

  #toTable(): void {
    const old = this.array
    this.array = NONE
    let length = 32
    while (length < 8 * this.count) length *= 2
    this.#slots = new Int32Array(length)
    for (let key = 0; key < this.#reach; key++) if (old[key] !== 0) this.#place(key, old[key]!)
    give(old, this.#reach)
    this.#reach = 0
  }

  /** Its groups into `out` from `at` on, in no order that matters. Returns where they end. */
  groups(out: Uint32Array, at: number): number {
    if (this.#slots.length === 0) {
      const array = this.array
      for (let key = 0; key < this.#reach; key++) if (array[key] !== 0) out[at++] = array[key]!
      return at
    }
    const slots = this.#slots
    for (let slot = 0; slot < slots.length; slot += 2) if (slots[slot] !== 0) out[at++] = slots[slot + 1]!
    return at
  }

  get isSparse(): boolean {
    return this.#slots.length > 0
  }
}

const NONE = new Int32Array(0)

function zeros(length: number): Int32Array<ArrayBuffer> {
  if (length < MIN_KEPT) return new Int32Array(length)
  const { array, dirty } = spareArrays.take('i32', length)
  return array.fill(0, 0, dirty) as Int32Array<ArrayBuffer>
}

/** Keeps an array for others; items from `dirty` on are zero. */
function give(array: Int32Array, dirty: number): void {
  if (array.length >= MIN_KEPT) spareArrays.give('i32', { array, dirty })
}

function capacityFor(keys: number): number {
  let capacity = 64
  while (capacity < keys) capacity *= 2
  return capacity
}

function hash(key: number): number {
  const h = Math.imul(key, 0x9e3779b1)
  return h ^ (h >>> 15)
}
