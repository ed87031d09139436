/** topN over a stream whose keys are forgotten: the same rows whatever the batches, shards and stops. */

import { describe, expect, it } from 'vitest'
import { type Dataset, type JobSnapshot, memory, read, start } from '../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../src/testing/scripted-source.ts'

const schema = { at: 'timestamp[ms]', key: 'utf8', x: 'int32' } as const
const row = (seconds: number, key: string, x: number) => ({ at: new Date(seconds * 1000), key, x })
const rows = [
  row(0, 'a', 5),
  row(1, 'b', 1),
  row(4, 'a', 7),
  row(3, 'a', 6),
  // b has been silent for longer than ten seconds: 1 stays, and 9 begins a new ranking.
  row(12, 'b', 9),
  row(14, 'a', 1),
  row(2, 'a', 100),
  row(30, 'a', 2),
  row(31, 'a', 3),
  row(33, 'c', 4),
]
const never = new Promise<never>(() => {})
const stream = (...script: ScriptStep[]): Dataset<any, any> =>
  read.source(scriptedSource(schema, [script], { bounded: false }), schema)
const top = (input: Dataset<any, any>) =>
  input.watermark('at', { outOfOrder: '5s' }).topN(1, 'x', 'desc', { by: 'key', ttl: '10s' })
const shown = (all: readonly any[]) => all.map(({ key, x }) => `${key}${x}`).sort()

// a: 7 until 14 s (1 changes nothing); after 16 silent seconds 2, then 3. The 100 is late.
const expected = ['a3', 'a7', 'b1', 'b9', 'c4']

describe('topN with a ttl', () => {
  it('ranks anew what a key brings after it was forgotten', async () => {
    for (const shards of [0, 1, 2, 3])
      for (const batchRows of [1, 2, 3, 100]) {
        const sink = memory()
        const job = await start([top(stream({ rows })).write(sink)], { shards, batchRows })
        const { rowsLate } = await job.done
        expect(shown(sink.rows()), JSON.stringify({ shards, batchRows })).toEqual(expected)
        expect(rowsLate).toBe(1)
      }
  })

  it('is restored at another number of shards, from a snapshot at any row', async () => {
    for (let cut = 0; cut <= rows.length; cut++) {
      const { promise: reads, resolve } = Promise.withResolvers<void>()
      const until = {
        // Awaiting it is the signal.
        then() {
          resolve()
        },
      } as unknown as Promise<never>
      const sink = memory()
      const job = await start(
        [top(stream({ rows: rows.slice(0, cut) }, { until }, { rows: rows.slice(cut) })).write(sink)],
        {
          shards: 2,
          batchRows: 3,
        },
      )
      await reads
      const snapshot: JobSnapshot = await job.stop()
      const again = await start([top(stream({ rows })).write(sink)], {
        shards: 3,
        batchRows: 2,
        restore: snapshot,
      })
      await again.done
      expect(shown(sink.rows()), `after ${cut} rows`).toEqual(expected)
    }
  })

  it('keeps no more keys than are alive', async () => {
    const many = Array.from({ length: 6000 }, (_, i) => row(i, `k${i}`, i))
    const sink = memory()
    const job = await start([top(stream({ rows: many }, { until: never })).write(sink)], {
      shards: 0,
      batchRows: 500,
    })
    while (job.progress.rowsIn < many.length) await new Promise(setImmediate)
    const { state } = await job.snapshot()
    const kept = Object.values(state).flatMap(parts => [
      ...(parts[0]!.tables.get('lives')?.blocks.values() ?? []),
    ])
    expect(kept.reduce((sum, { keyGroups }) => sum + keyGroups.length, 0)).toBeLessThan(20)
    await job.abort()
  })

  it('needs a stream with event time', () => {
    const bounded = read.rows([{ k: 'a', x: 1, at: new Date(0) }], {
      k: 'utf8',
      x: 'int32',
      at: 'timestamp[ms]',
    })
    expect(() => bounded.watermark('at').topN(1, 'x', 'desc', { by: 'k', ttl: '1m' })).toThrow(
      /data that does not end/,
    )
    expect(() => stream().topN(1, 'x', 'desc', { by: 'key', ttl: '1m' })).toThrow(/event time/)
    expect(() => stream().watermark('at').topN(1, 'x', 'desc', { by: 'key', ttl: 0 })).toThrow(/ttl/)
  })
})
