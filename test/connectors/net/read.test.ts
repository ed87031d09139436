import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { deadLetter, exec, http, listen, memory, read, socket, start } from '../../../src/index.ts'
import { bodyOf, served } from './servers.ts'

const schema = { n: 'int32', name: 'utf8' } as const

it('lines of a command, decoded in shards', async () => {
  const lines = read.exec('seq 1 100000', { bounded: true })
  expect(await lines.collect({ shards: 2 })).toEqual(await lines.collect({ shards: 0, batchRows: 100 }))
  expect(await lines.limit(2).collect()).toEqual([
    { text: '1', offset: 0 },
    { text: '2', offset: 2 },
  ])
})

it('a command that fails, fails the job; one that never ends is ended with it', async () => {
  await expect(read.exec('echo 1; exit 7', { bounded: true }).collect()).rejects.toThrow(
    'it ended with code 7',
  )
  for await (const { text } of read.exec('echo one; exec tail -f /dev/null')) {
    expect(text).toBe('one')
    break
  }
})

it('JSON of a command, with bad records as dead letters', async () => {
  const bad = memory()
  const records = `printf '{"n":1,"name":"a"}\\n{"n":"x"}\\n{"name":"b"}\\n'`
  const rows = memory()
  const job = await read
    .exec(records, schema, { bounded: true, onBadRow: deadLetter(bad) })
    .write(rows)
    .start()
  const { skipped } = await job.done
  expect(rows.rows()).toEqual([
    { n: 1, name: 'a' },
    { n: null, name: 'b' },
  ])
  expect(bad.rows()).toMatchObject([{ column: 'n', record: '{"n":"x"}' }])
  expect(skipped).toBe(1)
})

it('a validator of what comes, which types the rows', async () => {
  const bad = memory()
  const rows = read.exec(
    `printf '{"n":1,"name":"a"}\\n{"n":-5,"name":"b"}\\n'`,
    z.object({ n: z.int().positive(), name: z.string() }),
    { bounded: true, onBadRow: deadLetter(bad) },
  )
  const good = memory()
  await (
    await rows
      .filter(r => r.n.gt(0))
      .write(good)
      .start()
  ).done
  expect(good.rows()).toEqual([{ n: 1, name: 'a' }])
  expect(bad.rows()).toHaveLength(1)
})

it('CSV of a command', async () => {
  const csv = read.exec(`printf 'name;n\\na;1\\nb;2'`, schema, { bounded: true, format: 'csv' })
  expect(await csv.collect()).toEqual([
    { n: 1, name: 'a' },
    { n: 2, name: 'b' },
  ])
})

it('a connection that ends is made again; half a record of the one before does not go on', async () => {
  const server = createTcpServer(connection => connection.end('one\nhal')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const texts: string[] = []
  for await (const { text } of read.socket(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)) {
    if (texts.push(text) === 4) break
  }
  expect(texts).toEqual(['one', 'hal', 'one', 'hal'])
})

it('pages of JSON, from cursor to cursor, and on from there after a restart', async () => {
  const asked: string[] = []
  const url = await served((request, response) => {
    asked.push(request.url!)
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('page') ?? 1)
    if (page < 4) response.setHeader('x-next', `?page=${page + 1}`)
    response.end(
      JSON.stringify(
        [
          { n: page, name: 'a' },
          { n: 10 * page, name: 'b' },
        ],
        null,
        1,
      ),
    )
  })
  const pages = read.http(url, schema, {
    every: '100d',
    cursor: ({ headers }) => headers.get('x-next') ?? undefined,
  })
  const sink = memory()
  const first = await pages.write(sink).start({ batchRows: 1, commitEveryMs: 1 })
  await vi.waitUntil(() => sink.rows().length >= 2, 10_000)
  const snapshot = await first.stop()
  const second = await pages.write(sink).start({ restore: snapshot, commitEveryMs: 1 })
  await vi.waitUntil(() => sink.rows().length === 8, 10_000)
  await second.stop()
  expect(sink.rows().map(({ n }) => n)).toEqual([1, 10, 2, 20, 3, 30, 4, 40])
  expect(asked).toEqual(expect.arrayContaining(['/', '/?page=2', '/?page=3', '/?page=4']))
})

it('posted rows are answered once they are committed', async () => {
  const listening = Promise.withResolvers<string>()
  const options = {
    port: 0,
    path: '/rows',
    token: 'secret',
    maxWaitingRows: 3,
    onListening: listening.resolve,
  }
  const sink = memory()
  const job = await listen.http(options, schema).write(sink).start({ commitEveryMs: 1e8 })
  const address = await listening.promise
  const post = (body: unknown, headers: object = { authorization: 'Bearer secret' }) =>
    fetch(address, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  expect((await post({ n: 1 }, {})).status).toBe(401)
  expect((await fetch(`${address}x`, { headers: { authorization: 'Bearer secret' } })).status).toBe(404)
  const wrong = await post([{ n: 1 }, { n: 'x' }])
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({ error: expect.stringContaining('column "n"') })

  // One of these comes first, and the other finds no room.
  const posted = [1, 2].map(n =>
    post([
      { n, name: 'a' },
      { n: 10 * n, name: 'b' },
    ]),
  )
  const refused = await Promise.race(posted)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  let accepted: Response | undefined
  for (const answer of posted) void answer.then(response => response.status === 200 && (accepted = response))
  await vi.waitUntil(() => job.snapshot().then(() => accepted !== undefined), 10_000)
  expect(await accepted!.json()).toEqual({ rows: 2 })
  expect(sink.rows()).toHaveLength(2)

  // What is posted while the job stops is either safe or refused.
  const last = post({ n: 5, name: 'c' })
  await job.stop()
  const { status } = await last.catch(() => ({ status: 503 }))
  expect(status).toBe(sink.rows().length === 3 ? 200 : 503)
})

it('rows as requests, numbered, and repeated where a failure may pass', async () => {
  const taken: { key: unknown; rows: unknown }[] = []
  let failures = 1
  const url = await served(async (request, response) => {
    const rows = JSON.parse(await bodyOf(request))
    if (failures-- > 0) return response.writeHead(503, { 'retry-after': '0' }).end()
    taken.push({ key: request.headers['idempotency-key'], rows })
    return response.end()
  })
  const rows = [1, 2, 3].map(n => ({ n, name: `"${n}"\n` }))
  await (
    await read
      .rows(rows, schema)
      .write(http(url, { batch: 2 }))
      .start()
  ).done
  expect(taken.map(({ rows }) => rows)).toEqual([rows.slice(0, 2), rows.slice(2)])
  expect(new Set(taken.map(({ key }) => key)).size).toBe(2)
  const refusing = await served((_, response) => response.writeHead(422).end('no such column'))
  const failing = await read.rows(rows, schema).write(http(refusing)).start()
  await expect(failing.done).rejects.toThrow(/answered 422 .*: no such column/)
})

it('rows down a connection, and to a command', async () => {
  const received = Promise.withResolvers<string>()
  const server = createTcpServer(async connection => {
    let text = ''
    for await (const part of connection) text += part
    received.resolve(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const rows = read.rows([{ n: 1, name: 'a' }], schema)
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  await (await rows.write(socket(address)).start()).done
  expect(JSON.parse(await received.promise)).toEqual({ n: 1, name: 'a' })
  await (await start([rows.write(exec(`test "$(cat)" = '{"n":1,"name":"a"}'`))])).done
  const failing = await rows.write(exec('cat >/dev/null; echo full >&2; exit 1')).start()
  await expect(failing.done).rejects.toThrow('full')
})
