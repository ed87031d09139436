/**
 * Which keys are alive, where a key that is silent for a ttl is forgotten.
 *
 * What comes out must not depend on when memory is freed. So a row that comes more than the ttl after its key's last one
 * finds a key that starts anew, whether or not the key is still in memory; and a key may leave memory once every row to
 * come is that much later. Both go by event times alone.
 */

/** In a table of fewer keys, dead ones are not looked for. */
const MIN_KEYS_TO_FORGET = 1024

export class KeyLives {
  readonly #ttlMs: number
  /** By key id: the latest event time of its rows; NaN before the first. */
  #lastMs = new Float64Array(64).fill(Number.NaN)
  #passedMs = Number.NEGATIVE_INFINITY
  /** Rows since dead keys were looked for. */
  #rows = 0

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  /** Memory, bytes. */
  get bytes(): number {
    return this.#lastMs.byteLength
  }

  /** The latest event time of a key's rows, ms; NaN for a key that has none. */
  lastMs(id: number): number {
    return this.#lastMs[id] ?? Number.NaN
  }

  /** Makes room for keys below `count`. */
  reserve(count: number): void {
    if (count <= this.#lastMs.length) return
    const larger = new Float64Array(Math.max(count, 2 * this.#lastMs.length)).fill(Number.NaN)
    larger.set(this.#lastMs)
    this.#lastMs = larger
  }

  /** Notes a row of a key that there is room for. Returns whether the key had been silent for so long that it starts anew. */
  see(id: number, timeMs: number): boolean {
    this.#rows++
    const lastMs = this.#lastMs[id]!
    // A row that is late is taken for one that comes now: its key may be out of memory.
    const nowMs = Math.max(timeMs, this.#passedMs)
    if (nowMs - lastMs > this.#ttlMs) {
      this.#lastMs[id] = timeMs
      return true
    }
    if (!(timeMs <= lastMs)) this.#lastMs[id] = timeMs
    return false
  }

  /** Rows to come that are not late have this event time or a later one. */
  pass(watermarkMs: number): void {
    if (watermarkMs > this.#passedMs) this.#passedMs = watermarkMs
  }

  /**
   * The keys to keep of `size`, when so many are dead that renumbering the others pays; undefined otherwise. Looked for
   * when there have been half as many rows as there are keys, so that it costs little per row.
   */
  dueForgetting(size: number): Uint32Array | undefined {
    if (size < MIN_KEYS_TO_FORGET || 2 * this.#rows < size) return undefined
    this.#rows = 0
    const living = this.living(size)
    return 2 * living.length <= size ? living : undefined
  }

  /** The ids below `size` of keys that are not dead. */
  living(size: number): Uint32Array {
    const living = new Uint32Array(size)
    let count = 0
    for (let id = 0; id < size; id++) {
      if (!(this.#passedMs - this.#lastMs[id]! > this.#ttlMs)) living[count++] = id
    }
    return living.slice(0, count)
  }

  /** Forgets every key but these: the key that had id `living[i]` has id `i` then. */
  retain(living: Uint32Array): void {
    const old = this.#lastMs
    this.#lastMs = new Float64Array(Math.max(64, 2 * living.length)).fill(Number.NaN)
    for (let i = 0; i < living.length; i++) this.#lastMs[i] = old[living[i]!]!
  }

  /** Puts back what {@link lastMs} said of a key that there is room for. */
  restore(id: number, lastMs: number): void {
    this.#lastMs[id] = lastMs
  }
}
