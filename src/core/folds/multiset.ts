/**
 * Values with their weights, in order: the state of folds that must go back to a value they have passed when another is
 * taken out again.
 *
 * Blocks of neighbouring values, so that a value is found by bisection and put in by moving a block's worth. A weight
 * may be negative for a while, where a value is taken out before it comes; such values are not there.
 */

import type { CellKey } from './cell-key.ts'
import { isBelow, keyBytes, readKey, writeKey } from './key-bytes.ts'

/** A block that grows beyond this is cut in two. */
const MAX_BLOCK = 512

interface Block {
  readonly keys: CellKey[]
  readonly weights: number[]
  /** The positive weights together. */
  total: number
}

export class Multiset {
  readonly #blocks: Block[] = []
  #total = 0
  #distinct = 0

  /** How many values there are, each as often as its weight says. */
  get total(): number {
    return this.#total
  }

  /** How many different values there are. */
  get distinct(): number {
    return this.#distinct
  }

  /** Whether nothing is kept, not even what is to come. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  /** Puts a value in so many times; a negative weight takes it out. */
  add(key: CellKey, weight: number): void {
    const blocks = this.#blocks
    const at = blocks.length > 1 ? this.#blockOf(key) : 0
    const block = blocks[at]
    if (block === undefined) {
      blocks.push({ keys: [key], weights: [weight], total: 0 })
      this.#count(blocks[0]!, 0, weight)
      return
    }
    const { keys, weights } = block
    const i = firstNotBelow(keys, key)
    if (i === keys.length || isBelow(key, keys[i]!)) {
      keys.splice(i, 0, key)
      weights.splice(i, 0, weight)
      this.#count(block, 0, weight)
      if (keys.length > MAX_BLOCK) this.#cut(at)
      return
    }
    const old = weights[i]!
    weights[i] = old + weight
    this.#count(block, old, old + weight)
    if (old + weight !== 0) return
    keys.splice(i, 1)
    weights.splice(i, 1)
    if (keys.length === 0) blocks.splice(at, 1)
  }

  /** Books that a value's weight has changed. */
  #count(block: Block, from: number, to: number): void {
    const change = Math.max(0, to) - Math.max(0, from)
    block.total += change
    this.#total += change
    this.#distinct += (to > 0 ? 1 : 0) - (from > 0 ? 1 : 0)
  }

  /** The first block whose last value is not below, or the last. */
  #blockOf(key: CellKey): number {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const { keys } = blocks[middle]!
      if (isBelow(keys[keys.length - 1]!, key)) low = middle + 1
      else high = middle
    }
    return low
  }

  #cut(at: number): void {
    const { keys, weights, total } = this.#blocks[at]!
    const middle = keys.length >> 1
    const upper: Block = { keys: keys.splice(middle), weights: weights.splice(middle), total: 0 }
    for (const weight of upper.weights) upper.total += Math.max(0, weight)
    this.#blocks.splice(at, 1, { keys, weights, total: total - upper.total }, upper)
  }

  /** The value at a place of all values in order, from 0 to {@link total} - 1. */
  at(place: number): CellKey {
    return place < this.#total / 2 ? this.#fromFront(place) : this.#fromBack(this.#total - 1 - place)
  }

  #fromFront(place: number): CellKey {
    let left = place
    for (const { keys, weights, total } of this.#blocks) {
      if (left >= total) {
        left -= total
        continue
      }
      for (let i = 0; i < keys.length; i++) {
        left -= Math.max(0, weights[i]!)
        if (left < 0) return keys[i]!
      }
    }
    throw new RangeError(`no value at ${place}`)
  }

  #fromBack(place: number): CellKey {
    let left = place
    for (let b = this.#blocks.length - 1; b >= 0; b--) {
      const { keys, weights, total } = this.#blocks[b]!
      if (left >= total) {
        left -= total
        continue
      }
      for (let i = keys.length - 1; i >= 0; i--) {
        left -= Math.max(0, weights[i]!)
        if (left < 0) return keys[i]!
      }
    }
    throw new RangeError(`no value at ${place} from the end`)
  }

  merge(other: Multiset): void {
    other.forEach((key, weight) => {
      this.add(key, weight)
    })
  }

  /** Each value with its weight, in order; weights that are not positive mean nothing yet. */
  forEach(visit: (key: CellKey, weight: number) => void): void {
    for (const { keys, weights } of this.#blocks) {
      for (let i = 0; i < keys.length; i++) visit(keys[i]!, weights[i]!)
    }
  }

  /** Each value with its weight, in order: equal multisets, equal bytes. */
  encode(): Uint8Array {
    let size = 0
    this.forEach(key => {
      size += 8 + keyBytes(key)
    })
    const bytes = new Uint8Array(size)
    const view = new DataView(bytes.buffer)
    let at = 0
    this.forEach((key, weight) => {
      view.setFloat64(at, weight, true)
      at = writeKey(bytes, view, at + 8, key)
    })
    return bytes
  }

  static decode(bytes: Uint8Array): Multiset {
    const set = new Multiset()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; ) {
      const [key, end] = readKey(bytes, view, at + 8)
      set.add(key, view.getFloat64(at, true))
      at = end
    }
    return set
  }
}

/** The place of the first key that is not below. */
function firstNotBelow(keys: readonly CellKey[], key: CellKey): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBelow(keys[middle]!, key)) low = middle + 1
    else high = middle
  }
  return low
}
