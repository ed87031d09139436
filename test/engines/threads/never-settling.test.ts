/** Connectors whose promises never settle: the job still ends when it is told to. */

import { describe, expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import type { Sink, Source } from '../../../src/core/connector.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import { read, replay, start } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { x: 'int32' } as const
const never = new Promise<never>(() => {})

async function run(source: Source, sink: Sink) {
  const { plan, attachments } = await planOf([read.source(source, schema).write(sink)])
  return startJob(plan, attachments, { shards: 0 }, { closeWithinMs: 20 })
}

const script = () => scriptedSource(schema, [[{ rows: [{ x: 1 }] }, { until: never }]], { bounded: false })

describe('abort() ends a job', () => {
  for (const method of ['open', 'begin', 'write', 'abort', 'close'] as const) {
    it(`whose sink never settles its ${method}`, async () => {
      const { promise: called, resolve } = Promise.withResolvers<void>()
      const sink: Sink = {
        ...expectRows(1),
        [method]: () => {
          resolve()
          return never
        },
      }
      const reached = expectRows(1)
      if (method === 'abort' || method === 'close') {
        sink.write = reached.write
      }
      const job = await run(script(), sink)
      await (method === 'abort' || method === 'close' ? reached.reached : called)
      await job.abort()
      await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    })
  }

  it('whose reader never opens, gives or closes', async () => {
    for (const broken of ['open', 'next', 'close'] as const) {
      const { promise: called, resolve } = Promise.withResolvers<void>()
      const hangs = () => {
        resolve()
        return never
      }
      const whole = script()
      const source: Source = {
        ...whole,
        open:
          broken === 'open'
            ? hangs
            : async () => ({ next: hangs, close: broken === 'close' ? hangs : async () => {} }),
      }
      const job = await run(source, expectRows(1))
      await called
      await job.abort()
      await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    }
  })

  it('whose reader never closes at the end of its split', async () => {
    const { promise: called, resolve } = Promise.withResolvers<void>()
    const whole = scriptedSource(schema, [[{ rows: [{ x: 1 }] }]], { bounded: false })
    const source: Source = {
      ...whole,
      open: async (...args) => {
        const reader = await whole.open(...args)
        const close = () => {
          resolve()
          return never
        }
        return { next: () => reader.next(), close }
      },
    }
    const job = await run(source, expectRows(1))
    await called
    await job.abort()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('that has not begun, for its source never says what it has', async () => {
    for (const method of ['schema', 'splits'] as const) {
      const abort = new AbortController()
      const hangs = () => {
        queueMicrotask(() => abort.abort())
        return never
      }
      const source: Source = { ...script(), [method]: hangs }
      const starting = read.source(source, schema).write(expectRows(1)).start({ signal: abort.signal })
      await expect(starting).rejects.toMatchObject({ code: 'ABORTED' })
    }
  })

  it('and says what did not close when a job comes to its end', async () => {
    const job = await run(scriptedSource(schema, [[{ rows: [{ x: 1 }] }]]), {
      ...expectRows(1),
      label: 'a sink',
      close: () => never,
    })
    await expect(job.done).rejects.toMatchObject({
      code: 'NOT_CLOSED',
      message: expect.stringContaining('a sink'),
    })
  })
})

it('stop() ends a job whose source waits for good, whenever it is called', async () => {
  const timed = { t: 'timestamp[ms]' } as const
  const rows = [1, 2, 3].map(ms => ({ t: new Date(ms) }))
  // Reading that is stopped between two of its promises must not go on to wait for the source.
  for (let turns = 0; turns < 12; turns++) {
    const { promise: waits, resolve } = Promise.withResolvers<void>()
    const until = {
      // Awaiting it is the signal.
      then() {
        resolve()
        return never
      },
    } as unknown as Promise<never>
    const source = read.source(scriptedSource(timed, [[{ rows }, { until }]]), timed)
    const sinks = [collectSink(), collectSink()]
    const written = [source.write(sinks[0]!), replay(source, { time: 't' }).write(sinks[1]!)]
    const job = await start(written, { shards: 0, batchRows: 2 })
    await waits
    for (let turn = 0; turn < turns; turn++) await null
    const { positions } = await job.stop()
    expect(Object.values(positions)).toHaveLength(2)
  }
})
