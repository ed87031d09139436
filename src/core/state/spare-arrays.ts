/**
 * Arrays of state that are free: of one thread, from job to job. V8 counts what arrays hold outside of its heap towards the
 * next full collection, of which the state of a large aggregation alone makes one per job, whatever little else there is.
 */

import { FreeLists } from '../batch/free-lists.ts'

type Numbers = Float64Array | Int32Array | Uint32Array

const ARRAYS = { f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const

export type NumberKind = keyof typeof ARRAYS

/** Items from `dirty` on are zero. */
export interface SpareArray {
  readonly array: Numbers
  readonly dirty: number
}

/** What a thread keeps, of all kinds and lengths. */
const MAX_SPARE_BYTES = 1 << 26

export class SpareArrays {
  /** By kind and length. */
  readonly #free: FreeLists<string, SpareArray>

  /** @param maxBytes of what is kept; the array given last always is */
  constructor(maxBytes = MAX_SPARE_BYTES) {
    this.#free = new FreeLists(maxBytes, ({ array }) => array.byteLength)
  }

  /** Bytes that are free. */
  get bytes(): number {
    return this.#free.bytes
  }

  /** An array of that length: a free one, or else a new one, of zeros. */
  take(kind: NumberKind, length: number): SpareArray {
    return this.#free.take(keyOf(kind, length)) ?? { array: new ARRAYS[kind](length), dirty: 0 }
  }

  /** Takes an array that nobody reads any more; keeps it, or lets go of what was used longest ago. */
  give(kind: NumberKind, spare: SpareArray): void {
    this.#free.give(keyOf(kind, spare.array.length), spare)
  }
}

const keyOf = (kind: NumberKind, length: number): string => `${kind} ${length}`

/** Those of this thread. */
export const spareArrays = new SpareArrays()
