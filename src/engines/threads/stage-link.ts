/** What the two ways to run a stage share: its shards, its outputs and whom it feeds, and what the job is told of it. */

import type { EdgeTime } from '../../core/operators/contract.ts'
import { leastKnown, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { Partitioning, SavedByNode, StepResult, Writable } from '../../workers/messages.ts'
import type { Barrier } from './barrier.ts'
import type { EdgeMessage, ForwardedRows, Receiver, RoutedBatch } from './edges.ts'
import type { EventTime } from './event-time.ts'
import type { Exchange } from './exchange.ts'
import type { Forwarding } from './forwarding.ts'
import type { ShardMerge } from './shard-merge.ts'
import type { JobShards, StepBody } from './shards.ts'
import type { Step } from './step.ts'

export interface StageRunnerOptions {
  readonly stage: Stage
  readonly shards: JobShards
  readonly merge: ShardMerge
  readonly eventTimes: ReadonlyMap<string, EventTime>
  readonly exchange: Exchange
  /** Where shards may take its rows by themselves. */
  readonly forwarding: Forwarding | undefined
  /** By output of a stage, how the consumers take rows at present. */
  partitionedBy(stage: number): readonly (Partitioning | undefined)[]
  fail(error: unknown): void
  late(node: string, rows: number): void
  scored(node: string, values: number): void
  decoded(rows: number, skipped: number): void
  /** The stage is done with a step. */
  done(): void
  /** The stage's outputs have ended: no more rows will leave it. */
  ended(): void
}

/** What a message to a shard says of the stage's rows and times; the rest is added to each. */
export type StageStepBody = Omit<StepBody, 'stage' | 'clockMs'>

export class StageLink {
  readonly options: StageRunnerOptions
  readonly #consumers: Receiver[][]
  /** By output, then shard: what it knew of time last. */
  readonly #outputTimes: EdgeTime[][]
  #ended = false

  constructor(options: StageRunnerOptions) {
    this.options = options
    const { outputs, partitioning } = options.stage
    this.#consumers = outputs.map(() => [])
    // Only one shard runs what needs all rows.
    const shards = partitioning === 'one' ? 1 : options.shards.count
    this.#outputTimes = outputs.map(() => Array.from({ length: shards }, () => NOTHING_KNOWN))
  }

  consume(output: number, receiver: Receiver): void {
    this.#consumers[output]!.push(receiver)
  }

  /** Whether all its outputs have ended. */
  get ended(): boolean {
    return this.#ended
  }

  /** What an output of one shard knows of time from now on, or of every shard. */
  learn(output: number, time: EdgeTime, shard?: number): void {
    const times = this.#outputTimes[output]!
    if (shard === undefined) times.fill(time)
    else times[shard] = time
  }

  /** Passes on what leaves by an output in a step. */
  pass(
    step: Step,
    output: number,
    batches: readonly RoutedBatch[],
    forwarded?: readonly ForwardedRows[],
  ): void {
    const times = this.#outputTimes[output]!
    const time = times.length === 1 ? times[0]! : leastKnown(times)
    const message: EdgeMessage = forwarded ? { batches, time, forwarded } : { batches, time }
    for (const consumer of this.#consumers[output]!) consumer.receive(step, message)
  }

  passBarrier(barrier: Barrier, saved: readonly SavedByNode[]): void {
    const { stage, eventTimes } = this.options
    for (const { id } of stage.operators) {
      const eventTime = eventTimes.get(id)
      if (eventTime) barrier.eventTimes.set(id, eventTime.save())
    }
    barrier.passStage(stage.id, saved)
  }

  /** All that leaves in the step has been passed on. */
  done(step: Step): void {
    this.#noteEnd()
    this.options.done()
    step.done()
  }

  #noteEnd(): void {
    if (this.#ended) return
    this.#ended = this.#outputTimes.every(times => times.every(hasEnded))
    if (this.#ended) this.options.ended()
  }

  /**
   * Has a shard run the stage on what is its own of a step, and gives what came of it. The job hears of what that is besides
   * rows, and of a failure.
   */
  send(step: Step, shard: number, body: StageStepBody, done: (result: StepResult) => void): void {
    const { shards, stage, fail } = this.options
    const { clockMs } = step
    const message: Writable<StepBody> = { ...body, stage: stage.id }
    if (clockMs !== undefined) message.clockMs = clockMs
    const take = (result: StepResult) => {
      this.#note(step, shard, result)
      done(result)
    }
    shards.step(shard, message, take, fail)
  }

  #note(step: Step, shard: number, { slabs, late, scored, decoded }: StepResult): void {
    const { options } = this
    if (slabs.length > 0) step.onOver(() => options.shards.free(shard, slabs))
    for (const { node, rows } of late) options.late(node, rows)
    for (const { node, values } of scored) options.scored(node, values)
    for (const { rows, skipped } of decoded) options.decoded(rows, skipped)
  }
}

const hasEnded = ({ watermarkMs }: EdgeTime): boolean => watermarkMs === Number.POSITIVE_INFINITY
