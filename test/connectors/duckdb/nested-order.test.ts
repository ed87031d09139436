import { DuckDBInstance } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { read } from '../../../src/index.ts'

const opt = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 3 })
const list = opt(fc.array(opt(fc.integer({ min: -2, max: 2 })), { maxLength: 3 }))
const row = fc.record({ l: list, s: opt(fc.record({ a: opt(fc.constantFrom('', 'x', 'y')), b: list })) })

function sql(value: any): string {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return `[${value.map(sql).join(', ')}]`
  if (typeof value === 'object') return `{'a': ${sql(value.a)}, 'b': ${sql(value.b)}}`
  return typeof value === 'string' ? `'${value}'` : String(value)
}

it('lists and structs are ordered as DuckDB orders them', async () => {
  const [rows] = fc.sample(fc.array(row, { minLength: 200, maxLength: 200 }), 1) as [any[]]
  const numbered = rows.map((of, i) => ({ i, ...of }))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run('CREATE TABLE t (i INTEGER, l INTEGER[], s STRUCT(a VARCHAR, b INTEGER[]))')
  await connection.run(
    `INSERT INTO t VALUES ${numbered.map(({ i, l, s }) => `(${i}, ${sql(l)}, ${sql(s)})`).join(', ')}`,
  )
  const data = read.rows(numbered, { i: 'int32', l: ['int32'], s: { a: 'utf8', b: ['int32'] } })
  for (const column of ['l', 's'] as const)
    for (const direction of ['asc', 'desc'] as const) {
      const reader = await connection.runAndReadAll(
        `SELECT i FROM t ORDER BY ${column} ${direction} NULLS LAST, i`,
      )
      const sorted = await data.orderBy([column, direction], ['i', 'asc']).collect()
      expect(sorted.map(({ i }) => i)).toEqual(reader.getRows().map(([i]) => i))
    }
  connection.closeSync()
  instance.closeSync()
})
