/** The result of one step, for tests that wait for it. */

import type { JobShards, StepBody } from '../../../src/engines/threads/shards.ts'
import type { StepResult } from '../../../src/workers/messages.ts'

export const stepResult = (shards: JobShards, shard: number, body: StepBody): Promise<StepResult> =>
  new Promise((resolve, reject) => shards.step(shard, body, resolve, reject))
