import fc from 'fast-check'
import { expect, it } from 'vitest'
import { corr, count, read, stddev, tumbling, variance } from '../../../src/index.ts'
import { correlation } from '../../../src/models/index.ts'
import { exactCorrelation } from './exact-moments.ts'

const schema = { key: 'utf8', x: 'float64', y: 'int64' } as const

const rows = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b'),
    x: fc.option(
      fc.oneof(
        fc.integer({ min: -50, max: 50 }).map(n => n / 8),
        fc.double({ min: 1, max: 1e9, noNaN: true }),
      ),
      { freq: 8 },
    ),
    y: fc.option(fc.oneof(fc.bigInt(-9n, 9n), fc.bigInt(2n ** 53n, 2n ** 54n)), { freq: 8 }),
  }),
  { maxLength: 30 },
)

it('corr is the root of the exact square, whatever the order and the batches', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (data, batchRows) => {
      const query = (given: typeof data, options = {}) =>
        read
          .rows(given, schema)
          .groupBy('key')
          .agg({ r: corr('x', 'y'), back: corr(row => row.y, 'x') })
          .orderBy('key')
          .collect(options)
      const found = await query(data)
      for (const { key, r, back } of found) {
        const pairs = data.filter(row => row.key === key && row.x !== null && row.y !== null)
        const exact = exactCorrelation(
          pairs.map(row => row.x!),
          pairs.map(row => row.y!),
        )
        const wanted = exact && exact.sign * Math.min(1, Math.sqrt(exact.square))
        expect(wanted === 0 ? Math.abs(r!) : r).toBe(wanted)
        expect(back).toBe(r)
      }
      expect(await query(data.toReversed(), { batchRows })).toEqual(found)
    }),
    { numRuns: 60 },
  )
})

it('corr agrees with the models’ correlation', async () => {
  const data = [1, 5, 2, 8, 3].map((x, i) => ({ x, y: i * i - x }))
  const [row] = await read
    .rows(data)
    .agg({ r: corr('x', 'y') })
    .collect()
  const { estimate } = correlation(
    data.map(({ x }) => x),
    data.map(({ y }) => y),
  )
  expect(row!.r).toBeCloseTo(estimate, 14)
})

it('spread is told to the last digit however far the mean is from 0', async () => {
  // NIST's NumAcc4 has 10000000.2 first, then 10000000.1 and 10000000.3 in turn 500 times: standard deviation 0.1.
  const values = [10000000.2, ...Array.from({ length: 1000 }, (_, i) => (i % 2 ? 10000000.3 : 10000000.1))]
  const far = values.map(x => ({ x }))
  const [row] = await read
    .rows(far)
    .agg({ spread: stddev('x'), n: count('x') })
    .collect()
  // The decimals are rounded to doubles before anything is computed: nine digits are left of 0.1.
  expect(row!.spread).toBeCloseTo(0.1, 8)
  const shifted = await read
    .rows([1, 2, 4].map(x => ({ x: 2n ** 62n + BigInt(x) })))
    .agg({ v: variance('x') })
    .collect()
  expect(shifted).toEqual([{ v: 7 / 3 }])
})

it('is null without two values, 0 of equal ones, and NaN of what is not finite', async () => {
  const of = async (xs: (number | null)[]) => {
    const data = xs.map(x => ({ x }))
    const [row] = await read
      .rows(data, { x: 'float64' })
      .agg({ v: variance('x'), s: stddev('x'), r: corr('x', 'x') })
      .collect()
    return row
  }
  expect(await of([])).toEqual({ v: null, s: null, r: null })
  expect(await of([3, null])).toEqual({ v: null, s: null, r: null })
  expect(await of([0.1, 0.1, 0.1])).toEqual({ v: 0, s: 0, r: Number.NaN })
  expect(await of([1, Infinity, 2])).toEqual({ v: Number.NaN, s: Number.NaN, r: Number.NaN })
  expect(await of([1e200, -1e200])).toEqual({ v: Infinity, s: Math.SQRT2 * 1e200, r: 1 })
  expect(await of([1, 2, 4])).toEqual({ v: 7 / 3, s: Math.sqrt(7 / 3), r: 1 })
})

it('folds windows in every shard to the same bits', async () => {
  const data = Array.from({ length: 500 }, (_, i) => ({
    at: new Date(i * 60_000),
    key: `k${i % 7}`,
    x: Math.sin(i) * 10 ** (i % 5),
    y: i % 13,
  }))
  const query = read
    .rows(data, { at: 'timestamp', key: 'utf8', x: 'float64', y: 'int32' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('2h'))
    .agg({ v: variance('x'), r: corr('x', 'y'), s: stddev(row => row.y.mul(2)) })
  const whole = await query.collect({ shards: 0 })
  for (const exchange of ['rows', 'partials'] as const) {
    expect(await query.collect({ shards: 2, batchRows: 17, exchange })).toEqual(whole)
  }
})
