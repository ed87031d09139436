import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { query } from '../../../src/connectors/duckdb/query.ts'
import { duckdbSource } from '../../../src/connectors/duckdb/source.ts'
import { columnsOf, exprOf } from '../../../src/core/expr/builder.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { sourceLaws } from '../laws.ts'
import { scan, sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
let files = 0
const newFile = () => join(directory, `${files++}.duckdb`)

const law = async () => {
  const path = newFile()
  await sql(
    path,
    `CREATE TABLE t AS SELECT i::INTEGER AS id, 'text ' || i AS name, i / 4 AS value FROM range(40) t(i)`,
    'CREATE VIEW v AS SELECT * FROM t',
  )
  return path
}
describe('a table', () => {
  sourceLaws('duckdb', async () => duckdbSource(await law(), { table: 't' }), { leftOpen: openInstances })
})
describe('a view', () => {
  sourceLaws('duckdb', async () => duckdbSource(await law(), { table: 'v' }), { leftOpen: openInstances })
})
describe('a query', () => {
  sourceLaws(
    'duckdb',
    async () => duckdbSource(await law(), { sql: 'SELECT * FROM t ORDER BY id -- the end;' }),
    { leftOpen: openInstances },
  )
})

describe('duckdbSource', () => {
  it('filters, orders and narrows inside DuckDB', async () => {
    const path = await law()
    const source = duckdbSource(path, { table: 't' })
    const r = columnsOf(await source.schema())
    const filter = exprOf(r.name.startsWith('text 3').and(r.value.gt(1)))
    const rows = await scan(source, { filter, orderBy: 'name', schema: schemaFrom({ id: 'int8' }) })
    expect(rows.map(row => row.id)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39])
  })

  it('says which tables there are, what DuckDB thinks of a query, and which value does not fit', async () => {
    const path = await law()
    await expect(duckdbSource(path, { table: 'nope' }).schema()).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'NO_TABLE',
      hint: 'the tables are "t", "v"',
    })
    await expect(duckdbSource(path, { sql: 'SELEC 1' }).schema()).rejects.toMatchObject({
      code: 'SQL',
      message: expect.stringContaining('syntax error'),
    })
    const wide = duckdbSource(path, { sql: 'SELECT 300 AS "a b"' })
    await expect(scan(wide, { schema: schemaFrom({ 'a b': 'int8' }) })).rejects.toMatchObject({
      code: 'VALUE_TYPE',
      message: expect.stringContaining('"a b" holds 300'),
    })
    expect(openInstances()).toBe(0)
  })

  it('a query cannot be read again from a position, a table can', async () => {
    const path = await law()
    expect(duckdbSource(path, { sql: 'FROM t' }).replayable).toBe(false)
    expect(duckdbSource(path, { table: 't' }).replayable).toBe(true)
  })

  it('leaves other processes free to read the file', async () => {
    const path = await law()
    const source = duckdbSource(path, { table: 't' })
    const first = await scan(source)
    const { execFileSync } = await import('node:child_process')
    const { openDatabase } = await import('../../../src/connectors/duckdb/instances.ts')
    const database = await openDatabase(path, { readOnly: true })
    const script = `const { DuckDBInstance } = require('@duckdb/node-api')
DuckDBInstance.create(${JSON.stringify(path)}, { access_mode: 'READ_ONLY' }).then(async db => console.log((await (await db.connect()).runAndReadAll('SELECT count(*) FROM t')).getRowsJson()[0][0]))`
    expect(
      execFileSync(process.execPath, ['-e', script], { cwd: process.cwd(), encoding: 'utf8' }).trim(),
    ).toBe('40')
    await database.release()
    expect(first.length).toBe(40)
  })

  it('a sink is refused while the file is open for reading only, with what to do', async () => {
    const path = await law()
    const { openDatabase } = await import('../../../src/connectors/duckdb/instances.ts')
    const database = await openDatabase(path, { readOnly: true })
    await expect(openDatabase(path)).rejects.toMatchObject({
      code: 'DATABASE_READ_ONLY',
      hint: expect.stringContaining('open the sink before the source'),
    })
    await database.release()
    await (await openDatabase(path)).release()
    expect(openInstances()).toBe(0)
  })
})

describe('query', () => {
  it('gives rows, schema and batches of any result, binding parameters', async () => {
    const path = await law()
    const result = await query(path, 'SELECT id, name FROM t WHERE id >= ? AND name <> ? ORDER BY id', [
      38,
      "'; DROP",
    ])
    expect(result.schema).toEqual(schemaFrom({ id: 'int32', name: 'utf8' }))
    expect(result.rows).toEqual([
      { id: 38, name: 'text 38' },
      { id: 39, name: 'text 39' },
    ])
    expect(result.truncated).toBe(false)
  })

  it('shows sums as integers, intervals as durations, lists and structs as they are, and numbers equal names', async () => {
    const path = await law()
    const { rows, schema } = await query(
      path,
      `SELECT sum(id) AS s, 1.50::DECIMAL(9,2) AS d, [1, NULL] AS l, 1 AS x, 2 AS x, 170141183460469231731687303715884105727 AS huge,
  INTERVAL 3 DAY AS i, NULL AS n, 'a' AS t, {'k': 'it''s'} AS st FROM t`,
    )
    expect(rows[0]).toEqual({
      s: 780n,
      d: '1.50',
      l: [1, null],
      x: 1,
      x_1: 2,
      huge: '170141183460469231731687303715884105727',
      i: 259_200_000,
      n: null,
      t: 'a',
      st: { k: "it's" },
    })
    expect(schema.slice(0, 3).map(field => field.type)).toEqual(['int64', 'decimal(9, 2)', 'list<int32>'])
  })

  it('stops after as many rows as wanted', async () => {
    const path = await law()
    const some = await query(path, 'SELECT * FROM range(1000000)', [], { maxRows: 5 })
    expect(some.rows.length).toBe(5)
    expect(some.truncated).toBe(true)
    expect((await query(path, 'FROM t', [], { maxRows: 40 })).truncated).toBe(false)
    const many = await query(path, `SELECT i, i % 3 AS m, i::HUGEINT AS h FROM range(150000) t(i)`)
    expect(many.rows.length).toBe(150_000)
    expect(many.rows[149_999]).toEqual({ i: 149_999n, m: 2n, h: 149_999n })
  })

  it('runs what is not a SELECT too, but changes nothing unless it may', async () => {
    const path = await law()
    expect((await query(path, 'SHOW TABLES')).rows).toEqual([{ name: 't' }, { name: 'v' }])
    await expect(query(path, 'DROP VIEW v')).rejects.toMatchObject({
      code: 'SQL',
      hint: 'the file was opened for reading only',
    })
    await query(path, 'DROP VIEW v', [], { write: true })
    expect((await query(path, 'SHOW TABLES')).rows).toEqual([{ name: 't' }])
  })

  it("keeps DuckDB's own message, which points at the mistake", async () => {
    const path = await law()
    await expect(query(path, 'SELECT nope FROM t')).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'SQL',
      message: expect.stringMatching(/Binder Error.*nope[\s\S]*LINE 1/),
    })
    await expect(query(path, 'SELECT max(at) FROM t')).rejects.toMatchObject({
      code: 'SQL',
      hint: expect.stringContaining('"at", in double quotes'),
    })
    await expect(query(newFile(), 'SELECT 1')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect(openInstances()).toBe(0)
  })
})
