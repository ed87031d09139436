/** Files that encoders of formats write: one file, folders, partitions, packed. */

import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EncodedSinkOptions } from '../../../src/connectors/files/write-files.ts'
import { encodedSink } from '../../../src/connectors/files/write-files.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { csv, lines, read, start } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'
import { sinkLaws } from '../laws.ts'

const directory = temporaryDirectory()
const fresh = () => mkdtempSync(join(directory, 'sink-'))

/** The files that others see, in the order of their names. */
const visible = (folder: string) =>
  globSync('**/*.*', { cwd: folder })
    .filter(name => !name.split('/').some(piece => piece.startsWith('.')))
    .sort()

const lawRows = (folder: string) =>
  visible(folder)
    .flatMap(name => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
    .map(row => ({ ...row, at: new Date(`${row.at.replace(' ', 'T').replace(/Z?$/, 'Z')}`) }))

sinkLaws('files of JSON lines that roll', () => {
  const folder = join(fresh(), 'out')
  const sink = () => encodedSink(folder, 'json', {}, { rollEveryMs: 0 })
  return { sink: sink(), rows: () => lawRows(folder), again: sink }
})

const schema = schemaFrom({ text: 'utf8', part: 'utf8' })

/** Epochs of rows through a sink. */
async function write(
  path: string,
  format: string,
  epochs: readonly RowLike[][],
  options: EncodedSinkOptions = {},
) {
  const sink = encodedSink(path, format, {}, options)
  await sink.open(schema)
  for (const [epoch, rows] of epochs.entries()) {
    await sink.begin(epoch)
    if (rows.length > 0) await sink.write(batchFromRows(schema, rows))
    await sink.commit(epoch, epoch === epochs.length - 1)
  }
  await sink.close()
}

describe('a file', () => {
  it('is whole when the data ends, and nothing is left beside it', async () => {
    const path = join(fresh(), 'out', 'copy.txt')
    const texts = ['one', 'two', '', 'żółć']
    const rows = read.rows(texts.map(text => ({ text })))
    await (await rows.write(lines(path)).start()).done
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n\nżółć\n')
    expect(readdirSync(join(path, '..'))).toEqual(['copy.txt'])
    expect((await read.lines(path).collect()).map(row => row.text)).toEqual(texts)
  })

  it('stays as it was when the job fails', async () => {
    const path = join(fresh(), 'copy.txt')
    await (
      await read
        .rows([{ text: 'old' }])
        .write(lines(path))
        .start()
    ).done
    const job = await read
      .rows([{ text: 'new' }, { text: 'two\nlines' }])
      .write(lines(path))
      .start()
    await expect(job.done).rejects.toMatchObject({ code: 'LINE_BREAK' })
    expect(readFileSync(path, 'utf8')).toBe('old\n')
    expect(readdirSync(join(path, '..'))).toEqual(['copy.txt'])
  })

  it('may be written again when a job has failed because its folder was gone', async () => {
    const folder = join(fresh(), 'out')
    const path = join(folder, 'copy.txt')
    const sink = lines(path)
    const script = [{ until: () => rmSync(folder, { recursive: true }) }, { rows: [{ text: 'one' }] }]
    const source = scriptedSource({ text: 'utf8' }, [script], { bounded: true })
    const job = await start(read.source(source, { text: 'utf8' }).write(sink))
    await expect(job.done).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    const again = await read
      .rows([{ text: 'three' }])
      .write(sink)
      .start()
    await again.done
    expect(readFileSync(path, 'utf8')).toBe('three\n')
  })

  it('is there without rows, too, with its header', async () => {
    const path = join(fresh(), 'none.csv')
    await write(path, 'csv', [[]])
    expect(readFileSync(path, 'utf8')).toBe('text,part\n')
  })

  it('is there without rows where it is packed, too, and can be unpacked', async () => {
    for (const name of ['none.jsonl.gz', 'none.txt.zst', 'none.csv.zst']) {
      for (const epochs of [[[]], [[], []]]) {
        const path = join(fresh(), name)
        const format = name.split('.')[1]!.replace('jsonl', 'json').replace('txt', 'lines')
        await write(path, format, epochs)
        const text = readFileSync(path)
        const unpack = name.endsWith('.gz') ? gunzipSync : zstdDecompressSync
        expect(unpack(text).toString()).toBe(format === 'csv' ? 'text,part\n' : '')
      }
    }
    const path = join(fresh(), 'none.jsonl.gz')
    await write(path, 'json', [[]])
    expect(await read.json(path, { text: 'utf8' }).collect()).toEqual([])
  })

  it('is not called what nothing here packs', async () => {
    for (const name of ['a.csv.lz4', 'a.csv.bz2', 'a.csv.zip']) {
      await expect(write(join(fresh(), name), 'csv', [[]])).rejects.toMatchObject({ code: 'COMPRESSION' })
    }
    const path = join(fresh(), 'plain.csv.lz4')
    await write(path, 'csv', [[{ text: 'a', part: 'b' }]], { compression: 'none' })
    expect(readFileSync(path, 'utf8')).toBe('text,part\na,b\n')
  })

  it('has one header, however many commits it is made of', async () => {
    const epochs = [[{ text: 'a', part: 'x' }], [], [{ text: 'b', part: 'y' }], [{ text: 'c', part: 'z' }]]
    const whole = 'text,part\na,x\nb,y\nc,z\n'
    const plain = join(fresh(), 'out.csv')
    await write(plain, 'csv', epochs)
    expect(readFileSync(plain, 'utf8')).toBe(whole)
    const gzip = join(fresh(), 'out.csv.gz')
    await write(gzip, 'csv', epochs)
    expect(gunzipSync(readFileSync(gzip)).toString()).toBe(whole)
    const zstd = join(fresh(), 'out.txt.zst')
    await write(zstd, 'lines', epochs)
    expect((await read.lines(zstd).collect()).map(row => row.text)).toEqual(['a', 'b', 'c'])
    expect(zstdDecompressSync(readFileSync(zstd)).toString()).toMatch(/^a/)
  })

  it('needs a text column to be lines', async () => {
    const rows = read.rows([{ a: 'x', b: 'y' }])
    const job = rows
      .write(lines(join(fresh(), 'x.txt')))
      .start()
      .then(started => started.done)
    await expect(job).rejects.toMatchObject({ code: 'LINES_COLUMN' })
  })
})

describe('bytes', () => {
  const texts = Array.from({ length: 300 }, (_, i) => `line ${i} ${'ż'.repeat(i % 20)}`)
  const source = join(fresh(), 'source.txt')

  it('are made in the shards, in order, where rows come as they were read', async () => {
    writeFileSync(source, texts.join('\n'))
    const some = () =>
      read
        .lines(source)
        .filter(r => r.offset.gt(100))
        .select('text')
    const expected = `${texts.slice(8).join('\n')}\n`
    const folder = fresh()
    for (const [i, options] of [
      { shards: 0 },
      { shards: 2, batchRows: 1 },
      { shards: 3, batchRows: 5 },
    ].entries()) {
      const plain = join(folder, `${i}.txt`)
      const job = await some().write(lines(plain)).start(options)
      expect(await job.done).toMatchObject({ rowsOut: texts.length - 8 })
      expect(readFileSync(plain, 'utf8')).toBe(expected)
      const packed = join(folder, `${i}.txt.gz`)
      await (await some().write(lines(packed)).start(options)).done
      expect(gunzipSync(readFileSync(packed)).toString()).toBe(expected)
    }
    expect(await some().write(lines('x.txt')).explain()).toContain('encode as lines\nwrite to lines x.txt')
  })

  it('of folders are made in the shards, too, and are the same', async () => {
    const rows = Array.from({ length: 500 }, (_, n) => {
      const part = n % 7 === 0 ? null : 'żółć'.repeat(n % 3)
      return { n, text: `${n}`, part, flag: n % 150 < 75 }
    })
    const schema = { n: 'int32', text: 'utf8', part: 'utf8', flag: 'bool' } as const
    const written = async (
      path: string,
      sorted: boolean,
      options: { shards: number; batchRows?: number },
    ) => {
      const all = read.rows(rows, schema)
      const ordered = sorted ? all.orderBy('n') : all
      const job = await ordered.write(csv(path, { partitionBy: ['flag', 'part'], job: 'j' })).start(options)
      expect(await job.done).toMatchObject({ rowsOut: 500 })
      return visible(path).map(name => [name, readFileSync(join(path, name), 'utf8')])
    }
    const root = fresh()
    const expected = await written(join(root, 'sorted'), true, { shards: 0 })
    expect(expected).toHaveLength(8)
    for (const [i, options] of [
      { shards: 0 },
      { shards: 2, batchRows: 1 },
      { shards: 3, batchRows: 40 },
    ].entries())
      expect(await written(join(root, `${i}`), false, options)).toEqual(expected)
    const plan = read.rows(rows, schema).write(csv('x', { partitionBy: ['flag', 'part'] }))
    expect(await plan.explain()).toContain('encode as csv by "flag", "part"')
  })

  it('are made where the sink is, where rows are put together', async () => {
    const rows = read.lines(source)
    const plans = [
      rows.orderBy('offset', 'desc').limit(3).write(lines('x.txt')),
      rows.union(rows).write(lines('y.txt')),
    ]
    for (const plan of plans) expect(await plan.explain()).not.toContain('encode')
  })

  it('of a batch larger than what is gathered are written as they are', async () => {
    const big = join(fresh(), 'big.txt')
    const long = Array.from({ length: 40 }, (_, i) => String(i).repeat(50_000))
    writeFileSync(big, long.join('\n'))
    for (const ending of ['', '.gz', '.zst']) {
      const copy = join(fresh(), `copy.txt${ending}`)
      await (await read.lines(big).write(lines(copy)).start({ shards: 2 })).done
      expect((await read.lines(copy).collect()).map(row => row.text)).toEqual(long)
    }
  })
})

describe('a job that is stopped', () => {
  it('shows what it has committed, and another goes on beside it', async () => {
    const folder = join(fresh(), 'out')
    const script = (last: Promise<void>) => [
      [{ rows: [{ text: 'one' }, { text: 'two' }] }, { until: last }, { rows: [{ text: 'three' }] }],
    ]
    const plan = (last: Promise<void>) =>
      read
        .source(scriptedSource({ text: 'utf8' }, script(last), { bounded: false }), { text: 'utf8' })
        .write(lines(folder, { rollEveryMs: 3_600_000 }))
    const never = Promise.withResolvers<void>()
    const first = await plan(never.promise).start({ commitEveryMs: 1e6 })
    await first.snapshot()
    const snapshot = await first.stop()
    expect((await read.lines(folder).collect()).map(row => row.text)).toEqual(['one', 'two'])
    never.resolve()
    const second = await start(plan(never.promise), { restore: snapshot })
    await second.done
    expect((await read.lines(folder).collect()).map(row => row.text)).toEqual(['one', 'two', 'three'])
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
  })
})

describe('partitions', () => {
  it('of null and of texts like it are told apart', async () => {
    const parts = ['null', null, '__HIVE_DEFAULT_PARTITION__', 'undefined', '']
    const rows = parts.map((part, i) => ({ text: `row ${i}`, part }))
    const folder = join(fresh(), 'out')
    await write(folder, 'json', [rows], { partitionBy: 'part' })
    const back = await read.json(folder, { text: 'utf8', part: 'utf8' }).collect()
    expect(back.sort((a, b) => (a.text! < b.text! ? -1 : 1))).toEqual(rows)
  })

  it('of any text read as they were written, and never leave their folder', async () => {
    const part = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '/',
        '../../x',
        'a/b',
        '\\',
        '%2e%2e',
        '',
        'a=b',
        '__HIVE_DEFAULT_PARTITION__',
      ),
      fc.constantFrom(
        '_x',
        '.x',
        'ü',
        '🦀',
        'a b',
        '\u0000',
        '\n',
        '\u0085',
        '%',
        '*',
        '?',
        "'",
        '"',
        '~',
        null,
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }).filter(text => text.isWellFormed()),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async parts => {
        const root = fresh()
        const folder = join(root, 'out')
        const rows = parts.map((each, i) => ({ text: `t${i}`, part: each }))
        await write(folder, 'lines', [rows.slice(0, 3), rows.slice(3)], { partitionBy: 'part' })
        expect(readdirSync(root)).toEqual(['out'])
        const back: any[] = await read.lines(folder).collect()
        const asText = (value: unknown) =>
          value instanceof Date ? value.toISOString().slice(0, 10) : value === null ? null : String(value)
        const sorted = back
          .map(row => ({ text: row.text, part: asText(row.part) }))
          .sort((a, b) => Number(a.text.slice(1)) - Number(b.text.slice(1)))
        expect(sorted).toEqual(rows)
      }),
      { numRuns: 25 },
    )
  })

  it('may be more than files that can be open at a time', async () => {
    const folder = join(fresh(), 'out')
    const rows = (text: string) => Array.from({ length: 150 }, (_, i) => ({ text, part: `p${i}` }))
    const sink = encodedSink(folder, 'csv', {}, { partitionBy: 'part', compression: 'gzip' })
    await sink.open(schema)
    await sink.begin(0)
    for (const text of ['one', 'two', 'three']) await sink.write(batchFromRows(schema, rows(text)))
    await sink.commit(0, true)
    await sink.close()
    const files = visible(folder)
    expect(files.length).toBe(150)
    for (const name of files) {
      expect(name).toMatch(/^part=p\d+\/\w+-000000-part\.csv\.gz$/)
      expect(gunzipSync(readFileSync(join(folder, name))).toString()).toBe('text\none\ntwo\nthree\n')
    }
  })

  it('are of values that are written in one way', async () => {
    const rows = read.rows([{ text: 'a', at: new Date(0) }])
    const job = rows
      .write(lines(join(fresh(), 'out'), { partitionBy: 'at' }))
      .start()
      .then(started => started.done)
    await expect(job).rejects.toMatchObject({ code: 'SINK_SCHEMA' })
    expect(existsSync(join(directory, 'out'))).toBe(false)
  })
})

it('parts that wait for a file survive whoever writes it, in their partitions', async () => {
  const folder = join(fresh(), 'out')
  const options = { partitionBy: 'part', rollBytes: 1_000_000, job: 'j' }
  const first = encodedSink(folder, 'lines', {}, options)
  await first.open(schema)
  await first.begin(0)
  await first.write(
    batchFromRows(schema, [
      { text: 'a', part: 'x' },
      { text: 'b', part: 'y' },
    ]),
  )
  await first.commit(0)
  await first.begin(1)
  await first.write(batchFromRows(schema, [{ text: 'lost', part: 'x' }]))
  await first.close()
  expect(visible(folder)).toEqual([])
  const next = encodedSink(folder, 'lines', {}, options)
  await next.open(schema)
  await next.begin(1)
  await next.write(batchFromRows(schema, [{ text: 'c', part: 'x' }]))
  await next.commit(1, true)
  await next.close()
  expect(visible(folder).map(name => [name.split('/')[0], readFileSync(join(folder, name), 'utf8')])).toEqual(
    [
      ['part=x', 'a\nc\n'],
      ['part=y', 'b\n'],
    ],
  )
})
