/**
 * A filter and a derived column: the compiled kernel alone beside the same loop written by hand, then through the
 * engine, where batches go to shards and back. More kernels: `bench/kernels.ts`.
 */

import type { Batch } from '../src/core/batch/batch.ts'
import { SlabArena, SlabPool } from '../src/core/batch/slab.ts'
import { toArrowTable } from '../src/core/batch/to-arrow.ts'
import { columnsOf } from '../src/core/expr/builder.ts'
import { compileKernel, type KernelStep } from '../src/core/expr/compile.ts'
import { schemaFrom } from '../src/core/types/schema.ts'
import { read } from '../src/index.ts'
import { type Case, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import { rateOf } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const BATCH_ROWS = 1 << 16
const BATCHES = 64
/** Times each batch is gone through in one run: a run is long enough to be timed then. */
const PASSES = 8

const COLUMNS = { delay: 'int32', distance: 'float64', speed: 'float64' } as const

const KERNEL = 'compiled kernel'
const BY_HAND = 'loop by hand'

export const kernelSuite: Suite = async ({ quick, show }) => {
  const batches = makeBatches()
  const rounds = quick ? 5 : 9
  const alone = await measure(
    'int32 > 60, float64 * 1.5 + float64, one thread',
    [kernelCase(batches), handCase(batches)],
    { rounds, peers: [BY_HAND] },
  )
  show(alone)
  const table = toArrowTable(batches[0]!.schema, batches)
  const one = 'engine, 1 shard'
  const through = await measure(
    'the same through the engine',
    [engineCase(one, table, 1), engineCase('engine, 2 shards', table, 2), handCase(batches)],
    { rounds, peers: [BY_HAND, one] },
  )
  show(through)
  const aims = [
    { what: 'filter + derived column, a shard', got: rateOf(alone, KERNEL), atLeast: 300, unit: 'M rows/s' },
  ] as const
  return { measured: [alone, through], aims }
}

function kernelCase(batches: readonly Batch[]): Case {
  const { schema } = batches[0]!
  const r = columnsOf<{ delay: number; distance: number; speed: number }>(schema)
  const steps: KernelStep[] = [
    { kind: 'filter', test: r.delay.gt(60).expr },
    {
      kind: 'project',
      columns: [
        { name: 'delay', expr: r.delay.expr },
        { name: 'derived', expr: r.distance.mul(1.5).add(r.speed).expr },
      ],
    },
  ]
  const kernel = compileKernel(schema, steps)
  const pool = new SlabPool()
  return {
    name: KERNEL,
    rows: BATCH_ROWS * BATCHES * PASSES,
    run: () => {
      for (let pass = 0; pass < PASSES; pass++) {
        for (const batch of batches) {
          const arena = new SlabArena(pool)
          kernel.run(batch, arena)
          for (const slab of arena.take()) pool.release(slab)
        }
      }
    },
  }
}

function handCase(batches: readonly Batch[]): Case {
  const selection = new Uint32Array(BATCH_ROWS)
  const derived = new Float64Array(BATCH_ROWS)
  return {
    name: BY_HAND,
    rows: BATCH_ROWS * BATCHES * PASSES,
    run: () => {
      for (let pass = 0; pass < PASSES; pass++) {
        for (const { columns, length } of batches) {
          const [delay, distance, speed] = columns.map(({ values }) => values)
          byHand(
            delay as Int32Array,
            distance as Float64Array,
            speed as Float64Array,
            length,
            selection,
            derived,
          )
        }
      }
    },
  }
}

function byHand(
  delay: Int32Array,
  distance: Float64Array,
  speed: Float64Array,
  length: number,
  selection: Uint32Array,
  derived: Float64Array,
): number {
  let passing = 0
  for (let i = 0; i < length; i++) {
    selection[passing] = i
    // The sign bit, not a branch: which rows pass cannot be predicted.
    passing += (60 - delay[i]!) >>> 31
  }
  for (let k = 0; k < passing; k++) {
    const row = selection[k]!
    derived[row] = distance[row]! * 1.5 + speed[row]!
  }
  return passing
}

function engineCase(name: string, table: ReturnType<typeof toArrowTable>, shards: number): Case {
  const kept = read
    .arrow(table, COLUMNS)
    .filter(r => r.delay.gt(60))
    .with({ derived: r => r.distance.mul(1.5).add(r.speed) })
    .select('delay', 'derived')
  return {
    name,
    rows: BATCH_ROWS * BATCHES,
    run: async () => {
      const job = await kept.write(nullSink()).start({ shards })
      await job.done
    },
  }
}

function makeBatches(): Batch[] {
  const schema = schemaFrom(COLUMNS)
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: BATCHES }, (_, b) => {
    const delay = new Int32Array(new SharedArrayBuffer(4 * BATCH_ROWS))
    const distance = new Float64Array(new SharedArrayBuffer(8 * BATCH_ROWS))
    const speed = new Float64Array(new SharedArrayBuffer(8 * BATCH_ROWS))
    for (let i = 0; i < BATCH_ROWS; i++) {
      delay[i] = Math.floor(random() * 120)
      distance[i] = random() * 2000
      speed[i] = random() * 500
    }
    return {
      schema,
      length: BATCH_ROWS,
      columns: [
        { type: 'int32', values: delay },
        { type: 'float64', values: distance },
        { type: 'float64', values: speed },
      ],
      position: { split: 0, offset: b * BATCH_ROWS },
    }
  })
}
