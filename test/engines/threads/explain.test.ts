/** What `explain` says of inputs, routes and repeatability. */

import { expect, it } from 'vitest'
import { count, type Dataset, lag, lead, read, tumbling } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'

const schema = { at: 'timestamp[ms]', k: 'int32' } as const
const stream = read.source(scriptedSource(schema, [[]], { bounded: false }), schema) as Dataset<any, any>
const history = read.rows([{ at: new Date(0), k: 1 }], schema) as Dataset<any, any>

it('lists the inputs of a stage with their routes, whether they end or not', async () => {
  const windows = history
    .union(stream)
    .watermark('at')
    .groupBy('k')
    .window(tumbling('1s'))
    .agg({ n: count() })
  expect((await windows.explain({ shards: 2 })).split('\n').slice(4)).toEqual([
    'stage 0   [threads] any of 2 shard(s)',
    '  input 0: rows, bounded, any shard',
    '  input 0: script, unbounded, any shard',
    '  watermark "at", out of order by 0ms at most',
    '  partitioned by "k"',
    'stage 1   [threads] 2 shard(s) by "k", from stage 0',
    '  agg "n" = count() by "k" in tumbling windows of 1s',
    'write to rows   [coordinator] from stage 1',
  ])
  const merged = windows.union(windows).watermark('windowStart')
  expect(await merged.explain({ shards: 2 })).toMatch(
    /one shard: needs all rows\n {2}input 0: stage 1, unbounded, one shard, in order\n {2}input 1: stage 1/,
  )
})

it('groups the rows of a stream where they lie by some of the keys', async () => {
  const pairs = stream.join(stream, { on: 'k' })
  const groups = pairs.groupBy('at', 'k').agg({ n: count() }).groupBy('k', 'n').agg({ often: count() })
  expect((await groups.explain({ shards: 2 })).match(/^stage .*|partitioned .*/gm)).toEqual([
    'stage 0   [threads] any of 2 shard(s), from script',
    'partitioned by "k"',
    'stage 1   [threads] 2 shard(s) by "k"',
  ])
  // Those that are forgotten are held by all of their keys.
  const timed: Dataset<any, any> = stream.watermark('at')
  const forgotten = timed.join(timed, { on: 'k', within: '1h' }).groupBy('at', 'k')
  expect(await forgotten.agg({ n: count() }, { ttl: '1h' }).explain({ shards: 2 })).toMatch(
    /stage 2 .* by "at", "k"/,
  )
})

it('says what makes results not repeatable, and of bounded data nothing', async () => {
  expect(await stream.limit(2).explain()).toMatch(
    /limit 2\n {4}not repeatable: which rows of a stream come first/,
  )
  expect(await stream.watermark('at', { idle: '1m' }).explain()).toMatch(/not repeatable: the clock/)
  expect(await stream.join(stream, { on: 'k' }).explain()).toMatch(/not repeatable: the order of pairs/)
  expect(await stream.join(history, { on: 'k' }).explain()).not.toMatch(/not repeatable/)
  expect(await history.limit(2).explain()).not.toMatch(/not repeatable/)
  expect(await stream.watermark('at').explain()).not.toMatch(/not repeatable/)
})

it('says where a second watermark goes by when the rows came that others waited for', async () => {
  const timed = stream.watermark('at')
  const late = /watermark "at", out of order by 0ms at most\n {4}not repeatable: rows come here when/
  const ahead: Dataset<any, any> = timed.over({ by: 'k' }, { next: lead('at') }).filter(r => r.k.gt(0))
  expect(await ahead.watermark('at').explain()).toMatch(late)
  expect(
    await ahead
      .union(timed.with({ next: r => r.at }))
      .watermark('at')
      .explain(),
  ).toMatch(late)
  expect(await timed.asofJoin(timed, { on: 'k', direction: 'forward' }).watermark('at').explain()).toMatch(
    late,
  )
  expect(await timed.join(timed, { on: 'k', within: '1h' }).watermark('at').explain()).toMatch(late)

  expect(await ahead.explain()).not.toMatch(/not repeatable/)
  const behind = timed.over({ by: 'k' }, { before: lag('at') })
  expect(await behind.watermark('at').explain()).not.toMatch(/not repeatable/)
  const windows = ahead.window(tumbling('1s')).agg({ n: count() })
  expect(await windows.watermark('windowStart').explain()).not.toMatch(/not repeatable/)
  const ends = history.watermark('at').over({ by: 'k' }, { next: lead('at') })
  expect(await ends.watermark('at').explain()).not.toMatch(/not repeatable/)
})
