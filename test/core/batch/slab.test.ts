import { describe, expect, it } from 'vitest'
import { MemoryBudget, SlabArena, SlabPool } from '../../../src/core/batch/slab.ts'
import { isRetired, SpareMemory } from '../../../src/core/batch/spare-memory.ts'

const MIB = 2 ** 20

describe('spare memory', () => {
  it('gives the same memory for about the same size, however large', () => {
    const spare = new SpareMemory()
    for (const bytes of [1000, 70_000, 5 * MIB, 47 * MIB]) {
      const first = spare.take(bytes)
      expect(first.byteLength).toBeGreaterThanOrEqual(bytes)
      spare.give(first)
      expect(spare.take(bytes - bytes / 16)).toBe(first)
      spare.give(first)
    }
  })

  it('does not hand out much more than was asked for', () => {
    const spare = new SpareMemory()
    const large = spare.take(40 * MIB)
    spare.give(large)
    expect(spare.take(10 * MIB).byteLength).toBeLessThanOrEqual(12.5 * MIB)
    expect(spare.take(10 * MIB)).not.toBe(large)
  })

  it('lets go of what was used longest ago beyond its bound, and of all but the last piece if it must', () => {
    const spare = new SpareMemory(20 * MIB)
    const pieces = [4, 5, 6, 7, 8].map(size => spare.take(size * MIB))
    for (const piece of pieces) spare.give(piece)
    expect(spare.bytes).toBe(15 * MIB)
    expect(pieces.map(isRetired)).toEqual([true, true, true, false, false])
    const huge = spare.take(100 * MIB)
    spare.give(huge)
    expect(spare.bytes).toBe(huge.byteLength)
    expect(spare.take(100 * MIB)).toBe(huge)
  })
})

describe('a pool of slabs', () => {
  it('has room by bytes, its own and those of all pools that share a budget', () => {
    const budget = new MemoryBudget(12 * MIB)
    const [one, other] = [1, 2].map(() => new SlabPool({ maxBytes: 8 * MIB, budget }))
    const slabs = [one!.acquire(4 * MIB), one!.acquire(4 * MIB)]
    expect([one!.hasRoom, other!.hasRoom]).toEqual([false, true])
    other!.acquire(4 * MIB)
    expect(other!.hasRoom).toBe(false)
    for (const { id } of slabs) one!.release(id)
    expect([one!.hasRoom, other!.hasRoom, budget.bytes]).toEqual([true, true, 4 * MIB])
    expect(one!.peakBytes).toBe(8 * MIB)
    expect(() => one!.release(slabs[0]!.id)).toThrow(RangeError)
  })

  it('takes back everything that is out', () => {
    const budget = new MemoryBudget(MIB)
    const pool = new SlabPool({ budget })
    for (let i = 0; i < 5; i++) pool.acquire(MIB)
    pool.reclaim()
    expect([pool.inUse, pool.bytes, budget.bytes]).toEqual([0, 0, 0])
  })
})

describe('an arena', () => {
  const batch = (arena: SlabArena, bytes: number, pieces: number) => {
    for (let i = 0; i < pieces; i++) arena.allocate(bytes / pieces)
    return arena.take()
  }

  it('takes slabs as large as its batches need, so that many small ones hold little', () => {
    const pool = new SlabPool({ spare: new SpareMemory() })
    const arena = new SlabArena(pool)
    for (let i = 0; i < 100; i++) expect(batch(arena, 1000, 10)).toHaveLength(1)
    expect(pool.bytes).toBe(100 * 65_536)
  })

  it('takes one slab for a batch like the one before, also in a new arena of the pool', () => {
    const pool = new SlabPool({ spare: new SpareMemory() })
    expect(batch(new SlabArena(pool), 3 * MIB, 30).length).toBeGreaterThan(1)
    expect(batch(new SlabArena(pool), 3 * MIB, 30)).toHaveLength(1)
  })

  it('hands out pieces that do not overlap and lie at multiples of eight bytes', () => {
    const arena = new SlabArena(new SlabPool({ slabBytes: 1 << 16, spare: new SpareMemory() }))
    const ends = new Map<SharedArrayBuffer, number>()
    for (let bytes = 1; bytes < 200_000; bytes = Math.ceil(bytes * 1.3)) {
      const { buffer, byteOffset } = arena.allocate(bytes)
      expect(byteOffset % 8).toBe(0)
      expect(byteOffset).toBeGreaterThanOrEqual(ends.get(buffer) ?? 0)
      expect(byteOffset + bytes).toBeLessThanOrEqual(buffer.byteLength)
      ends.set(buffer, byteOffset + bytes)
    }
  })
})
