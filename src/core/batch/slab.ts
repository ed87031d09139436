/**
 * Slabs are the shared memory that batches lie in; an arena hands out pieces of them.
 *
 * A thread that produces batches owns a pool. Slabs travel with the batches that lie in them; when the step that they
 * were made for is over, they go back to their pool, so that memory is reused rather than allocated. Source pools are
 * bounded (no free slab, no more reading); pools for operator output grow, because output that waits for memory can
 * deadlock.
 */

export interface Slab {
  /** Unique within its pool. */
  readonly id: number
  readonly buffer: SharedArrayBuffer
}

export const SLAB_BYTES = 1 << 22

export class SlabPool {
  readonly #free: Slab[] = []
  readonly #byId = new Map<number, Slab>()
  readonly #out = new Set<number>()
  #nextId = 0
  readonly #maxSlabs: number
  readonly #slabBytes: number

  /**
   * @param maxSlabs how many slabs of the usual size may be out at once before {@link hasRoom} says no
   * @param slabBytes the usual size
   */
  constructor(maxSlabs = Number.POSITIVE_INFINITY, slabBytes = SLAB_BYTES) {
    this.#maxSlabs = maxSlabs
    this.#slabBytes = slabBytes
  }

  /** Whether a source may take another slab. */
  get hasRoom(): boolean {
    return this.inUse < this.#maxSlabs
  }

  /** Slabs handed out and not yet given back. */
  get inUse(): number {
    return this.#out.size
  }

  /** Bytes of all slabs, free ones included. */
  get bytes(): number {
    let total = 0
    for (const slab of this.#byId.values()) total += slab.buffer.byteLength
    return total
  }

  /** A slab of at least `bytes`. Larger requests than usual get a slab of their own, which is not kept afterwards. */
  acquire(bytes = this.#slabBytes): Slab {
    if (bytes <= this.#slabBytes) {
      const free = this.#free.pop()
      if (free) {
        this.#out.add(free.id)
        return free
      }
    }
    const slab: Slab = {
      id: this.#nextId++,
      buffer: new SharedArrayBuffer(Math.max(bytes, this.#slabBytes)),
    }
    this.#byId.set(slab.id, slab)
    this.#out.add(slab.id)
    return slab
  }

  /** Takes a slab back. Its memory may be overwritten from now on. */
  release(id: number): void {
    const slab = this.#byId.get(id)
    if (!slab || !this.#out.delete(id)) throw new RangeError(`slab ${id} is not out of this pool`)
    if (slab.buffer.byteLength > this.#slabBytes) this.#byId.delete(id)
    else this.#free.push(slab)
  }

  /** Takes every slab back, and lets go of more than a few. */
  reclaim(): void {
    const slabs = [...this.#byId.values()].filter(slab => slab.buffer.byteLength === this.#slabBytes)
    this.#byId.clear()
    this.#free.length = 0
    this.#out.clear()
    for (const slab of slabs.slice(0, MAX_SPARE_SLABS)) {
      this.#byId.set(slab.id, slab)
      this.#free.push(slab)
    }
  }
}

/** Pools of jobs that are over, kept because fresh shared memory is slow: it must be cleared and collected. */
export class SparePools {
  readonly #spare: SlabPool[] = []
  readonly #newPool: () => SlabPool

  constructor(newPool: () => SlabPool) {
    this.#newPool = newPool
  }

  take(): SlabPool {
    return this.#spare.pop() ?? this.#newPool()
  }

  /** Takes a pool back. Nothing may read its memory any more. */
  give(pool: SlabPool): void {
    pool.reclaim()
    if (this.#spare.length < MAX_SPARE_POOLS) this.#spare.push(pool)
  }
}

const MAX_SPARE_POOLS = 2
const MAX_SPARE_SLABS = 32

/** What kernels and builders allocate their columns from. */
export interface Arena {
  /** `bytes` bytes, 8-byte aligned, not cleared. */
  allocate(bytes: number): { buffer: ArrayBufferLike; byteOffset: number }
}

/** Plain memory, one allocation each: for tests and for what stays on one thread. */
export const heapArena: Arena = {
  allocate: bytes => ({ buffer: new ArrayBuffer(bytes), byteOffset: 0 }),
}

/** Cuts pieces off slabs of a pool and remembers which slabs it used. */
export class SlabArena implements Arena {
  readonly #pool: SlabPool
  #slab: Slab | undefined
  #used = 0
  #taken: number[] = []

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  allocate(bytes: number): { buffer: SharedArrayBuffer; byteOffset: number } {
    const need = (bytes + 7) & ~7
    if (!this.#slab || this.#used + need > this.#slab.buffer.byteLength) {
      this.#slab = this.#pool.acquire(need)
      this.#taken.push(this.#slab.id)
      this.#used = 0
    }
    const byteOffset = this.#used
    this.#used += need
    return { buffer: this.#slab.buffer, byteOffset }
  }

  /** The slabs used since the last call; they belong to the caller, and the next allocation starts a new one. */
  take(): number[] {
    const taken = this.#taken
    this.#taken = []
    this.#slab = undefined
    return taken
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
