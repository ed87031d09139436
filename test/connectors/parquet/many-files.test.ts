/** Several files as one source: patterns, directories, partitions, columns that differ. */

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { parquetSource } from '../../../src/connectors/duckdb/parquet.ts'
import type { ScanRequest, Source } from '../../../src/core/connector.ts'
import { columnsOf, exprOf } from '../../../src/core/expr/builder.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { parquetFile, scan as scanSplit, temporaryDirectory } from '../duckdb/helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

async function made(name: string, sql: string, options?: string): Promise<string> {
  mkdirSync(dirname(file(name)), { recursive: true })
  return parquetFile(file(name), sql, options)
}

/** The rows of all splits. */
async function scan(source: Source, request: Partial<ScanRequest> = {}, from?: { offset: number }) {
  const whole = { schema: await source.schema(), batchRows: 100_000, ...request }
  const rows = []
  for (const split of await source.splits(whole))
    rows.push(...(await scanSplit(source, whole, { split: split.id, ...from })))
  return rows
}

/** sales/year=…/city=…/part.parquet; the file of 2026 has a year of its own. */
async function sales(): Promise<string> {
  await made('sales/year=2024/city=K%C3%B6ln/part.parquet', 'SELECT 1 AS v')
  await made('sales/year=2025/city=Ulm/part.parquet', 'SELECT 2 AS v')
  await made('sales/year=2025/city=__HIVE_DEFAULT_PARTITION__/part.parquet', 'SELECT 3 AS v')
  await made('sales/year=2026/city=Ulm/part.parquet', 'SELECT 4 AS v, 1999::BIGINT AS year')
  await made('sales/_temporary/year=9/x.parquet', 'SELECT 99 AS v')
  return file('sales')
}

const ALL = [
  { v: 1, year: 2024n, city: 'Köln' },
  { v: 2, year: 2025n, city: 'Ulm' },
  { v: 3, year: 2025n, city: null },
  { v: 4, year: 1999n, city: 'Ulm' },
]

it('directories, patterns and their URLs name columns; a column of the file comes first', async () => {
  const folder = await sales()
  const schema = schemaFrom({ v: 'int32', year: 'int64', city: 'utf8' })
  for (const path of [
    folder,
    pathToFileURL(folder),
    join(folder, '**/part.parquet'),
    join(folder, 'year=*/*/*'),
  ]) {
    const source = parquetSource(path)
    expect(await source.schema()).toEqual(schema)
    expect(await scan(source)).toEqual(ALL)
  }
  expect(await scan(parquetSource(join(folder, 'year={2024,2026}/c[h-j]ty=U?m/*.parquet')))).toEqual([
    { v: 4, year: 1999n, city: 'Ulm' },
  ])
  await expect(parquetSource(join(folder, '*.csv')).schema()).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  })
})

it('partitions have the types of a schema, order rows, and prune files by filters', async () => {
  const source = parquetSource(await sales(), {
    schema: schemaFrom({ year: 'int16', city: 'dictionary', v: 'int32' }),
  })
  const rows = await scan(source, { orderBy: 'year' })
  expect(rows.map(({ v }) => v)).toEqual([4, 1, 2, 3])
  const columns = await source.schema()
  const r = columnsOf(columns)
  const filter = exprOf(r.city.eq('Ulm').and(r.v.gt(0)))
  const request = { schema: columns, filter, batchRows: 10 }
  expect((await source.splits(request)).length).toBe(2)
  expect(source.explain!(request)).toContain('files 2 of 4, by their paths')
  expect((await scan(source, { filter })).map(({ v }) => v)).toEqual([2, 4])
  const words = parquetSource(await sales(), { schema: schemaFrom({ city: 'int32' }) })
  await expect(scan(words)).rejects.toMatchObject({
    code: 'VALUE_TYPE',
    message: expect.stringContaining('Köln'),
  })
})

it('files of different columns are put together by name, each with its widest type', async () => {
  const a = await made('a.parquet', "SELECT 1::SMALLINT AS n, 'x' AS s, DATE '2020-01-01' AS d")
  const b = await made(
    'b.parquet',
    "SELECT 2.5::FLOAT AS f, TIMESTAMP '2020-01-01 00:00:01' AS d, 70000 AS n",
  )
  const rows = [
    { n: 1, s: 'x', d: 1577836800000000n, f: null },
    { n: 70_000, s: null, d: 1577836801000000n, f: 2.5 },
  ]
  expect(await scan(parquetSource([a, b]))).toEqual(rows)
  expect(await scan(parquetSource([a, b]), { orderBy: 'f' })).toEqual(rows)
  const r = columnsOf(await parquetSource([a, b]).schema())
  expect(await scan(parquetSource([a, b]), { filter: exprOf(r.s.isNull()) })).toEqual([rows[1]])
  await expect(parquetSource([a, b], { schemas: 'same' }).schema()).rejects.toMatchObject({
    code: 'SCHEMAS_DIFFER',
  })
  const c = await made('c.parquet', 'SELECT true AS n')
  await expect(parquetSource([a, c]).schema()).rejects.toMatchObject({
    code: 'SCHEMAS_DIFFER',
    message: expect.stringContaining('int16'),
  })
})

it('row groups are left out by their statistics, and the plan says how many', async () => {
  const path = await made(
    'groups.parquet',
    'SELECT i AS n, make_timestamp(i * 1000000) AS at FROM range(300000) t(i)',
    'ROW_GROUP_SIZE 51200',
  )
  const source = parquetSource(path)
  const schema = await source.schema()
  const r = columnsOf(schema)
  for (const [filter, passing, rows] of [
    [r.n.gt(299_990), 1, 9],
    [r.n.lt(51_200), 1, 51_200],
    [r.n.lte(51_200), 2, 51_201],
    [r.n.gte(-1).and(r.n.eq(120_000)), 1, 1],
    [r.at.lt(new Date(5_000)), 1, 5],
    [r.n.eq(-1), 0, 0],
  ] as const) {
    const request = { schema, filter: exprOf(filter), batchRows: 100_000 }
    await source.splits(request)
    expect(source.explain!(request)).toContain(`row groups ${passing} of 6, by their statistics`)
    expect((await scan(source, request)).length).toBe(rows)
    expect((await scan(source, { ...request, orderBy: 'at' }, { offset: 1 })).length).toBe(
      Math.max(0, rows - 1),
    )
  }
})

it('files of other machines need an extension that is never installed by itself', async () => {
  for (const path of ['https://127.0.0.1:1/a.parquet?x=[1]', 's3://bucket-that-is-not/year=*/a.parquet']) {
    const error = await parquetSource(path)
      .schema()
      .catch(error => error)
    // Where somebody has installed it, nobody answers.
    expect(['EXTENSION', 'NETWORK'], error.message).toContain(error.code)
    if (error.code === 'EXTENSION') expect(error.hint).toContain('INSTALL httpfs')
  }
})
