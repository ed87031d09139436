/** Snapshots while a job runs, and which snapshots a job may start from. */

import { describe, expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import {
  count,
  type Dataset,
  first,
  type JobSnapshot,
  mean,
  read,
  replay,
  start,
  tumbling,
} from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { at: 'timestamp[ms]', key: 'int32', x: 'float64' } as const
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({
    at: new Date((from + i) * 1000),
    key: (from + i) % 5,
    x: (from + i) / 7,
  }))
const never = new Promise<never>(() => {})

const query = (scripts: ScriptStep[][], bounded = false) =>
  (read.source(scriptedSource(schema, scripts, { bounded }), schema) as Dataset<any, any>)
    .watermark('at')
    .groupBy('key')
    .window(tumbling('10s'))
    .agg({ n: count(), x: mean('x'), f: first('x') })

const whole = async () => {
  const sink = collectSink()
  await (await start([query([[{ rows: rows(0, 300) }]]).write(sink)], { shards: 1, batchRows: 9 })).done
  return sink.rows()
}

describe('job.snapshot()', () => {
  it('is taken while the job runs, and any number of shards goes on from it', async () => {
    const expected = await whole()
    for (const [before, after] of [
      [2, 3],
      [3, 1],
      [1, 0],
      [0, 2],
    ] as const) {
      const sink = collectSink()
      const seen = expectRows(30)
      const dataset = query([[{ rows: rows(0, 100) }, { until: never }]])
      const job = await start([dataset.write(sink), dataset.write(seen)], { shards: before, batchRows: 7 })
      await seen.reached
      const taken: { snapshot: JobSnapshot; rows: readonly unknown[] }[] = []
      for (let i = 0; i < 3; i++) taken.push({ snapshot: await job.snapshot(), rows: sink.rows() })
      await job.abort()
      for (const { snapshot, rows: head } of taken) {
        const rest = collectSink()
        const again = query([[{ rows: rows(0, 300) }]])
        const goesOn = await start([again.write(rest), again.write(expectRows(1))], {
          shards: after,
          batchRows: 5,
          restore: snapshot,
        })
        await goesOn.done
        expect([...head, ...rest.rows()], JSON.stringify({ before, after })).toEqual(expected)
      }
    }
  })

  it('takes a bounded job at whatever step it is, also where shards forward rows by themselves', async () => {
    const dataset = (scripts: ScriptStep[][]) =>
      (read.source(scriptedSource(schema, scripts), schema) as Dataset<any, any>)
        .filter(r => r.x.gte(0))
        .groupBy('key')
        .agg({ n: count(), x: mean('x') })
    const expected = await dataset([[{ rows: rows(0, 500) }]]).collect({ shards: 0 })
    for (const exchange of ['rows', 'partials'] as const) {
      const job = await start([dataset([[{ rows: rows(0, 300) }, { until: never }]]).write(collectSink())], {
        shards: 3,
        batchRows: 4,
        exchange,
      })
      const snapshots: JobSnapshot[] = []
      for (let i = 0; i < 4; i++) snapshots.push(await job.snapshot())
      await job.abort()
      for (const restore of snapshots) {
        const sink = collectSink()
        const again = await start([dataset([[{ rows: rows(0, 500) }]]).write(sink)], {
          shards: 2,
          batchRows: 50,
          restore,
        })
        await again.done
        expect(sink.rows()).toEqual(expected)
      }
    }
  })

  it('knows which inputs had ended: nobody hears of an end again', async () => {
    const dataset = (scripts: ScriptStep[][]) =>
      read.source(scriptedSource(schema, scripts), schema) as Dataset<any, any>
    for (const shards of [0, 2]) {
      const total = (rows: Dataset<any, any>) => rows.limit(5).agg({ n: count() })
      const [sink, all] = [collectSink(), expectRows(20)]
      const endless = dataset([[{ rows: rows(0, 20) }, { until: never }]])
      const job = await start([total(endless).write(sink), endless.write(all)], { shards, batchRows: 3 })
      await all.reached
      const snapshot = await job.stop()
      expect(sink.rows()).toEqual([{ n: 5 }])
      const [rest, more] = [collectSink(), expectRows(1)]
      const whole = dataset([[{ rows: rows(0, 30) }]])
      const again = await start([total(whole).write(rest), whole.write(more)], {
        shards: 1,
        restore: snapshot,
      })
      await again.done
      expect(rest.rows()).toEqual([])
      expect(more.rows).toHaveLength(10)
    }
  })

  it('is not kept waiting by a replay that still reads what it sorts', async () => {
    const { promise: reads, resolve } = Promise.withResolvers<void>()
    const until = {
      // Awaiting it is the signal.
      then() {
        resolve()
      },
    } as unknown as Promise<never>
    const history = read.source(scriptedSource(schema, [[{ rows: rows(0, 20) }, { until }]]), schema)
    const job = await start([replay(history, { time: 'at' }).write(expectRows(1))], { shards: 0 })
    await reads
    expect((await job.stop()).epoch).toBe(0)
  })

  it('is refused once the job is over', async () => {
    const job = await start([query([[{ rows: rows(0, 30) }]]).write(collectSink())], { shards: 1 })
    await job.done
    await expect(job.snapshot()).rejects.toMatchObject({ code: 'JOB_OVER' })
  })
})

describe('a snapshot', () => {
  const stopped = async () => {
    const seen = expectRows(10)
    const job = await start([query([[{ rows: rows(0, 60) }, { until: never }]]).write(seen)], { shards: 2 })
    await seen.reached
    return job.stop()
  }
  const restoring = async (restore: unknown) => {
    const job = await start([query([[{ rows: rows(0, 60) }]]).write(expectRows(1))], {
      shards: 0,
      restore: restore as JobSnapshot,
    })
    await job.done
  }

  it('may be copied by structuredClone, not through JSON', async () => {
    const snapshot = await stopped()
    await restoring(structuredClone(snapshot))
    const copy = JSON.parse(
      JSON.stringify(snapshot, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    )
    await expect(restoring(copy)).rejects.toMatchObject({ code: 'RESTORE_SNAPSHOT' })
  })

  it('is refused with another version, a bad position or epoch, or lost times', async () => {
    const snapshot = await stopped()
    const [source] = Object.keys(snapshot.positions)
    const [node] = Object.keys(snapshot.eventTimes)
    for (const broken of [
      { ...snapshot, version: 1 },
      { ...snapshot, epoch: -1 },
      { ...snapshot, epoch: undefined },
      { ...snapshot, positions: { [source!]: { 'script 0': { rows: -1 } } } },
      { ...snapshot, job: undefined },
      { ...snapshot, positions: null },
      { ...snapshot, eventTimes: { [node!]: { split: null } } },
      { ...snapshot, state: { n9: [{ tables: {} }] } },
      {},
    ])
      await expect(restoring(broken), JSON.stringify(Object.keys(broken ?? {}))).rejects.toMatchObject({
        code: 'RESTORE_SNAPSHOT',
      })
  })

  it('is refused when a part of it is missing or not whole', async () => {
    const snapshot = await stopped()
    const spoilt = (spoil: (copy: any) => void) => {
      const copy = structuredClone(snapshot)
      spoil(copy)
      return copy
    }
    const position = ({ positions }: any) => Object.values<any>(Object.values<any>(positions)[0])[0]
    const tables = ({ state }: any) =>
      Object.values<any>(state).flatMap(parts => parts.flatMap((part: any) => [...part.tables.values()]))
    const blocks = (copy: any) => tables(copy).flatMap(table => [...table.blocks.values()])
    expect(blocks(snapshot).length).toBeGreaterThan(0)
    const eachBlock = (spoilBlock: (block: any) => void) => (copy: any) => {
      for (const block of blocks(copy)) spoilBlock(block)
    }
    const cases: ((copy: any) => void)[] = [
      copy => (copy.positions = {}),
      copy => (position(copy).from.rows = position(copy).rows + 1),
      copy => (position(copy).ended = 'no'),
      copy => (copy.eventTimes[Object.keys(copy.eventTimes)[0]!] = null),
      copy => (Object.values<any>(copy.eventTimes)[0].idle = 5),
      copy => {
        for (const { blocks } of tables(copy)) blocks.set(0, null)
      },
      eachBlock(block => delete block.batch),
      eachBlock(block => delete block.batch.columns),
      eachBlock(block => block.batch.columns.pop()),
      eachBlock(block => (block.keyGroups = new Uint8Array(0))),
    ]
    for (const spoil of cases)
      await expect(restoring(spoilt(spoil)), `${spoil}`).rejects.toMatchObject({ code: 'RESTORE_SNAPSHOT' })
  })
})
