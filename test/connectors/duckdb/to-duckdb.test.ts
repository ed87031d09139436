import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { read } from '../../../src/index.ts'

it('rows become a table of a connection, in place of one of that name, or nothing does', async () => {
  const instance = await DuckDBInstance.create()
  const rows = Array.from({ length: 70_000 }, (_, i) => ({ 'a "b"': `t${i % 10}`, n: BigInt(i), l: [i] }))
  const dataset = read.rows(rows, { 'a "b"': 'utf8', n: 'int64', l: ['int32'] })
  for (const connection of [await instance.connect(), await instance.connect()]) {
    expect(await dataset.toDuckDB(connection, 'my table')).toBe(70_000)
    const failing = dataset.with({ x: r => r.n.add(2n ** 63n - 100n) })
    await expect(failing.toDuckDB(connection, 'my table')).rejects.toMatchObject({ code: 'OVERFLOW' })
    const result = await connection.runAndReadAll(
      'SELECT count(*), sum(n), sum(l[1]), max("a ""b""") FROM "my table"',
    )
    expect(result.getRowsJS()[0]!.map(String)).toEqual(['70000', '2449965000', '2449965000', 't9'])
    connection.closeSync()
  }
  instance.closeSync()
  await expect(dataset.toDuckDB({} as never, 't')).rejects.toMatchObject({ code: 'SINK' })
})
