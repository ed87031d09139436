import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openDatabase, openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { shortQuery } from '../../../src/connectors/duckdb/short-query.ts'
import { type DuckdbSinkOptions, duckdbSink, EPOCHS_TABLE } from '../../../src/connectors/duckdb/sink.ts'
import { duckdbSource } from '../../../src/connectors/duckdb/source.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { dictionaryText } from '../../../src/core/batch/take.ts'
import { type Schema, schemaFrom } from '../../../src/core/types/schema.ts'
import { runs } from '../../effort.ts'
import { sinkLaws } from '../laws.ts'
import { scan, sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
let files = 0
const newFile = () => join(directory, `${files++}.duckdb`)

sinkLaws(
  'duckdb',
  () => {
    const path = newFile()
    return {
      sink: duckdbSink(path, 'it is "a" table; --'),
      rows: async () => {
        const rows = await scan(duckdbSource(path, { table: 'it is "a" table; --' }))
        return rows.map(({ at, ...rest }) => ({
          ...rest,
          at: at === null ? null : new Date(Number(at as bigint) / 1000),
        }))
      },
      again: () => duckdbSink(path, 'it is "a" table; --'),
    }
  },
  { leftOpen: openInstances },
)

sinkLaws(
  'duckdb, appended',
  () => {
    const path = newFile()
    return {
      sink: duckdbSink(path, 't', { mode: 'append' }),
      rows: async () => {
        const rows = await scan(duckdbSource(path, { table: 't' }))
        return rows.map(({ at, ...rest }) => ({ ...rest, at: new Date(Number(at as bigint) / 1000) }))
      },
      again: () => duckdbSink(path, 't', { mode: 'append' }),
    }
  },
  { leftOpen: openInstances },
)

/** Writes rows as one epoch, in batches of `size`. */
async function land(
  path: string,
  table: string,
  schema: Schema,
  rows: readonly RowLike[],
  { size = 1000, epoch = 0, ...options }: DuckdbSinkOptions & { size?: number; epoch?: number } = {},
): Promise<void> {
  const sink = duckdbSink(path, table, options)
  try {
    await sink.open(schema)
    await sink.begin(epoch)
    for (let from = 0; from < rows.length; from += size) {
      await sink.write(batchFromRows(schema, rows.slice(from, from + size), heapArena))
    }
    await sink.commit(epoch)
  } finally {
    await sink.close()
  }
}

const everyType = schemaFrom({
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int53: 'int53',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float32: 'float32',
  float64: 'float64',
  utf8: 'utf8',
  dictionary: 'dictionary',
  date: 'date',
  s: 'timestamp[s]',
  ms: 'timestamp[ms]',
  us: 'timestamp[us]',
  ns: 'timestamp[ns]',
  'us utc': 'timestamp[us, UTC]',
  'ms zone': 'timestamp[ms, Europe/Paris]',
})
/** What comes back: DuckDB knows no int53, no dictionary, and keeps instants in microseconds. */
const asRead = schemaFrom({
  ...Object.fromEntries(everyType.map(({ name, type }) => [name, type])),
  int53: 'int64',
  dictionary: 'utf8',
  'ms zone': 'timestamp[us, UTC]',
})

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 14 }),
  fc.constantFrom(
    '',
    'exactly 12 b',
    'exactly 13 by',
    '\0',
    'a\0b',
    `\${x}`,
    "it's",
    '"',
    '__proto__',
    'é'.repeat(6),
  ),
)
const day = fc.oneof(fc.integer({ min: -100_000, max: 100_000 }), fc.constantFrom(-719_162, 2_932_896))
const instant = (unitsPerSecond: bigint) =>
  fc.oneof(
    fc
      .bigInt(-(2n ** 62n) / 1_000_000_000n, 2n ** 62n / 1_000_000_000n)
      .map(seconds => seconds * unitsPerSecond),
    fc.constantFrom(0n, -1n, 1n, 7_258_118_400n * unitsPerSecond, -6_857_222_400n * unitsPerSecond),
  )
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 5 })
const row = fc.record({
  bool: orNull(fc.boolean()),
  int8: orNull(fc.integer({ min: -128, max: 127 })),
  int16: orNull(fc.integer({ min: -32768, max: 32767 })),
  int32: orNull(fc.integer()),
  int53: orNull(fc.maxSafeInteger()),
  int64: orNull(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  uint8: orNull(fc.integer({ min: 0, max: 255 })),
  uint16: orNull(fc.integer({ min: 0, max: 65535 })),
  uint32: orNull(fc.integer({ min: 0, max: 4294967295 })),
  uint64: orNull(fc.bigInt(0n, 2n ** 64n - 1n)),
  float32: orNull(fc.float()),
  float64: orNull(fc.double()),
  utf8: orNull(text),
  dictionary: orNull(text),
  date: orNull(day.map(days => new Date(days * 86_400_000))),
  s: orNull(instant(1n)),
  ms: orNull(instant(1000n)),
  us: orNull(instant(1_000_000n)),
  ns: orNull(instant(1_000_000_000n)),
  'us utc': orNull(instant(1_000_000n)),
  'ms zone': orNull(instant(1000n)),
})

describe('duckdbSink and duckdbSource', () => {
  it('carry every type there and back, nulls, extremes and hostile texts included', async () => {
    const path = newFile()
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, size) => {
          await land(path, 'every', everyType, rows, { size })
          const source = duckdbSource(path, { table: 'every' })
          expect(await source.schema()).toEqual(asRead)
          const back = await scan(source, { batchRows: size })
          const expected = rows.map(given => ({
            ...given,
            int53: given.int53 === null ? null : BigInt(given.int53),
            'ms zone': given['ms zone'] === null ? null : given['ms zone'] * 1000n,
          }))
          expect(back).toEqual(expected)
        },
      ),
      { numRuns: runs(12) },
    )
    expect(openInstances()).toBe(0)
  })

  it('carry many rows of selections, plain and dictionary text, across staging and chunks', async () => {
    const path = newFile()
    const schema = schemaFrom({ n: 'int32', plain: 'utf8', coded: 'utf8', at: 'timestamp[us]' })
    const given = (n: number) => ({
      n,
      plain: n % 11 === 0 ? null : `row ${n} ${'x'.repeat(n % 17)}`,
      coded: n % 13 === 0 ? null : ['short', 'a rather long text of many bytes', ''][n % 3],
      at: BigInt(n) * 1_000_000_007n,
    })
    const sink = duckdbSink(path, 't')
    await sink.open(schema)
    await sink.begin(0)
    const expected: unknown[] = []
    for (let from = 0; from < 60_000; from += 20_000) {
      const rows = Array.from({ length: 20_000 }, (_, i) => given(from + i))
      const batch = batchFromRows(schema, rows, heapArena)
      const columns = [...batch.columns]
      columns[2] = dictionaryText(columns[2]!, batch.length, heapArena)
      const selection = Uint32Array.from(rows.keys()).filter(i => i % 7 !== 3)
      await sink.write({ ...batch, columns, selection })
      for (const i of selection) expected.push(rows[i])
    }
    await sink.commit(0)
    await sink.close()
    expect(await scan(duckdbSource(path, { table: 't' }), { batchRows: 30_000 })).toEqual(expected)
  })

  it('store columns under DuckDB types of their own, so that SQL sees what we meant', async () => {
    const path = newFile()
    await land(path, 'every', everyType, [])
    const types = await sql(
      path,
      `SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'every'`,
    )
    expect(Object.fromEntries(types)).toMatchObject({
      bool: 'BOOLEAN',
      int53: 'BIGINT',
      uint32: 'UINTEGER',
      dictionary: 'VARCHAR',
      us: 'TIMESTAMP',
      ns: 'TIMESTAMP_NS',
      'ms zone': 'TIMESTAMP WITH TIME ZONE',
    })
  })

  it('read ENUMs as dictionaries, and compare and sort them as text', async () => {
    const path = newFile()
    await sql(
      path,
      `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy and well beyond twelve')`,
      `CREATE TABLE t AS SELECT m::mood AS m, i AS n FROM (VALUES ('ok', 1), (NULL, 2), ('sad', 3), ('happy and well beyond twelve', 4)) v(m, i)`,
    )
    const source = duckdbSource(path, { table: 't' })
    expect(await source.schema()).toEqual(schemaFrom({ m: 'dictionary', n: 'int32' }))
    const rows = await scan(source, { orderBy: 'm' })
    expect(rows.map(r => r.m)).toEqual([null, 'happy and well beyond twelve', 'ok', 'sad'])
    const { columnsOf, exprOf } = await import('../../../src/core/expr/builder.ts')
    const filter = exprOf(columnsOf(await source.schema()).m.lt('ok'))
    expect(await scan(source, { filter })).toEqual([{ m: 'happy and well beyond twelve', n: 4 }])
  })
})

describe('duckdbSink', () => {
  const schema = schemaFrom({ id: 'int32', name: 'utf8' })
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ id: from + i, name: `n${from + i}` }))
  const ids = async (path: string, table = 't') =>
    (await scan(duckdbSource(path, { table }))).map(found => found.id)

  it('makes the directories of its file, and loads no DuckDB before it is opened', async () => {
    const path = join(directory, 'deep', 'er', 'out.duckdb')
    const sink = duckdbSink(path, 't')
    expect(existsSync(path)).toBe(false)
    await sink.close()
    await land(path, 't', schema, rows(0, 3))
    expect(await ids(path)).toEqual([0, 1, 2])
  })

  it('replaces a table of other columns, and keeps the old rows when the job fails', async () => {
    const path = newFile()
    await sql(path, `CREATE TABLE t AS SELECT 'old' AS something`)
    const sink = duckdbSink(path, 't')
    await sink.open(schema)
    await sink.begin(0)
    await sink.write(batchFromRows(schema, rows(0, 100_000), heapArena))
    await sink.abort()
    await sink.close()
    expect(await sql(path, 'FROM t')).toEqual([['old']])
    await land(path, 't', schema, rows(0, 3))
    expect(await sql(path, 'FROM t')).toEqual([
      [0, 'n0'],
      [1, 'n1'],
      [2, 'n2'],
    ])
  })

  it('replaces in the first epoch only, and gives the same rows when it is run again', async () => {
    const path = newFile()
    for (let run = 0; run < 2; run++) {
      const sink = duckdbSink(path, 't')
      await sink.open(schema)
      for (let epoch = 0; epoch < 3; epoch++) {
        await sink.begin(epoch)
        await sink.write(batchFromRows(schema, rows(epoch * 2, epoch * 2 + 2), heapArena))
        await sink.commit(epoch)
      }
      await sink.close()
      expect(await ids(path)).toEqual([0, 1, 2, 3, 4, 5])
    }
    expect(await sql(path, `SELECT sink, epoch FROM ${EPOCHS_TABLE}`)).toEqual([['t', 2n]])
  })

  it('does not write an epoch of a resumed job twice', async () => {
    const path = newFile()
    await land(path, 't', schema, rows(0, 2), { job: 'j', epoch: 0 })
    const sink = duckdbSink(path, 't', { job: 'j' })
    await sink.open(schema)
    expect(await sink.committed()).toBe(0)
    for (let epoch = 0; epoch < 2; epoch++) {
      await sink.begin(epoch)
      await sink.write(batchFromRows(schema, rows(epoch * 2, epoch * 2 + 2), heapArena))
      await sink.commit(epoch)
    }
    await sink.close()
    expect(await ids(path)).toEqual([0, 1, 2, 3])
  })

  it('a restored job is refused by a table that is new, dropped, of other columns, or replaced by another job', async () => {
    const goesOn = async (path: string, options: DuckdbSinkOptions = {}) => {
      const sink = duckdbSink(path, 't', options)
      try {
        await sink.open(schema, { job: 'stopped' })
        await sink.begin(1)
      } finally {
        await sink.close()
      }
    }
    for (const mode of ['replace', 'append'] as const) {
      const stopped = async () => {
        const path = newFile()
        const sink = duckdbSink(path, 't', { mode })
        await sink.open(schema, { job: 'stopped' })
        await sink.begin(0)
        await sink.commit(0)
        await sink.close()
        return path
      }
      const behind = { code: 'SINK_BEHIND', message: expect.stringContaining('nothing of this job') }
      await expect(goesOn(newFile(), { mode })).rejects.toMatchObject(behind)
      const dropped = await stopped()
      await sql(dropped, 'DROP TABLE t')
      await expect(goesOn(dropped, { mode })).rejects.toMatchObject(behind)
      const altered = await stopped()
      await sql(altered, 'ALTER TABLE t ADD COLUMN other INTEGER')
      await expect(goesOn(altered, { mode })).rejects.toMatchObject({ code: 'SINK_SCHEMA' })
      const replaced = await stopped()
      await land(replaced, 't', schema, rows(0, 3), { job: 'another' })
      await expect(goesOn(replaced, { mode })).rejects.toMatchObject(behind)
      expect(await ids(replaced)).toEqual([0, 1, 2])
      const appended = await stopped()
      await land(appended, 't', schema, rows(0, 3), { job: 'another', mode: 'append' })
      await goesOn(appended, { mode })
    }
    expect(openInstances()).toBe(0)
  })

  it('appends to a table that is there, in the order of its columns only', async () => {
    const path = newFile()
    await land(path, 't', schema, rows(0, 2), { mode: 'append' })
    await land(path, 't', schema, rows(2, 4), { mode: 'append' })
    expect(await ids(path)).toEqual([0, 1, 2, 3])
    for (const other of [
      { id: 'int64', name: 'utf8' },
      { name: 'utf8', id: 'int32' },
    ] as const) {
      await expect(land(path, 't', schemaFrom({ ...other }), [], { mode: 'append' })).rejects.toMatchObject({
        name: 'ConnectorError',
        code: 'SINK_SCHEMA',
        message: expect.stringContaining('(id INTEGER, name VARCHAR)'),
      })
    }
    expect(openInstances()).toBe(0)
  })

  it('refuses a view, its own bookkeeping table, and columns that differ by case only', async () => {
    const path = newFile()
    await sql(path, 'CREATE VIEW t AS SELECT 1 AS id')
    await expect(land(path, 'T', schema, [])).rejects.toMatchObject({ code: 'SINK_IS_VIEW' })
    expect(() => duckdbSink(path, 'Millrace_Epochs')).toThrow(expect.objectContaining({ code: 'SINK_TABLE' }))
    await expect(land(path, 'x', schemaFrom({ a: 'bool', A: 'bool' }), [])).rejects.toMatchObject({
      code: 'SINK_SCHEMA',
      message: expect.stringContaining('both "a" and "A"'),
    })
    await expect(land(path, 'x', schemaFrom({ 'a\0b': 'bool' }), [])).rejects.toMatchObject({
      code: 'IDENTIFIER',
    })
    await expect(land(path, 'x', schemaFrom({ t: 'timestamp[ns, UTC]' }), [])).rejects.toMatchObject({
      code: 'UNSUPPORTED_TYPE',
    })
    expect(openInstances()).toBe(0)
  })

  it('takes hostile names of tables and columns', async () => {
    const path = newFile()
    const hostile = schemaFrom(
      Object.fromEntries(['a"b', '__proto__', `\${x}`, "it's", 'new\nline', 'select'].map(n => [n, 'utf8'])),
    )
    for (const table of ['x"; DROP TABLE y; --', 'select', `\${t}`, '__proto__', 'Großes Ü']) {
      const given = Object.fromEntries(hostile.map(({ name }) => [name, `'${name}"; --`]))
      await land(path, table, hostile, [given])
      expect(await scan(duckdbSource(path, { table }))).toEqual([given])
    }
  })

  it('two sinks of one job write one file at the same time, epoch by epoch', async () => {
    const path = newFile()
    const sinks = [duckdbSink(path, 'a'), duckdbSink(path, 'b'), duckdbSink(path, 'c')]
    await Promise.all(sinks.map(sink => sink.open(schema)))
    for (let epoch = 0; epoch < 5; epoch++) {
      await Promise.all(sinks.map(sink => sink.begin(epoch)))
      await Promise.all(
        sinks.map(sink =>
          sink.write(batchFromRows(schema, rows(epoch * 1000, epoch * 1000 + 1000), heapArena)),
        ),
      )
      await Promise.all(sinks.map(sink => sink.commit(epoch)))
    }
    await Promise.all(sinks.map(sink => sink.close()))
    for (const table of ['a', 'b', 'c']) expect((await ids(path, table)).length).toBe(5000)
    expect(openInstances()).toBe(0)
  })

  it('two sinks on one table are refused', async () => {
    const path = newFile()
    const first = duckdbSink(path, 't')
    await first.open(schema)
    const second = duckdbSink(path, 'T')
    await expect(second.open(schema)).rejects.toMatchObject({ code: 'SINK_BUSY' })
    await second.close()
    // A refused sink that closes does not set the table free.
    const third = duckdbSink(path, 't')
    await expect(third.open(schema)).rejects.toMatchObject({ code: 'SINK_BUSY' })
    await third.close()
    await first.begin(0)
    await first.commit(0)
    await first.close()
    await land(path, 'T', schema, rows(0, 1))
    expect(openInstances()).toBe(0)
  })

  it('lets a source of this process read the file that it is writing', async () => {
    const path = newFile()
    await land(path, 'before', schema, rows(0, 3))
    const sink = duckdbSink(path, 'after')
    await sink.open(schema)
    await sink.begin(0)
    expect(await ids(path, 'before')).toEqual([0, 1, 2])
    await sink.commit(0)
    await sink.close()
    expect(openInstances()).toBe(0)
  })
})

describe('a database that cannot be written', () => {
  const schema = schemaFrom({ id: 'int32', name: 'utf8' })

  it('is named when another process has it open', async () => {
    const path = newFile()
    await sql(path, 'CREATE TABLE t AS SELECT 1 AS id')
    const other = spawn(
      process.execPath,
      [
        '-e',
        `const { DuckDBInstance } = require('@duckdb/node-api')
DuckDBInstance.create(${JSON.stringify(path)}).then(async db => { await (await db.connect()).run('SELECT 1'); console.log('open'); process.stdin.on('data', () => process.exit()) })`,
      ],
      { cwd: process.cwd(), stdio: ['pipe', 'pipe', 'inherit'] },
    )
    await new Promise(resolve => other.stdout.once('data', resolve))
    try {
      await expect(land(path, 't', schema, [])).rejects.toMatchObject({
        name: 'ConnectorError',
        code: 'DATABASE_LOCKED',
        hint: expect.stringContaining('close it'),
      })
      await expect(duckdbSource(path, { table: 't' }).schema()).rejects.toMatchObject({
        code: 'DATABASE_LOCKED',
      })
    } finally {
      other.stdin.write('x')
      await new Promise(resolve => other.once('exit', resolve))
    }
    expect(openInstances()).toBe(0)
    await land(path, 't', schema, [])
  })

  it('may be something else, a directory, or the place of none', async () => {
    const garbage = newFile()
    writeFileSync(garbage, 'this is not a database '.repeat(1000))
    await expect(land(garbage, 't', schema, [])).rejects.toMatchObject({ code: 'CORRUPT_FILE' })
    await expect(land(directory, 't', schema, [])).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    await expect(land(join(garbage, 'sub', 'x.duckdb'), 't', schema, [])).rejects.toMatchObject({
      code: 'DIRECTORY',
    })
    await expect(duckdbSource(newFile(), { table: 't' }).schema()).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
    expect(openInstances()).toBe(0)
  })

  it('a full disk fails the epoch with a clear error; what was committed can still be read', async ({
    skip,
  }) => {
    const mount = join(directory, 'tiny')
    mkdirSync(mount)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount], { stdio: 'pipe' })
    } catch {
      skip('mounting a small tmpfs needs root')
    }
    try {
      const path = join(mount, 'full.duckdb')
      await land(path, 't', schema, [{ id: 1, name: 'kept' }])
      const sink = duckdbSink(path, 't')
      await sink.open(schema)
      let failure: unknown
      try {
        await sink.begin(0)
        for (let n = 0; n < 40; n++) {
          const rows = Array.from({ length: 1000 }, (_, i) => ({
            id: i,
            name: randomBytes(700).toString('base64'),
          }))
          await sink.write(batchFromRows(schema, rows, heapArena))
        }
        await sink.commit(0)
      } catch (error) {
        failure = error
      }
      expect(failure).toMatchObject({ name: 'ConnectorError', code: 'DISK_FULL' })
      await sink.abort()
      await sink.close()
      expect(openInstances()).toBe(0)
      expect(await sql(path, 'FROM t')).toEqual([[1, 'kept']])
    } finally {
      execFileSync('umount', [mount])
    }
  })

  it('killed in the middle of an epoch, the table holds the epochs before it', async () => {
    const path = newFile()
    const script = `
import { duckdbSink } from ${JSON.stringify(join(process.cwd(), 'src/connectors/duckdb/sink.ts'))}
import { batchFromRows } from ${JSON.stringify(join(process.cwd(), 'src/core/batch/build.ts'))}
import { heapArena } from ${JSON.stringify(join(process.cwd(), 'src/core/batch/slab.ts'))}
const schema = [{ name: 'id', type: 'int32' }]
const sink = duckdbSink(${JSON.stringify(path)}, 't', { job: 'j' })
await sink.open(schema)
const epoch = async n => { await sink.begin(n); await sink.write(batchFromRows(schema, Array.from({ length: 200000 }, (_, id) => ({ id })), heapArena)) }
await epoch(0)
await sink.commit(0)
await epoch(1)
process.kill(process.pid, 'SIGKILL')`
    const file = join(directory, 'killed.mjs')
    writeFileSync(file, script)
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'inherit', 'inherit'] })
    const signal = await new Promise(resolve => child.once('exit', (_code, by) => resolve(by)))
    expect(signal).toBe('SIGKILL')
    const sink = duckdbSink(path, 't', { job: 'j' })
    await sink.open(schemaFrom({ id: 'int32' }))
    expect(await sink.committed()).toBe(0)
    await sink.close()
    expect(await sql(path, 'SELECT count(*) FROM t')).toEqual([[200_000n]])
  })
})

it('DuckDB has one thread while sinks write a file, and all of them again when the last one is closed', async () => {
  const path = newFile()
  const database = await openDatabase(path)
  const threads = async () => (await shortQuery(database, `SELECT current_setting('threads')`)).rows[0]![0]
  const [a, b] = [duckdbSink(path, 'a'), duckdbSink(path, 'b')]
  try {
    const before = await threads()
    await a.open(schemaFrom({ x: 'int32' }))
    await b.open(schemaFrom({ x: 'int32' }))
    expect(await threads()).toBe(1n)
    await a.close()
    expect(await threads()).toBe(1n)
    await b.close()
    expect(await threads()).toBe(before)
  } finally {
    await a.close()
    await b.close()
    await database.release()
  }
})
