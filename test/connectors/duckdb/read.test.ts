import { join } from 'node:path'
import { expect, it } from 'vitest'
import { read } from '../../../src/index.ts'
import { sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()

it('read.duckdb reads only the columns of the schema, as its types', async () => {
  const path = join(directory, 'schema.duckdb')
  await sql(
    path,
    `CREATE TABLE t AS SELECT 7::BIGINT AS id, 1.5::DECIMAL(4, 1) AS price, union_value(k := 1) AS u`,
  )
  // The union is of no type a column has: without the schema it cannot be read.
  const rows = read.duckdb(path, 't', { price: 'float64', id: 'int8' })
  expect(await rows.collect()).toEqual([{ price: 1.5, id: 7 }])
  await expect(read.duckdb(path, 't').collect()).rejects.toMatchObject({ code: 'UNSUPPORTED_TYPE' })
})

it('read.duckdb checks the values of a type narrower than the table’s', async () => {
  const path = join(directory, 'narrow.duckdb')
  await sql(path, 'CREATE TABLE t AS SELECT 300 AS n')
  await expect(read.duckdb(path, 't', { n: 'uint8' }).collect()).rejects.toMatchObject({ code: 'VALUE_TYPE' })
  const query = read.duckdb(path, { sql: 'SELECT n + 1 AS n FROM t' }, { n: 'int53' })
  expect(await query.collect()).toEqual([{ n: 301 }])
})
