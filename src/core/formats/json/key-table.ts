/** Finds which column a key names, by its bytes. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class KeyTable {
  readonly #keys: readonly Uint8Array[]
  readonly #byName: ReadonlyMap<string, number>
  /** Column + 1 by slot; 0 is free. */
  readonly #slots: Uint16Array | Uint32Array

  constructor(names: readonly string[]) {
    this.#keys = names.map(name => encoder.encode(name))
    this.#byName = new Map(names.map((name, i) => [name, i]))
    const size = 2 ** Math.ceil(Math.log2(names.length * 2 + 2))
    this.#slots = new Uint32Array(size)
    this.#keys.forEach((key, i) => {
      let slot = hashOf(key, 0, key.length) & (size - 1)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (size - 1)
      this.#slots[slot] = i + 1
    })
  }

  /** The column that the bytes name, which hold no escapes; -1: none. `guess` is tried first. */
  find(bytes: Uint8Array, start: number, end: number, guess: number): number {
    if (guess >= 0 && guess < this.#keys.length && sameBytes(this.#keys[guess]!, bytes, start, end))
      return guess
    const mask = this.#slots.length - 1
    for (let slot = hashOf(bytes, start, end) & mask; ; slot = (slot + 1) & mask) {
      const column = this.#slots[slot]! - 1
      if (column < 0 || sameBytes(this.#keys[column]!, bytes, start, end)) return column
    }
  }

  /** The column that JSON text names, quotes included, which holds escapes. */
  findEscaped(bytes: Uint8Array, start: number, end: number): number {
    return this.#byName.get(JSON.parse(decoder.decode(bytes.slice(start, end)))) ?? -1
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

function sameBytes(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = key
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}
