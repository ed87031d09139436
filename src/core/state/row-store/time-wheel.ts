/**
 * Which rows are due when: a hierarchical wheel (Varghese & Lauck 1987) of eleven levels of 64 buckets, the lowest of a
 * millisecond each.
 *
 * A row is in the level of the highest digit, base 64, in which its time differs from the wheel's; as the wheel's time
 * comes to a bucket, its rows are due or move down. So a row costs a few moves at most, however far away its time is.
 */

import { grownFloat64 } from './growing.ts'
import { KeyChains } from './key-chains.ts'

const LEVELS = 11
const BUCKETS = 64
/** The bucket of rows that are due and were not taken yet. */
const DUE = LEVELS * BUCKETS
const WORD = 2 ** 32
const FAR = 2 ** 62

const NEVER = Number.POSITIVE_INFINITY

export class TimeWheel {
  readonly #chains = new KeyChains()
  /** Infinity: the slot is not in the wheel. */
  #dueMs: Float64Array = new Float64Array(0)
  /** By level, which buckets may have rows: two words. */
  readonly #occupied = new Uint32Array(2 * LEVELS)
  // The wheel's time: what was due by then is in no bucket. Two words, with the sign turned so that they are unsigned.
  #low = 0
  #high = 0
  #buckets = new Uint32Array(0)

  get bytes(): number {
    return this.#chains.bytes + this.#dueMs.byteLength + this.#buckets.byteLength
  }

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    this.#chains.reserve(slots)
    this.#dueMs = grownFloat64(this.#dueMs, slots)
  }

  /** When a row is due; Infinity for never. */
  dueMs(slot: number): number {
    return this.#dueMs[slot]!
  }

  /** Rows with the times at which they are due, in whole ms; Infinity for never. */
  add(slots: Uint32Array, dueMs: Float64Array, count: number): void {
    if (this.#buckets.length < count) this.#buckets = new Uint32Array(count)
    let some = 0
    let kept: Uint32Array = slots
    for (let i = 0; i < count; i++) {
      const due = dueMs[i]!
      this.#dueMs[slots[i]!] = due
      if (due === NEVER) {
        if (kept === slots) kept = slots.slice(0, count)
        continue
      }
      if (kept !== slots) kept[some] = slots[i]!
      this.#buckets[some++] = this.#bucketOf(due)
    }
    this.#chains.add(kept, this.#buckets, some)
  }

  #bucketOf(dueMs: number): number {
    const { low, high } = wordsOf(Math.ceil(dueMs))
    if (high < this.#high || (high === this.#high && low <= this.#low)) return DUE
    const level = levelOf(low, high, this.#low, this.#high)
    const digit = digitOf(low, high, level)
    this.#occupied[2 * level + (digit >> 5)]! |= 1 << (digit & 31)
    return level * BUCKETS + digit
  }

  remove(slots: Uint32Array, count = slots.length): void {
    let kept: Uint32Array = slots
    let some = 0
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      const isIn = this.#dueMs[slot] !== NEVER
      this.#dueMs[slot] = NEVER
      if (!isIn && kept === slots) kept = slots.slice(0, count)
      if (isIn) {
        if (kept !== slots) kept[some] = slot
        some++
      }
    }
    this.#chains.remove(kept, some)
  }

  /**
   * Takes out rows that are due by `upToMs`, at most `limit`, in no particular order; fewer than `limit` are all there
   * were. Later calls must not go back in time.
   */
  take(upToMs: number, limit = Number.POSITIVE_INFINITY): Uint32Array {
    const parts: Uint32Array[] = []
    let count = 0
    const upTo = wordsOf(Math.floor(upToMs))
    for (;;) {
      let due = this.#chains.countOf(DUE) > 0 ? this.#chains.takeFirst(DUE, limit - count) : NO_SLOTS
      if (due.length === 0) {
        const bucket = this.#turn(upTo.low, upTo.high)
        if (bucket < 0) break
        due = this.#spread(bucket, upToMs, limit - count)
      }
      if (due.length > 0) parts.push(due)
      count += due.length
      if (count >= limit) break
    }
    const all = parts.length === 1 ? parts[0]! : joined(parts, count)
    for (let i = 0; i < all.length; i++) this.#dueMs[all[i]!] = NEVER
    return all
  }

  /**
   * Goes to the next bucket that has rows and begins by then, and gives it; else goes to then. Where that is within the
   * bucket, it goes there at once: what is not due yet is then put where it can stay.
   */
  #turn(low: number, high: number): number {
    if (high < this.#high || (high === this.#high && low < this.#low)) return -1
    const bucket = this.#nextBucket()
    if (bucket >= 0) {
      const start = this.#startOf(bucket)
      if (start.high > high || (start.high === high && start.low > low)) {
        this.#low = low
        this.#high = high
        return -1
      }
      this.#low = start.low
      this.#high = start.high
      if (levelOf(low, high, start.low, start.high) >= Math.floor(bucket / BUCKETS)) return bucket
    }
    this.#low = low
    this.#high = high
    return bucket
  }

  #nextBucket(): number {
    const occupied = this.#occupied
    for (let word = 0; word < occupied.length; word++) {
      while (occupied[word] !== 0) {
        const bit = 31 - Math.clz32(occupied[word]! & -occupied[word]!)
        const bucket = 32 * word + bit
        if (this.#chains.countOf(bucket) > 0) return bucket
        occupied[word]! &= ~(1 << bit)
      }
    }
    return -1
  }

  /** When a bucket begins: the wheel's digits above its level, its own digit, and zeros. */
  #startOf(bucket: number): { low: number; high: number } {
    const bit = 6 * Math.floor(bucket / BUCKETS)
    const digit = bucket % BUCKETS
    if (bit < 30) {
      const keep = ~((1 << (bit + 6)) - 1)
      return { low: ((this.#low & keep) | (digit << bit)) >>> 0, high: this.#high }
    }
    if (bit === 30) {
      return { low: (digit << 30) >>> 0, high: ((this.#high & ~15) | (digit >> 2)) >>> 0 }
    }
    const keep = bit + 6 - 32 >= 32 ? 0 : ~((1 << (bit + 6 - 32)) - 1)
    return { low: 0, high: ((this.#high & keep) | (digit << (bit - 32))) >>> 0 }
  }

  /** Of the rows of a bucket that has begun those that are due, at most `limit`; the others go to a lower level. */
  #spread(bucket: number, upToMs: number, limit: number): Uint32Array {
    const slots = this.#chains.takeFirst(bucket)
    const due = new Uint32Array(slots.length)
    const buckets = new Uint32Array(slots.length)
    let dueCount = 0
    let waiting = 0
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      const dueMs = this.#dueMs[slot]!
      if (dueMs <= upToMs && dueCount < limit) due[dueCount++] = slot
      else {
        slots[waiting] = slot
        buckets[waiting++] = dueMs <= upToMs ? DUE : this.#bucketOf(dueMs)
      }
    }
    this.#chains.add(slots, buckets, waiting)
    return due.subarray(0, dueCount)
  }
}

const NO_SLOTS = new Uint32Array(0)

function joined(parts: readonly Uint32Array[], count: number): Uint32Array {
  const all = new Uint32Array(count)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The level of the highest digit in which two times differ; -1 for equal ones. */
function levelOf(lowA: number, highA: number, lowB: number, highB: number): number {
  const differing = highA === highB ? 31 - Math.clz32(lowA ^ lowB) : 63 - Math.clz32(highA ^ highB)
  return Math.floor(differing / 6)
}

/** A time as two words that order like it, the sign turned; beyond 2^62 ms as that. */
function wordsOf(ms: number): { low: number; high: number } {
  const within = Math.max(-FAR, Math.min(ms, FAR))
  const signed = Math.floor(within / WORD)
  return { low: (within - signed * WORD) >>> 0, high: (signed ^ 0x80000000) >>> 0 }
}

/** Digit `level`, base 64, of an unsigned number of two words. */
function digitOf(low: number, high: number, level: number): number {
  const bit = 6 * level
  if (bit < 30) return (low >>> bit) & 63
  if (bit === 30) return ((low >>> 30) | (high << 2)) & 63
  return (high >>> (bit - 32)) & 63
}
