/**
 * What the shards of a stage have been told of event time, and which of them have to hear more. A shard without rows is told
 * of a watermark only where it may act on it: a message costs more than most of them are worth.
 */

import type { EdgeTime } from '../../core/operators/contract.ts'
import { NOTHING_KNOWN } from '../../core/operators/contract.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { Panes } from '../../core/time/windows/panes.ts'

export class ToldTimes {
  readonly #panes: Panes | undefined
  /** By shard, then input of the stage. */
  readonly #told: (readonly EdgeTime[])[]

  constructor(stage: Stage, shards: number, inputs: number) {
    this.#panes = panesOf(stage)
    const nothing = Array.from({ length: inputs }, () => NOTHING_KNOWN)
    this.#told = Array.from({ length: shards }, () => nothing)
  }

  /** Whether a shard knows less than this. */
  isBehind(shard: number, times: readonly EdgeTime[]): boolean {
    return times.some(({ watermarkMs }, input) => watermarkMs !== this.#told[shard]![input]!.watermarkMs)
  }

  /** Whether the stage may act on what a shard has not been told: also where it has no rows. */
  mayAct(shard: number, times: readonly EdgeTime[]): boolean {
    if (!this.#panes) return this.isBehind(shard, times)
    const paneOf = ({ watermarkMs }: EdgeTime) =>
      Number.isFinite(watermarkMs) ? this.#panes!.startOf(watermarkMs) : watermarkMs
    return paneOf(times[0]!) !== paneOf(this.#told[shard]![0]!)
  }

  tell(shard: number, times: readonly EdgeTime[]): void {
    this.#told[shard] = times
  }
}

/**
 * The panes within which a watermark changes nothing for a stage, neither its state nor what leaves it nor what its outputs
 * know: those of its first operator, where all others see time only through that.
 */
export function panesOf({ operators, inputs, outputs }: Stage): Panes | undefined {
  const [first, ...others] = operators
  if (!first || inputs.some(({ input }) => input > 0)) return undefined
  const behindFirst =
    others.every(({ from }) => from.every(edge => 'operator' in edge)) &&
    outputs.every(({ operator }) => 'operator' in operator)
  if (!behindFirst) return undefined
  // What makes watermarks of rows, or goes by the clock, hears of more than its input's event time.
  const ownTime = operators.some(({ node }) => {
    const { eventTime, clock } = definitionOf(node)
    return eventTime !== undefined || clock?.(node) !== undefined
  })
  return ownTime ? undefined : definitionOf(first.node).actsByPane?.(first.node, first.inputs)
}
