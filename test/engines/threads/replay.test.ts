import { describe, expect, it } from 'vitest'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import type { JobOptions } from '../../../src/core/engine.ts'
import type { Clock } from '../../../src/engines/threads/clock.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import {
  ConnectorError,
  count,
  DataError,
  type Dataset,
  lit,
  max,
  memory,
  read,
  replay,
  start,
  sum,
  tumbling,
} from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'

const schema = { at: 'timestamp[ms]', key: 'int32', x: 'int32' } as const
const at = (second: number) => new Date(second * 1000)
const shuffled = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => (i * 7) % count).map(i => ({ at: at(from + i), key: i % 5, x: i }))

const history = () => read.rows(shuffled(60), schema)

/** What a dataset writes. */
async function rowsOf(dataset: Dataset<any, any>, options: JobOptions = {}): Promise<any[]> {
  const sink = memory()
  await (await start([dataset.write(sink)], options)).done
  return sink.rows()
}

describe('a replay of computed rows', () => {
  const perKey = () =>
    history()
      .watermark('at')
      .groupBy('key')
      .window(tumbling('10s'))
      .agg({ n: count(), total: sum('x'), last: max('at') })
  const inOrder = async () => (await perKey().collect()).sort((a, b) => (a.last as any) - (b.last as any))

  it('gives them in time order, whatever the batches and shards', async () => {
    const expected = await inOrder()
    expect(expected).toHaveLength(30)
    for (const shards of [0, 2])
      for (const batchRows of [3, 1000])
        expect(await rowsOf(replay(perKey(), { time: 'last' }), { shards, batchRows })).toEqual(expected)
  })

  it('is a stream like any other', async () => {
    const again = replay(perKey(), { time: 'windowStart' })
      .watermark('windowStart')
      .window(tumbling('20s'))
      .agg({ windows: count(), rows: sum('n') })
    const rows = await rowsOf(again, { shards: 2, batchRows: 4 })
    expect(rows.map(({ windows, rows }) => [windows, Number(rows)])).toEqual([
      [10, 20],
      [10, 20],
      [10, 20],
    ])
  })

  it('goes by a time that was computed row by row', async () => {
    const dataset = history().select({ x: r => r.x, seconds: r => r.at.cast('timestamp[s]') })
    const rows = await rowsOf(replay(dataset, { time: 'seconds' }), { batchRows: 7 })
    expect(rows.map(({ x }) => x)).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })

  it('stopped and restored, goes on where it was', async () => {
    const expected = await inOrder()
    const sink = memory()
    const stopped = replay(perKey(), { time: 'last', speed: 1 })
    // The clock stands still after 20 s: what is due until then comes, and no more.
    const reached = Promise.withResolvers<void>()
    let now = 0
    const clock: Clock = {
      now: () => now,
      sleep: async (ms, signal) => {
        if (now + ms <= 20_000) {
          now += ms
          return
        }
        reached.resolve()
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      },
    }
    const { plan, attachments } = await planOf([stopped.write(sink)])
    const job = await startJob(plan, attachments, { shards: 2, batchRows: 4 }, { clock })
    await reached.promise
    const snapshot = await job.stop()
    const before = sink.rows().length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(30)
    const rest = memory()
    const next = await planOf([stopped.write(rest)])
    // The same clock, running again.
    const running: Clock = { now: () => now, sleep: async ms => void (now += ms) }
    await (
      await startJob(
        next.plan,
        next.attachments,
        { shards: 1, batchRows: 3, restore: snapshot },
        { clock: running },
      )
    ).done
    expect([...sink.rows(), ...rest.rows()]).toEqual(expected)
  })

  it('shows what computes them', async () => {
    const text = await replay(perKey(), { time: 'last' }).limit(1).explain({ shards: 2 })
    expect(text).toContain('scan rows > watermark > agg   [threads]')
    expect(text).toContain('  computed by a job of its own:\n    scan rows   [coordinator] 1 split(s)')
    expect(text).toContain('      agg "n" = count()')
    expect(text).toContain('    write to the replay')
  })

  it('fails at the call of what failed, and leaves nothing open', async () => {
    const source = scriptedSource(schema, [[{ rows: shuffled(5) }, { fail: new Error('torn') }]])
    const line = Number(/replay\.test\.ts:(\d+)/.exec(new Error().stack!)![1])
    const broken = read
      .source(source, schema)
      .groupBy('key')
      .agg({ last: max('at') })
    const error: ConnectorError = await rowsOf(replay(broken, { time: 'last' })).catch(error => error)
    expect(error).toBeInstanceOf(ConnectorError)
    expect(error).toMatchObject({
      code: 'SOURCE_FAILED',
      cause: { message: 'torn' },
      operatorPath: ['script'],
    })
    expect(error.stack).toContain(`replay.test.ts:${line + 2}:`)
    expect(source.openReaders).toBe(0)

    const narrow = history()
      .with({ y: r => r.x.add(100).cast('int8') })
      .groupBy('key')
      .agg({ last: max('at'), y: max('y') })
    const misfit: DataError = await rowsOf(replay(narrow, { time: 'last' })).catch(error => error)
    expect(misfit).toBeInstanceOf(DataError)
    expect(misfit.stack).toContain(`replay.test.ts:${line + 16}:`)
  })

  it('aborted, aborts what computes them', async () => {
    const waits = Promise.withResolvers<void>()
    const until = {
      // Awaiting it is the signal.
      then() {
        waits.resolve()
      },
    } as unknown as Promise<never>
    const source = scriptedSource(schema, [[{ rows: shuffled(5) }, { until }]])
    const dataset = read
      .source(source, schema)
      .groupBy('key')
      .agg({ last: max('at') })
    const job = await start([replay(dataset, { time: 'last' }).write(memory())])
    await waits.promise
    expect(source.openReaders).toBe(1)
    await job.abort()
    expect(source.openReaders).toBe(0)
  })
})

describe('a replay beside other readers of its source', () => {
  it('does not change what they get', async () => {
    const dataset = history()
    const first = await rowsOf(dataset.limit(3))
    const [beside, played, filtered] = [memory(), memory(), memory()]
    const some = dataset.filter(r => r.x.gt(30))
    const job = await start(
      [
        dataset.limit(3).write(beside),
        replay(some, { time: 'at' }).write(played),
        some.limit(2).write(filtered),
      ],
      { batchRows: 8 },
    )
    await job.done
    expect(beside.rows()).toEqual(first)
    expect(played.rows().map(r => r.x)).toEqual(Array.from({ length: 29 }, (_, i) => 31 + i))
    expect(filtered.rows().map(r => r.x)).toEqual([35, 42])
  })

  it('is refused where the source can be read only once', async () => {
    const once = read.iterable(shuffled(5), schema, { bounded: true })
    const perKey = once.groupBy('key').agg({ at: max('at') })
    const job = start([once.write(memory()), replay(perKey, { time: 'at' }).write(memory())])
    await expect(job).rejects.toMatchObject({ name: 'PlanError', code: 'READ_ONCE' })
  })

  it('keeps to its own speed', async () => {
    let now = 0
    const clock: Clock = { now: () => now, sleep: async ms => void (now += ms) }
    const dataset = history()
    const [fast, slow] = [memory(), memory()]
    const { plan, attachments } = await planOf([
      replay(dataset, { time: 'at', speed: 'max' }).write(fast),
      replay(dataset, { time: 'at', speed: 10 }).write(slow),
    ])
    await (await startJob(plan, attachments, { batchRows: 7 }, { clock })).done
    // 59 s of history at ten times its speed.
    expect(now).toBeGreaterThan(5800)
    expect(fast.rows()).toEqual(slow.rows())
  })
})

describe('datasets replayed together', () => {
  const orders = () => read.rows(shuffled(40), schema)
  const shipments = () => read.rows(shuffled(20, 10), schema).rename({ at: 'shipped' })

  it('are read in time order across both, ties in the order of the list', async () => {
    const [a, b] = replay([orders(), shipments()], { time: ['at', 'shipped'] })
    const both = (first: any, second: any) => rowsOf(first.union(second), { batchRows: 1, shards: 0 })
    const named = [
      a.select({ at: r => r.at, of: () => lit(0, 'int32') }),
      b.select({ at: r => r.shipped, of: () => lit(1, 'int32') }),
    ] as const
    const expected = [
      ...shuffled(40).map(({ at }) => [at.getTime(), 0]),
      ...shuffled(20, 10).map(({ at }) => [at.getTime(), 1]),
    ]
    expected.sort(([t, i], [u, j]) => t! - u! || i! - j!)
    for (const rows of [await both(named[0], named[1]), await both(named[1], named[0])])
      expect(rows.map(({ at, of }) => [at.getTime(), of])).toEqual(expected)
  })

  it('give the same rows as each alone, together or not, at any speed', async () => {
    const alone = [
      await rowsOf(replay(orders(), { time: 'at' })),
      await rowsOf(replay(shipments(), { time: 'shipped' })),
    ]
    for (const speed of ['max', 1000] as const) {
      const [a, b] = replay([orders(), shipments()], { time: ['at', 'shipped'], speed })
      const sinks = [memory(), memory()]
      let now = 0
      const clock: Clock = { now: () => now, sleep: async ms => void (now += ms) }
      const { plan, attachments } = await planOf([a.write(sinks[0]!), b.write(sinks[1]!)])
      await (await startJob(plan, attachments, { batchRows: 7, shards: 2 }, { clock })).done
      expect(sinks.map(sink => sink.rows())).toEqual(alone)
      // One alone, and one whose rows nobody wants any more.
      expect(await rowsOf(b)).toEqual(alone[1])
      const some = memory()
      const whole = memory()
      await (await start([a.limit(2).write(some), b.write(whole)], { batchRows: 3 })).done
      expect(some.rows()).toEqual(alone[0]!.slice(0, 2))
      expect(whole.rows()).toEqual(alone[1])
    }
  })

  it('may be computed, and of one source', async () => {
    const all = orders()
    const perKey = all.groupBy('key').agg({ at: max('at'), n: count() })
    const [a, b] = replay([all, perKey], { time: 'at' })
    const sinks = [memory(), memory()]
    await (await start([a.write(sinks[0]!), b.write(sinks[1]!)], { batchRows: 4 })).done
    expect(sinks[0]!.rows()).toHaveLength(40)
    expect(sinks[1]!.rows().map(({ n }) => Number(n))).toEqual([8, 8, 8, 8, 8])
  })
})
