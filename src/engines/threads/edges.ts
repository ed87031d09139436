/** What flows along the edges between sources, stages and sinks, step by step. */

import { type Batch, rowCount, withSelection } from '../../core/batch/batch.ts'
import type { Arrival, EdgeTime } from '../../core/operators/contract.ts'
import type { Route } from '../../core/operators/define.ts'
import type { PaneRuns } from '../../core/time/windows/panes.ts'
import type { Measured, Partitioning, StepInput, StepOutput } from '../../workers/messages.ts'
import type { Step } from './step.ts'

/** A batch between two stages. */
export interface RoutedBatch {
  readonly batch: Batch
  /** Which input of the stage it flows into; absent before it is there. */
  readonly input?: number
  /** The source split it descends from, for watermarks; absent after keyed stages. */
  readonly split?: string
  readonly arrival?: Arrival
  /** The shard that made it. */
  readonly shard?: number
  /** Which of its rows belong to which shard, by key. */
  readonly rows?: readonly Uint32Array[]
  /** The shard that all its rows belong to, by window, and how windows were dealt out then. */
  readonly owner?: number
  readonly runs?: PaneRuns
}

/** Rows that a shard itself took from a stage into the next, partitioned as it was told to at that time. */
export interface ForwardedRows {
  readonly shard: number
  readonly rows: number
  readonly partitionedBy: Partitioning | undefined
  readonly measured?: Measured
  /** What left the next stage at once. */
  readonly outputs: readonly StepOutput[]
}

/** What flows along one edge in one step. */
export interface EdgeMessage {
  readonly batches: readonly RoutedBatch[]
  /** What the edge knows of event time after the batches. */
  readonly time: EdgeTime
  /** What shards have forwarded by themselves; not among the batches. */
  readonly forwarded?: readonly ForwardedRows[]
}

/** The end of an edge. Every step brings one message, an empty one where there are no rows. */
export interface Receiver {
  receive(step: Step, message: EdgeMessage): void
}

/** The inputs of a stage or sink: calls `complete` with the messages of a step once every input has received one. */
export class Inputs {
  readonly #count: number
  readonly #complete: (step: Step, messages: readonly EdgeMessage[]) => void
  readonly #arrived = new Map<number, { messages: EdgeMessage[]; missing: number }>()

  constructor(count: number, complete: (step: Step, messages: readonly EdgeMessage[]) => void) {
    this.#count = count
    this.#complete = complete
  }

  /** The receiver of the `index`-th input. Messages are given in this order, whichever came first. */
  receiver(index: number): Receiver {
    return {
      receive: (step, message) => {
        if (this.#count === 1) {
          this.#complete(step, [message])
          return
        }
        const arrived = this.#arrived.get(step.number) ?? { messages: [], missing: this.#count }
        arrived.messages[index] = message
        arrived.missing--
        this.#arrived.set(step.number, arrived)
        if (arrived.missing > 0) return
        this.#arrived.delete(step.number)
        this.#complete(step, arrived.messages)
      },
    }
  }
}

/** An output of a stage's step, on its way to the consumers. */
export const routedOutput = ({ batch, rows, owner, runs }: StepOutput, shard: number): RoutedBatch => ({
  batch,
  shard,
  ...(rows ? { rows } : {}),
  ...(owner === undefined ? {} : { owner }),
  ...(runs ? { runs } : {}),
})

export const stepInput = ({ batch, input = 0, arrival }: RoutedBatch): StepInput =>
  arrival ? { batch, input, arrival } : { batch, input }

/**
 * A shard's own rows of each batch; rows without an owner belong to the shard that made them.
 *
 * @param routes by input of the stage
 */
export function ownRows(
  batches: readonly RoutedBatch[],
  shard: number,
  routes: readonly Route[],
): StepInput[] {
  const inputs: StepInput[] = []
  for (const routed of batches) {
    const route = routes[routed.input ?? 0]
    if (route === 'all' || route === 'one') {
      if (route === 'all' || shard === 0) inputs.push(stepInput(routed))
      continue
    }
    const own = routed.rows?.[shard]
    if (!own) {
      if ((routed.owner ?? routed.shard ?? 0) === shard) inputs.push(stepInput(routed))
    } else if (own.length) inputs.push(stepInput({ ...routed, batch: withSelection(routed.batch, own) }))
  }
  return inputs
}

/** Rows of the batches by shard, for those that lie with one shard as a whole. */
export function rowsByOwner(batches: readonly RoutedBatch[], shards: number): number[] {
  const rows = Array.from({ length: shards }, () => 0)
  for (const { owner, batch } of batches) if (owner !== undefined) rows[owner]! += rowCount(batch)
  return rows
}
