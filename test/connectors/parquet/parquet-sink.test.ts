/** Parquet files as a sink: whole files, folders, epochs. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { parquetSink } from '../../../src/connectors/duckdb/parquet-sink.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { parquet, read } from '../../../src/index.ts'
import { parquetFile, temporaryDirectory } from '../duckdb/helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)
const schema = schemaFrom({ k: 'utf8', n: 'int64' })
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ k: `k${(from + i) % 3}`, n: BigInt(from + i) }))
const batch = (from: number, to: number) => batchFromRows(schema, rowsOf(from, to))
const visible = (path: string) =>
  existsSync(path)
    ? (readdirSync(path, { recursive: true }) as string[]).filter(
        name => name.endsWith('.parquet') && !name.startsWith('.'),
      )
    : []

it('many parts are one file, rows in order, in row groups of the size asked for', async () => {
  const path = await parquetFile(file('many.parquet'), 'SELECT i AS n, i % 7 AS k FROM range(300000) t(i)')
  const done = await read
    .parquet(path)
    .write(parquet(file('out/copy.parquet'), { rowGroupRows: 40_960 }))
    .start()
  await done.done
  const back = read.parquet(file('out/copy.parquet'), { n: 'int64' })
  expect((await back.collect()).every((row, i) => row.n === BigInt(i))).toBe(true)
  expect(await back.filter(r => r.n.gt(299_990n)).explain()).toContain('row groups 1 of 8')
  expect(readdirSync(file('out'))).toEqual(['copy.parquet'])
  expect(openInstances()).toBe(0)
})

it('all kinds of values come back, and no rows are a file, too', async () => {
  const rows = read.rows(
    [
      { b: true, i: -1, t: 'zażółć', d: new Date(0), at: new Date(1), f: Number.NaN },
      { b: null, i: null, t: null, d: null, at: null, f: null },
    ],
    { b: 'bool', i: 'int16', t: 'utf8', d: 'date', at: 'timestamp[us, UTC]', f: 'float32' },
  )
  for (const [name, of] of [
    ['values', rows],
    ['none', rows.filter(r => r.i.gt(7))],
  ] as const) {
    const job = await of.write(parquet(file(`${name}.parquet`), { compression: 'none' })).start()
    await job.done
    const back = read.parquet(file(`${name}.parquet`))
    expect(await back.schema()).toEqual(await rows.schema())
    expect(await back.collect()).toEqual(await of.collect())
  }
})

it('partitions are folders that read as columns again', async () => {
  const rows = [
    { city: 'Köln', year: 2024, v: 1 },
    { city: 'a/b=c', year: 2025, v: 2 },
    { city: 'Köln', year: 2024, v: 3 },
  ]
  const of = read.rows(rows, { city: 'utf8', year: 'int64', v: 'int32' })
  const job = await of.write(parquet(file('parts'), { partitionBy: ['year', 'city'] })).start()
  await job.done
  expect(
    await read.parquet(file('parts'), { v: 'int32', city: 'utf8', year: 'int32' }).orderBy('v').collect(),
  ).toEqual(rows.map(({ v, city, year }) => ({ v, city, year })))
  // The rows of another job are not mixed in unasked.
  const again = () => of.write(parquet(file('parts'), { partitionBy: 'year' })).start()
  await expect(again().then(job => job.done)).rejects.toMatchObject({ code: 'SINK_EXISTS' })
})

it('data that does not end is refused for one file, and rolls into a folder at each commit', async () => {
  const endless = read.iterable((async function* () {})(), { v: 'int32' })
  await expect(endless.write(parquet(file('endless.parquet'))).start()).rejects.toMatchObject({
    code: 'SINK_ENDLESS',
  })
  const sink = parquetSink(file('rolling'), { rollEveryMs: 0 })
  await sink.open(schema, { job: 'a' })
  await sink.begin(0)
  await sink.write(batch(0, 3))
  expect(visible(file('rolling'))).toEqual([])
  await sink.commit(0)
  await sink.begin(1)
  await sink.commit(1)
  await sink.begin(2)
  await sink.write(batch(3, 5))
  await sink.commit(2, true)
  await sink.close()
  expect(visible(file('rolling'))).toHaveLength(2)
  expect(await read.parquet(file('rolling')).collect()).toEqual(rowsOf(0, 5))
})

it('a job that goes on from a snapshot finds its parts, and drops what no commit knows', async () => {
  const open = async () => {
    const sink = parquetSink(file('resumed.parquet'))
    await sink.open(schema, { job: 'a' })
    return sink
  }
  const first = await open()
  await first.begin(0)
  await first.write(batch(0, 3))
  await first.commit(0)
  await first.begin(1)
  // Enough for a part that is written and never committed.
  await first.write(batch(3, 200_000))
  await first.close()
  expect(existsSync(file('resumed.parquet'))).toBe(false)
  const second = await open()
  expect(await second.committed!()).toBe(0)
  await expect(second.begin(2)).rejects.toMatchObject({ code: 'SINK_BEHIND' })
  await second.begin(1)
  await second.write(batch(3, 6))
  await second.commit(1, true)
  await second.close()
  expect(await read.parquet(file('resumed.parquet')).collect()).toEqual(rowsOf(0, 6))
})

it('a job that fails leaves the old file, and nothing else', async () => {
  mkdirSync(file('kept'))
  writeFileSync(file('kept/old.parquet'), 'old')
  const failing = read.rows([{ v: 1 }, { v: 0 }], { v: 'int64' }).with({ w: r => r.v.add(2n ** 63n - 1n) })
  const job = await failing.write(parquet(file('kept/old.parquet'))).start()
  await expect(job.done).rejects.toMatchObject({ code: 'OVERFLOW' })
  expect(readdirSync(file('kept'))).toEqual(['old.parquet'])
})

it('two sinks do not write one file', async () => {
  const [a, b] = [parquetSink(file('busy.parquet')), parquetSink(file('busy.parquet'))]
  await a.open(schema, { job: 'a' })
  await expect(b.open(schema, { job: 'b' })).rejects.toMatchObject({ code: 'SINK_BUSY' })
  await b.close()
  await a.close()
})

it('durations below zero, which Parquet cannot hold, are refused with a way out', async () => {
  const rows = read.rows([{ took: -1500 }], { took: 'duration[ms]' })
  const job = await rows.write(parquet(file('below-zero.parquet'))).start()
  await expect(job.done).rejects.toMatchObject({ code: 'SINK_SCHEMA', hint: expect.stringMatching(/utf8/) })
  await (
    await rows
      .cast({ took: 'utf8' })
      .write(parquet(file('below-zero.parquet')))
      .start()
  ).done
  expect(await read.parquet(file('below-zero.parquet')).collect()).toEqual([{ took: '-00:00:01.5' }])
})

it('a text that names the folder of null is refused as a partition: one would be written over the other', async () => {
  const rows = read.rows(
    ['__HIVE_DEFAULT_PARTITION__', null, 'null'].map((city, i) => ({ city, i })),
    { city: 'utf8', i: 'int32' },
  )
  const job = await rows.write(parquet(file('null-names'), { partitionBy: 'city' })).start()
  await expect(job.done).rejects.toMatchObject({ code: 'PARTITION_VALUE' })
  const rest = rows.filter(r => r.i.gt(0))
  await (await rest.write(parquet(file('null-names'), { partitionBy: 'city' })).start()).done
  expect(await read.parquet(file('null-names'), { i: 'int32', city: 'utf8' }).orderBy('i').collect()).toEqual(
    [
      { i: 1, city: null },
      { i: 2, city: 'null' },
    ],
  )
})
