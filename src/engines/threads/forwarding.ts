/** Which stages a shard may run one after the other on its own rows, so that these need no second message. */

import { definitionOf } from '../../core/operators/index.ts'
import type { Producer, Stage, StagedPlan } from '../../core/planner/stages.ts'
import type { Panes } from '../../core/time/windows/panes.ts'
import { panesOf } from './told-times.ts'

export interface Forwarding {
  /** The stage that takes the rows. */
  readonly to: number
  /**
   * The `watermark` operator whose rows may be late for that stage: they are forwarded only where it is known what their
   * split had shown before them. The stage acts on a watermark only where another pane begins.
   */
  readonly byTime?: { readonly watermark: string; readonly panes: Panes }
}

/** Where the shards may forward a stage's rows by themselves, as far as these belong to them. */
export function forwardingOf(stage: Stage, { stages, sinks }: StagedPlan): Forwarding | undefined {
  const [next, ...others] = stages.filter(other => readsFrom(other.inputs, stage.id))
  if (!next || others.length || readsFrom(sinks, stage.id) || !mayFollow(stage, next)) return undefined
  const { bounded, lateness } = next.inputs[0]!.nodeOutput
  if (bounded && !lateness) return { to: next.id }
  const { watermark } = stage.outputs[0]!
  const isOwn = stage.operators.some(({ id }) => id === watermark)
  // What closes only with a pane does not care whether a later step's rows are there already: these are of later panes.
  const panes = panesOf(next)
  return watermark !== undefined && isOwn && panes ? { to: next.id, byTime: { watermark, panes } } : undefined
}

/** Nobody else reads the rows, and what the next stage makes of them does not depend on those before them. */
const mayFollow = ({ partitioning, outputs }: Stage, next: Stage): boolean =>
  partitioning === 'any' &&
  outputs.length === 1 &&
  typeof next.partitioning === 'object' &&
  isOrderFree(next) &&
  next.inputs.length === 1 &&
  next.operators.slice(1).every(({ from }) => from.every(edge => 'operator' in edge)) &&
  next.outputs.every(({ operator }) => 'operator' in operator)

const isOrderFree = ({ operators: [first] }: Stage): boolean =>
  first !== undefined && definitionOf(first.node).orderFree?.(first.node) === true

/** Whether some of these edges come from a stage. */
export const readsFrom = (inputs: readonly { readonly from: Producer }[], stage: number): boolean =>
  inputs.some(({ from }) => 'stage' in from && from.stage === stage)
