/**
 * Slabs are the shared memory that batches lie in; an arena hands out pieces of them.
 *
 * A thread that produces batches has pools. Slabs travel with the batches that lie in them; when the step that they were
 * made for is over, they go back to their pool, and from there to the spare memory of the thread, so that memory is
 * reused rather than allocated. Source pools are bounded by bytes (no room, no more reading); pools for operator output
 * grow, because output that waits for memory can deadlock.
 */

import { SpareMemory } from './spare-memory.ts'

export interface Slab {
  /** Unique within its pool. */
  readonly id: number
  readonly buffer: SharedArrayBuffer
}

/** What an arena takes at a time, once its batches are large. */
export const SLAB_BYTES = 1 << 22

/** The least that it takes. */
const MIN_SLAB_BYTES = 1 << 16

/** Bytes that several pools may have out together. */
export class MemoryBudget {
  readonly maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Bytes that are out. */
  get bytes(): number {
    return this.#bytes
  }

  get hasRoom(): boolean {
    return this.#bytes < this.maxBytes
  }

  /** Counts bytes that were taken, or given back: then they are negative. */
  add(bytes: number): void {
    this.#bytes += bytes
  }
}

export interface SlabPoolOptions {
  /** How many bytes may be out at once before {@link SlabPool.hasRoom} says no. Default: any number. */
  readonly maxBytes?: number
  /** What arenas take at a time, once batches are large. */
  readonly slabBytes?: number
  /** Shared with other pools: without room in it, none of them has any. */
  readonly budget?: MemoryBudget
  /** Where memory comes from and goes to. Default: that of the thread. */
  readonly spare?: SpareMemory
}

/** Spare memory of this thread. */
const spareOfThread = new SpareMemory()

export class SlabPool {
  /** What an arena takes at a time, once its batches are large. */
  readonly slabBytes: number
  /** What the last batch came to: what a new arena begins with. */
  usualBytes = 0
  readonly #out = new Map<number, Slab>()
  readonly #maxBytes: number
  readonly #budget: MemoryBudget | undefined
  readonly #spare: SpareMemory
  #nextId = 0
  #bytes = 0
  #peakBytes = 0

  constructor(options: SlabPoolOptions = {}) {
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
    this.slabBytes = options.slabBytes ?? SLAB_BYTES
    this.#budget = options.budget
    this.#spare = options.spare ?? spareOfThread
  }

  /** Whether a source may read another batch. */
  get hasRoom(): boolean {
    return this.#bytes < this.#maxBytes && (this.#budget?.hasRoom ?? true)
  }

  /** Slabs handed out and not yet given back. */
  get inUse(): number {
    return this.#out.size
  }

  /** Bytes of the slabs that are out. */
  get bytes(): number {
    return this.#bytes
  }

  /** The most bytes that were ever out at once. */
  get peakBytes(): number {
    return this.#peakBytes
  }

  /** A slab of at least `bytes`, not cleared. */
  acquire(bytes = this.slabBytes): Slab {
    const slab: Slab = { id: this.#nextId++, buffer: this.#spare.take(bytes) }
    this.#out.set(slab.id, slab)
    this.#count(slab.buffer.byteLength)
    return slab
  }

  /** Takes a slab back. Its memory may be overwritten from now on. */
  release(id: number): void {
    const slab = this.#out.get(id)
    if (!slab) throw new RangeError(`slab ${id} is not out of this pool`)
    this.#out.delete(id)
    this.#count(-slab.buffer.byteLength)
    this.#spare.give(slab.buffer)
  }

  /** Bytes of one of the slabs that are out. */
  bytesOf(id: number): number {
    return this.#out.get(id)?.buffer.byteLength ?? 0
  }

  /** Takes every slab back, at the end of a job: nothing may read its memory any more. */
  reclaim(): void {
    for (const id of [...this.#out.keys()]) this.release(id)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes)
    this.#budget?.add(bytes)
  }
}

/** What kernels and builders allocate their columns from. */
export interface Arena {
  /** `bytes` bytes, 8-byte aligned, not cleared. */
  allocate(bytes: number): { buffer: ArrayBufferLike; byteOffset: number }
}

/** Plain memory, one allocation each: for tests and for what stays on one thread. */
export const heapArena: Arena = {
  allocate: bytes => ({ buffer: new ArrayBuffer(bytes), byteOffset: 0 }),
}

/**
 * Cuts pieces off slabs of a pool and remembers which slabs it used. The first slab is as large as the batch before
 * needed, so that many small batches do not hold a large slab each.
 */
export class SlabArena implements Arena {
  readonly #pool: SlabPool
  #slab: Slab | undefined
  #used = 0
  #taken: number[] = []
  /** Bytes handed out since the last {@link take}. */
  #bytes = 0
  #usualBytes: number

  constructor(pool: SlabPool) {
    this.#pool = pool
    this.#usualBytes = pool.usualBytes
  }

  allocate(bytes: number): { buffer: SharedArrayBuffer; byteOffset: number } {
    const need = (bytes + 7) & ~7
    if (!this.#slab || this.#used + need > this.#slab.buffer.byteLength) this.#nextSlab(need)
    const byteOffset = this.#used
    this.#used += need
    this.#bytes += need
    return { buffer: this.#slab!.buffer, byteOffset }
  }

  /** The slabs used since the last call; they belong to the caller, and the next allocation starts a new one. */
  take(): number[] {
    const taken = this.#taken
    if (taken.length > 0) {
      this.#usualBytes = Math.max(this.#bytes, this.#usualBytes >> 1)
      this.#pool.usualBytes = this.#usualBytes
    }
    this.#taken = []
    this.#slab = undefined
    this.#bytes = 0
    return taken
  }

  #nextSlab(need: number): void {
    const { slabBytes } = this.#pool
    const usual = this.#taken.length === 0 ? this.#usualBytes : 2 * this.#bytes
    const least = Math.min(Math.max(usual, MIN_SLAB_BYTES), slabBytes)
    this.#slab = this.#pool.acquire(Math.max(need, least))
    this.#taken.push(this.#slab.id)
    this.#used = 0
  }
}

export const allocUint8 = (arena: Arena, length: number): Uint8Array => {
  const { buffer, byteOffset } = arena.allocate(length)
  return new Uint8Array(buffer, byteOffset, length)
}
export const allocInt32 = (arena: Arena, length: number): Int32Array => {
  const { buffer, byteOffset } = arena.allocate(length * 4)
  return new Int32Array(buffer, byteOffset, length)
}
export const allocUint32 = (arena: Arena, length: number): Uint32Array => {
  const { buffer, byteOffset } = arena.allocate(length * 4)
  return new Uint32Array(buffer, byteOffset, length)
}
export const allocFloat64 = (arena: Arena, length: number): Float64Array => {
  const { buffer, byteOffset } = arena.allocate(length * 8)
  return new Float64Array(buffer, byteOffset, length)
}
