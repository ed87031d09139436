import type { Worker } from 'node:worker_threads'
import { afterEach, expect, it, vi } from 'vitest'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import { planOf } from '../../src/core/dataset/pending-write.ts'
import { startJob } from '../../src/engines/threads/index.ts'
import { arma, read, start } from '../../src/index.ts'
import { openArima } from '../../src/models/detectors/arima/arima.ts'
import { backgroundFits } from '../../src/models/detectors/arima/background-fits.ts'
import { cssFitInput } from '../../src/models/detectors/arima/css-fit.ts'
import { type BackgroundThread, backgroundThread } from '../../src/workers/background.ts'
import { inlineShard } from '../../src/workers/inline.ts'
import { context, hourly, score, stateFor } from '../models/detectors/simulate.ts'

/** Threads that were started here. */
const threads: Worker[] = []
const note = (worker: Worker) => void threads.push(worker)
process.on('worker', note)
const opened: BackgroundThread[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map(background => background.end()))
  threads.length = 0
})

function open(entry?: string): BackgroundThread {
  const background = backgroundThread(entry === undefined ? undefined : new URL(entry, import.meta.url))
  opened.push(background)
  return background
}

const series = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i * i))
const input = cssFitInput(2, 1, 6, new Float64Array(3), series)
const task = { name: 'css', input, results: 3, compute: backgroundFits.css! }
const expected = backgroundFits.css!(input)
const isGone = (worker: Worker) => worker.threadId === -1

it('gives what the function gives, bit for bit, by one thread that starts with the first task', async () => {
  const background = open()
  const tickets = Array.from({ length: 5 }, () => background.submit(task))
  await vi.waitUntil(() => tickets.every(ticket => ticket.ready), { timeout: 30_000 })
  for (const ticket of tickets) expect(ticket.take()).toEqual(expected)
  expect(threads).toHaveLength(1)
  await background.end()
  expect(threads.map(isGone)).toEqual([true])
})

it('works out what is late where it is wanted', () => {
  // Nothing but this runs: the thread cannot have been heard of.
  const tickets = Array.from({ length: 3 }, () => open().submit(task))
  for (const ticket of tickets) expect(ticket.take()).toEqual(expected)
})

it.each(['dies', 'cannot be loaded'])('does without a thread that %s, and starts no other', async how => {
  const background = open(how === 'dies' ? './dying-background.ts' : './no-such-file.ts')
  const ticket = background.submit(task)
  await vi.waitUntil(() => ticket.ready, { timeout: 30_000 })
  expect(ticket.take()).toEqual(expected)
  expect(background.submit(task).take()).toEqual(expected)
  expect(threads).toHaveLength(1)
})

function noSuchFunction(): never {
  throw new RangeError('no such function')
}

it('reports the error of a function where it is taken, and goes on', async () => {
  const background = open()
  const bad = background.submit({ ...task, name: 'no such function', compute: noSuchFunction })
  const good = background.submit(task)
  await vi.waitUntil(() => good.ready, { timeout: 30_000 })
  expect(bad.ready).toBe(true)
  expect(() => bad.take()).toThrow()
  expect(good.take()).toEqual(expected)
})

it('what was under way at the end is worked out in place, and a later task has a thread again', async () => {
  const background = open()
  const ticket = background.submit(task)
  await background.end()
  expect(ticket.ready).toBe(true)
  expect(ticket.take()).toEqual(expected)
  const later = background.submit(task)
  await vi.waitUntil(() => later.ready, { timeout: 30_000 })
  expect(threads).toHaveLength(2)
})

const rows = Array.from({ length: 600 }, (_, i) => ({
  at: new Date(i * 3_600_000),
  key: i % 2,
  x: 20 + 5 * Math.sin(i * i),
}))
const scored = (refitDelay: number | 'asap') =>
  read
    .rows(rows)
    .watermark('at')
    .detect('x', arma({ p: 1, q: 1, warmup: 40, refitEvery: 60, refitDelay }), { by: 'key', every: '2h' })

async function run(refitDelay: number | 'asap', shards: number) {
  const sink = collectSink()
  const job = await start([scored(refitDelay).write(sink)], { shards, batchRows: 7 })
  await job.done
  return sink.rows()
}

it('a job on the calling thread has one thread beside it, and leaves none', async () => {
  const inline = await run(20, 0)
  expect(threads).toHaveLength(1)
  expect(threads.map(isGone)).toEqual([true])
  await run('asap', 0)
  expect(threads).toHaveLength(2)
  expect(threads.map(isGone)).toEqual([true, true])
  expect(await run(20, 2)).toEqual(inline)
})

it('the last job of a shard ends the thread, though the shard is kept for others', async () => {
  const shard = inlineShard()
  const { plan, attachments } = await planOf([scored(20).write(collectSink())])
  const kept = { ...shard, release: async () => {} }
  await (await startJob(plan, attachments, { shards: 1, batchRows: 7 }, { hosts: [kept] })).done
  await vi.waitUntil(() => threads.length === 1 && threads.every(isGone), { timeout: 30_000 })
})

it('a job that fails leaves none either', async () => {
  const failing = scored(20).write({
    ...collectSink(),
    write: async () => {
      throw new Error('disk on fire')
    },
  })
  const job = await start([failing], { shards: 0, batchRows: 7 })
  await expect(job.done).rejects.toThrow('disk on fire')
  expect(threads.map(isGone)).toEqual(threads.map(() => true))
})

it('without a lag there is no thread at all', async () => {
  await run(0, 0)
  expect(threads).toEqual([])
})

it('as soon as possible is when the thread is done, and is said not to be repeatable', async () => {
  const detector = openArima(
    arma({ p: 1, q: 1, warmup: 40, refitDelay: 'asap' }),
    context({ background: open() }),
  )
  const state = stateFor(detector, 1)
  const values = hourly(Float64Array.from({ length: 41 }, (_, i) => Math.sin(i * i)))
  expect(score(detector, values, [], state).expected[40]).toBeNaN()
  const next = () => score(detector, hourly([0.5]), [], state).expected[0]!
  await vi.waitUntil(() => !Number.isNaN(next()), { timeout: 30_000 })

  expect(await run('asap', 2)).toHaveLength(rows.length)
  expect(await scored('asap').explain()).toMatch(/not repeatable: fits take effect when they are ready/)
  expect(await scored(20).explain()).not.toMatch(/not repeatable/)
})
