/**
 * Gives equal texts equal codes: an open-addressing hash table over UTF-8 bytes.
 *
 * Codes count from 0 in order of first sight, so they do not depend on the hash. The bytes lie in shared memory of
 * their own and are only ever appended to: a {@link Dictionary} is a view of them that stays valid while more texts
 * come, on any thread.
 */

import { DataError } from '../errors.ts'
import type { Dictionary } from './column.ts'
import { newDictionaryId } from './dictionary.ts'

const MAX_BYTES = 2 ** 31 - 1

export class TextInterner {
  readonly #id = newDictionaryId()
  // Keeps someone who chooses the texts from choosing collisions too.
  readonly #seed = (Math.random() * 2 ** 32) | 0
  #bytes: Uint8Array
  #offsets: Int32Array
  #hashes: Int32Array
  /** Code + 1 by slot; 0 is free. */
  #slots: Int32Array
  #length = 0

  constructor(expected = 64) {
    const capacity = Math.max(16, expected)
    this.#bytes = new Uint8Array(new SharedArrayBuffer(capacity * 12))
    this.#offsets = new Int32Array(new SharedArrayBuffer((capacity + 1) * 4))
    this.#hashes = new Int32Array(capacity)
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)))
  }

  /** How many distinct texts it has seen. */
  get length(): number {
    return this.#length
  }

  /** The code of `source[start, end)`, a new one if the text is new. */
  code(source: Uint8Array, start = 0, end = source.length): number {
    let hash = this.#seed
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash ^= hash >>> 13
    const mask = this.#slots.length - 1
    const offsets = this.#offsets
    const bytes = this.#bytes
    let slot = hash & mask
    for (;;) {
      const code = this.#slots[slot]! - 1
      if (code < 0) break
      if (this.#hashes[code] === hash) {
        const at = offsets[code]!
        if (offsets[code + 1]! - at === end - start) {
          let i = start
          let j = at
          while (i < end && source[i] === bytes[j]) {
            i++
            j++
          }
          if (i === end) return code
        }
      }
      slot = (slot + 1) & mask
    }
    return this.#add(source, start, end, hash, slot)
  }

  #add(source: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#length
    const at = this.#offsets[code]!
    const until = at + end - start
    if (until > MAX_BYTES)
      throw new DataError('TEXT_SIZE', 'the distinct texts of one column exceed 2 GiB', {
        hint: 'give the column the type utf8, which needs no dictionary',
      })
    if (until > this.#bytes.length) {
      const grown = new Uint8Array(
        new SharedArrayBuffer(Math.min(MAX_BYTES, Math.max(until, this.#bytes.length * 2))),
      )
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
    }
    if (code === this.#hashes.length) this.#growTable()
    for (let i = start, j = at; i < end; i++, j++) this.#bytes[j] = source[i]!
    this.#offsets[code + 1] = until
    this.#hashes[code] = hash
    this.#length = code + 1
    if (this.#slots.length < 2 * this.#length) this.#rehash()
    else this.#slots[slot] = code + 1
    return code
  }

  #growTable(): void {
    const capacity = this.#hashes.length * 2
    const offsets = new Int32Array(new SharedArrayBuffer((capacity + 1) * 4))
    offsets.set(this.#offsets)
    this.#offsets = offsets
    const hashes = new Int32Array(capacity)
    hashes.set(this.#hashes)
    this.#hashes = hashes
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let code = 0; code < this.#length; code++) {
      let slot = this.#hashes[code]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = code + 1
    }
    this.#slots = slots
  }

  /** The texts so far. Later texts get codes beyond this view's `length`, under the same `id`. */
  dictionary(): Dictionary {
    const length = this.#length
    return {
      id: this.#id,
      length,
      values: this.#bytes.subarray(0, this.#offsets[length]!),
      offsets: this.#offsets.subarray(0, length + 1),
    }
  }
}
