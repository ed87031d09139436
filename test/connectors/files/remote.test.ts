import { mkdirSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { listBlobs, lookAtBlob } from '../../../src/connectors/duckdb/blobs.ts'
import type { RemoteFile } from '../../../src/connectors/files/readable.ts'
import { lookAtAddress } from '../../../src/connectors/files/remote/http-file.ts'
import { deadLetter, memory, read } from '../../../src/index.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'
import { served } from '../net/servers.ts'

/** Bytes that random reads can be compared with. */
const BYTES = Buffer.from(Uint32Array.from({ length: 700_000 }, (_, i) => i * 2_654_435_761).buffer)
const table = tableFromArrays({ n: Int32Array.from({ length: 3000 }, (_, i) => i) })

/** Files of a server, by their path. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  '/a.csv': Buffer.from('id,name\n1,tea\n2,salt\n'),
  '/b.csv.gz': gzipSync('id,name\n3,oil\n'),
  '/many.csv': Buffer.from(`n\n${Array.from({ length: 200_000 }, (_, i) => i).join('\n')}\n`),
  '/a.jsonl': Buffer.from('{"id":1}\n{"id":2}\n'),
  '/a.log': Buffer.from('one\ntwo\n'),
  '/empty.log': new Uint8Array(0),
  '/utf-16.csv': Buffer.from('\ufeffid,name\n4,Öl\n', 'utf16le'),
  '/file.arrow': tableToIPC(table, 'file'),
  '/stream.arrows': tableToIPC(table, 'stream'),
  '/bytes': BYTES,
}

interface Sent {
  /** Whether it knows ranges. */
  readonly ranges?: boolean
  /** Whether it says how long a file is. */
  readonly sized?: boolean
  /** Bytes after which an answer breaks off, once. */
  readonly breakAfter?: number
  readonly etag?: () => string
}

/** A server of {@link FILES}; what it was asked. */
async function fileServer({ ranges = true, sized = true, breakAfter, etag = () => '"1"' }: Sent = {}) {
  const asked: string[] = []
  let breaksAfter = breakAfter
  const url = await served((request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url!, 'http://x')
    const file = FILES[pathname]
    asked.push(`${pathname} ${request.headers.range}`)
    if (!file) return response.writeHead(404).end()
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    if (!ranges || from === undefined)
      return response
        .writeHead(200, { etag: etag(), ...(sized && { 'content-length': file.length }) })
        .end(file)
    if (Number(from) >= file.length)
      return response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    const end = Math.min(Number(to) + 1, file.length)
    const part = file.subarray(Number(from), end)
    response.writeHead(206, {
      etag: etag(),
      'content-length': part.length,
      'content-range': `bytes ${from}-${end - 1}/${file.length}`,
    })
    if (breaksAfter === undefined || part.length <= breaksAfter) return response.end(part)
    response.write(part.subarray(0, breaksAfter), () => response.destroy())
    breaksAfter = undefined
  })
  return { at: (path: string) => new URL(path, url).href, asked }
}

it('each format is read from a web server, whether it knows ranges and sizes or not', async () => {
  for (const [ranges, sized] of [
    [true, true],
    [false, true],
    [false, false],
  ] as const) {
    const { at } = await fileServer({ ranges, sized })
    expect(await read.csv([at('a.csv'), at('b.csv.gz')]).collect()).toEqual([
      { id: 1, name: 'tea' },
      { id: 2, name: 'salt' },
      { id: 3, name: 'oil' },
    ])
    expect(await read.csv(new URL(at('utf-16.csv?a=b'))).collect()).toEqual([{ id: 4, name: 'Öl' }])
    expect(await read.json(at('a.jsonl'), { id: 'int32' }).collect()).toEqual([{ id: 1 }, { id: 2 }])
    expect(await read.lines([at('empty.log'), at('a.log')]).collect()).toEqual([
      { text: 'one', offset: 0 },
      { text: 'two', offset: 4 },
    ])
    for (const name of ['file.arrow', 'stream.arrows']) {
      const rows = await read.arrowFile(at(name), { n: 'int32' }).collect()
      expect(rows.map(row => row.n)).toEqual(Array.from(table.getChild('n')!))
    }
  }
})

it('a file is asked for in windows, and what was looked at is not asked for again', async () => {
  const { at, asked } = await fileServer()
  const rows = await read.csv(at('many.csv'), { n: 'int32' }).collect()
  expect(rows.length).toBe(200_000)
  expect(asked).toEqual([
    '/many.csv bytes=0-262143',
    `/many.csv bytes=262144-${FILES['/many.csv']!.length - 1}`,
  ])
  await read.csv(at('a.csv')).collect()
  expect(asked.slice(2)).toEqual(['/a.csv bytes=0-262143'])
})

const directory = temporaryDirectory()

it('reads at any places give what stands there', async () => {
  const path = join(directory, 'bytes')
  writeFileSync(path, BYTES)
  const files: RemoteFile[] = [await lookAtBlob(path)]
  for (const sent of [{}, { ranges: false }, { ranges: false, sized: false }])
    files.push(await lookAtAddress(new URL((await fileServer(sent)).at('bytes')), 100))
  const place = fc.nat({ max: BYTES.length + 10 })
  const length = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 1_000_000 }))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(place, length, fc.boolean()), { maxLength: 8 }),
      async (remote, reads) => {
        const file = await remote.open()
        let next = 0
        for (const [position, length, goesOn] of reads) {
          const at = goesOn ? next : position
          const { bytesRead, buffer } = await file.read(Buffer.alloc(length + 2), 1, length, at)
          const expected = BYTES.subarray(at, at + length)
          expect(bytesRead).toBe(expected.length)
          expect(buffer.subarray(1, 1 + bytesRead).equals(expected)).toBe(true)
          next = at + length
        }
        await file.close()
      },
    ),
    { numRuns: 20 },
  )
})

it('an answer that breaks off is asked for from where it did', async () => {
  const { at, asked } = await fileServer({ breakAfter: 300_000 })
  const rows = await read.csv(at('many.csv'), { n: 'int32' }).collect()
  expect(rows.map(row => row.n)).toEqual(Array.from({ length: 200_000 }, (_, i) => i))
  expect(asked.length).toBe(3)
})

it('a file that is changed while it is read is an error', async () => {
  let version = 0
  const { at } = await fileServer({ etag: () => `"${version++}"` })
  await expect(read.csv(at('many.csv'), { n: 'int32' }).collect()).rejects.toMatchObject({
    code: 'FILE_CHANGED',
  })
  const path = join(directory, 'changed')
  writeFileSync(path, 'one\n')
  const file = await lookAtBlob(path)
  writeFileSync(path, 'one\ntwo\n')
  await expect(file.open()).rejects.toMatchObject({ code: 'FILE_CHANGED' })
})

it('what cannot be found, listed or followed says so', async () => {
  const { at } = await fileServer()
  for (const [rows, code, hint] of [
    [read.csv(at('none.csv')), 'HTTP_STATUS', 'is the address right?'],
    [read.csv(at('*.csv')), 'PATH', 'as a list'],
    [read.lines(at('a.log'), { follow: true }), 'PATH', 'without follow'],
    [read.csv('ftp://127.0.0.1/a.csv'), 'FILE_NOT_FOUND', ''],
  ] as const) {
    const error = await rows.schema().catch(error => error)
    expect(error).toMatchObject({ code })
    expect(String(error.hint)).toContain(hint)
  }
})

it('files of s3 need an extension that is never installed by itself', async () => {
  for (const path of ['s3://bucket-that-is-not/a.csv', 's3://bucket-that-is-not/*.csv']) {
    const error = await read
      .csv(path)
      .collect()
      .catch(error => error)
    // Where somebody has installed it, nobody answers.
    expect(['EXTENSION', 'NETWORK'], error.message).toContain(error.code)
    if (error.code === 'EXTENSION') expect(error.hint).toContain('INSTALL httpfs')
  }
})

it('blobs are listed by a pattern', async () => {
  mkdirSync(join(directory, 'day=1'))
  for (const name of ['b.csv', 'a.csv']) writeFileSync(join(directory, 'day=1', name), 'x')
  expect(await listBlobs(join(directory, 'day=*', '*.csv'))).toEqual(
    ['a.csv', 'b.csv'].map(name => join(directory, 'day=1', name)),
  )
})

it('what is secret of an address is in no message, and the line is found all the same', async () => {
  const { at } = await fileServer()
  const address = at('a.csv?sig=hidden').replace('//', '//me:hidden@')
  const schema = { id: 'int32', name: 'int32' } as const
  const error = await read
    .csv(address, schema)
    .collect()
    .catch(error => error)
  expect(error.message).toContain('a.csv, line 2 (byte 8)')
  expect(String(error.stack)).not.toContain('hidden')
  const letters = memory()
  await (
    await read
      .csv(address, schema, { onBadRow: deadLetter(letters) })
      .write(memory())
      .start()
  ).done
  expect(letters.rows().map(row => String(row.file).replace(/:\d+/, ''))).toEqual([
    'http://***:***@127.0.0.1/a.csv',
    'http://***:***@127.0.0.1/a.csv',
  ])
})
