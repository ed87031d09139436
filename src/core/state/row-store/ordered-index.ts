/**
 * The rows of each key in a given order: a treap per key (Seidel & Aragon 1996), whose nodes are slots. Inserting,
 * removing, and finding the i-th row or a row's place cost O(log n) of the key's rows.
 */

import { grownUint32 } from './growing.ts'

/** Nodes are slots + 1; 0 is none. */
export class OrderedIndex {
  readonly #compare: (a: number, b: number) => number
  readonly #seed = (Math.random() * 2 ** 32) | 0
  #roots: Uint32Array = new Uint32Array(64)
  #left: Uint32Array = new Uint32Array(1)
  #right: Uint32Array = new Uint32Array(1)
  /** Rows below a node and itself. */
  #sizes: Uint32Array = new Uint32Array(1)
  /** Every key with rows is below, and every slot: what there is of the arrays takes memory so far. */
  #keyReach = 0
  #slots = 0

  /** @param compare the order of two slots; it is total: 0 only for a slot and itself */
  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare
  }

  get bytes(): number {
    return 4 * this.#keyReach + 12 * this.#slots
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#slots = slots
    this.#left = grownUint32(this.#left, slots + 1)
    this.#right = grownUint32(this.#right, slots + 1)
    this.#sizes = grownUint32(this.#sizes, slots + 1)
  }

  /** How many rows a key has. */
  countOf(key: number): number {
    return key < this.#roots.length ? this.#sizes[this.#roots[key]!]! : 0
  }

  /** Adds a slot whose cells are written. */
  add(key: number, slot: number): void {
    if (key >= this.#keyReach) this.#keyReach = key + 1
    this.#roots = grownUint32(this.#roots, key + 1)
    const node = slot + 1
    const priority = this.#priority(node)
    let parent = 0
    let left = false
    let at = this.#roots[key]!
    while (at !== 0 && this.#priority(at) >= priority) {
      this.#sizes[at]!++
      parent = at
      left = this.#compare(slot, at - 1) < 0
      at = left ? this.#left[at]! : this.#right[at]!
    }
    this.#split(at, slot)
    this.#left[node] = this.#before
    this.#right[node] = this.#after
    this.#sizes[node] = 1 + this.#sizes[this.#before]! + this.#sizes[this.#after]!
    this.#attach(key, parent, left, node)
  }

  #attach(key: number, parent: number, left: boolean, node: number): void {
    if (parent === 0) this.#roots[key] = node
    else if (left) this.#left[parent] = node
    else this.#right[parent] = node
  }

  // What `#split` leaves: the nodes before the slot and those after it.
  #before = 0
  #after = 0

  #split(at: number, slot: number): void {
    if (at === 0) {
      this.#before = 0
      this.#after = 0
    } else if (this.#compare(slot, at - 1) < 0) {
      this.#split(this.#left[at]!, slot)
      this.#left[at] = this.#after
      this.#resize(at)
      this.#after = at
    } else {
      this.#split(this.#right[at]!, slot)
      this.#right[at] = this.#before
      this.#resize(at)
      this.#before = at
    }
  }

  #resize(node: number): void {
    this.#sizes[node] = 1 + this.#sizes[this.#left[node]!]! + this.#sizes[this.#right[node]!]!
  }

  /** Removes a slot whose cells are still there. */
  remove(key: number, slot: number): void {
    const node = slot + 1
    let parent = 0
    let left = false
    let at = this.#roots[key]!
    while (at !== node) {
      this.#sizes[at]!--
      parent = at
      left = this.#compare(slot, at - 1) < 0
      at = left ? this.#left[at]! : this.#right[at]!
    }
    this.#attach(key, parent, left, this.#merge(this.#left[node]!, this.#right[node]!))
  }

  #merge(before: number, after: number): number {
    if (before === 0) return after
    if (after === 0) return before
    if (this.#priority(before) >= this.#priority(after)) {
      this.#right[before] = this.#merge(this.#right[before]!, after)
      this.#resize(before)
      return before
    }
    this.#left[after] = this.#merge(before, this.#left[after]!)
    this.#resize(after)
    return after
  }

  /** The slot at place `index` of a key's rows, which is below their count. */
  at(key: number, index: number): number {
    let node = this.#roots[key]!
    for (let rest = index; ; ) {
      const before = this.#sizes[this.#left[node]!]!
      if (rest === before) return node - 1
      if (rest < before) node = this.#left[node]!
      else {
        rest -= before + 1
        node = this.#right[node]!
      }
    }
  }

  /** The place of a slot among its key's rows. */
  indexOf(key: number, slot: number): number {
    let node = this.#roots[key]!
    let index = 0
    for (;;) {
      const before = this.#sizes[this.#left[node]!]!
      if (node === slot + 1) return index + before
      if (this.#compare(slot, node - 1) < 0) node = this.#left[node]!
      else {
        index += before + 1
        node = this.#right[node]!
      }
    }
  }

  /** The slots at places `from` to before `to`, in order. */
  slotsOf(key: number, from = 0, to = this.countOf(key)): Uint32Array {
    const end = Math.min(to, this.countOf(key))
    const slots = new Uint32Array(Math.max(0, end - from))
    if (slots.length > 0) this.#collect(this.#roots[key]!, from, end, slots, 0)
    return slots
  }

  /** Writes the slots at places `from` to before `to`, which there are, into `out`. */
  copySlots(key: number, from: number, to: number, out: Uint32Array): void {
    this.#collect(this.#roots[key]!, from, to, out, 0)
  }

  #collect(node: number, from: number, to: number, out: Uint32Array, at: number): number {
    if (node === 0 || from >= to) return at
    const before = this.#sizes[this.#left[node]!]!
    if (from < before) at = this.#collect(this.#left[node]!, from, Math.min(to, before), out, at)
    if (from <= before && before < to) out[at++] = node - 1
    if (to > before + 1)
      at = this.#collect(this.#right[node]!, Math.max(0, from - before - 1), to - before - 1, out, at)
    return at
  }

  /** Key `live[i]` is called `i` from now on; other keys have no rows. */
  renumber(live: Uint32Array): void {
    const roots = new Uint32Array(Math.max(64, live.length))
    for (let key = 0; key < live.length; key++) roots[key] = this.#roots[live[key]!] ?? 0
    this.#roots = roots
    this.#keyReach = live.length
  }

  #priority(node: number): number {
    const h = Math.imul(node ^ this.#seed, 0x9e3779b1)
    return Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  }
}
