/** What SQL over a DuckDB file can reach, and what becomes of the file while it is written. */

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { query } from '../../../src/connectors/duckdb/query.ts'
import { duckdbSink } from '../../../src/connectors/duckdb/sink.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { read } from '../../../src/index.ts'
import { sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)
const schema = schemaFrom({ n: 'int32' })
const batch = (...values: number[]) =>
  batchFromRows(
    schema,
    values.map(n => ({ n })),
  )

it('a query reads its file and no other, unless it is allowed to; it never writes', async () => {
  await sql(file('a.duckdb'), 'CREATE TABLE t AS SELECT 1 AS n')
  writeFileSync(file('other.csv'), 'x\n7\n')
  const other = `FROM read_csv('${file('other.csv')}')`
  const asked = (text: string, allowFiles = false) =>
    read.duckdb(file('a.duckdb'), { sql: text, allowFiles }).collect()
  await expect(asked(other)).rejects.toMatchObject({ hint: expect.stringContaining('allowFiles') })
  expect(await asked(other, true)).toEqual([{ x: 7n }])
  for (const text of [
    `SELECT 1) TO '${file('out.csv')}'; SELECT * FROM (SELECT 1`,
    `SELECT 1) AS q; COPY t TO '${file('out.csv')}'; SELECT * FROM (SELECT 1`,
    `COPY t TO '${file('out.csv')}'`,
  ]) {
    for (const allowed of [false, true])
      await expect(asked(text, allowed)).rejects.toMatchObject({ code: 'SQL' })
  }
  const run = (text: string) => query(file('a.duckdb'), text, [], { allowFiles: true })
  expect((await run(`${other};`)).rows).toEqual([{ x: 7n }])
  for (const text of [
    `COPY t TO '${file('out.csv')}'`,
    `SELECT 1; ATTACH '${file('b.duckdb')}'`,
    'INSTALL httpfs',
  ])
    await expect(run(text)).rejects.toMatchObject({ code: 'SQL' })
  expect(existsSync(file('out.csv'))).toBe(false)
  expect(existsSync(file('b.duckdb'))).toBe(false)
  expect(openInstances()).toBe(0)
})

it('a database that is deleted while it is written is no success', async () => {
  const sink = duckdbSink(file('gone.duckdb'), 't')
  await sink.open(schema, { job: 'a' })
  await sink.begin(0)
  await sink.write(batch(1))
  rmSync(file('gone.duckdb'))
  await expect(sink.commit(0)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  await sink.abort()
  await sink.close()
})

it('a copy for other processes has what is committed', async () => {
  const sink = duckdbSink(file('live.duckdb'), 't', {
    snapshotTo: file('for-others.duckdb'),
    snapshotEveryMs: 0,
  })
  const copied = async () => (await query(file('for-others.duckdb'), 'SELECT sum(n) AS s FROM t')).rows[0]!.s
  await sink.open(schema, { job: 'a' })
  for (const [epoch, isEnd] of [false, false, true].entries()) {
    await sink.begin(epoch)
    await sink.write(batch(epoch + 1))
    await sink.commit(epoch, isEnd)
    expect(await copied()).toBe([1n, 3n, 6n][epoch])
  }
  await sink.close()
  expect(readdirSync(directory).filter(name => name.includes('snapshot'))).toEqual([])
})
