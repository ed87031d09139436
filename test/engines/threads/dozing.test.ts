import { afterEach, expect, it, vi } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { fromSource } from '../../../src/core/dataset/from-source.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import { count, type Job, tumbling } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { ownShards } from '../../../src/workers/pool.ts'

afterEach(() => void vi.useRealTimers())

const schema = { at: 'timestamp[ms]' } as const
const at = (seconds: number) => ({ at: new Date(seconds * 1000) })

it('rows that close a window do not wait behind others that could wait, on another shard', async () => {
  // A coordinator that dozes looks now and then what has come: here it never does.
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const started = Promise.withResolvers<Job>()
  const allThrough = async () => {
    const job = await started.promise
    await job.pause()
    job.resume()
  }
  const written = Promise.withResolvers<void>()
  const script = [
    { rows: [at(1)] },
    { until: allThrough },
    // These take long, and close nothing; the next go to the other shard, and close the first window.
    { rows: [at(2), at(3)] },
    { rows: [at(11)] },
    { until: written.promise },
  ]
  const source = scriptedSource(schema, [script], { bounded: false })
  const input = fromSource<any, any>(
    { label: 'script', load: async () => source },
    false,
    schemaFrom(schema),
    fromSource,
  )
  const collected = collectSink()
  const sink = {
    ...collected,
    async write(batch: Batch) {
      await collected.write(batch)
      written.resolve()
    },
  }
  const windows = input.watermark('at').window(tumbling('10s')).agg({ n: count() })
  const { plan, attachments } = await planOf([windows.write(sink)])
  const hosts = await ownShards(2, { entry: new URL('./slow-shard.ts', import.meta.url) })
  const job = await startJob(
    plan,
    attachments,
    { shards: 2, batchRows: 2, exchange: 'partials', commitEveryMs: 3_600_000 },
    { hosts },
  )
  started.resolve(job)
  await job.done
  expect(collected.rows().map(row => (row as any).n)).toEqual([3, 1])
})
