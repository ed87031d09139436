/**
 * Arrays of state that are free: of one thread, from job to job. V8 counts what arrays hold outside of its heap towards the
 * next full collection, of which the state of a large aggregation alone makes one per job, whatever little else there is.
 */

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
  /** By kind and length, those used last at the end. */
  readonly #free = new Map<string, SpareArray[]>()
  readonly #maxBytes: number
  #bytes = 0

  /** @param maxBytes of what is kept */
  constructor(maxBytes = MAX_SPARE_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that are free. */
  get bytes(): number {
    return this.#bytes
  }

  /** An array of that length: a free one, or else a new one, of zeros. */
  take(kind: NumberKind, length: number): SpareArray {
    const spare = this.#free.get(keyOf(kind, length))?.pop()
    if (!spare) return { array: new ARRAYS[kind](length), dirty: 0 }
    this.#bytes -= spare.array.byteLength
    return spare
  }

  /** Takes an array that nobody reads any more; keeps it unless it is too much. */
  give(kind: NumberKind, { array, dirty }: SpareArray): void {
    if (this.#bytes + array.byteLength > this.#maxBytes) return
    this.#bytes += array.byteLength
    const key = keyOf(kind, array.length)
    const same = this.#free.get(key)
    if (same) same.push({ array, dirty })
    else this.#free.set(key, [{ array, dirty }])
  }
}

const keyOf = (kind: NumberKind, length: number): string => `${kind} ${length}`

/** Those of this thread. */
export const spareArrays = new SpareArrays()
