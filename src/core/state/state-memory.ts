/**
 * Shared memory for state that grows with the rows it keeps.
 *
 * V8 collects a thread's whole heap for every 64 MB of plain arrays that come to live, because collecting might free some. State
 * that only grows frees none: its collections cost more than the joins that keep it. Shared memory V8 does not count, so what is
 * let go of is counted here, and asks for a collection once there is enough of it.
 */

import { FreeLists } from '../batch/free-lists.ts'
import type { Arena } from '../batch/slab.ts'

/** What a thread keeps free: blocks of operators whose rows come and go. */
const MAX_FREE_BYTES = 1 << 26

/** So much garbage is worth a collection: a little more than V8 lets plain arrays come to. */
const WORTH_COLLECTING = 80 << 20

export class StateMemory implements Arena {
  /** By size. */
  readonly #free: FreeLists<number, SharedArrayBuffer>
  readonly #collect: () => void
  #garbage = 0

  /**
   * @param maxBytes of what is kept free; the piece given last always is
   * @param collect asks for a collection
   */
  constructor(maxBytes = MAX_FREE_BYTES, collect = askForCollection) {
    this.#free = new FreeLists(maxBytes, ({ byteLength }) => byteLength)
    this.#collect = collect
  }

  /** At least `bytes`, not cleared. */
  take(bytes: number): SharedArrayBuffer {
    const size = sizeOf(bytes)
    return this.#free.take(size) ?? new SharedArrayBuffer(size)
  }

  /** The same for what takes memory of an arena: a buffer of its own each time. */
  allocate(bytes: number): { buffer: SharedArrayBuffer; byteOffset: number } {
    return { buffer: this.take(bytes), byteOffset: 0 }
  }

  /** Takes memory back that nobody reads any more. */
  give(buffer: SharedArrayBuffer): void {
    for (const { byteLength } of this.#free.give(buffer.byteLength, buffer)) this.letGo(byteLength)
  }

  /** Says that so many bytes of shared memory are garbage. */
  letGo(bytes: number): void {
    this.#garbage += bytes
    if (this.#garbage < WORTH_COLLECTING) return
    this.#garbage = 0
    this.#collect()
  }
}

/** The size in which memory for `bytes` comes: at most a quarter more. */
function sizeOf(bytes: number): number {
  let power = 1 << 9
  while (power < bytes) power *= 2
  const step = power / 8
  return Math.ceil(bytes / step) * step
}

/** V8 counts a plain array when it is made; this one is never touched, so that there is no memory behind it. */
function askForCollection(): void {
  new ArrayBuffer(WORTH_COLLECTING)
}

/** That of this thread. */
export const stateMemory = new StateMemory()
