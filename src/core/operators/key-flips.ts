/** Which keys get their first row by a change, or lose their last. */

export interface FlippedKeys {
  readonly matched: Uint32Array
  readonly unmatched: Uint32Array
}

const HAD_NONE = 1
const HAD_SOME = 2

export class KeyFlips {
  /** By key, what was before; 0: not asked. */
  #before = new Uint8Array(0)

  /** The keys among `ids` for which `has` is another after the change than before it. */
  around(ids: Uint32Array, count: number, has: (key: number) => boolean, change: () => void): FlippedKeys {
    const seen: number[] = []
    for (let i = 0; i < count; i++) {
      const key = ids[i]!
      if (key >= this.#before.length) this.#grow(key)
      if (this.#before[key] !== 0) continue
      this.#before[key] = has(key) ? HAD_SOME : HAD_NONE
      seen.push(key)
    }
    change()
    const matched: number[] = []
    const unmatched: number[] = []
    for (const key of seen) {
      const had = this.#before[key] === HAD_SOME
      this.#before[key] = 0
      if (had === has(key)) continue
      if (had) unmatched.push(key)
      else matched.push(key)
    }
    return { matched: Uint32Array.from(matched), unmatched: Uint32Array.from(unmatched) }
  }

  #grow(key: number): void {
    const larger = new Uint8Array(2 * key + 64)
    larger.set(this.#before)
    this.#before = larger
  }
}
