/**
 * Codes of texts. An interner gives them; in front of it lies a table of the texts seen, which is asked four bytes at a time:
 * most texts of a column of codes have been seen.
 */

import type { Dictionary } from '../../batch/column.ts'
import { TextInterner } from '../../batch/text-interner.ts'

const FIRST_SLOTS = 256

export class TextCodes {
  readonly #interner = new TextInterner()
  // Keeps someone who chooses the texts from choosing collisions too.
  readonly #seed = (Math.random() * 2 ** 32) | 0
  /** Pairs of a hash and a code + 1; 0 is free. At most half full. */
  #slots = new Int32Array(2 * FIRST_SLOTS)
  #used = 0
  #dictionary: Dictionary
  #texts: DataView

  constructor() {
    this.#dictionary = this.#interner.dictionary()
    this.#texts = viewOf(this.#dictionary.values)
  }

  /** Distinct texts so far. */
  get length(): number {
    return this.#interner.length
  }

  code(bytes: Uint8Array, from: number, to: number): number {
    return this.#interner.code(bytes, from, to)
  }

  /** The same, of bytes that there is a view of. */
  codeOf(view: DataView, bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(view, from, to, this.#seed)
    const slots = this.#slots
    const mask = slots.length - 2
    let at = (hash << 1) & mask
    for (;;) {
      const entry = slots[at + 1]!
      if (entry === 0) break
      if (slots[at] === hash && this.#isText(entry - 1, view, from, to)) return entry - 1
      at = (at + 2) & mask
    }
    return this.#add(hash, this.#interner.code(bytes, from, to), at)
  }

  #isText(code: number, view: DataView, from: number, to: number): boolean {
    if (code >= this.#dictionary.length) this.#look()
    const { offsets } = this.#dictionary
    const texts = this.#texts
    let j = offsets[code]!
    if (offsets[code + 1]! - j !== to - from) return false
    let i = from
    for (; i <= to - 4; i += 4, j += 4) if (view.getInt32(i, true) !== texts.getInt32(j, true)) return false
    for (; i < to; i++, j++) if (view.getUint8(i) !== texts.getUint8(j)) return false
    return true
  }

  /** Looks at all texts there are by now. */
  #look(): void {
    this.#dictionary = this.#interner.dictionary()
    this.#texts = viewOf(this.#dictionary.values)
  }

  #add(hash: number, code: number, at: number): number {
    this.#slots[at] = hash
    this.#slots[at + 1] = code + 1
    this.#used++
    if (4 * this.#used > this.#slots.length) this.#grow()
    return code
  }

  #grow(): void {
    const old = this.#slots
    const slots = new Int32Array(2 * old.length)
    const mask = slots.length - 2
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue
      let at = (old[from]! << 1) & mask
      while (slots[at + 1] !== 0) at = (at + 2) & mask
      slots[at] = old[from]!
      slots[at + 1] = old[from + 1]!
    }
    this.#slots = slots
  }

  dictionary(): Dictionary {
    return this.#interner.dictionary()
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Multipliers of MurmurHash3 (Appleby, public domain). */
function hashOf(view: DataView, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from)
  let i = from
  for (; i <= to - 4; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0xcc9e2d51)
    hash ^= hash >>> 15
  }
  for (; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x1b873593)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
