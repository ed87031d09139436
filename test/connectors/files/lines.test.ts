import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/connectors/files/file-source.ts'
import { lines } from '../../../src/core/formats/lines/index.ts'
import { deadLetter, memory, read } from '../../../src/index.ts'
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
      { numRuns: 60 },
    )
  })

  it('reads packed files by their names, several members as one', async () => {
    const [first, second] = [`${LINES.slice(0, 30).join('\n')}\n`, LINES.slice(30).join('\n')]
    const gzip = file(Buffer.concat([gzipSync(first), gzipSync(second)]), '.gz')
    const zstd = file(Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)]), '.zst')
    for (const path of [gzip, zstd])
      expect((await read.lines(path).collect()).map(row => row.text)).toEqual(LINES)
  })

  it.each([
    ['.gz', gzipSync],
    ['.zst', zstdCompressSync],
  ] as const)('says that a %s file is cut short', async (ending, pack) => {
    const whole = pack(Buffer.from(LINES.join('\n').repeat(50)))
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
        ...{ file: path, offset: 8, column: 'text', code: 'UTF8' },
        problem: 'byte 1 of the line, 0xff, is not UTF-8',
        record: 'a\ufffd',
      },
    ])
  })
})
