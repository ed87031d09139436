/** Memory runs out on the coordinator while it puts what shards made in one order: the job fails, and is heard. */

import { afterEach, describe, expect, it } from 'vitest'
import { SlabPool } from '../../../src/core/batch/slab.ts'
import { count, type Dataset, read, start, tumbling } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const schema = { at: 'timestamp[ms]', key: 'int32' } as const
const rows = Array.from({ length: 3000 }, (_, i) => ({ at: new Date(i * 1000), key: i % 40 }))

const whole = globalThis.SharedArrayBuffer

/** Allocation fails from here on, but only where rows of several shards are merged; no memory is spare. */
function exhaustMerging(): { readonly failed: number } {
  const failures = { failed: 0, made: 0 }
  class Exhausted extends whole {
    constructor(bytes = 0) {
      failures.made++
      if (new Error().stack!.includes('shard-merge')) {
        failures.failed++
        throw new RangeError('Array buffer allocation failed')
      }
      super(bytes)
    }
  }
  Error.stackTraceLimit = 60
  globalThis.SharedArrayBuffer = Exhausted
  const pool = new SlabPool()
  for (let bytes = 1 << 16; bytes <= 1 << 22; bytes *= 2)
    for (const before = failures.made; failures.made === before; ) pool.acquire(bytes)
  return failures
}

afterEach(() => {
  globalThis.SharedArrayBuffer = whole
  Error.stackTraceLimit = 10
})

describe('a throw while results are put in order', () => {
  for (const before of ['a stage on one shard', 'a sink'] as const) {
    it(`before ${before} fails the job`, async () => {
      const failures = exhaustMerging()
      const stream = read.source(scriptedSource(schema, [[{ rows }]], { bounded: false }), schema) as Dataset<
        any,
        any
      >
      const windows = stream.watermark('at').groupBy('key').window(tumbling('100s')).agg({ n: count() })
      const merged = before === 'a sink' ? windows : windows.limit(1_000_000)
      const job = await start([merged.write(expectRows(1))], { shards: 2, batchRows: 1000, exchange: 'rows' })
      await expect(job.done).rejects.toMatchObject({ message: expect.stringContaining('allocation failed') })
      expect(failures.failed).toBeGreaterThan(0)
    })
  }
})
