import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairOver } from '../../../src/core/folds/quotient.ts'
import { mean, read } from '../../../src/index.ts'
import { exactFloatSum } from './exact-float-sum.ts'
import { nearestMean } from './exact-moments.ts'

const meanOf = async (values: readonly (number | bigint)[], type: 'float64' | 'int64') => {
  const data = values.map(x => ({ x }))
  const [row] = await read
    .rows(data, { x: type })
    .agg({ mean: mean('x') })
    .collect()
  return row!.mean
}

describe('mean', () => {
  it('is rounded once, where dividing the rounded sum rounds twice', async () => {
    const triples = Array.from({ length: 300 }, (_, i) => [1, 2, 3].map(k => Math.abs(Math.sin(3 * i + k))))
    const rows = triples.flatMap((values, i) => values.map(x => ({ i, x })))
    const found = await read
      .rows(rows, { i: 'int32', x: 'float64' })
      .groupBy('i')
      .agg({ mean: mean('x') })
      .collect()
    expect(found.map(row => row.mean)).toEqual(triples.map(values => nearestMean(values)))
    const twice = triples.filter(values => exactFloatSum(values) / 3 !== nearestMean(values))
    expect(twice.length).toBeGreaterThan(20)
  })

  it('is there where the sum is beyond the doubles', async () => {
    expect(await meanOf([Number.MAX_VALUE, Number.MAX_VALUE], 'float64')).toBe(Number.MAX_VALUE)
    expect(await meanOf([Number.MIN_VALUE, 0, 0], 'float64')).toBe(0)
    expect(await meanOf([Number.MIN_VALUE, Number.MIN_VALUE, 0], 'float64')).toBe(Number.MIN_VALUE)
  })

  it('of 64-bit integers is rounded once, too', async () => {
    for (const values of [
      [2n ** 62n + 1n, 2n ** 62n + 2n, 2n ** 62n + 5n],
      [-(2n ** 63n), -(2n ** 63n), -(2n ** 63n), 1n],
      [2n ** 53n + 1n, 2n ** 53n + 1n],
    ])
      expect(await meanOf(values, 'int64')).toBe(nearestMean(values))
  })
})

describe('a sum of two doubles over a count', () => {
  // What two doubles can be that hold a sum: the second is at most half a unit in the last place of the first.
  const pair = fc
    .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ min: -1, max: 1, noNaN: true }))
    .map(([first, share]): [number, number] => [first, first * 2 ** -53 * share])

  it('is the nearest double', () => {
    fc.assert(
      fc.property(
        pair,
        fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1 })),
        ([a, b], count) => {
          expect(pairOver(a, b, count)).toBe(nearestMean([a, b], count))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is the even one of two that are as near', () => {
    fc.assert(
      fc.property(fc.bigInt(2n ** 52n, 2n ** 53n - 1n), fc.bigInt(1n, 99n), (below, count) => {
        // (below + 1/2) · count as the sum of two doubles.
        const twice = (2n * below + 1n) * count
        const a = Number(twice)
        const b = Number(twice - BigInt(a))
        expect(pairOver(a / 2, b / 2, Number(count))).toBe(Number(below + (below & 1n)))
      }),
    )
  })
})
