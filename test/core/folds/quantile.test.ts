import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { median, quantile, read, tumbling } from '../../../src/index.ts'
import { doubleOf, quantileOf } from './exact-quantile.ts'
import { foldLaws } from './laws.ts'

it('is the quantile_cont of DuckDB, of floats and of integers of up to 32 bits', async () => {
  const values: Readonly<Record<string, readonly [string, readonly (number | null)[]]>> = {
    int8: ['TINYINT', [-128, 127, 3, null, 3, 0]],
    uint16: ['USMALLINT', [65535, 0, 7, 7, 9, null]],
    int32: ['INTEGER', [null, 5, -2147483648, 2147483647, 12, 13, 14]],
    float64: ['DOUBLE', [0.1, -0.7, 1e300, -1e-300, Infinity, null, 3, 3, 2.5]],
  }
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const [type, [sqlType, cells]] of Object.entries(values)) {
      for (const p of [0, 0.01, 0.25, 1 / 3, 0.5, 0.9, 0.99, 1]) {
        const list = cells.map(cell => `(CAST(${cell === null ? 'NULL' : `'${cell}'`} AS ${sqlType}))`)
        const answer = await connection.runAndReadAll(
          `SELECT quantile_cont(x, ${p})::DOUBLE FROM (VALUES ${list.join(', ')}) t(x)`,
        )
        const [row] = await read
          .rows(
            cells.map(x => ({ x })),
            { x: type as 'float64' },
          )
          .agg({ x: quantile('x', p) })
          .collect()
        expect(row!.x, `${type}, ${p}`).toBe(answer.getRows()[0]![0])
      }
    }
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
})

for (const [type, least, most] of [
  ['int64', -(2n ** 63n), 2n ** 63n - 1n],
  ['uint64', 0n, 2n ** 64n - 1n],
] as const)
  foldLaws({
    fold: 'quantile',
    type,
    options: { p: 0.625 },
    values: fc.oneof(
      fc.bigInt(least, most),
      fc.bigInt(2n ** 53n - 2n, 2n ** 53n + 9n),
      fc.constantFrom(least, most),
    ),
    oracle: all =>
      doubleOf(
        quantileOf(
          all.filter(value => value !== null).map(value => value as bigint),
          [5n, 8n],
        ),
      ),
  })

it('is rounded once, of 64-bit integers, where doubles round on the way', async () => {
  const rows = [-17n, 4n, 17n, 2n ** 31n].map(x => ({ x }))
  const data = read.rows(rows, { x: 'int64' })
  // DuckDB gives -16.369999999999997.
  expect(await data.agg({ x: quantile('x', 0.01) }).collect()).toEqual([{ x: -16.37 }])
  const of = async (...values: bigint[]) => {
    const all = values.map(x => ({ x }))
    const [row] = await read
      .rows(all, { x: 'int64' })
      .agg({ middle: median('x'), third: quantile('x', 0.75) })
      .collect()
    return row
  }
  // The exact middle is 2^53 + 3, of which 2^53 + 4 is the even neighbour; the rounded values have 2^53 + 2 in the middle.
  expect(await of(2n ** 53n + 1n, 2n ** 53n + 5n)).toEqual({ middle: 2 ** 53 + 4, third: 2 ** 53 + 4 })
  // Rounded first, the lesser value would be 0 away from the greater.
  expect(await of(2n ** 63n - 1n, -(2n ** 63n))).toEqual({ middle: -0.5, third: 2 ** 62 })
})

it('is a decimal, of decimals, as the quantile_cont of DuckDB', async () => {
  const rows = ['10.25', '-3.75', null, '0.01', '19.97', '2.00'].map(x => ({ x, far: x }))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const p of [0, 0.25, 0.5, 0.75, 1]) {
      const list = rows.map(({ x }) => `(${x === null ? 'NULL' : `'${x}'`}::DECIMAL(9, 2))`)
      const answer = await connection.runAndReadAll(
        `SELECT typeof(q), q::VARCHAR FROM (SELECT quantile_cont(x, ${p}) AS q FROM (VALUES ${list.join(', ')}) t(x))`,
      )
      const data = read.rows(rows, { x: 'decimal(9, 2)', far: 'decimal(38, 2)' })
      const result = data.agg({ x: quantile('x', p), far: quantile('far', p) })
      const [type, text] = answer.getRows()[0]!
      expect(type).toBe('DECIMAL(9,2)')
      expect(await result.schema()).toMatchObject([{ type: 'decimal(9, 2)' }, { type: 'decimal(38, 2)' }])
      expect(await result.collect()).toEqual([{ x: text, far: text }])
    }
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
})

it('lies between decimals of any digits, halves of a unit away from zero', async () => {
  const middle = async (...values: string[]) => {
    const all = values.map(x => ({ x }))
    const [row] = await read
      .rows(all, { x: 'decimal(38, 2)' })
      .agg({ x: median('x') })
      .collect()
    return row!.x
  }
  // DuckDB gives 12345678901234567741.44.
  expect(await middle('12345678901234567890.01', '12345678901234567890.03')).toBe('12345678901234567890.02')
  expect(await middle('1.00', '1.01')).toBe('1.01')
  expect(await middle('-1.00', '-1.01')).toBe('-1.01')
  expect(await middle('-0.01', '0.00')).toBe('-0.01')
  const most = '9'.repeat(36)
  expect(await middle(`${most}.99`, `-${most}.99`)).toBe('0.00')
  expect(await middle(`${most}.99`, `${most}.98`)).toBe(`${most}.99`)
})

it('does not leave the values that it lies between, where rounding would', async () => {
  const rows = [{ x: 0.1 }, { x: 0.1 }]
  // DuckDB gives 0.09999999999999999.
  expect(
    await read
      .rows(rows, { x: 'float64' })
      .agg({ x: quantile('x', 0.3) })
      .collect(),
  ).toEqual([{ x: 0.1 }])
})

it('folds windows in every shard to the same bits', async () => {
  const data = Array.from({ length: 500 }, (_, i) => ({
    at: new Date(i * 60_000),
    key: `k${i % 7}`,
    x: Math.sin(i) * 10 ** (i % 5),
    price: `${(i * 7919) % 1000}.${10 + (i % 90)}`,
    id: 2n ** 62n + BigInt((i * 7919) % 1009),
  }))
  const query = read
    .rows(data, { at: 'timestamp', key: 'utf8', x: 'float64', price: 'decimal(30, 2)', id: 'int64' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('2h'))
    .agg({
      ...{ median: quantile('x', 0.5), top: quantile(row => row.x.mul(2), 0.99) },
      ...{ price: median('price'), id: quantile('id', 0.75), when: quantile('at', 0.1) },
    })
  const whole = await query.collect({ shards: 0 })
  expect(whole.length).toBeGreaterThan(20)
  for (const exchange of ['rows', 'partials'] as const) {
    expect(await query.collect({ shards: 2, batchRows: 17, exchange })).toEqual(whole)
  }
})

it('is explained with its share', async () => {
  const plan = await read
    .rows([{ x: 1 }], { x: 'float64' })
    .agg({ top: quantile('x', 0.9) })
    .explain()
  expect(plan).toContain('"top" = quantile(x, 0.9)')
})
