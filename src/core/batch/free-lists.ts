/** What is free, by key, up to a number of bytes; what was used longest ago is let go of first. */

export class FreeLists<Key, Item> {
  /** The key used last comes last. */
  readonly #free = new Map<Key, Item[]>()
  readonly #maxBytes: number
  readonly #bytesOf: (item: Item) => number
  #bytes = 0

  /** @param maxBytes of what is kept; the item given last always is */
  constructor(maxBytes: number, bytesOf: (item: Item) => number) {
    this.#maxBytes = maxBytes
    this.#bytesOf = bytesOf
  }

  /** Bytes that are free. */
  get bytes(): number {
    return this.#bytes
  }

  /** The free item given last, if there is one. */
  take(key: Key): Item | undefined {
    const item = this.#free.get(key)?.pop()
    if (item !== undefined) this.#bytes -= this.#bytesOf(item)
    return item
  }

  /** Keeps an item; gives what is let go of for it. */
  give(key: Key, item: Item): readonly Item[] {
    const same = this.#free.get(key) ?? []
    this.#free.delete(key)
    this.#free.set(key, same)
    same.push(item)
    this.#bytes += this.#bytesOf(item)
    const gone: Item[] = []
    while (this.#bytes > this.#maxBytes && this.#bytes > this.#bytesOf(item)) this.#letGo(gone)
    return gone
  }

  #letGo(gone: Item[]): void {
    for (const [key, items] of this.#free) {
      const item = items.shift()
      if (item !== undefined) {
        this.#bytes -= this.#bytesOf(item)
        gone.push(item)
        return
      }
      this.#free.delete(key)
    }
  }
}
