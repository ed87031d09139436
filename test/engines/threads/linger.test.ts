import { expect, it } from 'vitest'
import { rowCount } from '../../../src/core/batch/batch.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import type { Clock } from '../../../src/engines/threads/clock.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import { read } from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { n: 'int32' } as const
const one = (n: number): ScriptStep => ({ rows: [{ n }] })

/** The sizes of the batches that a script's rows come in. */
async function sizes(script: readonly ScriptStep[], rows: number, lingerMs: number, clock?: Clock) {
  const source = scriptedSource(schema, [script], { bounded: false })
  const sink = expectRows(rows)
  const written: number[] = []
  const noting = {
    ...sink,
    write: (batch: Parameters<typeof sink.write>[0]) => {
      written.push(rowCount(batch))
      return sink.write(batch)
    },
  }
  const { plan, attachments } = await planOf([read.source(source, schema).write(noting)])
  const surroundings = clock ? { clock } : {}
  const job = await startJob(plan, attachments, { shards: 0, batchRows: 4, lingerMs }, surroundings)
  await sink.reached
  await job.abort()
  expect(source.openReaders).toBe(0)
  expect(sink.rows.map(({ n }) => n)).toEqual(Array.from({ length: rows }, (_, n) => n))
  return written
}

const never = new Promise<never>(() => {})
/** A clock on which waiting never ends by itself. */
const standing: Clock = {
  now: () => 0,
  sleep: (_ms, signal) => new Promise(resolve => signal.addEventListener('abort', () => resolve())),
}
/** A clock on which a wait is over at the next turn of the event loop. */
const running: Clock = { now: () => 0, sleep: () => new Promise(resolve => setImmediate(resolve)) }

it('a row leaves at once when no other is there', async () => {
  expect(await sizes([one(0), { until: never }], 1, 0, standing)).toEqual([1])
  async function* quiet() {
    yield { n: 0 }
    await never
  }
  for await (const row of read.iterable(quiet(), schema)) {
    expect(row).toEqual({ n: 0 })
    break
  }
  for await (const batch of read.iterable(quiet(), schema).batches({ lingerMs: 0 })) {
    expect(batch.numRows).toBe(1)
    break
  }
})

it('with lingerMs batches fill, and what does not fit begins the next', async () => {
  const script = [one(0), one(1), { rows: [{ n: 2 }, { n: 3 }, { n: 4 }] }, one(5), { rows: [{ n: 6 }] }]
  expect(await sizes(script, 7, 1000, standing)).toEqual([2, 4, 1])
})

it('when time is up, what there is leaves', async () => {
  expect(await sizes([one(0), one(1), { until: never }], 2, 1000, running)).toEqual([2])
})
