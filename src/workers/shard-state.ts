/**
 * What one shard holds for the jobs it takes part in. Runs in a worker thread, or on the calling thread for small
 * inputs: the code is the same.
 *
 * Invariant: a shard that does not know a job, because its thread is a replacement for one that died, refuses every
 * step; it never goes on with empty state.
 */

import { SlabPool } from '../core/batch/slab.ts'
import { JobError } from '../core/errors.ts'
import type { Models } from '../core/model-registry.ts'
import { type Functions, NO_FUNCTIONS } from '../core/user-functions/function-ref.ts'
import { backgroundThread } from './background.ts'
import { Interruption } from './interruption.ts'
import type { OpenMessage, ShardMessage, ShardReply, StepMessage, StepResult } from './messages.ts'
import { ShardMeter, StageMeter } from './shard-meter.ts'
import { StageRuntime } from './stage-runtime.ts'

interface JobState {
  readonly stages: ReadonlyMap<number, StageRuntime>
  readonly pool: SlabPool
  nextTurn: number
  /** While a step is not done at once: settles when it is, and with it what came after it. */
  busy?: Promise<unknown>
  readonly interruption: Interruption
  readonly meter: ShardMeter
}

export class ShardState {
  readonly #jobs = new Map<string, JobState>()
  /** One for all jobs of the shard; it starts when the first of them needs it. */
  readonly #background = backgroundThread()

  /** Opens a job's stages with the models and functions they need. */
  open(
    { job, shard, shards, stages, splits, aborted, meter }: OpenMessage,
    models: Models,
    functions: Functions,
  ): void {
    const pool = new SlabPool()
    // Only user code may take for ever.
    const interruption = new Interruption(functions === NO_FUNCTIONS ? undefined : aborted)
    const { signal } = interruption
    const environment = { shard, shards, pool, models, functions, background: this.#background, signal }
    let operators = 0
    const runtimes = stages.map((stage, i) => {
      const own = { ...environment, splits: splits[i]!, meter: new StageMeter(meter, operators) }
      operators += stage.operators.length
      return [stage.id, new StageRuntime(stage, own)] as const
    })
    this.#jobs.set(job, {
      stages: new Map(runtimes),
      pool,
      nextTurn: 1,
      interruption,
      meter: new ShardMeter(meter),
    })
  }

  /**
   * Does what any other message asks, at once or when all before it is done: a message finds the state that the one before
   * it left.
   */
  handle(message: Exclude<ShardMessage, OpenMessage>): ShardReply | Promise<ShardReply> {
    const job = this.#jobs.get(message.job)
    if (!job) throw lostState()
    if (message.turn !== job.nextTurn++) {
      throw new JobError('SHARD_ORDER', `a shard got message ${message.turn} in place of ${job.nextTurn - 1}`)
    }
    for (const slab of message.free) job.pool.release(slab)
    const reply = job.busy ? job.busy.then(() => this.#act(job, message)) : this.#act(job, message)
    if (!(reply instanceof Promise)) return reply
    const busy: Promise<unknown> = reply.then(noop, noop).then(() => {
      if (job.busy === busy) delete job.busy
    })
    job.busy = busy
    return reply
  }

  #act(job: JobState, message: Exclude<ShardMessage, OpenMessage>): ShardReply | Promise<ShardReply> {
    switch (message.kind) {
      case 'step':
        return job.meter.step(() => job.interruption.unless(() => step(job, message)))
      case 'save':
        return job.stages.get(message.stage)!.save(message.since)
      case 'load':
        for (const stage of job.stages.values()) stage.load(message.state)
        return undefined
      case 'close':
        this.#jobs.delete(message.job)
        if (this.#jobs.size === 0) void this.end()
        job.meter.sample()
        for (const stage of job.stages.values()) stage.close()
        return this.#close(job)
    }
  }

  /** Ends the thread beside the shard. It ends with the last job by itself, unless that one broke. */
  end(): Promise<void> {
    return this.#background.end()
  }

  #close({ pool, interruption }: JobState): ShardReply {
    interruption.close()
    const memory = { peakBytes: pool.peakBytes, slabsInUse: pool.inUse }
    pool.reclaim()
    return memory
  }
}

const noop = () => {}

function step({ stages }: JobState, message: StepMessage): StepResult | Promise<StepResult> {
  const stage = stages.get(message.stage)!
  const { forward } = message
  return forward ? stage.stepAndForward(stages.get(forward.stage)!, forward, message) : stage.step(message)
}

/** The error of a shard that is asked for a job it does not know. */
export const lostState = (): JobError =>
  new JobError('SHARD_LOST', 'a shard lost its state: its thread died and was replaced', {
    hint: 'the job cannot go on; start it again',
  })
