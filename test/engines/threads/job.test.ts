import { describe, expect, it, vi } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import type { Sink, Source } from '../../../src/core/connector.ts'
import { fromSource } from '../../../src/core/dataset/from-source.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import type { JobOptions } from '../../../src/core/engine.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { type Surroundings, startJob } from '../../../src/engines/threads/index.ts'
import { defaultBatchRows } from '../../../src/engines/threads/plan-job.ts'
import {
  count,
  type Dataset,
  JobError,
  MillraceError,
  max,
  read,
  replay,
  sum,
  tumbling,
} from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { ownShards } from '../../../src/workers/pool.ts'

const schema = { at: 'timestamp[ms]', key: 'int32', x: 'int32' } as const
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ at: new Date((from + i) * 1000), key: i % 5, x: i }))

function scripted(script: readonly ScriptStep[], bounded = true) {
  const source = scriptedSource(schema, [script], { bounded })
  const dataset = fromSource<any, 'bounded'>(
    { label: 'script', load: async () => source },
    bounded,
    schemaFrom(schema),
    scripted,
  )
  return { source, dataset }
}

async function run(
  dataset: Dataset<any, any>,
  sink: Sink,
  options: JobOptions,
  surroundings: Surroundings = {},
) {
  const { plan, attachments } = await planOf([dataset.write(sink)])
  return startJob(plan, attachments, options, surroundings)
}

const windowed = (dataset: Dataset<any, 'bounded'>) =>
  dataset
    .watermark('at')
    .groupBy('key')
    .window(tumbling('10s'))
    .agg({ n: count(), total: sum('x') })

/** Resolves when awaited: the source has come to this place of its script. */
function signal() {
  let reached!: () => void
  const here = new Promise<void>(resolve => {
    reached = resolve
  })
  const never = new Promise<never>(() => {})
  const until = {
    then(...args: Parameters<Promise<never>['then']>) {
      reached()
      return never.then(...args)
    },
  } as unknown as Promise<never>
  return { here, until }
}

describe('a shard that dies fails the job, and nothing hangs or goes on', () => {
  const entry = new URL('./misbehaving-shard.ts', import.meta.url)

  for (const [death, expected] of [
    ['exit', /died/],
    ['memory', /memory/],
    ['throw', /thrown outside the shard/],
  ] as const) {
    it(`by ${death}`, async () => {
      vi.stubEnv('MILLRACE_TEST_DEATH', death)
      const { source, dataset } = scripted([{ rows: rows(500) }], false)
      const sink = collectSink()
      const hosts = await ownShards(2, { entry, maxOldGenerationSizeMb: 64 })
      vi.unstubAllEnvs()
      const job = await run(windowed(dataset), sink, { shards: 2, batchRows: 5 }, { hosts })
      const failure = await job.done.catch(error => error)
      expect(failure).toBeInstanceOf(JobError)
      expect(failure.code).toBe('SHARD_DIED')
      expect(failure.message).toMatch(expected)
      expect(sink.rows()).toEqual([])
      expect(source.openReaders).toBe(0)
    })
  }

  it('by an error of an operator, which keeps its own class and code', async () => {
    const { source, dataset } = scripted([{ rows: [{ at: new Date(0), key: 1, x: 2 ** 31 - 1 }] }])
    const sink = collectSink()
    const job = await run(dataset.with({ x: r => r.x.add(1) }), sink, { shards: 2 })
    const failure = await job.done.catch(error => error)
    expect(failure).toBeInstanceOf(MillraceError)
    expect(failure.code).toBe('OVERFLOW')
    expect(sink.rows()).toEqual([])
    expect(source.openReaders).toBe(0)
  })
})

describe('ending a job', () => {
  for (const shards of [0, 2]) {
    it(`an aborted signal stops a quiet stream and leaves nothing open (${shards} shards)`, async () => {
      const { here, until } = signal()
      const { source, dataset } = scripted([{ rows: rows(20) }, { until }], false)
      const sink = collectSink()
      const controller = new AbortController()
      const job = await run(windowed(dataset), sink, { shards, batchRows: 3, signal: controller.signal })
      await here
      controller.abort(new Error('enough'))
      const failure = await job.done.catch(error => error)
      expect(failure.code).toBe('ABORTED')
      expect(failure.cause.message).toBe('enough')
      expect(source.openReaders).toBe(0)
      expect(sink.rows()).toEqual([])
    })
  }

  it('abort() is idempotent and resolves after everything is closed', async () => {
    const { here, until } = signal()
    const { source, dataset } = scripted([{ rows: rows(20) }, { until }], false)
    const job = await run(windowed(dataset), collectSink(), { shards: 1, batchRows: 3 })
    await here
    await Promise.all([job.abort(), job.abort()])
    expect(source.openReaders).toBe(0)
  })

  it('stop() of a stream commits what was complete and takes a snapshot', async () => {
    const { here, until } = signal()
    const { dataset } = scripted([{ rows: rows(25) }, { until }], false)
    const sink = collectSink()
    const job = await run(windowed(dataset), sink, { shards: 2, batchRows: 3 })
    await here
    const snapshot = await job.stop()
    const [splits] = Object.values(snapshot.positions)
    expect(splits).toMatchObject({ 'script 0': { rows: 25, ended: false } })
    expect(sink.rows()).toHaveLength(10)
  })

  it('a snapshot of another plan is refused', async () => {
    const { here, until } = signal()
    const { dataset } = scripted([{ rows: rows(5) }, { until }], false)
    const job = await run(windowed(dataset), collectSink(), { shards: 1 })
    await here
    const restore = await job.stop()
    const other = await run(scripted([{ rows: rows(5) }]).dataset, collectSink(), { shards: 1, restore })
    await expect(other.done).rejects.toMatchObject({ code: 'RESTORE_PLAN' })
  })

  it('a source that fails is reported with its own error, and the sink keeps nothing', async () => {
    const { source, dataset } = scripted([{ rows: rows(20) }, { fail: new Error('the wire broke') }])
    const sink = collectSink()
    const job = await run(windowed(dataset), sink, { shards: 2, batchRows: 3 })
    await expect(job.done).rejects.toThrow('the wire broke')
    expect(sink.rows()).toEqual([])
    expect(source.openReaders).toBe(0)
  })

  it('a sink that fails is reported, aborted and closed', async () => {
    const calls: string[] = []
    const sink: Sink = {
      label: 'broken',
      guarantee: 'at-most-once',
      open: async () => void calls.push('open'),
      begin: async () => void calls.push('begin'),
      write: async () => {
        throw new Error('disk on fire')
      },
      commit: async () => void calls.push('commit'),
      abort: async () => void calls.push('abort'),
      close: async () => void calls.push('close'),
    }
    const job = await run(scripted([{ rows: rows(20) }]).dataset, sink, { shards: 1, batchRows: 3 })
    await expect(job.done).rejects.toThrow('disk on fire')
    expect(calls).toEqual(['open', 'begin', 'abort', 'close'])
  })

  it('limit stops reading once it has its rows', async () => {
    const { source, dataset } = scripted([{ rows: rows(10) }, { until: new Promise(() => {}) }], false)
    const sink = collectSink()
    const job = await run(dataset.limit(7), sink, { shards: 2, batchRows: 2 })
    await job.done
    expect(sink.rows()).toHaveLength(7)
    expect(source.openReaders).toBe(0)
  })
})

it('memory stays bounded however long a stream runs', async () => {
  const steps: ScriptStep[] = Array.from({ length: 400 }, (_, i) => ({ rows: rows(50, i * 50) }))
  const { dataset } = scripted(steps, false)
  const job = await run(windowed(dataset.with({ y: r => r.x.mul(2) })), collectSink(), {
    shards: 2,
    batchRows: 50,
  })
  await job.done
  // 400 batches went through; each shard and the reader had a few slabs out at a time, small ones for small batches.
  for (const { peakBytes } of job.memory) expect(peakBytes).toBeLessThan(2 ** 23)
  const [, , reader] = job.memory
  expect(reader!.slabsInUse).toBe(0)
})

/** The source with a piece of memory of this size in each batch. */
function withPieces(
  source: Source,
  bytes: number,
  seen: (buffer: ArrayBufferLike) => void = () => {},
): Source {
  return {
    ...source,
    async open(split, offset, request, memory) {
      const reader = await source.open(split, offset, request, memory)
      return {
        async next() {
          const read = await reader.next()
          if (!read) return undefined
          const arena = memory.arena()
          seen(arena.allocate(bytes).buffer)
          return { ...read, slabs: [...read.slabs, ...arena.take()] }
        },
        close: () => reader.close(),
      }
    },
  }
}

async function runFrom(source: Source, dataset: Dataset<any, any>, sink: Sink, options: JobOptions) {
  const { plan, attachments } = await planOf([dataset.write(sink)])
  const sources = new Map([...attachments.sources.keys()].map(name => [name, source]))
  const job = await startJob(plan, { ...attachments, sources }, options)
  await job.done
  return job
}

it('batches are shorter where there are many columns, so that they do not take more memory', () => {
  expect([1, 10, 32, 33, 100, 5000, 100_000].map(defaultBatchRows)).toEqual([
    65_536, 65_536, 65_536, 32_768, 16_384, 256, 256,
  ])
})

it('batches larger than a slab are read into the same memory again and again', async () => {
  const { source, dataset } = scripted([{ rows: rows(400) }], false)
  const buffers = new Set<ArrayBufferLike>()
  const wide = withPieces(source, 5 * 2 ** 20, buffer => buffers.add(buffer))
  const job = await runFrom(wide, dataset, collectSink(), { shards: 2, batchRows: 2 })
  // 200 batches of 5 MiB: no more pieces than may be under way.
  expect(buffers.size).toBeLessThanOrEqual(20)
  expect(job.memory.at(-1)!.peakBytes).toBeLessThanOrEqual(101 * 2 ** 20)
})

it('a source that reads ahead until memory is full is still read to its end', async () => {
  const { source: narrow, dataset } = scripted([{ rows: rows(200) }], false)
  const source = withPieces(narrow, 2 ** 22)
  const eager: typeof source = {
    ...source,
    async open(split, from, request, memory) {
      const reader = await source.open(split, from, request, memory)
      const ahead: Awaited<ReturnType<typeof reader.next>>[] = []
      let more = true
      return {
        async next() {
          while (more && (memory.pool.hasRoom || ahead.length === 0)) {
            const read = await reader.next()
            more = read !== undefined
            ahead.push(read)
          }
          return ahead.shift()
        },
        close: () => reader.close(),
      }
    },
  }
  const sink = collectSink()
  await runFrom(eager, dataset, sink, { shards: 2, batchRows: 2 })
  expect(sink.rows()).toHaveLength(200)
})

it('a stream commits while it runs', async () => {
  const { here, until } = signal()
  const { dataset } = scripted([{ rows: rows(25) }, { rows: rows(5, 25) }, { until }], false)
  const sink = collectSink()
  const job = await run(windowed(dataset), sink, { shards: 2, batchRows: 25, commitEveryMs: 0 })
  await here
  await vi.waitUntil(() => sink.rows().length === 10)
  await job.abort()
})

it('replay at a speed waits for the clock, and gives the rows that full speed gives', async () => {
  let now = 0
  const sleeps: number[] = []
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms)
      now += ms
    },
  }
  const shuffled = rows(60).map((_, i, all) => all[(i * 7) % 60]!)
  const history = read.rows(shuffled, schema)
  const query = (speed: number | 'max') => windowed(replay(history, { time: 'at', speed }) as any)
  const fast = collectSink()
  await (await run(query('max'), fast, { shards: 2, batchRows: 7 })).done
  const slow = collectSink()
  await (await run(query(10), slow, { shards: 2, batchRows: 7 }, { clock })).done
  expect(slow.rows()).toEqual(fast.rows())
  expect(fast.rows()).toHaveLength(30)
  // 59 s of history at ten times its speed.
  expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(5800)
  expect(now).toBeLessThan(6000)
})

it('a job of two sinks reads its source once', async () => {
  const { source, dataset } = scripted([{ rows: rows(20) }])
  const [first, second] = [collectSink(), collectSink()]
  const { plan, attachments } = await planOf([
    dataset.filter(r => r.x.lt(3)).write(first),
    dataset
      .groupBy('key')
      .agg({ top: max('x') })
      .write(second),
  ])
  await (await startJob(plan, attachments, { shards: 2 })).done
  expect(source.opened).toHaveLength(1)
  expect(first.rows()).toHaveLength(3)
  expect(second.rows()).toEqual([0, 1, 2, 3, 4].map(key => ({ key, top: 15 + key })))
})
