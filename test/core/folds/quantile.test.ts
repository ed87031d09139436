import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { quantile, read, tumbling } from '../../../src/index.ts'

it('is the quantile_cont of DuckDB, of numbers of every type', async () => {
  const values: Readonly<Record<string, readonly [string, readonly (number | bigint | null)[]]>> = {
    int8: ['TINYINT', [-128, 127, 3, null, 3, 0]],
    uint16: ['USMALLINT', [65535, 0, 7, 7, 9, null]],
    int32: ['INTEGER', [null, 5, -2147483648, 2147483647, 12, 13, 14]],
    int64: ['BIGINT', [2n ** 53n + 1n, -(2n ** 63n), 2n ** 62n + 3n, 17n, null]],
    uint64: ['UBIGINT', [2n ** 64n - 1n, 0n, 2n ** 53n + 1n]],
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
  }))
  const query = read
    .rows(data, { at: 'timestamp', key: 'utf8', x: 'float64' })
    .watermark('at')
    .groupBy('key')
    .window(tumbling('2h'))
    .agg({ median: quantile('x', 0.5), top: quantile(row => row.x.mul(2), 0.99) })
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
