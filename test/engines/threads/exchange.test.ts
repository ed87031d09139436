import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { startJob } from '../../../src/engines/threads/index.ts'
import {
  count,
  first,
  type JobOptions,
  type JobSnapshot,
  read,
  start,
  sum,
  tumbling,
} from '../../../src/index.ts'
import { type ScriptStep, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { inlineShard } from '../../../src/workers/inline.ts'
import type { ShardHost } from '../../../src/workers/pool.ts'
import { runs } from '../../effort.ts'

const schema = { at: 'timestamp[ms]', key: 'int32', x: 'int32' } as const

type Row = Readonly<{ at: Date; key: number; x: number }>

/** Runs of rows in one window and runs that jump about; some of the rows are late. */
const rowsOf = fc
  .array(
    fc.tuple(
      fc.constantFrom(100, 100, 300, 900, 4000, 12_000, -3000),
      fc.nat(3),
      fc.integer({ min: 1, max: 12 }),
    ),
    { minLength: 3, maxLength: 12 },
  )
  .map(runs => {
    let ms = 0
    return runs.flatMap(([step, key, length]): Row[] =>
      Array.from({ length }, (_, i) => {
        ms = Math.max(0, ms + step)
        return { at: new Date(ms), key: (key + i) % 4, x: i }
      }),
    )
  })

async function run(
  scripts: readonly (readonly ScriptStep[])[],
  bounded: boolean,
  options: JobOptions,
  until?: Promise<unknown>,
): Promise<{ rows: readonly unknown[]; snapshot?: JobSnapshot }> {
  const source = scriptedSource(schema, scripts, { bounded })
  const groups = read
    .source(source as ReturnType<typeof scriptedSource<true>>, schema)
    .watermark('at', { outOfOrder: '2s' })
    .groupBy('key')
    .window(tumbling('5s'))
    .agg({ n: count(), total: sum(r => r.x), first: first('x') })
  const sinks = [collectSink(), collectSink()]
  const job = await start([groups.write(sinks[0]!), groups.late().write(sinks[1]!)], options)
  const rows = () => sinks.flatMap(sink => sink.rows())
  if (until) {
    await Promise.race([until, job.done])
    const snapshot = await job.stop()
    return { rows: rows(), snapshot }
  }
  await job.done
  return { rows: rows() }
}

/** Lets all come to rest that is under way on this thread. */
const atRest = () => new Promise<void>(resolve => setImmediate(resolve))

/** Rows that come one by one or a few at a time, each when all before are done with: shards may then forward them. */
const calmly = (rows: readonly Row[], size: number): ScriptStep[] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  ).flatMap(rows => [{ rows }, { until: atRest }])

const options = fc.record({
  shards: fc.constantFrom(2, 3),
  batchRows: fc.constantFrom(1, 2, 7),
  exchange: fc.constantFrom('auto' as const, 'windows' as const),
})

it('gives the same rows in the same order when windows are partitionedBy, or cease to be', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.boolean(), options, async (rows, bounded, options) => {
      const expected = await run([[{ rows }]], bounded, { shards: 0, batchRows: 1000 })
      expect(await run([[{ rows }]], bounded, options)).toEqual(expected)
    }),
    { numRuns: runs(60) },
  )
})

it('gives the same rows when shards forward what comes calmly', async () => {
  const calm = fc.record({
    shards: fc.constantFrom(1, 2, 3),
    exchange: fc.constantFrom('auto' as const, 'windows' as const, 'partials' as const, 'rows' as const),
  })
  await fc.assert(
    fc.asyncProperty(
      rowsOf,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 3 }),
      calm,
      async (rows, size, splits, options) => {
        const scripts = Array.from({ length: splits }, (_, split) =>
          calmly(
            rows.filter((_, i) => i % splits === split),
            size,
          ),
        )
        const expected = await run(scripts.slice(0, 1), false, { shards: 0, batchRows: 1000 })
        if (splits === 1) expect(await run(scripts, false, options)).toEqual(expected)
        // Which rows are late goes by when those of other splits come; none are lost.
        const { rows: given } = await run(scripts, false, options)
        const rowsIn = (given as readonly { n?: number }[]).reduce((sum, { n = 1 }) => sum + n, 0)
        expect(rowsIn).toBe(rows.length)
      },
    ),
    { numRuns: runs(30) },
  )
})

/** Rows in order of which a step passes many windows, at a pace that changes. */
const manyWindows = fc
  .array(fc.tuple(fc.constantFrom(1500, 1500, 2500, 300, 20_000), fc.integer({ min: 100, max: 500 })), {
    minLength: 2,
    maxLength: 4,
  })
  .map(parts => {
    let ms = 0
    // First as many as it takes to see how many windows a step passes, and what is under way then.
    return [[1500, 600] as const, ...parts].flatMap(([step, length]): Row[] =>
      Array.from({ length }, (_, i) => {
        ms += step
        return { at: new Date(ms), key: (i * 7) % 5, x: i }
      }),
    )
  })

it('gives the same rows when windows are dealt out in runs, also when it stops meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      manyWindows,
      fc.boolean(),
      fc.constantFrom(2, 3),
      fc.integer({ min: 4, max: 9 }),
      async (rows, bounded, shards, part) => {
        const [before, after] = [shards, 5 - shards].map(shards => ({ shards, batchRows: 20 }))
        const expected = await run([[{ rows }]], bounded, { shards: 0, batchRows: 1000 })
        expect(await run([[{ rows }]], bounded, before!)).toEqual(expected)
        if (bounded) return
        const cut = Math.floor((rows.length * part) / 10)
        const { stopped, rest } = await stoppedAndRestored(rows, cut, before!, after!)
        expect([...stopped, ...rest].map(text).sort()).toEqual(expected.rows.map(text).sort())
      },
    ),
    { numRuns: runs(12) },
  )
})

const text = (row: unknown) => JSON.stringify(row)

/** Runs a job up to a row, and another from there on. */
async function stoppedAndRestored(
  rows: readonly Row[],
  cut: number,
  before: JobOptions,
  after: JobOptions,
): Promise<{ stopped: readonly unknown[]; rest: readonly unknown[] }> {
  let reached!: () => void
  const here = new Promise<void>(resolve => {
    reached = resolve
  })
  const pause: PromiseLike<never> = {
    // Awaiting it is the signal.
    then() {
      reached()
      return pause
    },
  }
  const script = [{ rows: rows.slice(0, cut) }, { until: pause as Promise<never> }, { rows: rows.slice(cut) }]
  const { rows: stopped, snapshot } = await run([script], false, before, here)
  const { rows: rest } = await run([[{ rows }]], false, { ...after, restore: snapshot! })
  return { stopped, rest }
}

it('goes on after a stop in any exchange', async () => {
  await fc.assert(
    fc.asyncProperty(
      rowsOf,
      fc.integer({ min: 1, max: 9 }),
      options,
      options,
      async (rows, part, before, after) => {
        const cut = Math.floor((rows.length * part) / 10)
        const expected = await run([[{ rows }]], false, { shards: 0, batchRows: 1000 })
        const { stopped, rest } = await stoppedAndRestored(rows, cut, before, after)
        expect([...stopped, ...rest].map(text).sort()).toEqual(expected.rows.map(text).sort())
      },
    ),
    { numRuns: runs(40) },
  )
})

/** Hosts that count the steps they are sent. */
function countingHosts(count: number): { hosts: ShardHost[]; steps: number[] } {
  const steps = Array.from({ length: count }, () => 0)
  const hosts = steps.map((_, shard): ShardHost => {
    const host = inlineShard()
    return {
      send: message => host.send(message),
      step(message, done, failed) {
        steps[shard]!++
        host.step(message, done, failed)
      },
      release: broken => host.release(broken),
    }
  })
  return { hosts, steps }
}

it('keeps rows with the shards that own their windows where many windows hold few rows each', async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => ({ at: new Date(i), key: i % 5, x: i }))
  const sink = collectSink()
  const groups = read
    .source(scriptedSource(schema, [calmly(rows, 4000)], { bounded: false }), schema)
    .watermark('at')
    .groupBy('key')
    .window(tumbling('100ms'))
    .agg({ n: count() })
  const { plan, attachments } = await planOf([groups.write(sink)])
  let handedOver = 0
  const hosts = [inlineShard(), inlineShard()].map(
    (host): ShardHost => ({
      send: message => host.send(message),
      step(message, done, failed) {
        if (message.takePartials) handedOver++
        host.step(message, done, failed)
      },
      release: broken => host.release(broken),
    }),
  )
  const job = await startJob(plan, attachments, { shards: 2 }, { hosts })
  await job.done
  expect(sink.rows()).toHaveLength(2000 * 5)
  expect(handedOver).toBe(0)
})

describe('a stream of small batches', () => {
  const batches = 20
  const rows = Array.from({ length: batches * 10 }, (_, i) => ({ at: new Date(i), key: i % 7, x: i }))

  async function messages(rows: readonly Row[], exchange: 'rows' | 'partials', shards: number) {
    const sink = collectSink()
    const groups = read
      .source(scriptedSource(schema, [calmly(rows, 10)], { bounded: false }), schema)
      .watermark('at')
      .groupBy('key')
      .window(tumbling('1s'))
      .agg({ n: count(), total: sum(r => r.x) })
    const { plan, attachments } = await planOf([groups.write(sink)])
    const { hosts, steps } = countingHosts(shards)
    const job = await startJob(plan, attachments, { shards, exchange }, { hosts })
    await job.done
    return { steps, rows: sink.rows() }
  }

  /** When event time begins and when it ends each shard hears of it. */
  const times = 2

  it('takes one message each where rows stay with the shard that has them', async () => {
    const expected = await messages(rows, 'rows', 1)
    expect(expected.steps).toEqual([batches + times])
    const partials = await messages(rows, 'partials', 2)
    expect(partials.rows).toEqual(expected.rows)
    // Both times groups are handed over, too.
    expect(partials.steps).toEqual([batches + 2 * times, 2 * times])
  })

  it('takes none to a shard that has no rows of it', async () => {
    const ofOne = rows.map(row => ({ ...row, key: 3 }))
    const { steps, rows: given } = await messages(ofOne, 'rows', 2)
    expect(given).toEqual((await messages(ofOne, 'rows', 1)).rows)
    // The batches go to the first shard, whoever owns the key.
    const ownerIsFirst = steps[1] === times
    expect(steps).toEqual([batches + times, ownerIsFirst ? times : batches + times])
  })
})

describe('a bounded input', () => {
  const batchRows = 10_000
  const batches = 16
  const rows = Array.from({ length: batches * batchRows }, (_, i) => ({
    at: new Date(i),
    key: (i * 7919) % 10,
    x: i,
  }))

  async function messages(options: JobOptions, size: '4s' | '100ms') {
    const sink = collectSink()
    const groups = read
      .source(scriptedSource(schema, [[{ rows }]], { bounded: true }), schema)
      .watermark('at')
      .groupBy('key')
      .window(tumbling(size))
      .agg({ n: count(), total: sum(r => r.x), first: first('x') })
    const { plan, attachments } = await planOf([groups.write(sink)])
    const { hosts, steps } = countingHosts(options.shards!)
    const job = await startJob(plan, attachments, { batchRows, ...options }, { hosts })
    await job.done
    return { steps: steps.reduce((sum, ofShard) => sum + ofShard), rows: sink.rows() }
  }

  it('takes one message per batch on one shard', async () => {
    const { steps, rows } = await messages({ shards: 1 }, '4s')
    expect(rows).toHaveLength((batches * batchRows * 10) / 4000)
    expect(steps).toBe(batches + 1)
  })

  it('takes one message per batch once groups are seen to hold many rows, and two where they do not', async () => {
    const expected = await messages({ shards: 1 }, '4s')
    const dense = await messages({ shards: 2 }, '4s')
    expect(dense.rows).toEqual(expected.rows)
    // Those under way when it was seen take two; at the end each shard hands over its groups and takes its own.
    expect(dense.steps).toBeLessThanOrEqual(batches + 12 + 4)
    const partials = await messages({ shards: 2, exchange: 'partials' }, '4s')
    expect(partials.rows).toEqual(expected.rows)
    expect(partials.steps).toBe(batches + 4)
    const sparse = await messages({ shards: 2 }, '100ms')
    expect(sparse.rows).toEqual((await messages({ shards: 1 }, '100ms')).rows)
    expect(sparse.steps).toBe(2 * batches + 2)
  })
})
