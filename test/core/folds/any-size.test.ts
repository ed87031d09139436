/** Aggregates of floats of any size: what they say of a series times a power of two, and of values beside others. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  corr,
  covar,
  geometricMean,
  kurtosis,
  mean,
  product,
  quantile,
  read,
  skewness,
  stddev,
  sum,
  variance,
  weightedMean,
} from '../../../src/index.ts'
import { exactVariance, nearestMean } from './exact-moments.ts'

const schema = { x: 'float64', y: 'float64' } as const
type Pair = { x: number; y: number }

const of = async (rows: Pair[], options = {}) => {
  const found = await read
    .rows(rows, schema)
    .agg({
      sum: sum('x'),
      mean: mean('x'),
      variance: variance('x'),
      stddev: stddev('x'),
      skewness: skewness('x'),
      kurtosis: kurtosis('x'),
      covar: covar('x', 'y'),
      corr: corr('x', 'y'),
      weightedMean: weightedMean('x', 'y'),
      median: quantile('x', 0.4),
    })
    .collect(options)
  return found[0]!
}

const anySize = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -1074, max: 1023 }))
    .map(([x, e]) => x * 2 ** Math.max(e, -1022) * 2 ** Math.min(0, e + 1022)),
  fc.constantFrom(0, -0, 1, 5e-324, 1e-200, 1e200, Number.MAX_VALUE),
)
const pairs = fc.array(fc.record({ x: anySize, y: anySize }), { minLength: 4, maxLength: 12 })

it('are right to the last digit, and the same in any order and batches', async () => {
  await fc.assert(
    fc.asyncProperty(pairs, fc.integer({ min: 1, max: 5 }), async (rows, batchRows) => {
      const found = await of(rows)
      const x = rows.map(row => row.x)
      const exact = exactVariance(x)!
      expect(found.variance).toBe(exact)
      expect(found.mean).toBe(nearestMean(x))
      if (exact > 1e-290 && exact < Infinity) expect(found.stddev).toBe(Math.sqrt(exact))
      const others = { ...(await of(rows.toReversed(), { batchRows })) }
      expect(others).toEqual(found)
    }),
    { numRuns: 25 },
  )
})

const ordinary = fc.array(
  fc.record({ x: fc.integer({ min: -99, max: 99 }), y: fc.integer({ min: 1, max: 99 }) }),
  { minLength: 5, maxLength: 12 },
)

it('follow the unit of the values, as far as there are doubles', async () => {
  await fc.assert(
    fc.asyncProperty(ordinary, fc.integer({ min: -1000, max: 1000 }), async (rows, e) => {
      const plain = await of(rows)
      const found = await of(rows.map(({ x, y }) => ({ x: x * 2 ** e, y: y * 2 ** e })))
      for (const name of ['skewness', 'kurtosis', 'corr'] as const) expect(found[name]).toBe(plain[name])
      for (const name of ['sum', 'mean', 'stddev', 'weightedMean', 'median'] as const)
        expect(found[name]).toBeCloseTo(plain[name]! * 2 ** e, -Math.log10(1e-13 * 99 * 2 ** e) - 1)
      for (const name of ['variance', 'covar'] as const)
        if (Math.abs(e) < 480) expect(found[name]).toBe(plain[name]! * 2 ** e * 2 ** e)
    }),
    { numRuns: 25 },
  )
})

it('of the sizes that were once too much', async () => {
  const scaled = (size: number) => of([1, 5, 2, 8, 3].map((v, i) => ({ x: v * size, y: (i * i - v) * size })))
  const plain = await scaled(1)
  for (const size of [2 ** -664, 2 ** 664]) {
    const { corr: r, stddev: sd, skewness: g1 } = await scaled(size)
    expect([r, sd! / size, g1]).toEqual([plain.corr, plain.stddev, plain.skewness])
  }
  expect((await scaled(1e200)).corr).toBeCloseTo(plain.corr!, 14)
  expect((await scaled(1e-200)).corr).toBeCloseTo(plain.corr!, 14)
  const [row] = await read
    .rows([{ x: 1e308 }, { x: 1.7e308 }])
    .agg({ m: mean('x'), s: sum('x'), g: geometricMean('x'), p: product('x') })
    .collect()
  expect(row).toEqual({ m: 1.35e308, s: Infinity, g: Math.sqrt(1.7) * 1e308, p: Infinity })
})

it('frames that move on forget values of any size', async () => {
  const sizes = [1, 2, 4, 1e300, 1e-300, -1e300, 3, 5, 7, 9, 1e160, 8, 6, 1, 4]
  const rows = sizes.map((x, i) => ({ at: new Date(i * 1000), x, y: x * (1 + (i % 3)) }))
  const found = await read
    .rows(rows, { at: 'timestamp[ms]', ...schema })
    .watermark('at')
    .over({ orderBy: 'at', rows: [-2, 0] }, { v: variance('x'), c: corr('x', 'y'), k: skewness('x') })
    .collect()
  for (const i of [9, 14]) {
    const frame = rows.slice(i - 2, i + 1)
    const { variance: v, corr: c, skewness: k } = await of(frame.map(({ x, y }) => ({ x, y })))
    expect(found[i]).toMatchObject({ v, c, k })
  }
})
