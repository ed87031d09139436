/**
 * Shared memory that is free: of one thread, for all its pools and from job to job, because fresh shared memory is slow:
 * it must be cleared, mapped and collected.
 *
 * Memory comes in sizes, so that a request for about as much as an earlier one gets the same memory. What is free is
 * bounded; what is let go of is retired, so that nobody keeps it alive for the sake of a later use.
 */

import { FreeLists } from './free-lists.ts'

/** What a thread keeps: a few batches of a job, whatever their size. */
const MAX_SPARE_BYTES = 1 << 27

/** Requests up to this size get the next power of two, larger ones at most a quarter more than they need. */
const MAX_DOUBLED = 1 << 22

export class SpareMemory {
  /** By size. */
  readonly #free: FreeLists<number, SharedArrayBuffer>

  /** @param maxBytes of what is kept; the piece given last always is */
  constructor(maxBytes = MAX_SPARE_BYTES) {
    this.#free = new FreeLists(maxBytes, ({ byteLength }) => byteLength)
  }

  /** Bytes that are free. */
  get bytes(): number {
    return this.#free.bytes
  }

  /** At least `bytes`, not cleared: free memory of about that size, or else new. */
  take(bytes: number): SharedArrayBuffer {
    const size = sizeOf(bytes)
    // Twice as much as asked for is better than new memory; much more would be held for nothing.
    for (let fits = size; fits <= 2 * size; fits = sizeOf(fits + 1)) {
      const buffer = this.#free.take(fits)
      if (buffer) return buffer
    }
    return new SharedArrayBuffer(size)
  }

  /** Takes memory that {@link take} gave; keeps it, or lets go of what was used longest ago. */
  give(buffer: SharedArrayBuffer): void {
    this.#free.give(buffer.byteLength, buffer).forEach(retire)
  }
}

/** The size in which memory for `bytes` comes. */
function sizeOf(bytes: number): number {
  let power = 1 << 12
  while (power < bytes) power *= 2
  if (power <= MAX_DOUBLED) return power
  const step = power / 8
  return Math.ceil(bytes / step) * step
}

const retired = new WeakSet<SharedArrayBuffer>()
let retirements = 0

/**
 * Says that memory will hardly be used again by this thread: whoever keeps it for later uses may let go of it. What still
 * lies in it stays as it is.
 */
export function retire(buffer: SharedArrayBuffer): void {
  retired.add(buffer)
  retirements++
}

export const isRetired = (buffer: SharedArrayBuffer): boolean => retired.has(buffer)

/** How often memory was retired: while it is the same, nothing is new. */
export const retirementCount = (): number => retirements
