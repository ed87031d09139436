/** Tables that grow a few entries at a time: whatever is asked of them meanwhile, they know what they were told. */

import { describe, expect, it } from 'vitest'
import { grown } from '../../../src/core/state/growing.ts'
import { PairIndex } from '../../../src/core/state/pair-index.ts'
import { RowIndex } from '../../../src/core/state/row-store/row-index.ts'
import { NO_SLOT } from '../../../src/core/state/row-store/slots.ts'
import { WordSlots } from '../../../src/core/state/word-slots.ts'
import { seeded } from '../../../src/testing/seeded.ts'

const word = (random: () => number): number => Math.floor(random() * 2 ** 32) | 0

describe('WordSlots', () => {
  it('finds every key at every size, and none that it was not given', () => {
    const random = seeded(1)
    const slots = new WordSlots(64)
    const keys: (readonly [number, number, number])[] = []
    for (let number = 1; number <= 150_000; number++) {
      const key = [word(random), number % 3 === 0 ? -1 : word(random), number % 5] as const
      if (slots.find(...key) !== 0) throw new Error(`${number} is there before it was added`)
      slots.add(...key, number)
      keys.push(key)
      const other = Math.floor(random() * number)
      if (slots.find(...keys[other]!) !== other + 1) throw new Error(`${other} is lost among ${number}`)
    }
    keys.forEach((key, i) => {
      if (slots.find(...key) !== i + 1) throw new Error(`${i} is lost`)
    })
    expect(slots.count).toBe(keys.length)
  })

  it('keys leave the smaller table when they are looked up, though none is added', () => {
    const slots = new WordSlots(64)
    for (let key = 1; key <= 40; key++) if (slots.find(key, 0, 0) === 0) slots.add(key, 0, 0, key)
    const inLarger = (): number => slots.slots.filter((word, i) => i % 4 === 3 && word !== 0).length
    expect(inLarger()).toBeLessThan(40)
    for (let round = 0; round < 16; round++)
      for (let key = 1; key <= 40; key++) expect(slots.find(key, 0, 0)).toBe(key)
    expect(inLarger()).toBe(40)
  })
})

describe('PairIndex', () => {
  it('keeps the codes of pairs when there are too many for a table of all', () => {
    const random = seeded(2)
    const index = new PairIndex()
    const codes = new Map<string, number>()
    const sizes = [3, 40, 700, 5000, 100_000]
    for (const size of sizes)
      for (let round = 0; round < 20; round++) {
        const count = 500
        const a = Uint32Array.from({ length: count }, () => Math.floor(random() * size))
        const b = Uint32Array.from({ length: count }, () => Math.floor(random() * size))
        const out = new Uint32Array(count)
        index.intern(a, size, b, size, count, out)
        const found = new Uint32Array(count)
        index.find(a, b, count, found)
        expect(found).toEqual(out)
        for (let i = 0; i < count; i++) {
          const pair = `${a[i]} ${b[i]}`
          if (!codes.has(pair)) codes.set(pair, codes.size)
          if (codes.get(pair) !== out[i]) throw new Error(`${pair} is ${out[i]}, not ${codes.get(pair)}`)
        }
      }
    expect(index.size).toBe(codes.size)
  })
})

describe('RowIndex', () => {
  it('finds the rows that are there while they come and go', () => {
    const random = seeded(3)
    const index = new RowIndex()
    const hashOf = new Map<number, number>()
    const free: number[] = []
    let slots = 0
    const any = () => Math.floor(random() * slots)
    for (let n = 0; n < 60_000; n++) {
      if (random() < 0.3 && hashOf.size > 0) {
        const slot = any()
        if (hashOf.delete(slot)) {
          index.remove(slot)
          free.push(slot)
        }
      } else {
        const slot = free.length && random() < 0.5 ? free.pop()! : slots++
        const hash = Math.floor(random() * 20_000)
        index.reserve(slots)
        index.add(slot, hash)
        hashOf.set(slot, hash)
      }
      const slot = any()
      const hash = hashOf.get(slot)
      const found = index.find(hash ?? word(random), slot, (candidate, row) => candidate === row)
      if (found !== (hash === undefined ? NO_SLOT : slot)) throw new Error(`slot ${slot} after ${n}`)
    }
    for (const [slot, hash] of hashOf)
      if (index.find(hash, slot, (candidate, row) => candidate === row) !== slot)
        throw new Error(`slot ${slot}`)
  })
})

it('grown arrays keep their items, and new ones are 0', () => {
  const array = grown(Int32Array.of(1, 2, 3), 4)
  expect([...array]).toEqual([1, 2, 3, 0, 0, 0])
  const large = new Uint32Array(1 << 20).fill(7)
  const larger = grown(large, large.length + 1)
  expect(larger.length).toBe(1 << 24)
  expect([larger[large.length - 1], larger[large.length]]).toEqual([7, 0])
})
