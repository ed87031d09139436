/** Merged rows take memory until their step is over, and never longer than their job. */

import { describe, expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { WEIGHT } from '../../../src/core/batch/meta.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { ShardMerge } from '../../../src/engines/threads/shard-merge.ts'
import { newStep } from '../../../src/engines/threads/step.ts'

const nothing = () => {}

const schema = schemaFrom({ n: 'int32' })
const batchOf = (shard: number, offset: number) => ({
  shard,
  batch: batchFromRows(schema, [{ n: offset }], heapArena, { split: 0, offset }),
})
const minusOne = { type: 'int32', values: Int32Array.of(-1) } as const
const merged = (merge: ShardMerge, number: number) => {
  const step = newStep(number, undefined, 1, undefined, nothing)
  const batches = merge.inOrder(step, [batchOf(0, 1), batchOf(1, 0)])
  return { step, rows: batches.flatMap(({ batch }) => [...rowsOf(batch)]) }
}

describe('the memory of merged rows', () => {
  it('goes back with each step', () => {
    const merge = new ShardMerge()
    for (let i = 0; i < 3; i++) {
      const { step, rows } = merged(merge, i)
      expect(rows).toEqual([{ n: 0 }, { n: 1 }])
      step.done()
    }
    expect(merge.releaseMemory()).toEqual([{ peakBytes: expect.any(Number), slabsInUse: 0 }])
  })

  it('goes back with the job, where steps are never over, and is not that of another job', () => {
    const [failed, other] = [new ShardMerge(), new ShardMerge()]
    const { step } = merged(failed, 0)
    merged(failed, 1)
    merged(other, 0)
    expect(failed.releaseMemory()).toMatchObject([{ slabsInUse: 2 }])
    expect(failed.releaseMemory()).toMatchObject([{ slabsInUse: 0 }])
    step.done()
    expect(other.releaseMemory()).toMatchObject([{ slabsInUse: 1 }])
  })

  it('is none where rows are in order as they are', () => {
    const merge = new ShardMerge()
    const batches = [batchOf(1, 0), batchOf(1, 1)]
    expect(merge.inOrder(newStep(0, undefined, 1, undefined, nothing), batches)).toBe(batches)
    expect(merge.releaseMemory()).toEqual([])
  })
})

it('changes keep their order, whichever shard a stateless stage ran them on', () => {
  const come = batchOf(1, 0)
  const gone = { ...batchOf(0, 0), batch: { ...batchOf(0, 0).batch, meta: { [WEIGHT]: minusOne } } }
  const changes = [come, gone]
  expect(new ShardMerge().inOrder(newStep(0, undefined, 1, undefined, nothing), changes)).toBe(changes)
})
