/**
 * Steps reach every shard in order, whichever thread is held up where. Rows that came after the time of a later step would be
 * lost with the windows that had closed: so it was in one job of thousands, on busy machines only.
 */

import { describe, expect, it } from 'vitest'
import { collectSink } from '../../src/connectors/memory/collect.ts'
import { fromSource } from '../../src/core/dataset/from-source.ts'
import { planOf } from '../../src/core/dataset/pending-write.ts'
import type { JobOptions } from '../../src/core/engine.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { startJob } from '../../src/engines/threads/index.ts'
import { count, type Dataset, max, session, sliding, sum, tumbling } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'
import { ownShards, type ShardHost } from '../../src/workers/pool.ts'
import { holdUp, holdUpAtWords } from './busy-threads/hold-up.ts'

holdUpAtWords()

const schema = { at: 'timestamp[ms]', key: 'int32', x: 'int32' } as const

const STEPS = 8_000
const ROWS_PER_STEP = 3

/** Most rows on one key, so that most steps go on to one shard; some out of order, some late. */
const rows = Array.from({ length: STEPS * ROWS_PER_STEP }, (_, i) => ({
  at: new Date((2 * i - (i % 7 === 3 ? 3 : 0) - (i % 29 === 20 ? 40 : 0)) * 1000),
  key: i % 11 === 5 ? i % 5 : 0,
  x: i,
}))

/** The rows step by step; between them the program's thread is held up. */
const script: readonly ScriptStep[] = Array.from({ length: STEPS }, (_, step) => [
  { rows: rows.slice(step * ROWS_PER_STEP, (step + 1) * ROWS_PER_STEP) },
  { until: holdUp },
]).flat()

type Query = (input: Dataset<any, any>) => Dataset<any, any>

const aggregates = { n: count(), total: sum('x'), most: max('x') } as const
const timed = (input: Dataset<any, any>) => input.watermark('at', { outOfOrder: '2s' })

const queries: Readonly<Record<string, Query>> = {
  'sliding windows': input =>
    timed(input)
      .groupBy('key')
      .window(sliding('10s', { every: '4s', offset: '1s' }))
      .agg(aggregates),
  'tumbling windows': input => timed(input).groupBy('key').window(tumbling('10s')).agg(aggregates),
  sessions: input => timed(input).groupBy('key').window(session('3s')).agg(aggregates),
  'windows of windows': input =>
    timed(input)
      .groupBy('key')
      .window(tumbling('10s'))
      .agg(aggregates)
      .groupBy('key')
      .window(tumbling('60s'))
      .agg({ windows: count(), n: sum('n') }),
  'the first row of each value': input => timed(input).dedup({ by: ['key', 'x'] }),
}

async function rowsOf(query: Query, options: JobOptions, hosts?: readonly ShardHost[]) {
  const source = scriptedSource(schema, [script], { bounded: false })
  const load = async () => source
  const input = fromSource<any, any>({ label: 'script', load }, false, schemaFrom(schema), rowsOf)
  const sink = collectSink()
  const { plan, attachments } = await planOf([query(input).write(sink)])
  const job = await startJob(
    plan,
    attachments,
    { ...options, batchRows: ROWS_PER_STEP },
    hosts ? { hosts } : {},
  )
  await job.done
  return sink.rows()
}

describe.each(Object.entries(queries))('threads that are held up: %s', (_, query) => {
  it.each(['rows', 'partials', 'auto'] as const)('%s', async exchange => {
    const entry = new URL('./busy-threads/busy-shard.ts', import.meta.url)
    const hosts = await ownShards(3, { entry })
    const got = await rowsOf(query, { shards: 3, exchange }, hosts)
    expect(got).toEqual(await rowsOf(query, { shards: 0 }))
  })
})
