/**
 * The `threads` engine: runs any plan on this machine's threads.
 *
 * A coordinator on the calling thread (`job.ts`) reads sources and drives stages; shards in `workers/` run them. May
 * import `core`, `models`, `connectors`, `workers`.
 *
 * Invariant: results do not depend on the number of shards, the size of batches, or how fast anything ran.
 */

import type { Attachments, Engine, JobOptions } from '../../core/engine.ts'
import { PlanError } from '../../core/errors.ts'
import type { Plan } from '../../core/plan.ts'
import type { Rule } from '../../core/planner/optimize/rule.ts'
import type { ShardHost } from '../../workers/pool.ts'
import { discarding } from './discarded-rows.ts'
import { explainJob } from './explain.ts'
import { analyzedLines, analyzedTotal } from './explain-analyze.ts'
import { hostsFor, shardCount } from './hosts.ts'
import { type JobSurroundings, ThreadsJob } from './job.ts'
import { planJob } from './plan-job.ts'

export const threadsEngine: Engine = {
  start: (plan, attachments, options) => startJob(plan, attachments, options),
  async explain(plan, attachments, { analyze, ...options }) {
    if (analyze) return analyzeJob(plan, discarding(attachments), options)
    const planned = await planJob(plan, attachments, options)
    return explainJob(planned, shardCount(planned, options))
  },
}

/** Runs a plan, without writing anything, and says what each part of it did. */
async function analyzeJob(plan: Plan, attachments: Attachments, options: JobOptions): Promise<string> {
  const planned = await planJob(plan, attachments, options)
  if (!planned.bounded) {
    throw new PlanError('UNBOUNDED', 'explain({ analyze: true }) runs the plan, and this one does not end', {
      hint: 'explain the bounded data that is replayed, or look at job.metrics() of a job that runs',
    })
  }
  const job = await startJob(plan, attachments, options)
  await job.done
  const metrics = job.metrics()
  const shards = shardCount(planned, options)
  return `${explainJob(planned, shards, analyzedLines(metrics))}\n${analyzedTotal(metrics)}`
}

/** What tests put in place of wall time, patience and the usual threads. */
export interface Surroundings extends JobSurroundings {
  readonly hosts?: readonly ShardHost[]
  /** Of the optimizer. */
  readonly rules?: readonly Rule[]
}

/** Plans and starts a job. */
export async function startJob(
  plan: Plan,
  attachments: Attachments,
  options: JobOptions,
  { hosts, rules, ...surroundings }: Surroundings = {},
): Promise<ThreadsJob> {
  const planned = await planJob(plan, attachments, options, rules)
  const shards = hosts ?? (await hostsFor(shardCount(planned, options)))
  return new ThreadsJob(planned, attachments, options, shards, surroundings)
}
