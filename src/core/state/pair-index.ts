/**
 * Gives equal pairs of codes equal codes, counted from 0 in order of first sight: how keys of several columns become
 * one number. A table of all pairs while that is small, else open addressing.
 */

import { grown } from './growing.ts'
import { NO_CODE } from './integer-index.ts'
import { WordSlots } from './word-slots.ts'

const MAX_TABLE = 1 << 21
/** Pairs that leave the table for each one that is new, or is found to have stayed behind. */
const MOVED_PER_PAIR = 4

export class PairIndex {
  #firsts = new Uint32Array(64)
  #seconds = new Uint32Array(64)
  #size = 0
  /** Code + 1 of the pair (a, b) at `a << #shift | b`. */
  #table: Int32Array | undefined = new Int32Array(1 << 10)
  #shift = 4
  /** Code + 1 by both codes, once there are too many pairs for a table of all. */
  #slots: WordSlots | undefined
  /** Pairs of the table below this code are in the slots, too; the others are looked for in the table until they are. */
  #moved = 0
  /** How many pairs the table has. */
  #tableSize = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return 8 * this.#size + (this.#table?.byteLength ?? 0) + (this.#slots?.bytes ?? 0)
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
    const slots = this.#slots!
    for (let i = 0; i < count; i++) {
      const known = this.#find(a[i]!, b[i]!)
      if (known !== 0) {
        codes[i] = known - 1
        continue
      }
      const code = this.#append(a[i]!, b[i]!)
      slots.add(a[i]!, b[i]!, 0, code + 1)
      codes[i] = code
      if (this.#table) this.#move(MOVED_PER_PAIR)
    }
  }

  /** As {@link intern}, without new codes: pairs that have none, or of which a part has none, get `NO_CODE`. */
  find(a: Uint32Array, b: Uint32Array, count: number, codes: Uint32Array): void {
    for (let i = 0; i < count; i++) {
      const first = a[i]!
      const second = b[i]!
      codes[i] = first === NO_CODE || second === NO_CODE ? NO_CODE : this.#find(first, second) - 1
    }
  }

  /** Code + 1 of a pair, 0 if it has none. */
  #find(a: number, b: number): number {
    const found = this.#slots?.find(a, b, 0) ?? 0
    const table = this.#table
    if (found !== 0 || table === undefined) return found
    const shift = this.#shift
    const code = b < 1 << shift && a < table.length >> shift ? table[(a << shift) | b]! : 0
    // Also once no more pairs are new.
    if (code !== 0 && this.#slots) this.#move(MOVED_PER_PAIR)
    return code
  }

  #tableFor(sizeA: number, sizeB: number): Int32Array | undefined {
    const table = this.#table
    if (table === undefined || this.#slots) return undefined
    let shift = this.#shift
    if (sizeB <= 1 << shift && sizeA << shift <= table.length) return table
    while (1 << shift < sizeB) shift += 2
    let length = table.length
    while (length < sizeA * 2 ** shift) length *= 2
    // The table of all pairs is kept only while a fair share of them occurs.
    if (length > Math.min(MAX_TABLE, Math.max(1 << 16, 64 * this.#size))) {
      this.#slots = new WordSlots(1024)
      this.#tableSize = this.#size
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

  /** Moves pairs of the table into the slots. */
  #move(pairs: number): void {
    const end = Math.min(this.#tableSize, this.#moved + pairs)
    const slots = this.#slots!
    for (let code = this.#moved; code < end; code++) {
      const first = this.#firsts[code]!
      const second = this.#seconds[code]!
      slots.find(first, second, 0)
      slots.add(first, second, 0, code + 1)
    }
    this.#moved = end
    if (end === this.#tableSize) this.#table = undefined
  }

  #append(a: number, b: number): number {
    const code = this.#size++
    if (code === this.#firsts.length) {
      this.#firsts = grown(this.#firsts, code + 1)
      this.#seconds = grown(this.#seconds, code + 1)
    }
    this.#firsts[code] = a
    this.#seconds[code] = b
    return code
  }
}
