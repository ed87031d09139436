/** How many shards a job runs on, and their threads. */

import { availableParallelism } from 'node:os'
import type { JobOptions } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import { isLive } from '../../core/user-functions/live-values.ts'
import type { ShardHost } from '../../workers/pool.ts'
import type { PlannedJob } from './plan-job.ts'

/** 0 stands for the calling thread, where small inputs stay, and plans that use values of this thread. */
export function shardCount(planned: PlannedJob, { shards }: JobOptions): number {
  if (usesLiveValues(planned)) return 0
  if (shards === undefined) {
    return planned.isSmall || planned.staged.stages.length === 0 ? 0 : availableParallelism()
  }
  return shards
}

const usesLiveValues = ({ staged }: PlannedJob): boolean =>
  staged.stages.some(({ operators }) =>
    operators.some(({ node }) => definitionOf(node).usesFunctions?.(node)?.some(isLive)),
  )

export async function hostsFor(shards: number): Promise<ShardHost[]> {
  if (shards === 0) {
    const { inlineShard } = await import('../../workers/inline.ts')
    return [inlineShard()]
  }
  const { takeShards } = await import('../../workers/pool.ts')
  return takeShards(shards)
}
