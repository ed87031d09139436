import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrame } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/connectors/files/file-source.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { lines } from '../../../src/core/formats/lines/index.ts'
import {
  type Dataset,
  deadLetter,
  type JobOptions,
  type JobSnapshot,
  memory,
  read,
  replay,
  type Sink,
} from '../../../src/index.ts'
import { decodedSource } from '../decoded-source.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'
import { readAll, sourceLaws } from '../laws.ts'

const directory = temporaryDirectory()
let files = 0

function file(bytes: string | Uint8Array, ending = '.log'): string {
  const path = join(directory, `${files++}${ending}`)
  writeFileSync(path, bytes)
  return path
}

const source = (...paths: string[]) => fileSource(paths, { format: lines, options: {} })

const lz4Frame = (text: string | Uint8Array) => compressFrame(text, { contentChecksum: true })

const LINES = Array.from({ length: 60 }, (_, i) => `line ${i} ${'é'.repeat(i % 9)}`)

sourceLaws('lines', () => decodedSource(source(file(LINES.join('\n')), file(`${LINES.join('\r\n')}\r\n`))))
sourceLaws('lines, packed', () => decodedSource(source(file(gzipSync(LINES.join('\n')), '.log.gz'))))

describe('read.lines', () => {
  it('gives the same lines however the file is cut into blocks', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '🦀', '\r', ' ', '"'), maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        async (texts, ending, ends, blockBytes) => {
          const text = texts.join(ending) + (ends ? ending : '')
          const rows = await readAll(decodedSource(source(file(text)), blockBytes))
          const expected = text.split('\n')
          if (expected.at(-1) === '') expected.pop()
          expect(rows.map(row => row.text)).toEqual(expected.map(each => each.replace(/\r$/, '')))
          const bytes = Buffer.from(text)
          for (const { text, offset } of rows as { text: string; offset: number }[])
            expect(bytes.subarray(offset, offset + Buffer.byteLength(text)).toString()).toBe(text)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('reads packed files by their names, several members as one', async () => {
    const [first, second] = [`${LINES.slice(0, 30).join('\n')}\n`, LINES.slice(30).join('\n')]
    const gzip = file(Buffer.concat([gzipSync(first), gzipSync(second)]), '.gz')
    const zstd = file(Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)]), '.zst')
    const lz4 = file(Buffer.concat([await lz4Frame(first), await lz4Frame(second)]), '.lz4')
    for (const path of [gzip, zstd, lz4])
      expect((await read.lines(path).collect()).map(row => row.text)).toEqual(LINES)
  })

  it.each([
    ['.gz', gzipSync],
    ['.zst', zstdCompressSync],
    ['.lz4', lz4Frame],
  ] as const)('says that a %s file is cut short', async (ending, pack) => {
    const whole = await pack(Buffer.from(LINES.join('\n').repeat(50)))
    const path = file(whole.subarray(0, whole.length - 20), ending)
    await expect(read.lines(path).collect()).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringContaining('ends before'),
    })
    const damaged = Buffer.from(whole)
    damaged.fill(0x55, 12, 40)
    await expect(read.lines(file(damaged, ending)).collect()).rejects.toMatchObject({ code: 'CORRUPT_FILE' })
  })

  it('refuses what nothing unpacks', async () => {
    await expect(read.lines(file('x', '.bz2')).count()).rejects.toMatchObject({ code: 'COMPRESSION' })
  })

  it('leaves a byte order mark out, and reads an empty file as no lines', async () => {
    expect(await read.lines(file('\ufeffone\n')).collect()).toEqual([{ text: 'one', offset: 3 }])
    expect(await read.lines(file('')).collect()).toEqual([])
  })

  it('counts rows, and not bytes', async () => {
    const job = await read
      .lines(file(LINES.join('\n')))
      .write(memory())
      .start({ shards: 2 })
    expect(await job.done).toMatchObject({ rowsIn: 60, rowsOut: 60, skipped: 0 })
  })
})

describe('bad rows', () => {
  const broken = Buffer.concat([
    Buffer.from('one\ntwo\n'),
    Buffer.from([0x61, 0xff, 0x0a]),
    Buffer.from('four\n'),
  ])

  it('end the job with file, line, place and remedy', async () => {
    for (const shards of [0, 2]) {
      const path = file(broken)
      await expect(read.lines(path).collect({ shards })).rejects.toMatchObject({
        name: 'DataError',
        code: 'UTF8',
        message: expect.stringMatching(
          /, line 3 \(byte 8\): column "text": byte 1 of the line, 0xff, is not UTF-8/,
        ),
        hint: expect.stringContaining('onBadRow'),
      })
    }
  })

  it('name the line in a packed file, too', async () => {
    await expect(read.lines(file(gzipSync(broken), '.gz')).collect()).rejects.toThrow(/line 3 \(byte 8\)/)
  })

  it('are left out and counted, whatever is read of them', async () => {
    const path = file(broken)
    const job = await read.lines(path, { onBadRow: 'skip' }).select('offset').write(memory()).start()
    expect(await job.done).toMatchObject({ rowsIn: 3, rowsOut: 3, skipped: 1 })
  })

  it('are not looked for where nothing of them is read', async () => {
    expect(await read.lines(file(broken)).select('offset').count()).toBe(4)
  })

  it('go to a sink', async () => {
    const path = file(broken)
    const letters = memory()
    const good = memory()
    const job = await read
      .lines(path, { onBadRow: deadLetter(letters) })
      .write(good)
      .start({ shards: 2 })
    expect(await job.done).toMatchObject({ rowsIn: 3, skipped: 1 })
    expect(good.rows().map(row => row.text)).toEqual(['one', 'two', 'four'])
    expect(letters.rows()).toEqual([
      {
        ...{ file: path, offset: 8, line: 3, column: 'text', code: 'UTF8' },
        problem: 'byte 1 of the line, 0xff, is not UTF-8',
        record: 'a\ufffd',
      },
    ])
  })
})

describe('lines of dead letters', () => {
  // Every record is two lines long, after three lines before the first.
  const text = `# of somebody\n\nn,name\n${Array.from({ length: 300 }, (_, i) => `${i % 7 === 5 ? 'x' : i},"a\nb${i}"\n`).join('')}`
  const expected = Array.from({ length: 300 }, (_, i) => 4 + 2 * i).filter((_, i) => i % 7 === 5)
  const options = (letters: Sink) => ({ skip: 2, onBadRow: deadLetter(letters) })
  const csvSchema = { n: 'int32', name: 'utf8' } as const

  it('are those in which records begin, in whatever blocks the file is read', async () => {
    for (const batchRows of [20, 1000]) {
      const letters = memory()
      const rows = read.csv(file(text, '.csv'), csvSchema, options(letters))
      await (await rows.write(memory()).start({ batchRows, shards: 2 })).done
      expect(letters.rows().map(row => row.line)).toEqual(expected)
    }
  })

  it('are counted on by a job that goes on', async () => {
    const letters = memory()
    const good = memory()
    const rows = read.csv(file(text, '.csv'), csvSchema, options(letters))
    const first = await rows.write(good).start({ batchRows: 20 })
    const snapshot = await first.stop()
    await (await rows.write(good).start({ batchRows: 20, restore: snapshot })).done
    expect(letters.rows().map(row => row.line)).toEqual(expected)
  })
})

describe('paths', () => {
  const tree = temporaryDirectory()
  const write = (path: string, text: string) => {
    const file = join(tree, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  write('logs/year=2025/region=eu%2Fwest/a.log', 'a1\na2\n')
  write('logs/year=2026/region=__HIVE_DEFAULT_PARTITION__/b.log', 'b1\n')
  write('logs/year=2026/region=us/c.log.gz', '')
  writeFileSync(join(tree, 'logs/year=2026/region=us/c.log.gz'), gzipSync('c1\n'))
  write('logs/year=2026/_temporary/d.log', 'd1\n')
  const logs = join(tree, 'logs')
  const whole = [
    { text: 'a1', offset: 0, year: 2025n, region: 'eu/west' },
    { text: 'a2', offset: 3, year: 2025n, region: 'eu/west' },
    { text: 'b1', offset: 0, year: 2026n, region: null },
    { text: 'c1', offset: 0, year: 2026n, region: 'us' },
  ]

  it('may be directories and patterns, which name columns', async () => {
    expect(await read.lines(logs).collect()).toEqual(whole)
    expect(await read.lines(join(logs, '**/*.log*')).collect({ shards: 2 })).toEqual([
      ...whole.slice(0, 2),
      { text: 'd1', offset: 0, year: 2026n, region: null },
      ...whole.slice(2),
    ])
    expect(await read.lines(pathToFileURL(logs)).count()).toBe(4)
  })

  it('of single files name none', async () => {
    const file = join(logs, 'year=2025/region=eu%2Fwest/a.log')
    expect(await read.lines([file, file]).collect()).toEqual([
      { text: 'a1', offset: 0 },
      { text: 'a2', offset: 3 },
      { text: 'a1', offset: 0 },
      { text: 'a2', offset: 3 },
    ])
  })

  it('are left out by filters of the columns they name', async () => {
    const rows: any = read.lines(logs)
    const some = rows.filter((r: any) => r.year.eq(2026n).and(r.text.ne('c1')))
    expect(await some.collect()).toEqual([whole[2]])
    const plan = await some.explain()
    expect(plan).toContain('2 of 3 files, by year = 2026')
    expect(plan).toContain('kernel: filter text != "c1"')
    expect(await rows.filter((r: any) => r.region.isNull()).collect()).toEqual([whole[2]])
    expect(await rows.filter((r: any) => r.region.eq('nowhere')).collect()).toEqual([])
  })

  it('that nothing is at are errors', async () => {
    const code = (path: string) =>
      read
        .lines(join(tree, path))
        .count()
        .catch(error => error.code)
    expect(await code('nope.log')).toBe('FILE_NOT_FOUND')
    expect(await code('nope*.log')).toBe('FILE_NOT_FOUND')
    expect(
      await read
        .lines([])
        .count()
        .catch(error => error.code),
    ).toBe('NO_FILES')
  })
})

describe('encodings', () => {
  const text = 'één 🦀\nzażółć\n'

  it('are made UTF-8: UTF-16 by its mark, others by name', async () => {
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    const expected = ['één 🦀', 'zażółć']
    const texts = async (path: string, options = {}) =>
      (await read.lines(path, options).collect()).map(row => row.text)
    expect(await texts(file(utf16))).toEqual(expected)
    expect(await texts(file(Buffer.from(utf16).swap16()))).toEqual(expected)
    expect(await texts(file(utf16.subarray(2)), { encoding: 'utf-16' })).toEqual(expected)
    expect(await texts(file(Buffer.from('één\n', 'latin1')), { encoding: 'latin1' })).toEqual(['één'])
    expect(await texts(file(gzipSync(utf16), '.gz'))).toEqual(expected)
  })
})

describe('jobs over lines', () => {
  const paths = [file(`${LINES.join('\n')}\n`), file(gzipSync(LINES.slice(0, 25).join('\n')), '.gz')]
  const expected = [...LINES, ...LINES.slice(0, 25)]

  it.each([0, 1, 4, 8])('go on where they were stopped, after %i batches', async batches => {
    const texts: unknown[] = []
    let stop = () => {}
    let left = batches
    const sink = (): Sink => ({
      ...{ label: 'texts', guarantee: 'at-least-once' },
      async write(batch) {
        texts.push(...rowsOf(batch).map(row => row.text))
        if (left-- === 0) stop()
      },
      async open() {},
      async begin() {},
      async commit() {},
      async abort() {},
      async close() {},
    })
    const begin = (options: JobOptions) =>
      read
        .lines(paths)
        .write(sink())
        .start({ batchRows: 1, ...options })
    const job = await begin({ shards: 2 })
    const stopped = new Promise<JobSnapshot | undefined>(resolve => {
      stop = () => resolve(job.stop().catch(() => undefined))
      job.done.then(() => resolve(undefined))
    })
    const snapshot = await stopped
    expect(snapshot).toBeDefined()
    await (await begin({ shards: 0, restore: structuredClone(snapshot!) })).done
    expect(texts).toEqual(expected)
  })

  it('need no more than a limit does', async () => {
    expect(await read.lines(paths).limit(3).collect({ batchRows: 1 })).toEqual([
      { text: 'line 0 ', offset: 0 },
      { text: 'line 1 é', offset: 8 },
      { text: 'line 2 éé', offset: 18 },
    ])
  })

  it('sample the same lines whatever the blocks', async () => {
    const sample = (batchRows: number, shards: number) =>
      read.lines(paths).sample(0.3, { seed: 7 }).collect({ batchRows, shards })
    const whole = await sample(1000, 0)
    expect(whole.length).toBeGreaterThan(10)
    expect(await sample(1, 2)).toEqual(whole)
    expect(await sample(3, 1)).toEqual(whole)
  })

  it('replay them by a column that paths name', async () => {
    const tree = temporaryDirectory()
    for (const day of ['2026-01-02', '2026-01-01']) {
      mkdirSync(join(tree, `day=${day}`))
      writeFileSync(join(tree, `day=${day}`, 'a.log'), `${day} one\n${day} two\n`)
    }
    const days = [join(tree, 'day=2026-01-0[2]'), join(tree, 'day=2026-01-0[1]')].map(each => `${each}/*`)
    const letters = memory()
    const rows = read.lines(days, { onBadRow: deadLetter(letters) }) as Dataset<any, 'bounded'>
    const sink = memory()
    const job = await replay(rows, { time: 'day' }).select('text').write(sink).start({ shards: 2 })
    await job.done
    const texts = ['2026-01-01 one', '2026-01-01 two', '2026-01-02 one', '2026-01-02 two']
    expect(sink.rows().map(row => row.text)).toEqual(texts)
    expect(letters.rows()).toEqual([])
  })
})
