/** Rows of columnar sources whose values their columns cannot hold: as errors, left out, and as dead letters. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Field, Int32, makeData, RecordBatch, Schema, Struct, Table, tableToIPC, Utf8 } from 'apache-arrow'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { type Dataset, deadLetter, type Job, memory, read } from '../../src/index.ts'
import { temporaryDirectory } from './duckdb/helpers.ts'

const directory = temporaryDirectory()
const parquet = join(directory, 'a.parquet')
const database = join(directory, 'a.duckdb')
const arrow = join(directory, 'a.arrow')

const instance = await DuckDBInstance.create(database)
const connection = await instance.connect()
await connection.run(`CREATE TABLE t AS SELECT * FROM (VALUES
  (0, 10::BIGINT, 1.50::DECIMAL(9, 2), 'a'::BLOB, TIMESTAMP '2026-01-01 00:00:00', 0.5::DOUBLE),
  (1, 3000000000, 2.25, '\\xFF'::BLOB, TIMESTAMP '2026-01-01 00:00:00.5', 1),
  (2, 11, 123456.78, 'c'::BLOB, TIMESTAMP '2026-01-01 00:00:01', 2),
  (3, NULL, NULL, NULL, NULL, NULL),
  (4, 12, 3.00, 'd'::BLOB, TIMESTAMP '2026-01-01 00:00:02.25', 3),
  (5, 13, 4.00, 'e'::BLOB, TIMESTAMP '2026-01-01 00:00:03', 1e300)) AS t(id, n, price, text, "at", x)`)
await connection.run(`COPY t TO '${parquet}'`)
await connection.run('CHECKPOINT')
connection.disconnectSync()
instance.closeSync()

/** What the columns of the file cannot all be. */
const NARROW = {
  id: 'int32',
  n: 'int32',
  price: 'decimal(5, 1)',
  text: 'utf8',
  at: 'timestamp[s]',
} as const

const sources = [
  ['Parquet', parquet, (options: object): Dataset<any, 'bounded'> => read.parquet(parquet, NARROW, options)],
  [
    'DuckDB',
    'duckdb',
    (options: object): Dataset<any, 'bounded'> => read.duckdb(database, 't', NARROW, options),
  ],
] as const

const finished = async (job: Job) => await job.done

for (const [name, where, open] of sources) {
  it(`${name}: the error of a value that does not fit names place, column, value and remedy`, async () => {
    const error = await open({})
      .select('n')
      .collect()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'VALUE_TYPE' })
    expect(error.message).toContain(where)
    expect(error.message).toContain('row 1: column "n" holds 3000000000, which is not a value of int32')
    expect(error.hint).toContain("onBadRow: 'skip'")
  })

  it(`${name}: rows with such values are left out and counted, whatever is asked of the others`, async () => {
    for (const ask of [
      (rows: Dataset<any, 'bounded'>) => rows,
      (rows: Dataset<any, 'bounded'>) => rows.filter((r: any) => r.id.gte(0)).select('id'),
    ]) {
      const kept = memory()
      const { skipped } = await finished(
        await ask(open({ onBadRow: 'skip' }))
          .write(kept)
          .start(),
      )
      expect(kept.rows().map(row => row.id)).toEqual([0, 3, 5])
      expect(skipped).toBe(3)
    }
  })

  it(`${name}: they are dead letters, with the first value that does not fit`, async () => {
    const letters = memory()
    const kept = memory()
    const job = await open({ onBadRow: deadLetter(letters) })
      .write(kept)
      .start({ shards: 2 })
    await finished(job)
    expect(kept.rows().map(row => row.price)).toEqual(['1.5', null, '4.0'])
    expect(letters.rows().map(({ record, file, line, ...letter }) => letter)).toEqual([
      { offset: 1, column: 'n', code: 'VALUE_TYPE', problem: '3000000000 is no int32' },
      { offset: 2, column: 'price', code: 'VALUE_TYPE', problem: '123456.78 is no decimal(5, 1)' },
      { offset: 4, column: 'at', code: 'VALUE_TYPE', problem: '2026-01-01 00:00:02.25 is no timestamp[s]' },
    ])
    const [first] = letters.rows()
    expect(String(first!.file)).toContain(where)
    expect(JSON.parse(String(first!.record))).toMatchObject({ id: 1, n: 3_000_000_000, price: 2.25 })
  })
}

it('without a schema there is nothing that would not fit', async () => {
  for (const rows of [
    read.parquet(parquet, undefined, { onBadRow: 'skip' }),
    read.duckdb(database, 't', undefined, { onBadRow: 'skip' }),
  ])
    expect(await rows.count()).toBe(6)
})

it('rows that do not fit and rows that a validator refuses go to one sink', async () => {
  const letters = memory()
  const row = z.object({ id: z.int().max(3), n: z.int().nullable() })
  const rows = read.parquet(
    parquet,
    { validate: row, schema: { id: 'int32', n: 'int32' } },
    { onBadRow: deadLetter(letters) },
  )
  const kept = memory()
  const { skipped } = await finished(await rows.write(kept).start())
  expect(kept.rows().map(row => row.id)).toEqual([0, 2, 3])
  expect(skipped).toBe(3)
  expect(new Set(letters.rows().map(({ code, column }) => `${code} ${column}`))).toEqual(
    new Set(['VALUE_TYPE n', 'VALIDATION id']),
  )
})

/** A column of type Utf8 of bytes that are none. */
function arrowFile(path: string): void {
  const texts = ['a', 'b\xffc', 'd', '\xc3', 'e'].map(text => Buffer.from(text, 'latin1'))
  const valueOffsets = Int32Array.from([
    0,
    ...texts.map((_, i) => Buffer.concat(texts.slice(0, i + 1)).length),
  ])
  const text = makeData({ type: new Utf8(), length: 5, data: Buffer.concat(texts), valueOffsets })
  const n = makeData({ type: new Int32(), length: 5, data: Int32Array.of(0, 1, 2, 3, 4) })
  const fields = [new Field('n', new Int32(), true), new Field('text', new Utf8(), true)]
  const data = makeData({ type: new Struct(fields), length: 5, children: [n, text] })
  const batch = new RecordBatch(new Schema(fields), data as never)
  writeFileSync(path, tableToIPC(new Table([batch, batch])))
}

it('Arrow: texts that are none end the job, are left out, or are dead letters', async () => {
  arrowFile(arrow)
  const error = await read
    .arrowFile(arrow)
    .collect()
    .catch(error => error)
  expect(error).toMatchObject({ code: 'CORRUPT_ARROW' })
  expect(error.message).toContain('a.arrow", row 1: column "text" holds what is no UTF-8: "b\ufffdc"')
  // A column that nobody reads ends no job, but rows are left out by all columns.
  expect((await read.arrowFile(arrow).select('n').collect()).length).toBe(10)
  const letters = memory()
  const kept = memory()
  const rows = read.arrowFile(arrow, { n: 'int32', text: 'utf8' }, { onBadRow: deadLetter(letters) })
  const { skipped } = await finished(await rows.select('n').write(kept).start())
  expect(kept.rows().map(row => row.n)).toEqual([0, 2, 4, 0, 2, 4])
  expect(skipped).toBe(4)
  expect(letters.rows().map(({ offset, problem, record }) => [offset, problem, record])).toEqual(
    [0, 5].flatMap(first => [
      [first + 1, '"b\ufffdc" is no UTF-8', '{"n":1,"text":"b\ufffdc"}'],
      [first + 3, '"\ufffd" is no UTF-8', '{"n":3,"text":"\ufffd"}'],
    ]),
  )
  expect(
    (await read.arrowFile(arrow, undefined, { onBadRow: 'skip' }).collect()).map(row => row.text),
  ).toEqual([...['a', 'd', 'e', 'a', 'd', 'e']])
})
