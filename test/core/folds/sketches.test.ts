/** The errors that sketches state, over data of several kinds. */

import { describe, expect, it } from 'vitest'
import { HyperLogLog } from '../../../src/core/folds/hyper-log-log.ts'
import {
  approxCountDistinct,
  approxQuantile,
  countDistinct,
  memory,
  read,
  start,
} from '../../../src/index.ts'

/** Numbers from 0 to 1, the same each time (Mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = numbers(7)
const COUNT = 3000
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const KINDS: Readonly<Record<string, () => number>> = {
  uniform: random,
  normal,
  lognormal: () => Math.exp(4 * normal()),
  wholes: () => Math.floor(random() * 40) - 20,
  'of all sizes': () => (random() < 0.5 ? -1 : 1) * 10 ** (random() * 590 - 295),
  'beyond numbers': () => [Number.NaN, Infinity, -Infinity, 0, 1][Math.floor(random() * 5)]!,
}

describe('approxQuantile', () => {
  it.each(Object.entries(KINDS))('is off by no more than it says: %s', async (_, next) => {
    const values = Array.from({ length: COUNT }, next)
    const ascending = Float64Array.from(values).sort()
    const shares = [0, 0.01, 0.25, 0.5, 0.9, 0.999, 1]
    for (const error of [0.001, 0.01, 0.2]) {
      const aggregates = Object.fromEntries(shares.map(p => [`${p}`, approxQuantile('x', p, { error })]))
      const [row] = await read
        .rows(
          values.map(x => ({ x })),
          { x: 'float64' },
        )
        .agg(aggregates)
        .collect()
      for (const p of shares) {
        const exact = ascending[Math.floor(p * (COUNT - 1))]!
        const found = (row as Record<string, number>)[`${p}`]!
        if (!Number.isFinite(exact) || exact === 0) expect(found, `${p}`).toBe(exact)
        else expect(Math.abs(found / exact - 1), `${p} of ${error}`).toBeLessThanOrEqual(error + 1e-9)
      }
    }
  })

  it('keeps buckets, not values', async () => {
    const aggregated = read
      .rows(
        Array.from({ length: 20_000 }, (_, i) => ({ x: 1 + i / 1000 })),
        { x: 'float64' },
      )
      .agg({ x: approxQuantile('x', 0.5) })
    const [row] = await aggregated.collect({ shards: 0 })
    expect(Math.abs(row!.x! / 11 - 1)).toBeLessThan(0.0101)
  })
})

describe('approxCountDistinct', () => {
  it('counts few exactly, of any type', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ x: i % 128, t: `k${i % 100}`, key: i % 2 }))
    expect(
      await read
        .rows(rows, { x: 'float64', t: 'utf8', key: 'int32' })
        .agg({
          x: approxCountDistinct('x'),
          t: approxCountDistinct('t'),
          none: approxCountDistinct('x').where(r => r.x.lt(0)),
        })
        .collect(),
    ).toEqual([{ x: 128, t: 100, none: 0 }])
  })

  // The root of the mean of squared errors over 40 groups is off by 11 % of itself two times in three.
  it.each([
    ['int32', (i: number) => i],
    ['float64', (i: number) => i * 0.1],
    ['utf8', (i: number) => `user ${i}`],
    ['int64', (i: number) => BigInt(i) << 20n],
  ] as const)('has the error that it says, of %s', async (type, makeValue) => {
    const error = 0.04
    const groups = 40
    for (const size of [150, 1000, 6000]) {
      const rows = Array.from({ length: groups * size }, (_, i) => ({ key: i % groups, x: makeValue(i) }))
      const found = await read
        .rows(rows, { key: 'int32', x: type as 'utf8' })
        .groupBy('key')
        .agg({ about: approxCountDistinct('x', { error }) })
        .collect()
      const off = found.map(({ about }) => about / size - 1)
      expect(Math.sqrt(off.reduce((sum, e) => sum + e * e, 0) / groups), `${size}`).toBeLessThan(1.4 * error)
      expect(Math.abs(off.reduce((sum, e) => sum + e, 0) / groups), `${size}`).toBeLessThan(
        (4 * error) / Math.sqrt(groups),
      )
    }
  })

  it('is refused over a changelog, with what to take instead', async () => {
    const changelog = read
      .iterable([{ k: 1, x: 1 }], { k: 'int32', x: 'int32' })
      .groupBy('k')
      .agg({ n: countDistinct('x') })
    expect(() => changelog.agg({ n: approxCountDistinct('n') })).toThrow(
      expect.objectContaining({ code: 'NO_RETRACT', hint: expect.stringContaining('countDistinct()') }),
    )
    const sink = memory()
    await (await start([changelog.agg({ n: approxQuantile('n', 0.5) }).write(sink)])).done
    expect(sink.rows()).toEqual([{ n: expect.closeTo(1, 1) }])
  })
})

describe('a HyperLogLog', () => {
  const next = numbers(11)
  const word = (): number => Math.floor(next() * 2 ** 32) | 0
  const sketchOf = (hashes: readonly (readonly [number, number])[]): HyperLogLog => {
    const sketch = new HyperLogLog(7)
    for (const [high, low] of hashes) sketch.add(high, low)
    return sketch
  }

  it.each([
    [3, 5],
    [100, 100],
    [100, 900],
    [2000, 40],
    [3000, 3000],
  ])('of %i and %i hashes is the same however they come, in parts, and saved', (first, second) => {
    const hashes = Array.from({ length: first + second }, (): [number, number] => [word(), word()])
    const [a, b] = [hashes.slice(0, first), hashes.slice(first)]
    const whole = sketchOf(hashes).encode()
    expect(sketchOf([...hashes].reverse()).encode()).toEqual(whole)
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      const sketch = HyperLogLog.decode(sketchOf(left).encode(), 7)
      const other = sketchOf(right)
      const before = other.encode()
      sketch.merge(other)
      expect(sketch.encode()).toEqual(whole)
      expect(other.encode()).toEqual(before)
      // Again, and nothing changes.
      sketch.merge(other)
      expect(sketch.encode()).toEqual(whole)
    }
  })
})

it('sketches of many values are the same on any number of shards', async () => {
  const rows = Array.from({ length: 4000 }, (_, i) => ({
    key: i % 3,
    x: Math.sin(i) * 1e6,
    t: `t${i % 900}`,
  }))
  const query = read
    .rows(rows, { key: 'int32', x: 'float64', t: 'utf8' })
    .groupBy('key')
    .agg({ x: approxQuantile('x', 0.3), n: approxCountDistinct('t'), m: approxCountDistinct('x') })
  const whole = await query.collect({ shards: 0 })
  for (const exchange of ['rows', 'partials'] as const)
    expect(await query.collect({ shards: 3, batchRows: 170, exchange })).toEqual(whole)
})
