import { expect, it } from 'vitest'
import { copyBytes, viewOf } from '../../../src/core/batch/copy-bytes.ts'

it('copies runs of any length between any places, and nothing beside them', () => {
  // Views of a part of a buffer: places count from where the array begins.
  const from = Uint8Array.from({ length: 700 }, (_, i) => (i * 37 + 11) & 255).subarray(5)
  for (let size = 0; size <= 600; size = size < 40 ? size + 1 : size + 41) {
    for (const [start, at] of [
      [0, 3],
      [7, 0],
      [13, 9],
    ] as const) {
      const to = new Uint8Array(new SharedArrayBuffer(640)).fill(1).subarray(2)
      const expected = Uint8Array.from(to)
      expected.set(from.subarray(start, start + size), at)
      copyBytes(viewOf(from), start, start + size, viewOf(to), at)
      expect([...to]).toEqual([...expected])
    }
  }
})
