/**
 * Gives equal pairs of codes equal codes, counted from 0 in order of first sight: how keys of several columns become
 * one number. A table of all pairs while that is small, else open addressing.
 */

import { NO_CODE } from './integer-index.ts'

const MAX_TABLE = 1 << 21

export class PairIndex {
  #firsts = new Uint32Array(64)
  #seconds = new Uint32Array(64)
  #size = 0
  /** Code + 1 of the pair (a, b) at `a << #shift | b`. */
  #table: Int32Array | undefined = new Int32Array(1 << 10)
  #shift = 4
  /** Four words per slot: a, b, code + 1, unused. */
  #slots = new Int32Array(0)

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return 2 * this.#firsts.byteLength + (this.#table?.byteLength ?? 0) + this.#slots.byteLength
  }

  first(code: number): number {
    return this.#firsts[code]!
  }

  second(code: number): number {
    return this.#seconds[code]!
  }

  /** Codes of the pairs `(a[i], b[i])`, where `a` has values below `sizeA` and `b` below `sizeB`. */
  intern(
    a: Uint32Array,
    sizeA: number,
    b: Uint32Array,
    sizeB: number,
    count: number,
    codes: Uint32Array,
  ): void {
    const table = this.#tableFor(sizeA, sizeB)
    if (table) {
      const shift = this.#shift
      for (let i = 0; i < count; i++) {
        const at = (a[i]! << shift) | b[i]!
        let code = table[at]!
        if (code === 0) {
          code = this.#append(a[i]!, b[i]!) + 1
          table[at] = code
        }
        codes[i] = code - 1
      }
      return
    }
    for (let i = 0; i < count; i++) codes[i] = this.#find(a[i]!, b[i]!)
  }

  /** As {@link intern}, without new codes: pairs that have none, or of which a part has none, get `NO_CODE`. */
  find(a: Uint32Array, b: Uint32Array, count: number, codes: Uint32Array): void {
    const table = this.#table
    const shift = this.#shift
    const slots = this.#slots
    const mask = slots.length - 4
    for (let i = 0; i < count; i++) {
      const first = a[i]!
      const second = b[i]!
      if (first === NO_CODE || second === NO_CODE) {
        codes[i] = NO_CODE
        continue
      }
      if (table !== undefined) {
        const known = second < 1 << shift && first < table.length >> shift
        codes[i] = known ? table[(first << shift) | second]! - 1 : NO_CODE
        continue
      }
      let slot = (hashPair(first, second) << 2) & mask
      while (slots[slot + 2] !== 0 && (slots[slot] !== (first | 0) || slots[slot + 1] !== (second | 0)))
        slot = (slot + 4) & mask
      codes[i] = slots[slot + 2]! - 1
    }
  }

  #tableFor(sizeA: number, sizeB: number): Int32Array | undefined {
    const table = this.#table
    if (table === undefined) return undefined
    let shift = this.#shift
    if (sizeB <= 1 << shift && sizeA << shift <= table.length) return table
    while (1 << shift < sizeB) shift += 2
    let length = table.length
    while (length < sizeA * 2 ** shift) length *= 2
    // The table of all pairs is kept only while a fair share of them occurs.
    if (length > Math.min(MAX_TABLE, Math.max(1 << 16, 64 * this.#size))) {
      this.#table = undefined
      this.#rehash()
      return undefined
    }
    const larger = new Int32Array(length)
    for (let code = 0; code < this.#size; code++) {
      larger[(this.#firsts[code]! << shift) | this.#seconds[code]!] = code + 1
    }
    this.#shift = shift
    this.#table = larger
    return larger
  }

  #find(a: number, b: number): number {
    const slots = this.#slots
    const mask = slots.length - 4
    let slot = (hashPair(a, b) << 2) & mask
    for (;;) {
      const code = slots[slot + 2]!
      if (code === 0) break
      if (slots[slot] === (a | 0) && slots[slot + 1] === (b | 0)) return code - 1
      slot = (slot + 4) & mask
    }
    const code = this.#append(a, b)
    slots[slot] = a
    slots[slot + 1] = b
    slots[slot + 2] = code + 1
    if (8 * this.#size > slots.length) this.#rehash()
    return code
  }

  #append(a: number, b: number): number {
    const code = this.#size++
    if (code === this.#firsts.length) {
      const firsts = new Uint32Array(2 * code)
      firsts.set(this.#firsts)
      this.#firsts = firsts
      const seconds = new Uint32Array(2 * code)
      seconds.set(this.#seconds)
      this.#seconds = seconds
    }
    this.#firsts[code] = a
    this.#seconds[code] = b
    return code
  }

  #rehash(): void {
    let length = 1024
    while (length < 16 * this.#size) length *= 2
    const slots = new Int32Array(length)
    const mask = length - 4
    for (let code = 0; code < this.#size; code++) {
      const a = this.#firsts[code]!
      const b = this.#seconds[code]!
      let slot = (hashPair(a, b) << 2) & mask
      while (slots[slot + 2] !== 0) slot = (slot + 4) & mask
      slots[slot] = a
      slots[slot + 1] = b
      slots[slot + 2] = code + 1
    }
    this.#slots = slots
  }
}

function hashPair(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 16)
}
