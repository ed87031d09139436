/** What lies between times: means, medians, deviations, by the laws of all folds. */

import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { approxQuantile, mean, median, quantile, read, stddev, tumbling } from '../../../src/index.ts'
import { quantileOf, wholeOf } from './exact-quantile.ts'
import { foldLaws } from './laws.ts'

const some = (all: readonly unknown[]): unknown[] => all.filter(value => value !== null)
const DAY_MS = 86_400_000

const instants = fc.integer({ min: -(10 ** 12), max: 10 ** 12 }).map(ms => new Date(ms))
const millis = (all: readonly unknown[]): bigint[] => some(all).map(at => BigInt((at as Date).getTime()))

foldLaws({
  fold: 'quantile',
  type: 'timestamp[ms]',
  options: { p: 0.5 },
  values: instants,
  oracle: all => wholeOf(quantileOf(millis(all), [1n, 2n])),
})
foldLaws({
  fold: 'quantile',
  type: 'date',
  options: { p: 0.25 },
  values: fc.integer({ min: -20_000, max: 20_000 }).map(day => new Date(day * DAY_MS)),
  oracle: all =>
    wholeOf(
      quantileOf(
        millis(all).map(ms => ms * 1000n),
        [1n, 4n],
      ),
    ),
})
foldLaws({
  fold: 'quantile',
  type: 'duration[ms]',
  options: { p: 0.75 },
  values: fc.integer({ min: -1000, max: 1000 }).map(ms => ms + 0),
  oracle: all => {
    const units = some(all).map(value => BigInt(value as number))
    const ms = wholeOf(quantileOf(units, [3n, 4n]))
    return ms === null ? null : Number(ms)
  },
})
foldLaws({
  fold: 'mean',
  type: 'timestamp[ms]',
  values: instants,
  oracle: all => {
    const values = millis(all)
    if (values.length === 0) return null
    return wholeOf([values.reduce((a, b) => a + b), BigInt(values.length)])
  },
})
foldLaws({
  fold: 'stddev',
  type: 'duration[us]',
  values: fc.integer({ min: -999, max: 999 }).map(ms => ms / 8),
})
foldLaws({
  fold: 'approxQuantile',
  type: 'duration[us]',
  options: { p: 0.9, error: 0.01 },
  values: fc.integer({ min: 0, max: 999 }),
})

it('goes by days and times of day as DuckDB does, in microseconds', async () => {
  const days = ['2020-02-28', '2020-03-01', '2019-12-31', '1969-12-31', '2024-02-29']
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const p of [0, 0.1, 0.5, 0.7, 1]) {
      const list = days
        .map(day => `(DATE '${day}', TIME '${day.slice(5).replace('-', ':')}:00.5')`)
        .join(', ')
      const answer = await connection.runAndReadAll(
        `SELECT epoch_us(quantile_cont(x, ${p}))::DOUBLE, quantile_cont(y, ${p})::VARCHAR FROM (VALUES ${list}) t(x, y)`,
      )
      const [micros, clock] = answer.getRows()[0]!
      const rows = days.map(day => ({
        x: new Date(`${day}T00:00Z`),
        y: `${day.slice(5).replace('-', ':')}:00.5`,
      }))
      const [row] = await read
        .rows(rows, { x: 'date', y: 'time' })
        .agg({ x: quantile('x', p), y: quantile('y', p) })
        .collect()
      expect(row).toEqual({ x: new Date((micros as number) / 1000), y: clock })
    }
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
})

it('rounds halves of a unit away from zero, in means and in quantiles, before 1970 and after', async () => {
  const pairs = [
    [-5, -4],
    [-4, -3],
    [-1, 0],
    [-2, 1],
    [0, 1],
    [-1, 2],
    [3, 4],
    [4, 5],
  ] as const
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const [a, b] of pairs) {
      // Of timestamps DuckDB's avg goes towards zero of 0.5 and away from it of -0.67; of intervals it is by this rule.
      const answer = await connection.runAndReadAll(`
        SELECT epoch_us(quantile_cont(make_timestamp(x), 0.5))::INTEGER, epoch_us(avg(to_microseconds(x)))::INTEGER
        FROM (VALUES (${a}::BIGINT), (${b}::BIGINT)) t(x)`)
      const [middle, average] = answer.getRows()[0]!
      expect(middle).toBe(average)
      const rows = [a, b].map(x => ({ at: BigInt(x), took: BigInt(x) }))
      const [row] = await read
        .rows(rows, { at: 'timestamp[us]', took: 'duration[us]' })
        .agg({
          ...{ meanAt: mean('at'), medianAt: median('at') },
          ...{ meanTook: mean('took'), medianTook: median('took') },
        })
        .collect({ timestamps: 'bigint' })
      const units = middle as number
      const [at, took] = [BigInt(units), units / 1000]
      expect(row, `${a}, ${b}`).toEqual({ meanAt: at, medianAt: at, meanTook: took, medianTook: took })
    }
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
})

it('is exact where units are beyond 2^53', async () => {
  const table = read
    .rows([{ text: '2026-01-01T00:00:00.000000001Z' }, { text: '2026-01-01T00:00:00.000000004Z' }], {
      text: 'utf8',
    })
    .with({ at: r => r.text.cast('timestamp[ns]') })
    .agg({ median: median('at'), mean: mean('at') })
    .with({ median: r => r.median.cast('utf8'), mean: r => r.mean.cast('utf8') })
  const [row] = await table.collect()
  expect(row!.median).toContain('00.000000003')
  expect(row!.mean).toContain('00.000000003')
})

it('is exact between times that are far apart', async () => {
  const rows = [{ at: 0n }, { at: 1_577_836_800_000_000_003n }]
  const [row] = await read
    .rows(rows, { at: 'timestamp[ns]' })
    .agg({ middle: median('at'), quarter: quantile('at', 0.25) })
    .with({ middle: r => r.middle.cast('utf8'), quarter: r => r.quarter.cast('utf8') })
    .collect()
  expect(row!.middle).toContain('1995-01-01 00:00:00.000000002')
  expect(row!.quarter).toContain('1982-07-02 12:00:00.000000001')
})

it('fails where the longest duration is not long enough', async () => {
  const longest = 2n ** 63n - 1n
  const durations = (...units: bigint[]) =>
    read.rows(
      units.map(took => ({ took })),
      { took: 'duration[ns]' },
    )
  const both = durations(longest, -longest)
  await expect(both.agg({ fold: stddev('took') }).collect()).rejects.toThrow('does not fit in duration[ns]')
  const [row] = await durations(-longest - 1n)
    .agg({ mean: mean('took'), median: median('took') })
    .collect()
  expect(row!.mean).toBe(row!.median)
  expect(row!.mean).toBeLessThan(-9e12)
})

it('gives about the longest duration for the longest, and not more', async () => {
  const longest = 2n ** 63n - 1n
  const both = read.rows([{ took: longest }, { took: -longest - 1n }], { took: 'duration[ns]' })
  for (const error of [0.0001, 0.01, 0.05, 0.3, 0.5]) {
    const [row] = await both
      .agg({ least: approxQuantile('took', 0, { error }), most: approxQuantile('took', 1, { error }) })
      .collect()
    for (const [about, exact] of [
      [row!.least!, -(2 ** 63) / 1e6],
      [row!.most!, 2 ** 63 / 1e6],
    ] as const) {
      expect(Math.abs(about)).toBeLessThanOrEqual(2 ** 63 / 1e6)
      expect(Math.abs(about / exact - 1)).toBeLessThanOrEqual(error)
    }
  }
})

it('is a duration of which one can go on calculating, in windows and shards', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    at: new Date(i * 60_000),
    took: (i * 37) % 101,
    key: `k${i % 3}`,
  }))
  const query = read
    .rows(rows, { at: 'timestamp', took: 'duration[ms]', key: 'utf8' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('1h'))
    .agg({
      middle: median('took'),
      spread: stddev('took'),
      worst: approxQuantile('took', 0.9),
      when: mean('at'),
    })
    .with({ slow: r => r.middle.gt('50ms') })
  const whole = await query.collect({ shards: 0 })
  expect(whole).toHaveLength(15)
  expect(whole[0]).toMatchObject({
    middle: expect.any(Number),
    when: expect.any(Date),
    slow: expect.any(Boolean),
  })
  for (const exchange of ['rows', 'partials'] as const)
    expect(await query.collect({ shards: 2, batchRows: 17, exchange })).toEqual(whole)
})

it('reaches as far as dates in JavaScript do', async () => {
  const far = new Date(8.64e15)
  const query = read.rows([{ x: far }], { x: 'date' }).agg({ mean: mean('x'), median: median('x') })
  expect(await query.collect()).toEqual([{ mean: far, median: far }])
})
