import { expect, it, vi } from 'vitest'
import { batchFromRows } from '../../src/core/batch/build.ts'
import { heapArena } from '../../src/core/batch/slab.ts'
import { planOf } from '../../src/core/dataset/pending-write.ts'
import { planJob } from '../../src/engines/threads/plan-job.ts'
import { JobShards } from '../../src/engines/threads/shards.ts'
import { memory, read } from '../../src/index.ts'
import type { ShardMessage } from '../../src/workers/messages.ts'
import { ownShards, takeShards } from '../../src/workers/pool.ts'
import { stepResult } from '../engines/threads/step-result.ts'

const close: ShardMessage = { kind: 'close', job: 'nobody', turn: 1, free: [] }

async function opened(hosts: Parameters<typeof newShards>[0]) {
  const dataset = read.rows([{ x: 1 }], { x: 'int32' }).with({ y: r => r.x.mul(2) })
  const { plan, attachments } = await planOf([dataset.write(memory())])
  const { staged } = await planJob(plan, attachments, {})
  const [stage] = staged.stages
  const shards = newShards(hosts)
  await shards.open(staged.stages, [1])
  const { schema } = stage!.inputs[0]!.nodeOutput
  const step = (x: number) => {
    const batch = batchFromRows(schema, [{ x }], heapArena, { split: 0, offset: x })
    return stepResult(shards, 0, { stage: stage!.id, inputs: [{ input: 0, batch }], partitionedBy: [] })
  }
  return { shards, step }
}

const newShards = (hosts: ConstructorParameters<typeof JobShards>[1]) => new JobShards('job', hosts)

it('far more steps than a line has places for are answered in order', async () => {
  const { shards, step } = await opened(await takeShards(1))
  const results = await Promise.all(Array.from({ length: 500 }, (_, x) => step(x)))
  expect(results.map(({ outputs }) => outputs[0]!.batch.columns[1]!.values[0])).toEqual(
    Array.from({ length: 500 }, (_, x) => 2 * x),
  )
  await shards.close()
})

it('a thread is reused, whether or not it was used, and holds nothing open', async () => {
  for (let round = 0; round < 3; round++) {
    const [host] = await takeShards(1)
    if (round === 1) await expect(host!.send(close)).rejects.toMatchObject({ code: 'SHARD_LOST' })
    await host!.release(false)
  }
  expect(process.getActiveResourcesInfo().filter(name => name === 'MessagePort')).toEqual([])
})

it('a thread that dies fails all that is on its way, and what comes after', async () => {
  vi.stubEnv('MILLRACE_TEST_DEATH', 'exit')
  const entry = new URL('../engines/threads/misbehaving-shard.ts', import.meta.url)
  const hosts = await ownShards(1, { entry })
  vi.unstubAllEnvs()
  const { shards, step } = await opened(hosts)
  const codes = await Promise.all(
    Array.from({ length: 30 }, (_, x) =>
      step(x).then(
        () => 'done',
        error => error.code,
      ),
    ),
  )
  expect(codes).toEqual([...Array(4).fill('done'), ...Array(26).fill('SHARD_DIED')])
  await expect(step(31)).rejects.toMatchObject({ code: 'SHARD_DIED' })
  await shards.close()
})
