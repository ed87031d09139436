import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { httpStream } from '../../../src/connectors/net/http-poll.ts'
import { served, textOf } from './servers.ts'

it('an answer is read once', async () => {
  const url = await served((_, response) => response.end('a\nb\n'))
  expect(await textOf(httpStream(url))).toBe('a\nb\n')
})

it('what has not changed is not read again: the server is told what was seen', async () => {
  let version = 1
  const asked: (string | undefined)[] = []
  const url = await served((request, response) => {
    const seen = request.headers['if-none-match']
    asked.push(seen)
    response.setHeader('etag', `"${version}"`)
    if (seen === `"${version}"`) {
      response.writeHead(304).end()
      version = 2
    } else response.end(`version ${version}\n`)
  })
  expect(await textOf(httpStream(url, { everyMs: 1 }), 20)).toBe('version 1\nversion 2\n')
  expect(asked).toEqual([undefined, '"1"', '"1"'])
})

it('a cursor says where the next rows are; a restart goes on from there', async () => {
  const url = await served((request, response) => {
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('page') ?? 1)
    if (page < 3) response.setHeader('x-next', `/?page=${page + 1}`)
    response.end(`page ${page}\n`)
  })
  const cursor = ({ headers }: { headers: Headers }) => headers.get('x-next') ?? undefined
  const pages = httpStream(url, { cursor })
  expect(await textOf(pages)).toBe('page 1\npage 2\npage 3\n')
  const first = await pages.open(undefined, new AbortController().signal)[Symbol.asyncIterator]().next()
  expect(first.value.resume).toEqual({ url: `${url}?page=2` })
  expect(await textOf(pages, undefined, first.value.resume)).toBe('page 2\npage 3\n')
})

it('what may pass is asked for again, when the server says; what may not pass fails at once', async () => {
  let asked = 0
  const url = await served((request, response) => {
    if (request.url === '/secret') response.writeHead(403).end('not for you')
    else if (++asked < 3) response.writeHead(429, { 'retry-after': '0' }).end()
    else response.end('at last\n')
  })
  expect(await textOf(httpStream(url))).toBe('at last\n')
  expect(asked).toBe(3)
  await expect(textOf(httpStream(new URL('/secret', url)))).rejects.toMatchObject({
    code: 'HTTP_STATUS',
    message: expect.stringMatching(/answered 403 Forbidden: not for you/),
  })
  await expect(textOf(httpStream(url, { retries: 0, timeoutMs: 1000 }))).resolves.toBe('at last\n')
})

it('nobody there, and no answer in time, are told with the address, without its secrets', async () => {
  // A port where nothing listens any more.
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  const nobody = httpStream(new URL(`http://me:secret@127.0.0.1:${port}/x?key=secret`), { retries: 0 })
  const error = await textOf(nobody).catch(e => e)
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
  expect(error.message).toContain('ECONNREFUSED')
  expect(error.message).not.toContain('secret')
  const silent = await served(() => {})
  await expect(textOf(httpStream(silent, { retries: 0, timeoutMs: 50 }))).rejects.toThrow(
    'no answer within 0.05 s',
  )
})

it('the signal ends a wait between answers', async () => {
  const url = await served((_, response) => response.end('a\n'))
  expect(await textOf(httpStream(url, { everyMs: 1e8 }), 2)).toBe('a\n')
})
