import { expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { heapArena, MemoryBudget } from '../../../src/core/batch/slab.ts'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import { planJob } from '../../../src/engines/threads/plan-job.ts'
import { JobShards } from '../../../src/engines/threads/shards.ts'
import { memory, read } from '../../../src/index.ts'
import { inlineShard } from '../../../src/workers/inline.ts'
import { stepResult } from './step-result.ts'

it('what shards have made counts towards the budget of the job until nobody reads it any more', async () => {
  const dataset = read.rows([{ x: 1 }], { x: 'int32' }).with({ y: r => r.x.mul(2) })
  const { plan, attachments } = await planOf([dataset.write(memory())])
  const { staged } = await planJob(plan, attachments, {})
  const [stage] = staged.stages
  const budget = new MemoryBudget(800_000)
  const shards = new JobShards('job', [inlineShard()], budget)
  await shards.open(staged.stages, [1])
  const schema = stage!.inputs[0]!.nodeOutput.schema
  const batch = batchFromRows(schema, Array(100_000).fill({ x: 3 }), heapArena, { split: 0, offset: 0 })
  const step = () =>
    stepResult(shards, 0, { stage: stage!.id, inputs: [{ input: 0, batch }], partitionedBy: [] })
  const [first, second] = [await step(), await step()]
  const bytes = first!.slabBytes.reduce((sum, slab) => sum + slab, 0)
  expect(bytes).toBeGreaterThanOrEqual(4 * 100_000)
  expect([budget.bytes >= 8 * 100_000, budget.hasRoom]).toEqual([true, false])
  shards.free(0, first!.slabs)
  shards.free(0, second!.slabs)
  expect([budget.bytes, budget.hasRoom]).toEqual([0, true])
  await shards.close()
})
