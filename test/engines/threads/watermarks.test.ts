/** Watermarks beyond an allowance: marks that rows bring, splits that fall idle, splits that are read side by side. */

import { describe, expect, it } from 'vitest'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import type { Clock } from '../../../src/engines/threads/clock.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import { STEPS_AHEAD } from '../../../src/engines/threads/step.ts'
import { count, type Dataset, read, start, tumbling } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { at: 'timestamp[ms]', key: 'utf8', done: 'timestamp[ms]' } as const
const row = (seconds: number, key = 'k', done: number | null = null) => ({
  at: new Date(seconds * 1000),
  key,
  done: done === null ? null : new Date(done * 1000),
})
const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => row(from + i))
const never = new Promise<never>(() => {})
const stream = (...scripts: ScriptStep[][]): Dataset<any, 'unbounded'> =>
  read.source(scriptedSource(schema, scripts, { bounded: false }), schema)
const counted = (rows: Dataset<any, any>) => rows.groupBy('key').window(tumbling('10s')).agg({ n: count() })
const shown = (rows: readonly any[]) => rows.map(row => [row.windowStart.getTime() / 1000, row.n])

/** A clock that a test moves. */
function handClock() {
  let nowMs = 0
  let wake = Promise.withResolvers<void>()
  const clock: Clock = {
    now: () => nowMs,
    async sleep(ms, signal) {
      const untilMs = nowMs + ms
      signal.addEventListener('abort', () => wake.resolve())
      while (nowMs < untilMs && !signal.aborted) await wake.promise
    },
  }
  const advance = (ms: number) => {
    nowMs += ms
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  return { clock, advance }
}

describe('mark', () => {
  const rows = [
    row(1),
    row(12),
    row(3),
    row(14, 'k', 10),
    row(4),
    row(25),
    row(26, 'k', 20),
    row(13),
    row(31),
  ]

  it('is the watermark that rows bring: what came before it is in time, however far behind', async () => {
    for (const shards of [0, 1, 2])
      for (const batchRows of [1, 2, 3, 100]) {
        const sink = expectRows(4)
        const late = expectRows(2)
        const windows = counted(stream([{ rows }]).watermark('at', { mark: r => r.done }))
        await (await start([windows.write(sink), (windows as any).late().write(late)], { shards, batchRows }))
          .done
        expect(shown(sink.rows)).toEqual([
          [0, 2],
          [10, 2],
          [20, 2],
          [30, 1],
        ])
        expect(late.rows.map((r: any) => r.at.getTime() / 1000)).toEqual([4, 13])
      }
  })

  it('must be a time, and stands alone', () => {
    expect(() => stream([]).watermark('at', { mark: r => r.key as any })).toThrow(/EVENT_TIME_TYPE|must be/)
    expect(() => stream([]).watermark('at', { mark: r => r.done, outOfOrder: '1s' })).toThrow(/in place of/)
  })
})

describe('a watermark behind a union of branches of one stream', () => {
  it('has a split for each branch: lateness does not depend on the batches', async () => {
    for (const shards of [0, 2])
      for (const batchRows of [1, 2, 100]) {
        const sink = expectRows(2)
        const input = stream([{ rows: [row(0), row(50)] }])
        const both = input.union(input.filter(r => r.at.isNotNull())).watermark('at')
        await (await start([counted(both).write(sink)], { shards, batchRows })).done
        expect(shown(sink.rows)).toEqual([
          [0, 2],
          [50, 2],
        ])
      }
  })
})

describe('a watermark behind copies of a stream and rows that a verb made', () => {
  it('has a split for each copy', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => row(i === 8 ? -50 : i * 10))
    for (const shards of [0, 2])
      for (const batchRows of [1, 3, 100]) {
        const late = expectRows(2)
        const input = stream([{ rows }])
        const all = input
          .limit(3)
          .union(input, input)
          .with({ other: r => r.key })
        const windows = counted(all.watermark('at', { outOfOrder: '20s' }))
        const job = await start([(windows as any).late().write(late)], { shards, batchRows })
        await job.done
        expect(late.rows, JSON.stringify({ shards, batchRows })).toHaveLength(2)
      }
  })
})

describe('idle', () => {
  it('lets windows close though a split brings nothing, and what comes later is late', async () => {
    for (const shards of [0, 2]) {
      const { clock, advance } = handClock()
      const { promise: wakes, resolve: wake } = Promise.withResolvers<void>()
      const quiet: ScriptStep[] = [
        { rows: [row(0, 'k')] },
        { until: wakes },
        { rows: [row(5), row(40)] },
        { until: never },
      ]
      const windows = counted(
        stream(quiet, [{ rows: seconds(0, 35) }, { until: never }]).watermark('at', { idle: '1m' }),
      )
      const closed = expectRows(3)
      const late = expectRows(1)
      const raw = expectRows(36)
      const source = [windows.write(closed), (windows as any).late().write(late)]
      const { plan, attachments } = await planOf([...source, windows.write(raw)] as any)
      const job = await startJob(plan, attachments, { shards, batchRows: 5 }, { clock })
      // Both splits are waited for before the clock moves: their rows are in.
      while (job.progress.rowsIn < 36) await new Promise(setImmediate)
      advance(15_000)
      expect(closed.rows).toEqual([])
      for (let i = 0; i < 6; i++) {
        advance(15_000)
        await new Promise(setImmediate)
      }
      await closed.reached
      expect(shown(closed.rows)).toEqual([
        [0, 11],
        [10, 10],
        [20, 10],
      ])
      const snapshot = await job.snapshot()
      expect(snapshot.marks.flatMap(mark => Object.values(mark.idle).flat())).toHaveLength(2)
      wake()
      await late.reached
      expect((late.rows as any[]).map(r => r.at.getTime() / 1000)).toEqual([5])
      await job.abort()
    }
  })
})

describe('align', () => {
  it('holds nothing back that is read in turn: what would have to catch up begins after it', async () => {
    const scripts = [seconds(0, 200), [], seconds(0, 3)].map(rows => [{ rows }])
    const source = scriptedSource(schema, scripts)
    const dataset = read.source(source, schema).watermark('at', { idle: '1h', align: '1m' })
    expect(await dataset.count({ shards: 0, batchRows: 10 })).toBe(203)
  })

  it('reads no split far ahead of the others', async () => {
    const { promise: goes, resolve: go } = Promise.withResolvers<void>()
    const slow: ScriptStep[] = [{ rows: [row(0)] }, { until: goes }, { rows: seconds(1, 60) }]
    const fast: ScriptStep[] = Array.from({ length: 60 }, (_, i) => ({ rows: [row(i * 10)] }))
    const dataset = stream(slow, fast).watermark('at', { idle: '1h', align: '1m' })
    const all = expectRows(120)
    const some = expectRows(8)
    const job = await start([dataset.write(all), dataset.write(some)], { shards: 0, batchRows: 1 })
    await some.reached
    const ahead = await job.snapshot()
    // At 70 s, its eighth row, the fast split is more than a minute ahead; steps may be under way then.
    const [waited, read] = Object.values(Object.values(ahead.positions)[0]!).map(({ rows }) => rows)
    expect(waited).toBe(1)
    expect(read).toBeLessThan(8 + STEPS_AHEAD)
    go()
    await all.reached
    await job.done
  })

  it('needs idle', () => {
    expect(() => stream([]).watermark('at', { align: '1m' })).toThrow(/needs idle/)
  })
})
