/** Many small steps: what one costs, and how long a row takes from its source to the sink. */

import { inReaderMemory } from '../../src/connectors/memory/reader-memory.ts'
import { allocValues } from '../../src/core/batch/alloc-values.ts'
import type { Batch } from '../../src/core/batch/batch.ts'
import { type Arena, SlabArena, SlabPool } from '../../src/core/batch/slab.ts'
import type { ReaderMemory, Sink, Source } from '../../src/core/connector.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { count, read, tumbling } from '../../src/index.ts'
import { nullSink } from '../harness/null-sink.ts'
import type { Settings, ShardFigure } from './main.ts'
import { quantile, run } from './pairs.ts'

const COLUMNS = { at: 'timestamp[us]', key: 'int32', sentMs: 'float64' } as const
/** Of a run. */
const SECONDS = 5
/** V8 goes on compiling for some 24,000 steps, a minute of 400 a second: they are passed at a higher pace. */
const SETTLING = { perSecond: 2000, rows: 500, seconds: 12 }
const START_US = BigInt(Date.UTC(2026, 0, 1)) * 1000n

interface Pace {
  readonly perSecond: number
  readonly rows: number
  /** Default: {@link SECONDS}. */
  readonly seconds?: number
  /** What the age of a row counts from: when it is due, or when the source has made it. Default: when it is due. */
  readonly since?: 'due' | 'made'
}

/**
 * Batches of rows that come one at a time at a pace, all at once if the reader is late, in the reader's memory as those of
 * every connector. Each row says since when its age counts.
 */
function pacedSource({
  perSecond,
  rows,
  seconds = SECONDS,
  since = 'due',
}: Pace): Source & { readonly bounded: false } {
  const schema = schemaFrom(COLUMNS)
  const steps = perSecond * seconds
  return {
    label: 'paced rows',
    bounded: false,
    replayable: false,
    canOrder: false,
    canFilter: () => false,
    schema: async () => schema,
    splits: async () => [{ id: 0, label: 'paced rows' }],
    async open(_split, _from, _request, memory) {
      const beganMs = performance.now()
      let step = 0
      let open = true
      return {
        async next() {
          if (!open || step === steps) return undefined
          const dueMs = beganMs + (1000 * step) / perSecond
          await due(dueMs)
          const sentMs = since === 'due' ? dueMs : performance.now()
          return inReaderMemory(memory, arena => batchOf(schema, rows, step++, sentMs, arena))
        },
        async close() {
          open = false
        },
      }
    },
  }
}

async function due(ms: number): Promise<void> {
  const waitMs = ms - performance.now()
  if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
}

function batchOf(schema: Batch['schema'], rows: number, step: number, sentMs: number, arena: Arena): Batch {
  const at = allocValues('timestamp[us]', rows, arena) as BigInt64Array
  at.fill(START_US + BigInt(step) * 10_000n)
  const key = allocValues('int32', rows, arena) as Int32Array
  for (let i = 0; i < rows; i++) key[i] = (step * 31 + i * 7) % 50
  const sent = allocValues('float64', rows, arena) as Float64Array
  sent.fill(sentMs)
  const columns = [
    { type: 'timestamp[us]', values: at } as const,
    { type: 'int32', values: key } as const,
    { type: 'float64', values: sent } as const,
  ]
  return { schema, length: rows, columns, position: { split: 0, offset: step * rows } }
}

/** A sink that notes how old each batch's first row is. */
function agingSink(agesMs: number[]): Sink {
  return {
    ...nullSink(),
    async write(batch) {
      const sent = batch.columns[2]!.values as Float64Array
      agesMs.push(performance.now() - sent[batch.selection?.[0] ?? 0]!)
    },
  }
}

/** The source alone: what pacing costs. */
async function paceOnly(pace: Pace): Promise<void> {
  const request = { schema: schemaFrom(COLUMNS), batchRows: pace.rows }
  const pool = new SlabPool()
  const memory: ReaderMemory = { pool, arena: () => new SlabArena(pool) }
  const reader = await pacedSource(pace).open({ id: 0, label: '' }, { rows: 0 }, request as never, memory)
  for (;;) {
    const read = await reader.next()
    if (!read) return
    for (const slab of read.slabs) pool.release(slab)
  }
}

const grouped = (pace: Pace) =>
  read
    .source(pacedSource(pace), COLUMNS)
    .watermark('at')
    .groupBy('key')
    .window(tumbling('1s'))
    .agg({ n: count() })
    .write(nullSink())

const STEPS: Pace = { perSecond: 400, rows: 500 }

const runGrouped = async (pace: Pace, shards: number): Promise<void> =>
  void (await (
    await grouped(pace).start({ shards })
  ).done)

/** What a step costs over what its pacing does, µs of CPU, round by round. */
async function costsUs(shards: number, rounds: number): Promise<number[]> {
  const costs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const pacing = await run(() => paceOnly(STEPS))
    const all = await run(() => runGrouped(STEPS, shards))
    costs.push((1000 * (all.cpuMs - pacing.cpuMs)) / (STEPS.perSecond * SECONDS))
  }
  return costs
}

/** 500 rows, 400 times a second, into windows by key: of a process that has run for seconds, and of one that has settled. */
export async function pacedSteps({ pairs }: Settings, show: (figure: ShardFigure) => void): Promise<void> {
  const rounds = Math.max(1, Math.round(pairs / 3))
  for (const settled of [false, true])
    for (const shards of [1, 2]) {
      await runGrouped(settled ? SETTLING : STEPS, shards)
      const costs = await costsUs(shards, rounds)
      show({
        what: `500-row steps, 400 a second, ${shards} shard(s), ${settled ? 'settled' : 'new'}: CPU per step over pacing`,
        got: `${quantile(costs, 0.5).toFixed(0)} µs (least ${Math.min(...costs).toFixed(0)})`,
        aim: '≤ 250 µs',
      })
    }
}

const PACES: readonly (Pace & { readonly lingerMs: number; readonly aim: string })[] = [
  { perSecond: 400, rows: 500, lingerMs: 0, since: 'made', aim: 'p99 ≤ 1 ms' },
  { perSecond: 400, rows: 500, lingerMs: 2, aim: 'p99 ≤ 20 ms' },
  { perSecond: 400, rows: 2500, lingerMs: 2, aim: 'p99 ≤ 5 ms' },
]

/** An append query, from when a row is due to when the sink has it; of steps by themselves, from when they are made. */
export async function pacedLatency(_: Settings, show: (figure: ShardFigure) => void): Promise<void> {
  for (const pace of PACES) {
    const agesMs: number[] = []
    const flow = () =>
      read
        .source(pacedSource(pace), COLUMNS)
        .filter(r => r.key.lt(40))
        .write(agingSink(agesMs))
    for (let round = 0; round < 2; round++) {
      agesMs.length = 0
      const job = await flow().start({ shards: 2, lingerMs: pace.lingerMs })
      await job.done
    }
    const [p50, p99] = [0.5, 0.99].map(share => quantile(agesMs, share).toFixed(1))
    const events = `${(pace.perSecond * pace.rows) / 1000} k events/s`
    const how = pace.since === 'made' ? 'a step by itself' : 'source to sink'
    show({ what: `append query, ${events}: ${how}`, got: `p50 ${p50}, p99 ${p99} ms`, aim: pace.aim })
  }
}
