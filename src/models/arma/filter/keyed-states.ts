/**
 * Where the state of each key of a keyed filter lies: rows of `stride` numbers, in one array for small integer keys, which
 * index it, and in another for all other keys, which are hashed. A row of zeros has never been used. What a key has beside
 * its row while the effects of a gap last is held aside.
 */

/** A key of a series. */
export type SeriesKey = number | string | bigint

/** Integer keys up to this size are looked up in an array instead of a hash table. */
const DIRECT_KEYS = 1 << 26

/** What a gap leaves for a while: see `excess-state.ts`. */
export interface Gapped {
  /** Points since the start; infinite for a key that was steady before its gap. */
  t: number
  excess: Float64Array[]
  diffuse: Float64Array[]
}

/** Rows by key. The last number of a row is not 0 once the key has been seen. */
export class KeyedStates {
  readonly stride: number
  /** Rows of small integer keys, found by the key itself. */
  direct: Float64Array
  /** Small integer keys seen. */
  directSeen = 0
  /** Rows of the other keys, found through `#slots`. */
  hashed: Float64Array
  readonly #slots = new Map<SeriesKey, number>()
  /** By the id of a row: its number among the direct ones, or −1 − its number among the hashed ones. */
  readonly gapped = new Map<number, Gapped>()

  constructor(stride: number) {
    this.stride = stride
    this.direct = new Float64Array(64 * stride)
    this.hashed = new Float64Array(16 * stride)
  }

  /** Keys seen. */
  get size(): number {
    return this.directSeen + this.#slots.size
  }

  /** Whether a key has, or now gets, a direct row. */
  isDirect(key: SeriesKey): key is number {
    return isIndex(key) && this.#reach(key)
  }

  /** The hashed row of a key, made if it is new. */
  slotOf(key: SeriesKey): number {
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = this.#slots.size
      this.#slots.set(key, slot)
      if (this.#slots.size * this.stride > this.hashed.length) {
        const larger = new Float64Array(2 * this.hashed.length)
        larger.set(this.hashed)
        this.hashed = larger
      }
    }
    return slot
  }

  /** The id of a key's row, for `gapped`; it changes when a hashed integer key becomes a direct one. */
  idOf(key: SeriesKey): number {
    const slot = this.#slots.get(key)
    return slot === undefined ? (key as number) : -1 - slot
  }

  /** Puts the row of a key that has none. */
  put(key: SeriesKey, row: Float64Array): void {
    if (this.isDirect(key)) {
      this.direct.set(row, key * this.stride)
      this.directSeen++
      return
    }
    const slot = this.slotOf(key)
    this.hashed.set(row, slot * this.stride)
  }

  /** Calls back with every key, the array and place of its row, and what a gap has left. */
  forEach(visit: (key: SeriesKey, rows: Float64Array, at: number, gapped: Gapped | undefined) => void): void {
    const { direct, hashed, stride, gapped } = this
    for (let at = 0; at < direct.length; at += stride) {
      if (direct[at + stride - 1] !== 0) visit(at / stride, direct, at, gapped.get(at / stride))
    }
    for (const [key, slot] of this.#slots) visit(key, hashed, slot * stride, gapped.get(-1 - slot))
  }

  /** Makes room for an integer key if it is small enough for direct lookup; false if it is to be hashed. */
  #reach(key: number): boolean {
    const { stride } = this
    if (key * stride < this.direct.length) return true
    // At most 16 rows per key keep sparse ids out of the array.
    if (key >= DIRECT_KEYS || key >= 16 * (this.size + 4096)) return false
    let capacity = this.direct.length / stride
    while (capacity <= key) capacity *= 2
    const larger = new Float64Array(capacity * stride)
    larger.set(this.direct)
    this.direct = larger
    const moving = [...this.#slots.keys()].filter(other => isIndex(other) && other < capacity) as number[]
    for (const other of moving) this.#unhash(other)
    return true
  }

  /** Moves a hashed integer key into the array, and the last hashed key into its place. */
  #unhash(key: number): void {
    const { stride } = this
    const slot = this.#slots.get(key)!
    const last = this.#slots.size - 1
    const carry = (from: number, to: number) => {
      const gapped = this.gapped.get(from)
      this.gapped.delete(from)
      if (gapped) this.gapped.set(to, gapped)
    }
    this.direct.set(this.hashed.subarray(slot * stride, (slot + 1) * stride), key * stride)
    this.directSeen++
    carry(-1 - slot, key)
    this.#slots.delete(key)
    if (slot !== last) {
      for (const [other, at] of this.#slots) if (at === last) this.#slots.set(other, slot)
      this.hashed.copyWithin(slot * stride, last * stride, (last + 1) * stride)
      carry(-1 - last, -1 - slot)
    }
    this.hashed.fill(0, last * stride, (last + 1) * stride)
  }
}

/** True for the integers that can be array positions. */
function isIndex(key: SeriesKey): key is number {
  return typeof key === 'number' && key >= 0 && key < DIRECT_KEYS && (key | 0) === key
}
