/** Aggregates of keys that are forgotten: the same rows whatever the batches, shards and stops. */

import { serialize } from 'node:v8'
import { expect, it } from 'vitest'
import { count, type Dataset, last, max, memory, read, start, sum } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'

const schema = { at: 'timestamp[ms]', key: 'utf8', x: 'int32' } as const
const row = (seconds: number, key: string, x: number) => ({ at: new Date(seconds * 1000), key, x })
const rows = [
  row(0, 'a', 5),
  row(1, 'b', 1),
  row(4, 'a', 7),
  row(3, 'a', 6),
  // b has been silent for longer than ten seconds, and starts anew.
  row(12, 'b', 9),
  row(14, 'a', 1),
  row(2, 'a', 100),
  row(30, 'a', 2),
  row(31, 'a', 3),
  row(33, 'c', 4),
  row(25, 'd', 4),
  row(36, 'd', 8),
]
const stream = (...steps: ScriptStep[]): Dataset<any, any> =>
  read.source(scriptedSource(schema, [steps], { bounded: false }), schema)
const totals = (input: Dataset<any, any>) =>
  input
    .watermark('at', { outOfOrder: '8s' })
    .groupBy('key')
    .agg({ n: count(), x: sum('x'), high: max('x'), last: last('x') }, { ttl: '10s' })
const shown = (all: readonly any[]) =>
  all.map(({ key, n, x, high, last }) => `${key} ${n} ${x} ${high} ${last}`).sort()

// The 100 is late.
const expected = ['a 2 5 3 3', 'a 4 19 7 1', 'b 1 1 1 1', 'b 1 9 9 9', 'c 1 4 4 4', 'd 1 4 4 4', 'd 1 8 8 8']

it('a key that was forgotten starts anew, and leaves its row', async () => {
  for (const shards of [0, 1, 3])
    for (const batchRows of [1, 3, 100]) {
      const sink = memory()
      const job = await start([totals(stream({ rows })).write(sink)], { shards, batchRows })
      const { rowsLate } = await job.done
      expect(shown(sink.rows()), JSON.stringify({ shards, batchRows })).toEqual(expected)
      expect(rowsLate).toBe(1)
    }
})

it('is restored at another number of shards, from a snapshot at any row', async () => {
  for (let cut = 0; cut <= rows.length; cut += 2) {
    const { promise: reads, resolve } = Promise.withResolvers<void>()
    // Awaiting it is the signal.
    const until = { then: () => resolve() } as unknown as Promise<never>
    const sink = memory()
    const script = [{ rows: rows.slice(0, cut) }, { until }, { rows: rows.slice(cut) }]
    const job = await start([totals(stream(...script)).write(sink)], { shards: 2, batchRows: 3 })
    await reads
    const restore = await job.stop()
    const again = await start([totals(stream({ rows })).write(sink)], { shards: 3, batchRows: 2, restore })
    await again.done
    expect(shown(sink.rows()), `after ${cut} rows`).toEqual(expected)
  }
})

it('keeps no more keys than are alive', async () => {
  const many = Array.from({ length: 8000 }, (_, i) => row(i, `k${i}`, i))
  const sizes: number[] = []
  for (const size of [4000, 8000]) {
    const { promise: reads, resolve } = Promise.withResolvers<void>()
    const until = { then: () => resolve() } as unknown as Promise<never>
    const sink = memory()
    const input = stream({ rows: many.slice(0, size) }, { until })
    const job = await start([totals(input).write(sink)], { shards: 0, batchRows: 500 })
    await reads
    const snapshot = await job.stop()
    sizes.push(serialize(snapshot).byteLength)
    expect(sink.rows()).toHaveLength(size - 9)
  }
  expect(sizes[1]! / sizes[0]!).toBeLessThan(1.3)
})

it.each([
  [
    'data that ends',
    'AGG_TTL',
    () =>
      read
        .rows([{ key: 'a', x: 1 }])
        .groupBy('key')
        .agg({ n: count() }, { ttl: '1d' }),
  ],
  ['no event time', 'NO_EVENT_TIME', (d: any) => d.groupBy('key').agg({ n: count() }, { ttl: '1d' })],
  [
    'a changelog',
    'NO_EVENT_TIME',
    (d: any) => d.groupBy('key').agg({ n: count() }).groupBy('key').agg({ m: count() }, { ttl: '1d' }),
  ],
  ['no duration', 'DURATION', (d: any) => d.groupBy('key').agg({ n: count() }, { ttl: 'soon' })],
  ['another option', 'OPTION', (d: any) => d.groupBy('key').agg({ n: count() }, { for: '1d' })],
])('a ttl over %s is a %s', (_what, code, agg) => {
  expect(() => agg(stream({ rows }))).toThrow(expect.objectContaining({ code }))
})
