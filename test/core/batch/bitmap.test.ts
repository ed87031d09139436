import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { allSet, clearTail, copyBits, takeBits } from '../../../src/core/batch/bitmap.ts'
import { bitAt } from '../../../src/core/batch/column.ts'
import { dirtyArena } from './arbitrary.ts'

const bytes = fc.uint8Array({ minLength: 12, maxLength: 12 })
const bits = (map: Uint8Array, start: number, end: number) =>
  Array.from({ length: end - start }, (_, i) => bitAt(map, start + i))

it('copyBits copies those bits and leaves the others', () => {
  fc.assert(
    fc.property(bytes, bytes, fc.nat(40), fc.nat(40), fc.nat(50), (source, target, from, to, length) => {
      const copied = target.slice()
      copyBits(source, from, copied, to, length)
      const expected = [
        ...bits(target, 0, to),
        ...bits(source, from, from + length),
        ...bits(target, to + length, 96),
      ]
      expect(bits(copied, 0, 96)).toEqual(expected)
    }),
  )
})

it('takeBits gathers bits', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(95)), (map, rows) => {
      const taken = takeBits(map, Uint32Array.from(rows), dirtyArena)
      expect(bits(taken, 0, rows.length)).toEqual(rows.map(row => bitAt(map, row)))
    }),
  )
})

it('allSet and clearTail leave no bit beyond the length', () => {
  for (let length = 0; length < 20; length++) {
    const map = allSet(length, dirtyArena)
    expect(bits(map, 0, map.length * 8).filter(Boolean).length).toBe(length)
    const full = new Uint8Array(3).fill(255)
    clearTail(full, length)
    if (length & 7) expect(full[length >> 3]).toBe((1 << (length & 7)) - 1)
  }
})
