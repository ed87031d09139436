/**
 * Memory for what a function works out on the way and leaves nobody. It is used again at once: plain arrays of that size live
 * until the next full collection, and V8 makes one for every 64 MB of them.
 */

import { type Arena, heapArena } from './slab.ts'

const CHUNK_BYTES = 1 << 22

/** Beyond these plain memory is used. */
const MAX_CHUNKS = 4

const chunks: SharedArrayBuffer[] = []
/** Where the next piece begins: a chunk, and a byte of it. */
let chunk = 0
let used = 0

const scratchArena: Arena = {
  allocate(bytes) {
    const need = (bytes + 7) & ~7
    if (used + need > CHUNK_BYTES) {
      if (need > CHUNK_BYTES || chunk + 1 >= MAX_CHUNKS) return heapArena.allocate(bytes)
      chunk++
      used = 0
    }
    const buffer = (chunks[chunk] ??= new SharedArrayBuffer(CHUNK_BYTES))
    const byteOffset = used
    used += need
    return { buffer, byteOffset }
  },
}

/**
 * Gives `work` memory that is its own until it returns: nothing that lies in it may be kept, or be read by a promise. Work
 * within work has memory of its own.
 */
export function withScratch<T>(work: (scratch: Arena) => T): T {
  const [chunkBefore, usedBefore] = [chunk, used]
  try {
    return work(scratchArena)
  } finally {
    chunk = chunkBefore
    used = usedBefore
  }
}
