import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventStream } from '../../../src/connectors/net/events.ts'
import { served, textOf } from './servers.ts'

it('the data of each event is a record, of the events asked for', async () => {
  const url = await served((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end('event: tick\ndata: {"n":\ndata: 1}\n\nevent: other\ndata: {}\n\ndata: {"n":2}\n\n')
  })
  expect(await textOf(eventStream(url, { bounded: true }))).toBe('{"n": 1}\n{}\n{"n":2}\n')
  expect(await textOf(eventStream(url, { bounded: true, event: 'tick' }))).toBe('{"n": 1}\n')
})

it('a connection that ends is made again, from the last event', async () => {
  const asked: unknown[] = []
  const url = await served((request, response) => {
    const last = request.headers['last-event-id']
    asked.push(last)
    const next = Number(last ?? 0) + 1
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: ${next}\ndata: ${next}\n\n`)
  })
  expect(await textOf(eventStream(url), 4)).toBe('1\n2\n')
  expect(asked).toEqual([undefined, '1'])
  expect(await textOf(eventStream(url), 2, '7')).toBe('8\n')
})

it('what is no stream of events is refused', async () => {
  const url = await served((_, response) => response.setHeader('content-type', 'text/html').end('<p>'))
  await expect(textOf(eventStream(url))).rejects.toMatchObject({ code: 'CONTENT_TYPE' })
})

it('messages of a WebSocket are records', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  onTestFinished(() => server.close())
  server.on('connection', socket => {
    socket.send('{"n":\n1}')
    socket.send(Buffer.from('{"n":2}'))
    socket.close(1000)
  })
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  expect(await textOf(eventStream(url, { bounded: true }))).toBe('{"n": 1}\n{"n":2}\n')
})
