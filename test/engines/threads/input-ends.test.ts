/** Time and end belong to an input: what one input does must not hold back, or end, another. */

import { describe, expect, it } from 'vitest'
import { count, type Dataset, type Job, read, start, sum, tumbling } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { at: 'timestamp[ms]', key: 'utf8' } as const
const seconds = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ at: new Date((from + i) * 1000), key: 'k' }))
const never = new Promise<never>(() => {})
const stream = (...scripts: ScriptStep[][]) =>
  read.source(scriptedSource(schema, scripts, { bounded: false }), schema)
const counted = (rows: Dataset<any, any>) => rows.groupBy('key').window(tumbling('10s')).agg({ n: count() })

const SHARDS = [0, 1, 2, 3]

/** Runs until so many rows have come out, and gives them. */
async function until(rows: number, dataset: Dataset<any, any>, shards: number): Promise<unknown[]> {
  const sink = expectRows(rows)
  const job: Job = await start([dataset.write(sink)], { shards, batchRows: 7 })
  await sink.reached
  await job.abort()
  return sink.rows
}

describe('an input that ends', () => {
  it('no longer holds back the windows of another, whether one ended or is bounded', async () => {
    for (const shards of SHARDS) {
      const live = () => stream([{ rows: seconds(100, 131) }, { until: never }])
      const ended = stream([{ rows: seconds(0, 20) }])
      const history = read.rows(seconds(0, 20), schema)
      for (const past of [ended, history] as Dataset<any, any>[]) {
        const rows = await until(5, counted(past.watermark('at').union(live().watermark('at'))), shards)
        expect(rows.map((row: any) => [row.windowStart.getTime() / 1000, row.n])).toEqual([
          [0, 10],
          [10, 10],
          [100, 10],
          [110, 10],
          [120, 10],
        ])
        expect(await until(5, counted(past.union(live()).watermark('at')), shards)).toEqual(rows)
      }
    }
  })

  it('ends what only it feeds while the job goes on: limit beside another sink', async () => {
    for (const shards of SHARDS) {
      const live = stream([{ rows: seconds(0, 40) }, { until: never }])
      const first = expectRows(1)
      const all = expectRows(40)
      const job = await start(
        [live.limit(5).groupBy('key').agg({ n: count() }).write(first), live.write(all)],
        {
          shards,
          batchRows: 7,
        },
      )
      await Promise.all([first.reached, all.reached])
      await job.abort()
      expect(first.rows).toEqual([{ key: 'k', n: 5 }])
    }
  })

  it('is told once, also where a limit has its last row with the last of the data', async () => {
    for (const shards of [0, 2]) {
      const two = [[{ rows: seconds(0, 10) }], [{ rows: seconds(0, 15) }]]
      const ends = read.source(scriptedSource(schema, two), schema) as Dataset<any, any>
      const total = ends.union(ends).watermark('at', { outOfOrder: '1h' }).limit(50).agg({ n: count() })
      expect(await (total as any).collect({ shards, batchRows: 1000 })).toEqual([{ n: 50 }])
    }
  })

  it('is read no further once nobody needs it, and the job ends', async () => {
    const live = stream([{ rows: seconds(0, 40) }, { until: never }])
    const rows = await live.limit(5).groupBy('key').agg({ n: count() }).collect({ shards: 2, batchRows: 3 })
    expect(rows).toEqual([{ key: 'k', n: 5 }])
  })
})

describe('watermark after other verbs', () => {
  const live = () => stream([{ rows: seconds(0, 210) }, { until: never }])

  it('goes by the rows of a union of aggregations', async () => {
    for (const shards of SHARDS) {
      const windows = () => counted(live().watermark('at'))
      const again = (windows().union(windows()) as Dataset<any, any>)
        .watermark('windowStart')
        .groupBy('key')
        .window(tumbling('100s'))
        .agg({ n: sum('n') })
      expect(await until(1, again, shards)).toMatchObject([{ n: 200 }])
    }
  })

  it('follows limit and orderBy, whatever the batches', async () => {
    const limited = counted(
      stream([{ rows: seconds(0, 35) }, { until: never }])
        .limit(35)
        .watermark('at'),
    )
    for (const batchRows of [1, 4, 100])
      expect((await (limited as any).collect({ shards: 2, batchRows })).map((row: any) => row.n)).toEqual([
        10, 10, 10, 5,
      ])
    const sorted = counted(read.rows(seconds(0, 25).reverse(), schema).orderBy('at').watermark('at'))
    expect((await (sorted as any).collect({ shards: 2, batchRows: 3 })).map((row: any) => row.n)).toEqual([
      10, 10, 5,
    ])
  })
})
