/** Lists, structs and maps through DuckDB: read, and written. */

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { query } from '../../../src/connectors/duckdb/query.ts'
import { duckdb, parquet, read, sql } from '../../../src/index.ts'
import { parquetFile, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

const NESTED = `SELECT i::INTEGER AS i,
  CASE WHEN i % 7 <> 3 THEN list_transform(range(i % 4), x -> CASE WHEN x <> 2 THEN 'a rather long text ' || x END) END AS tags,
  CASE WHEN i % 5 <> 4 THEN {'name': 'n' || i, 'at': CASE WHEN i % 3 = 0 THEN NULL ELSE {'x': i, 'y': [i / 2, NULL]} END} END AS s,
  CASE WHEN i % 6 <> 5 THEN MAP {'k' || i: i::BIGINT, 'l': NULL} END AS m,
  [[i], NULL, []] AS l,
  [1.5 * i, NULL]::DECIMAL(9,2)[] AS d,
  [uuid() IS NULL, i % 2 = 0] AS b FROM range(5000) t(i)`

const rowOf = (i: number) => ({
  i,
  tags:
    i % 7 === 3
      ? null
      : Array.from({ length: i % 4 }, (_, x) => (x === 2 ? null : `a rather long text ${x}`)),
  s: i % 5 === 4 ? null : { name: `n${i}`, at: i % 3 === 0 ? null : { x: BigInt(i), y: [i / 2, null] } },
  m:
    i % 6 === 5
      ? null
      : new Map<string, bigint | null>([
          [`k${i}`, BigInt(i)],
          ['l', null],
        ]),
  l: [[BigInt(i)], null, []],
  d: [(1.5 * i).toFixed(2), null],
  b: [false, i % 2 === 0],
})
const ROWS = Array.from({ length: 5000 }, (_, i) => rowOf(i))

it('Parquet files with lists, structs and maps are read, and written again', async () => {
  const source = read.parquet(await parquetFile(file('nested.parquet'), NESTED))
  expect(Object.fromEntries((await source.schema()).map(({ name, type }) => [name, type]))).toEqual({
    i: 'int32',
    tags: 'list<utf8>',
    s: 'struct<name: utf8, at: struct<x: int64, y: list<float64>>>',
    m: 'map<utf8, int64>',
    l: 'list<list<int64>>',
    d: 'list<decimal(9, 2)>',
    b: 'list<bool>',
  })
  expect(await source.collect()).toEqual(ROWS)
  const job = await source
    .filter(r => r.i.mod(3).ne(1))
    .write(parquet(file('again.parquet')))
    .start()
  await job.done
  expect(await read.parquet(file('again.parquet')).collect()).toEqual(ROWS.filter(({ i }) => i % 3 !== 1))
})

it('tables of a DuckDB file hold them, and the fields of a null struct are null there, too', async () => {
  const rows = ROWS.slice(0, 300)
  const types = {
    i: 'int32',
    tags: ['dictionary'],
    s: { name: 'utf8', at: { x: 'int64', y: ['float64'] } },
    m: 'map<utf8, int64>',
  } as const
  const given = rows.map(({ i, tags, s, m }) => ({ i, tags, s, m }))
  const job = await read
    .rows(given, types)
    .write(duckdb(file('n.duckdb'), 't'))
    .start()
  await job.done
  expect(await read.duckdb(file('n.duckdb'), 't').collect()).toEqual(given)
  const more = await read
    .rows(given.slice(0, 2), types)
    .write(duckdb(file('n.duckdb'), 't', { mode: 'append' }))
    .start()
  await more.done
  const all = [...rows, ...rows.slice(0, 2)]
  const { rows: counted } = await query(
    file('n.duckdb'),
    'SELECT count(s.name) AS n, count(s.at.x) AS x, sum(len(tags)) AS l FROM t',
  )
  expect(counted).toEqual([
    {
      n: BigInt(all.filter(({ s }) => s !== null).length),
      x: BigInt(all.filter(({ s }) => s?.at).length),
      l: BigInt(all.reduce((sum, { tags }) => sum + (tags?.length ?? 0), 0)),
    },
  ])
})

it('fields keep their order and their values, whatever their names', async () => {
  const type = 'struct<b: utf8, "1": int32, "*/": int64, "0": struct<z: bool, "7": utf8>, __proto__: uint8>'
  const row = { v: JSON.parse('{"b":"text","1":8,"0":{"z":true,"7":"seven"},"__proto__":3}') }
  row.v['*/'] = -5n
  const source = read.rows([row, { v: null }], { v: type })
  const entries = (rows: readonly any[]) => rows.map(({ v }) => v && Object.entries(v).sort())
  const expected = entries([row, { v: null }])

  await (await source.write(duckdb(file('names.duckdb'), 't')).start()).done
  await (await source.write(parquet(file('names.parquet'))).start()).done
  for (const back of [read.duckdb(file('names.duckdb'), 't'), read.parquet(file('names.parquet'))]) {
    expect(await back.schema()).toEqual([{ name: 'v', type }])
    expect(entries(await back.collect())).toEqual(expected)
  }
  const selected = await sql`SELECT v.b AS text, v."1" AS one, v."0"."7" AS seven FROM ${source}`.collect()
  expect(selected[0]).toEqual({ text: 'text', one: 8, seven: 'seven' })
})

it('some fields of a struct are read, by name; types that cannot be are named', async () => {
  const path = await parquetFile(
    file('some.parquet'),
    "SELECT {'a': 1, 'b': 'x', 'c': 2::TINYINT} AS s UNION ALL SELECT NULL",
  )
  expect(await read.parquet(path, { s: { c: 'int32', b: 'dictionary' } }).collect()).toEqual([
    { s: { c: 2, b: 'x' } },
    { s: null },
  ])
  await expect(read.parquet(path, { s: ['int32'] }).collect()).rejects.toMatchObject({ code: 'CAST' })
})

it('ENUMs, UUIDs and fixed arrays in lists; lists whose elements are not in order', async () => {
  const path = await databaseWith(
    `CREATE TABLE t AS SELECT ['a', 'b']::ENUM('b', 'a')[] AS e, [1, 2, 3]::INTEGER[3] AS a,
      ['6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID] AS u`,
  )
  const rows = await read.duckdb(path, 't').collect()
  expect(rows).toEqual([{ e: ['a', 'b'], a: [1, 2, 3], u: ['6f9619ff-8b86-d011-b42d-00c04fc964ff'] }])
  const lists = read.duckdb(file('x.duckdb'), {
    sql: 'SELECT i, [i, i + 1] AS l FROM range(3000) t(i) ORDER BY hash(i), i',
  })
  for (const { i, l } of await lists.collect()) expect(l).toEqual([i, i + 1n])
})

async function databaseWith(sql: string): Promise<string> {
  await query(file('x.duckdb'), sql, [], { write: true })
  return file('x.duckdb')
}
