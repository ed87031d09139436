import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LookupCache } from '../../src/core/operators/lookup-cache.ts'
import { memory, read } from '../../src/index.ts'

/** What the server was asked, and the answers that it has not given. */
let asked: string[] = []
let open: ServerResponse[] = []
let server: ReturnType<typeof createServer>
let port = 0

/** `/7` is a person, `/40…` none, `/50…` fails twice, `/60…` never answers. */
beforeEach(async () => {
  asked = []
  open = []
  server = createServer((request, response) => {
    const id = request.url!.slice(1)
    asked.push(id)
    if (id.startsWith('60')) {
      open.push(response)
      return
    }
    const failing = id.startsWith('50') && asked.filter(other => other === id).length < 3
    response.statusCode = failing ? 503 : id.startsWith('40') ? 404 : 200
    response.end(JSON.stringify({ name: `person ${id}`, age: Number(id) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const orders = (...persons: (number | null)[]) =>
  read.rows(
    persons.map((person, order) => ({ order, person })),
    { order: 'int32', person: 'int32' },
  )

const out = { name: 'utf8', age: 'int32' } as const
const found = (order: number, person: number) => ({ order, person, name: `person ${person}`, age: person })
const nothing = (order: number, person: number | null) => ({ order, person, name: null, age: null })

/** A look-up over HTTP. */
const ask = async ({ person }: { person: number }, { signal }: { signal: AbortSignal }) => {
  const response = await fetch(`http://127.0.0.1:${port}/${person}`, { signal })
  if (response.status === 404) return null
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as { name: string; age: number }
}
const using = () => ({ port })

describe('lookupJoin by a function', () => {
  it.each([0, 1, 2])(
    'asks once for equal keys of a batch, and not for null, with %i shards',
    async shards => {
      const rows = orders(7, 401, 7, null, 8, 7)
      const options = { in: 'person', out, using: using() } as const
      expect(await rows.lookupJoin(ask, options).collect({ shards })).toEqual([
        found(0, 7),
        found(2, 7),
        found(4, 8),
        found(5, 7),
      ])
      expect(asked.sort()).toEqual(['401', '7', '8'])
      const left = rows.lookupJoin(ask, { ...options, how: 'left' })
      expect(await left.collect({ shards })).toEqual([
        found(0, 7),
        nothing(1, 401),
        found(2, 7),
        nothing(3, null),
        found(4, 8),
        found(5, 7),
      ])
      expect(await left.explain()).toContain('not repeatable')
    },
  )

  it('remembers the keys used last, and what was not found', async () => {
    const cached = orders(7, 7, 401, 7, 401, 8, 9, 7).lookupJoin(ask, {
      in: ['person'],
      out,
      using: using(),
      cache: { rows: 2, ttl: '1h' },
    })
    const rows = await cached.collect({ shards: 1, batchRows: 1 })
    expect(rows.map(({ order }) => order)).toEqual([0, 1, 3, 5, 6, 7])
    // 8 and 9 took the places of 401 and 7.
    expect(asked).toEqual(['7', '401', '8', '9', '7'])
  })

  it('asks again what failed, and fails or not when that does not help', async () => {
    const options = { in: 'person', out, using: using(), how: 'left' } as const
    const once = { ...options, retries: 2 }
    expect(await orders(501).lookupJoin(ask, once).collect()).toEqual([found(0, 501)])
    const seldom = (onError: 'fail' | 'skip' | 'null', person: number) =>
      orders(person, 7)
        .lookupJoin(ask, { ...options, retries: 1, onError })
        .collect({ shards: 1 })
    await expect(seldom('fail', 502)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringMatching(/threw Error: status 503.*called with \(person: 502\)/s),
    })
    expect(await seldom('skip', 503)).toEqual([found(1, 7)])
    expect(await seldom('null', 504)).toEqual([nothing(0, 504), found(1, 7)])
    expect(asked.filter(id => id.startsWith('50'))).toEqual([
      '501',
      '501',
      '501',
      '502',
      '502',
      '503',
      '503',
      '504',
      '504',
    ])
  })

  it('gives up what takes too long, and tells it', async () => {
    const late = async ({ person }: { person: number }, { signal }: { signal: AbortSignal }) => {
      if (person === 7) return { age: 7 }
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      await fetch(`http://127.0.0.1:${port}/told`)
      return { age: 0 }
    }
    const options = { in: 'person', out: { age: 'int32' }, using: using(), timeout: 5 } as const
    const rows = await orders(601, 7)
      .lookupJoin(late, { ...options, how: 'left', onError: 'null' })
      .collect({ shards: 0 })
    expect(rows.map(({ age }) => age)).toEqual([null, 7])
    while (!asked.includes('told')) await setImmediate()
    await expect(orders(601).lookupJoin(late, options).collect()).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringContaining('TimeoutError: it took longer than 5 ms'),
    })
  })

  it('ends when the job is aborted, and closes what is under way', async () => {
    const controller = new AbortController()
    const endless = orders(601, 602, 603).lookupJoin(ask, {
      in: 'person',
      out,
      using: using(),
      concurrency: 2,
    })
    const job = await endless.write(memory()).start({ shards: 1, signal: controller.signal })
    while (open.length < 2) await setImmediate()
    controller.abort()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    for (const response of open) if (!response.destroyed) await once(response, 'close')
    expect(asked.sort()).toEqual(['601', '602'])
  })

  it('gives every row that is found, in order or as calls settle', async () => {
    const several = async ({ person }: { person: number }) => {
      // The more, the sooner.
      for (let turn = person; turn < 4; turn++) await new Promise(resolve => setTimeout(resolve, 1))
      return Array.from({ length: person }, (_, age) => ({ age }))
    }
    const rows = (ordered: boolean) =>
      orders(1, 0, 3, 2)
        .lookupJoin(several, { in: 'person', out: { age: 'int32' }, ordered })
        .collect({ shards: 0 })
    const inOrder = [1, 3, 2].flatMap(person =>
      Array.from({ length: person }, (_, age) => ({ order: [0, 0, 3, 2][person], person, age })),
    )
    expect(await rows(true)).toEqual(inOrder)
    const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    expect((await rows(false)).sort(byText)).toEqual(inOrder.sort(byText))
  })

  it('refuses results of another type', async () => {
    const wrong = orders(1).lookupJoin(async () => ({ age: 'old' as unknown as number }), {
      in: 'person',
      out: { age: 'int32' },
    })
    await expect(wrong.collect()).rejects.toMatchObject({ code: 'FUNCTION_RESULT' })
  })
})

describe('lookupJoin by a dataset', () => {
  it('is a join with rows that end', async () => {
    const persons = read.rows([{ id: 7, name: 'Ada' }], { id: 'int64', name: 'utf8' })
    const joined = orders(7, 8).lookupJoin(persons, { on: { person: 'id' }, how: 'left' })
    expect(await joined.collect()).toEqual([
      { order: 0, person: 7, id: 7n, name: 'Ada' },
      { order: 1, person: 8, id: null, name: null },
    ])
  })
})

it('a cache forgets what has been there for too long', () => {
  const cache = new LookupCache({ rows: 10, ttlMs: 0 })
  cache.set('a', [[1]])
  expect(cache.get('a')).toBeUndefined()
  expect(cache.size).toBe(0)
})
