/** Processing time: windows by the clock, which a test moves, and the log by which another job repeats them. */

import { describe, expect, it } from 'vitest'
import { count, type Dataset, type JobSnapshot, read, start, tumbling } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { manualClock } from '../../../src/testing.ts'
import { expectRows } from './expect-rows.ts'

const schema = { key: 'utf8' } as const
const keys = (...keys: string[]): ScriptStep => ({ rows: keys.map(key => ({ key })) })
const stream = (...scripts: ScriptStep[][]): Dataset<{ key: string | null }, 'unbounded'> =>
  read.source(scriptedSource(schema, scripts, { bounded: false }), schema)
const counted = (rows: Dataset<{ key: string | null }, any>) =>
  rows.processingTime('readAt').groupBy('key').window(tumbling('10s')).agg({ n: count() })
const shown = (rows: readonly any[]) =>
  rows.map(({ key, windowStart, n }) => `${windowStart.getTime() / 1000} ${key} ${n}`)

/** Two splits; the clock is moved by the first, between its rows. */
const scripts = (clock: ReturnType<typeof manualClock>, then: () => unknown = () => {}): ScriptStep[][] => [
  [
    keys('a', 'b', 'a'),
    { until: () => clock.advance('4s') },
    keys('a'),
    { until: () => clock.advance('7s') },
    keys('b', 'b'),
    { until: () => clock.advance('20s') },
    keys('a'),
    { until: then },
  ],
  [],
]
const EXPECTED = ['0 a 3', '0 b 1', '10 b 2', '30 a 1']

describe('processingTime', () => {
  it('makes windows by the clock, whatever shards and batches', async () => {
    for (const shards of [0, 1, 2, 3])
      for (const batchRows of [1, 1000]) {
        const clock = manualClock()
        const sink = expectRows(4)
        await (await start([counted(stream(...scripts(clock))).write(sink)], { shards, batchRows, clock }))
          .done
        expect(shown(sink.rows)).toEqual(EXPECTED)
      }
  })

  it('closes windows while no rows come', async () => {
    const clock = manualClock()
    const sink = expectRows(4)
    const quiet = Promise.withResolvers<void>()
    const script = scripts(clock, () => {
      quiet.resolve()
      return new Promise(() => {})
    })
    const job = await start([counted(stream(...script)).write(sink)], { shards: 2, clock })
    await quiet.promise
    await clock.advance('10s')
    await sink.reached
    expect(shown(sink.rows)).toEqual(EXPECTED)
    await job.abort()
  })

  it('stamps rows that a verb made, too', async () => {
    const clock = manualClock()
    const sink = expectRows(1)
    const made = stream(...scripts(clock))
      .distinct()
      .processingTime('at')
      .window(tumbling('10s'))
      .agg({ n: count() })
    await (await start([made.write(sink)], { shards: 2, clock })).done
    expect(shown(sink.rows)).toEqual(['0 undefined 2'])
  })

  it('comes to the same again by the clockLog, whatever the clock says and however rows are cut', async () => {
    const clock = manualClock()
    const sink = expectRows(4)
    const job = await start([counted(stream(...scripts(clock))).write(sink)], { clock, shards: 1 })
    await job.done
    const { clockLog } = job
    expect(clockLog.length).toBeGreaterThan(3)
    for (const batchRows of [1, 2, 1000])
      for (const log of [clockLog, JSON.parse(JSON.stringify(clockLog))]) {
        const again = expectRows(4)
        const rows = stream([keys('a', 'b', 'a', 'a', 'b', 'b', 'a')], [])
        const repeated = await start([counted(rows).write(again)], {
          ...{ shards: 2, batchRows, clockLog: log },
          clock: manualClock(7_000_000),
        })
        await repeated.done
        expect(shown(again.rows)).toEqual(EXPECTED)
      }
  })

  it('goes on from a snapshot, and its marks repeat what came after the one before', async () => {
    const clock = manualClock()
    const snapshots: JobSnapshot[] = []
    let job: any
    const script: ScriptStep[][] = [
      [
        keys('a', 'a'),
        { until: async () => void snapshots.push(await job.snapshot()) },
        { until: () => clock.advance('4s') },
        keys('b'),
        { until: () => clock.advance('9s') },
        keys('a'),
        { until: async () => void snapshots.push(await job.snapshot()) },
      ],
    ]
    const sink = expectRows(3)
    const plan = counted(stream(...script))
    job = await start([plan.write(sink)], { clock, shards: 2 })
    await job.done
    const expected = ['0 a 2', '0 b 1', '10 a 1']
    expect(shown(sink.rows)).toEqual(expected)
    const again = expectRows(3)
    const rows = stream([keys('a', 'a', 'b', 'a')])
    const restored = await start([counted(rows).write(again)], {
      ...{ shards: 1, restore: snapshots[0]!, clockLog: snapshots[1]!.marks, clock: manualClock(50_000) },
    })
    await restored.done
    expect(shown(again.rows)).toEqual(expected)
  })

  it('says when a log does not fit', async () => {
    const log = [{ clockMs: 5, idle: {}, rows: { 'elsewhere#script 0': 3 } }]
    const plan = () => counted(stream([keys('a')], [])).write(expectRows(1))
    await expect((await start([plan()], { clockLog: log })).done).rejects.toMatchObject({ code: 'CLOCK_LOG' })
    const clock = manualClock()
    const job = await start([plan()], { clock })
    await job.done
    const longer = job.clockLog.map(mark => ({
      ...mark,
      rows: Object.fromEntries(Object.entries(mark.rows).map(([split, n]) => [split, n + 1])),
    }))
    await expect((await start([plan()], { clockLog: longer })).done).rejects.toMatchObject({
      code: 'CLOCK_LOG',
    })
  })
})
