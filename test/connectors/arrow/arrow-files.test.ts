/** Arrow files: what others write, and what is written here. */

import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import * as arrow from 'apache-arrow'
import { Builder } from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import { arrowSink } from '../../../src/connectors/arrow/arrow-sink.ts'
import { arrowFileSource } from '../../../src/connectors/arrow/arrow-source.ts'
import { registerCodecs } from '../../../src/connectors/arrow/codecs.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { arrow as arrowTo, read } from '../../../src/index.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'
import { sourceLaws } from '../laws.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

const LAW_ROWS = Array.from({ length: 50 }, (_, i) => ({
  id: i,
  name: i % 5 === 4 ? null : `text ${i % 7}${'x'.repeat((i % 3) * 6)}`,
  value: i % 7 === 6 ? null : i / 4,
  flag: i % 2 === 0,
  at: BigInt(i) * 1_000_000n,
}))

/** The rows in record batches of some rows each. */
function ipc(rows: number, format: 'file' | 'stream', compressionType?: arrow.CompressionType): Uint8Array {
  registerCodecs()
  const writer =
    format === 'file'
      ? new arrow.RecordBatchFileWriter({ compressionType: compressionType ?? null })
      : new arrow.RecordBatchStreamWriter({ compressionType: compressionType ?? null })
  const fields = [
    new arrow.Field('id', new arrow.Int32(), true),
    new arrow.Field('name', new arrow.Utf8(), true),
    new arrow.Field('value', new arrow.Float64(), true),
    new arrow.Field('flag', new arrow.Bool(), true),
    new arrow.Field('at', new arrow.Timestamp(arrow.TimeUnit.MICROSECOND), true),
  ]
  const schema = new arrow.Schema(fields)
  for (let from = 0; from < LAW_ROWS.length; from += rows) {
    const some = LAW_ROWS.slice(from, from + rows)
    const children = fields.map(({ name, type }) => {
      const cells = some.map(row => row[name as 'id'])
      return arrow.vectorFromArray(name === 'at' ? cells.map(cell => Number(cell) / 1000) : cells, type)
        .data[0]!
    })
    writer.write(
      new arrow.RecordBatch(
        schema,
        arrow.makeData({ type: new arrow.Struct(fields), length: some.length, children }),
      ),
    )
  }
  writer.finish()
  return writer.toUint8Array(true)
}

const written = (name: string, bytes: Uint8Array) => {
  writeFileSync(file(name), bytes)
  return file(name)
}

for (const [name, bytes] of [
  ['a file of small record batches', () => ipc(7, 'file')],
  ['a stream', () => ipc(20, 'stream')],
  ['a file compressed with ZSTD', () => ipc(25, 'file', arrow.CompressionType.ZSTD)],
  ['a stream compressed with LZ4', () => ipc(50, 'stream', arrow.CompressionType.LZ4_FRAME)],
] as const) {
  describe(`the laws, over ${name}`, () => {
    sourceLaws('arrow', async () => arrowFileSource(written('laws.arrow', bytes())))
  })
}

it('reads the flights of vega-datasets as apache-arrow does', async () => {
  const path = resolve(
    createRequire(import.meta.url).resolve('vega-datasets'),
    '../../data/flights-200k.arrow',
  )
  const table = arrow.tableFromIPC(readFileSync(path))
  const rows = await read.arrowFile(path).collect()
  expect(rows.length).toBe(table.numRows)
  for (const i of [0, 1, 77_777, 231_082]) expect({ ...rows[i] }).toEqual({ ...table.get(i)?.toJSON() })
})

it('types, dictionaries that grow, nested values: what is written comes back', async () => {
  const n = 70_000
  const rows = Array.from({ length: n }, (_, i) => ({
    d: i % 11 === 0 ? null : `word ${Math.floor(i / 7000)}`,
    n: BigInt(i) - 5n,
    price: `${i}.50`,
    at: new Date(i),
    tags: i % 3 === 0 ? null : [`t${i % 5}`, null],
    user: { name: `u${i % 9}`, age: i % 4 },
    b: Uint8Array.of(i & 255),
    ok: i % 2 === 0,
  }))
  const types = {
    d: 'dictionary',
    n: 'int64',
    price: 'decimal(12, 2)',
    at: 'timestamp[us, Europe/Paris]',
    tags: ['utf8'],
    user: { name: 'utf8', age: 'int8' },
    b: 'binary',
    ok: 'bool',
  } as const
  for (const compression of ['none', 'zstd'] as const) {
    const job = await read
      .rows(rows, types)
      .write(arrowTo(file('types.arrow'), { compression }))
      .start()
    await job.done
    const back = read.arrow(file('types.arrow'))
    expect(await back.schema()).toEqual(await read.rows([], types).schema())
    expect(await back.collect()).toEqual(rows)
  }
  // Others read it, too.
  expect(
    arrow
      .tableFromIPC(readFileSync(file('types.arrow')))
      .getChild('d')!
      .get(69_999),
  ).toBe('word 9')
  expect(readdirSync(directory)).toContain('types.arrow')
})

it('no rows are a file with a schema; epochs of one file are put together', async () => {
  const schema = schemaFrom({ d: 'dictionary' })
  const sink = arrowSink(file('epochs.arrow'))
  await sink.open(schema, { job: 'a' })
  for (const [epoch, words] of [['x', null], [], ['y', 'x']].entries()) {
    await sink.begin(epoch)
    if (words.length > 0)
      await sink.write(
        batchFromRows(
          schema,
          words.map(d => ({ d })),
        ),
      )
    await sink.commit(epoch, epoch === 2)
  }
  await sink.close()
  expect(await read.arrowFile(file('epochs.arrow')).collect()).toEqual([
    { d: 'x' },
    { d: null },
    { d: 'y' },
    { d: 'x' },
  ])
  const none = await read
    .rows([], { d: 'dictionary' })
    .write(arrowTo(file('none.arrow')))
    .start()
  await none.done
  expect(await read.arrowFile(file('none.arrow')).schema()).toEqual(schema)
  expect(await read.arrowFile(file('none.arrow')).collect()).toEqual([])
})

it('several files are put together by name, and paths name columns', async () => {
  mkdirSync(file('parts/year=2026'), { recursive: true })
  const bytes = (table: arrow.Table) => arrow.tableToIPC(table, 'file')
  written('parts/a.arrow', bytes(arrow.tableFromArrays({ a: Int32Array.of(1) })))
  written('parts/year=2026/b.arrow', bytes(arrow.tableFromArrays({ b: ['x'], a: Int32Array.of(2) })))
  expect(await read.arrowFile(file('parts')).collect()).toEqual([
    { a: 1, b: null, year: null },
    { a: 2, b: 'x', year: '2026' },
  ])
  written('parts/c.arrow', bytes(arrow.tableFromArrays({ a: Float64Array.of(1) })))
  await expect(read.arrowFile(file('parts')).collect()).rejects.toMatchObject({ code: 'SCHEMAS_DIFFER' })
})

it('a column of a type that no column can hold can be left out', async () => {
  const table = new arrow.Table({
    n: arrow.vectorFromArray([null], new arrow.Null()) as never,
    i: arrow.vectorFromArray([1], new arrow.Int32()),
  })
  const path = written('null.arrow', arrow.tableToIPC(table, 'file'))
  await expect(read.arrowFile(path).collect()).rejects.toMatchObject({ code: 'UNSUPPORTED_TYPE' })
  expect(await read.arrowFile(path, { i: 'int32' }).collect()).toEqual([{ i: 1 }])
})

it('what is no Arrow file, or not all of one, is refused by name', async () => {
  const codeOf = (path: string) =>
    read
      .arrowFile(path)
      .collect()
      .then(
        () => 'rows',
        (error: { code: string }) => error.code,
      )
  expect(await codeOf(file('nope.arrow'))).toBe('FILE_NOT_FOUND')
  expect(await codeOf(written('empty.arrow', new Uint8Array(0)))).toBe('CORRUPT_FILE')
  expect(await codeOf(written('text.arrow', Buffer.from('origin,delay\nIAH,5\n')))).toBe('CORRUPT_FILE')
  expect(await codeOf(written('old.feather', Buffer.from('FEA1…………FEA1')))).toBe('UNSUPPORTED_FILE')
  for (const format of ['file', 'stream'] as const) {
    const path = written(`cut.${format}.arrow`, ipc(7, format))
    truncateSync(path, statSync(path).size >> 1)
    expect(await codeOf(path)).toBe('CORRUPT_FILE')
  }
  const broken = Buffer.from(ipc(50, 'stream'))
  broken.fill(0xff, broken.indexOf('text 0') - 4, broken.indexOf('text 0') + 3)
  expect(await codeOf(written('broken.arrow', broken))).toBe('CORRUPT_ARROW')
})

it('a record batch that says it has more columns than its message has bytes is refused before it is decoded', async () => {
  for (const format of ['file', 'stream'] as const) {
    const bytes = Buffer.from(ipc(50, format))
    // Five nodes, the first of 50 rows.
    const list = bytes.indexOf(Uint8Array.of(5, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0))
    expect(list).toBeGreaterThan(0)
    bytes.writeUInt32LE(0x7fffffff, list)
    const damaged = read.arrowFile(written(`long-list.${format}.arrow`, bytes))
    await expect(damaged.collect({ shards: 0 })).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringContaining('a list in a message is longer than the message'),
    })
  }
})

/** A stream that has a schema and no rows: one column of whole numbers that has no name. */
function namelessStream(endianness: number): Uint8Array {
  const builder = new Builder()
  const table = (slots: number, fill: () => void) => {
    builder.startObject(slots)
    fill()
    return builder.endObject()
  }
  const int = table(2, () => {
    builder.addFieldInt32(0, 32, 0)
    builder.addFieldInt8(1, 1, 0)
  })
  builder.startVector(4, 0, 4)
  const children = builder.endVector()
  const field = table(7, () => {
    builder.addFieldInt8(2, 2, 0)
    builder.addFieldOffset(3, int, 0)
    builder.addFieldOffset(5, children, 0)
  })
  builder.startVector(4, 1, 4)
  builder.addOffset(field)
  const fields = builder.endVector()
  const schema = table(4, () => {
    builder.addFieldInt16(0, endianness, 0)
    builder.addFieldOffset(1, fields, 0)
  })
  builder.finish(
    table(5, () => {
      builder.addFieldInt16(0, 4, 0)
      builder.addFieldInt8(1, 1, 0)
      builder.addFieldOffset(2, schema, 0)
    }),
  )
  const message = builder.asUint8Array()
  const padded = Buffer.alloc(Math.ceil(message.length / 8) * 8)
  padded.set(message)
  const head = Buffer.alloc(8)
  head.writeInt32LE(-1, 0)
  head.writeInt32LE(padded.length, 4)
  return Buffer.concat([head, padded, Buffer.of(255, 255, 255, 255, 0, 0, 0, 0)])
}

it('numbers with the high byte first are refused, and a column without a name is called by none', async () => {
  const little = arrowFileSource(written('little.arrows', namelessStream(0)))
  expect(await little.schema()).toEqual([{ name: '', type: 'int32' }])
  const big = arrowFileSource(written('big.arrows', namelessStream(1)))
  await expect(big.schema()).rejects.toMatchObject({ code: 'UNSUPPORTED_FILE' })
})

it('decimals of 32 and 64 bits are read as others are', async () => {
  for (const bitWidth of [32, 64]) {
    const type = new arrow.Decimal(2, 9, bitWidth)
    const words =
      bitWidth === 32 ? Int32Array.of(1234, -5, 7) : new Int32Array(BigInt64Array.of(1234n, -5n, 7n).buffer)
    const data = arrow.makeData({
      type,
      length: 3,
      nullBitmap: Uint8Array.of(3),
      data: new Uint32Array(words.buffer),
    })
    const table = new arrow.Table({ n: new arrow.Vector([data]) })
    const rows = await read
      .arrowFile(written(`decimal${bitWidth}.arrow`, arrow.tableToIPC(table, 'file')))
      .collect()
    expect(rows).toEqual([{ n: '12.34' }, { n: '-0.05' }, { n: null }])
  }
})

describe('partitions', () => {
  it('are folders of files, more at a time than are open, and read back as columns', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ n: i, day: `d${i % 100}`, code: `c${i % 3}` }))
    const types = { n: 'int32', day: 'utf8', code: 'dictionary' } as const
    const out = arrowTo(file('by-day'), { partitionBy: 'day' })
    await (await read.rows(rows, types).write(out).start()).done
    const back = await read.arrowFile(file('by-day'), types).collect()
    expect(back.sort((a, b) => a.n! - b.n!)).toEqual(rows)
    expect(
      await read
        .arrowFile(file('by-day'), types)
        .filter(r => r.day.eq('d7'))
        .collect(),
    ).toHaveLength(3)
  })

  it('leave a column for the files', async () => {
    const out = arrowTo(file('none'), { partitionBy: 'n' })
    const job = await read
      .rows([{ n: 1 }], { n: 'int32' })
      .write(out)
      .start()
      .catch(error => error)
    const error = 'done' in job ? await job.done.catch((reason: unknown) => reason) : job
    expect(error).toMatchObject({ code: 'SINK_SCHEMA' })
  })
})
