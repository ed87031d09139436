import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CellKey } from '../../../src/core/folds/cell-key.ts'
import { Multiset } from '../../../src/core/folds/multiset.ts'

const compare = (a: CellKey, b: CellKey): number => {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b ? -1 : a > b ? 1 : 0
}

/** What is there, each value as often as its weight says, in order. */
const inOrder = (changes: readonly (readonly [CellKey, number])[]): CellKey[] => {
  const weights = new Map<CellKey, number>()
  for (const [key, weight] of changes) weights.set(key, (weights.get(key) ?? 0) + weight)
  return [...weights]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([key, weight]) => Array.from({ length: Math.max(0, weight) }, () => key))
}

const valuesOf = (set: Multiset): CellKey[] => Array.from({ length: set.total }, (_, place) => set.at(place))

const check = (set: Multiset, changes: readonly (readonly [CellKey, number])[]): void => {
  const expected = inOrder(changes)
  expect(valuesOf(set)).toEqual(expected)
  expect(set.distinct).toBe(new Set(expected).size)
}

const filled = (changes: readonly (readonly [CellKey, number])[]): Multiset => {
  const set = new Multiset()
  for (const [key, weight] of changes) set.add(key, weight)
  return set
}

const weight = fc.integer({ min: -3, max: 3 }).filter(w => w !== 0)
const KEYS: Readonly<Record<string, fc.Arbitrary<CellKey>>> = {
  numbers: fc.oneof(
    fc.integer({ min: 0, max: 9 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.double().map(x => x + 0),
  ),
  'whole numbers beyond 2^53': fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n),
  ),
  texts: fc.array(fc.constantFrom('\0', 'a', '\x7f', '\xff'), { maxLength: 3 }).map(parts => parts.join('')),
}

describe.each(Object.entries(KEYS))('a multiset of %s', (_, key) => {
  const changesOf = fc.array(fc.tuple(key, weight), { maxLength: 40 })

  it('is a sorted list, whatever is put in and taken out, in whatever order', () => {
    fc.assert(
      fc.property(changesOf, changes => {
        const set = new Multiset()
        changes.forEach(([value, by], i) => {
          set.add(value, by)
          check(set, changes.slice(0, i + 1))
        })
      }),
    )
  })

  it('merges, and is read back from its bytes, which are the same for the same values', () => {
    fc.assert(
      fc.property(changesOf, changesOf, (some, others) => {
        const merged = filled(some)
        merged.merge(filled(others))
        check(merged, [...some, ...others])
        const bytes = filled([...others, ...some].reverse()).encode()
        expect(merged.encode()).toEqual(bytes)
        check(Multiset.decode(bytes), [...some, ...others])
      }),
    )
  })

  it('is empty when everything has been taken out, also before it came', () => {
    fc.assert(
      fc.property(changesOf, changes => {
        const undone = changes.map(([value, by]): [CellKey, number] => [value, -by])
        expect(filled([...changes, ...undone]).isEmpty).toBe(true)
      }),
    )
  })
})

it('a multiset of many blocks is a sorted list', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat({ max: 1999 })), numbers => {
      const changes: [number, number][] = []
      // Four thousand come and go; then most of those below a thousand are taken out.
      for (let i = 0; i < 4000; i++) changes.push([numbers.next().value!, i % 3 === 0 ? -1 : 1])
      const set = filled(changes)
      check(set, changes)
      for (let value = 0; value < 990; value++) changes.push([value, -100])
      const emptied = filled(changes)
      check(emptied, changes)
      check(Multiset.decode(emptied.encode()), changes)
    }),
    { numRuns: 5 },
  )
})
