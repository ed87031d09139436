/**
 * Drives one stage: takes what flows into it, step by step, has shards run it, and passes the results on in step order.
 */

import { inBranch } from '../../core/batch/place.ts'
import { leastKnown } from '../../core/operators/contract.ts'
import type { Route } from '../../core/operators/define.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { Partitioning } from '../../workers/messages.ts'
import { type EdgeMessage, Inputs, type Receiver, type RoutedBatch } from './edges.ts'
import { inBranchName } from './event-time.ts'
import { StageLink, type StageRunnerOptions } from './stage-link.ts'
import { type Arrived, StatefulSteps } from './stateful-steps.ts'
import { StatelessSteps } from './stateless-steps.ts'
import type { Step } from './step.ts'

export class StageRunner {
  readonly #options: StageRunnerOptions
  readonly #link: StageLink
  readonly #inputs: Inputs
  /** By input of the stage. */
  readonly #routes: readonly Route[]
  readonly #steps: StatelessSteps | StatefulSteps

  constructor(options: StageRunnerOptions) {
    this.#options = options
    const { stage } = options
    this.#link = new StageLink(options)
    this.#routes = routesOf(stage)
    this.#steps =
      stage.partitioning === 'any'
        ? new StatelessSteps(this.#link)
        : new StatefulSteps(this.#link, this.#routes)
    this.#inputs = new Inputs(stage.inputs.length, (step, messages) => this.#arrive(step, messages))
  }

  /** How this stage wants its input rows partitioned. */
  get partitionedBy(): Partitioning | undefined {
    return this.#options.exchange.partitionedBy
  }

  consume(output: number, receiver: Receiver): void {
    this.#link.consume(output, receiver)
  }

  /** Whether all its outputs have ended. */
  get ended(): boolean {
    return this.#link.ended
  }

  /** A receiver for one of the stage's inputs. */
  input(index: number): Receiver {
    return this.#inputs.receiver(index)
  }

  /** What arrived by all inputs; a failure is the job's. */
  #arrive(step: Step, messages: readonly EdgeMessage[]): void {
    try {
      this.#take(step, messages)
    } catch (error) {
      this.#options.fail(error)
    }
  }

  #take(step: Step, messages: readonly EdgeMessage[]): void {
    const arrived = messages.length === 1 ? this.#ofOne(step, messages[0]!) : this.#ofAll(step, messages)
    if (this.#steps instanceof StatelessSteps) this.#steps.take(step, arrived.batches, arrived.time)
    else this.#steps.take(step, arrived)
  }

  /** What arrived where there is but one edge, as in most stages. */
  #ofOne(step: Step, message: EdgeMessage): Arrived {
    const { time, forwarded = [] } = message
    return { batches: this.#batchesBy(0, step, message), forwarded, time, times: [time] }
  }

  #ofAll(step: Step, messages: readonly EdgeMessage[]): Arrived {
    const { inputs } = this.#options.stage
    const times = this.#routes.map((_, input) =>
      leastKnown(messages.filter((_, edge) => inputs[edge]!.input === input).map(({ time }) => time)),
    )
    return {
      batches: messages.flatMap((message, edge) => this.#batchesBy(edge, step, message)),
      forwarded: messages.flatMap(({ forwarded = [] }) => forwarded),
      time: leastKnown(times),
      times,
    }
  }

  /** What came by an edge, as the stage's own. */
  #batchesBy(edge: number, step: Step, { batches }: EdgeMessage): readonly RoutedBatch[] {
    const { input, route, branch = 0 } = this.#options.stage.inputs[edge]!
    const inOrder = route === 'one' ? this.#options.merge.inOrder(step, batches) : batches
    // What is absent stands for the first.
    if (input === 0 && branch === 0) return inOrder
    return inOrder.map(routed => ({
      ...routed,
      ...(routed.split === undefined ? {} : { split: inBranchName(routed.split, branch) }),
      batch: inBranch(routed.batch, branch),
      input,
    }))
  }
}

/** By input of the stage: how its rows reach the shards. */
function routesOf({ inputs }: Stage): Route[] {
  const routes: Route[] = []
  for (const { input, route } of inputs) routes[input] = route
  return routes
}
