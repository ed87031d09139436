import { expect, it } from 'vitest'
import { type Batch, NO_POSITION } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { AggNode } from '../../../src/core/operators/agg-node.ts'
import { open } from '../../../src/core/operators/agg-runtime.ts'
import type { OperatorContext } from '../../../src/core/operators/contract.ts'
import { outputOf } from '../../../src/core/operators/index.ts'
import type { NodeOutput } from '../../../src/core/plan.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const schema = schemaFrom({ at: 'timestamp[ms]', key: 'utf8', x: 'float64' })
const changelog: NodeOutput = {
  schema,
  bounded: false,
  eventTime: 'at',
  lateness: false,
  timeOrdered: false,
  rows: 'changes',
}
const x = { kind: 'column', name: 'x' } as const
const folds = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'countDistinct'] as const
const node: AggNode = {
  kind: 'agg',
  inputs: [],
  keys: ['key'],
  window: { kind: 'tumbling', sizeMs: 10, offsetMs: 0 },
  aggregates: folds.map(fold => ({ name: fold, fold, args: fold === 'count' ? [] : [x] })),
}

type Change = readonly [weight: number, at: number, key: string, x: number]

const batchOf = (changes: readonly Change[], selection?: Uint32Array): Batch => ({
  schema,
  length: changes.length,
  columns: [
    columnFrom(
      'timestamp[ms]',
      changes.map(([, at]) => BigInt(at)),
      heapArena,
    ),
    columnFrom(
      'utf8',
      changes.map(([, , key]) => key),
      heapArena,
    ),
    columnFrom(
      'float64',
      changes.map(([, , , x]) => x),
      heapArena,
    ),
  ],
  ...(selection && { selection }),
  position: NO_POSITION,
  meta: {
    weight: { type: 'int32', values: Int32Array.from(changes, ([weight]) => weight) },
    // The place of a changed row is that of the row before: its key.
    order0: columnFrom(
      'utf8',
      changes.map(([, , key]) => key),
      heapArena,
    ),
  },
})

it('agg of a changelog gives what it comes to, and nothing of what was taken back', () => {
  const output = outputOf(node, [changelog], 'out')
  expect(output.rows).toBe('append')
  const context: OperatorContext = {
    id: 'agg',
    inputs: [changelog],
    output,
    arena: heapArena,
    placement: 'one',
    shard: 0,
    shards: 1,
    report: { times() {}, late() {}, scored() {} },
  } as unknown as OperatorContext
  const agg = open(node, context)
  const emitted: Batch[] = []
  const emit = (batch: Batch) => emitted.push(batch)
  const all = Uint32Array.of(0, 2, 3)
  agg.onBatch(
    batchOf(
      [
        [1, 1, 'a', 5],
        [9, 1, 'a', 99],
        [1, 1, 'b', 1],
        [2, 2, 'c', 0.25],
      ],
      all,
    ),
    0,
    emit,
  )
  // An update is the old row, taken back, and the new one.
  agg.onBatch(
    batchOf([
      [-1, 1, 'a', 5],
      [1, 1, 'a', 6],
      [-1, 1, 'b', 1],
      [1, 3, 'a', 2],
    ]),
    0,
    emit,
  )
  const atEnd = { watermarkMs: Number.POSITIVE_INFINITY, maxTimeMs: 3, inputs: [Number.POSITIVE_INFINITY] }
  agg.onTime!(atEnd, emit)
  const rows = emitted.flatMap(batch => rowsOf(batch)).map(({ windowStart: _, windowEnd: __, ...row }) => row)
  expect(rows).toEqual([
    { key: 'a', count: 2, sum: 8, mean: 4, min: 2, max: 6, first: 6, last: 2, countDistinct: 2 },
    {
      key: 'c',
      count: 2,
      sum: 0.5,
      mean: 0.25,
      min: 0.25,
      max: 0.25,
      first: 0.25,
      last: 0.25,
      countDistinct: 1,
    },
  ])
})
