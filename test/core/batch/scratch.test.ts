import { expect, it } from 'vitest'
import { withScratch } from '../../../src/core/batch/scratch.ts'
import { allocFloat64, allocUint32 } from '../../../src/core/batch/slab.ts'

it('work within work has memory of its own, and what comes after uses it again', () => {
  const numbers = withScratch(scratch => {
    const outer = allocUint32(scratch, 100).fill(1)
    const inner = withScratch(scratch => allocUint32(scratch, 1001).fill(2))
    const after = allocFloat64(scratch, 500).fill(3)
    expect(after.buffer).toBe(inner.buffer)
    expect(after.byteOffset).toBe(inner.byteOffset)
    expect(outer.every(number => number === 1)).toBe(true)
    return outer
  })
  const next = withScratch(scratch => allocUint32(scratch, 100))
  expect(next.byteOffset).toBe(numbers.byteOffset)
})

it('gives its memory back when work fails', () => {
  const first = withScratch(scratch => allocUint32(scratch, 10))
  expect(() =>
    withScratch(scratch => {
      allocUint32(scratch, 10)
      throw new RangeError('no')
    }),
  ).toThrow('no')
  expect(withScratch(scratch => allocUint32(scratch, 10)).byteOffset).toBe(first.byteOffset)
})

it('gives pieces of any size, each its own', () => {
  withScratch(scratch => {
    const pieces = Array.from({ length: 30 }, (_, i) => allocUint32(scratch, 300_000).fill(i))
    const long = allocUint32(scratch, 2_000_000).fill(99)
    expect(pieces.every((piece, i) => piece.every(number => number === i))).toBe(true)
    expect(long.every(number => number === 99)).toBe(true)
  })
})
