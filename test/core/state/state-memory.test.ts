import { expect, it } from 'vitest'
import { StateMemory } from '../../../src/core/state/state-memory.ts'

const MB = 1 << 20

it('memory that was given back is what the next one of its size gets', () => {
  const memory = new StateMemory()
  const first = memory.take(32 * 1024)
  memory.give(first)
  expect(memory.take(30 * 1024)).toBe(first)
  expect(memory.take(32 * 1024)).not.toBe(first)
})

it('memory comes in sizes at most a quarter larger than what was asked for', () => {
  const memory = new StateMemory()
  for (const bytes of [512, 32 * 1024, 33 * 1024, 290_000, 3 * MB + 1]) {
    const { byteLength } = memory.take(bytes)
    expect(byteLength).toBeGreaterThanOrEqual(bytes)
    expect(byteLength).toBeLessThanOrEqual(1.25 * bytes)
  }
})

it('a collection is asked for once enough was let go of', () => {
  let collections = 0
  const memory = new StateMemory(4 * MB, () => collections++)
  for (let i = 0; i < 23; i++) memory.give(new SharedArrayBuffer(4 * MB))
  // 4 MB are kept, 88 are garbage.
  expect(collections).toBe(1)
  memory.letGo(100 * MB)
  expect(collections).toBe(2)
})
