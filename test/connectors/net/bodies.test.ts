import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { read, stdout } from '../../../src/index.ts'

const schema = { n: 'int32', name: 'utf8' } as const
const rows = [
  { n: 1, name: 'a' },
  { n: 2, name: null },
]
const text = 'n,name\n1,a\n2,\n'
const cut = async function* (size: number) {
  for (let i = 0; i < text.length; i += size) yield Buffer.from(text.slice(i, i + size))
}

it.each([
  ['a Blob', () => new Blob([text])],
  ['a Response', () => new Response(text)],
  ['a Request', () => new Request('http://x', { method: 'POST', body: text })],
  ['a web stream', () => new Response(text).body!],
  ['a Node stream', () => Readable.from(cut(5))],
  ['an async iterable of single bytes', () => cut(1)],
])('%s is read with a schema, and without one', async (_, make) => {
  expect(await read.csv(make(), schema).collect()).toEqual(rows)
  expect(await read.csv(make()).cast({ n: 'int32' }).collect()).toEqual(rows)
})

it('a stream is read once; a Blob again and again', async () => {
  const once = read.csv(cut(4), schema)
  expect(await once.collect()).toEqual(rows)
  await expect(once.collect()).rejects.toMatchObject({ code: 'NOT_REPLAYABLE' })
  const blob = read.csv(new Blob([text]))
  expect(await blob.count()).toBe(2)
  expect(await blob.count()).toBe(2)
})

it('encodings of bytes', async () => {
  const bytes = Buffer.from('name\nZoë\n', 'utf16le')
  expect(await read.csv(new Blob([bytes]), undefined, { encoding: 'utf-16le' }).collect()).toEqual([
    { name: 'Zoë' },
  ])
})

it('a stream that fails, fails the job with it as its cause', async () => {
  const cause = new Error('cut off')
  const broken = async function* () {
    yield Buffer.from('n\n1\n')
    throw cause
  }
  await expect(read.csv(broken(), { n: 'int32' }).collect()).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    cause,
  })
})

it('datasets as streams of rows and of bytes', async () => {
  const dataset = read.rows(rows, schema)
  expect(await (Array as any).fromAsync(dataset.toWebStream() as any)).toEqual(rows)
  expect(await (Array as any).fromAsync(dataset.toNodeStream())).toEqual(rows)
  expect(await new Response(dataset.toWebStream({ format: 'json' })).text()).toBe(
    '{"n":1,"name":"a"}\n{"n":2,"name":null}\n',
  )
  expect(
    Buffer.concat(await (Array as any).fromAsync(dataset.toNodeStream({ format: 'csv' }))).toString(),
  ).toBe(text)
  const none = dataset.filter(r => r.n.gt(5))
  expect(await new Response(none.toWebStream({ format: 'csv' })).text()).toBe('n,name\n')
  expect(() => dataset.toWebStream({ format: 'xml' as 'csv' })).toThrow('format')
  const semicolons = { format: 'csv', formatOptions: { delimiter: ';', nullValue: 'NA' } } as const
  expect(await new Response(dataset.toWebStream(semicolons)).text()).toBe('n;name\n1;a\n2;NA\n')
  const misspelt = { format: 'csv', formatOptions: { delimter: ';' } as {} } as const
  expect(() => dataset.toNodeStream(misspelt)).toThrow('no such option')
  expect(() => stdout(misspelt)).toThrow('no such option')
})

it('a stream that is left ends its job', async () => {
  let ended = false
  const endless = async function* () {
    try {
      for (let n = 0; ; n++) yield { n }
    } finally {
      ended = true
    }
  }
  const reader = read.iterable(endless(), { n: 'int32' }).toWebStream().getReader()
  expect((await reader.read()).value).toEqual({ n: 0 })
  await reader.cancel()
  expect(ended).toBe(true)
})
