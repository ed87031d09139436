/**
 * Moves `replay` next to its source, below row-by-row verbs that leave the time column alone: sorting there is the
 * source's work, and the order survives filters and projections.
 */

import { definitionOf } from '../../operators/index.ts'
import type { ReplayNode } from '../../operators/replay.ts'
import { consumersOf, type Plan } from '../../plan.ts'
import { outputKey } from '../node-outputs.ts'
import { copyId } from './clone.ts'
import { withNodes } from './edit.ts'
import type { Rule } from './rule.ts'

export const replayAtSource: Rule = (plan, { nodeOutputs }) => {
  let moved = plan
  for (;;) {
    const step = moveOne(moved, id => nodeOutputs.get(outputKey({ node: id, port: 'out' }))!.schema)
    if (!step) return moved
    moved = step
  }
}

function moveOne(
  plan: Plan,
  schemaOf: (id: string) => Parameters<NonNullable<ReturnType<typeof definitionOf>['steps']>>[1],
) {
  for (const [id, node] of Object.entries(plan.nodes)) {
    if (node.kind !== 'replay') continue
    const replay = node as ReplayNode
    const belowId = replay.inputs[0]!.node
    const below = plan.nodes[belowId]!
    const { steps } = definitionOf(below)
    if (!steps) continue
    const time = timeBelow(steps(below, schemaOf(below.inputs[0]!.node)), replay.time)
    if (time === undefined) continue
    // Readers of the replay now read the verb, whose own input is the replay. Whoever else reads it gets what it did.
    const movedId = consumersOf(plan, belowId).length === 1 ? belowId : copyId(plan.nodes, belowId)
    const readers = consumersOf(plan, id)
    const nodes: Record<string, (typeof plan.nodes)[string]> = {
      [id]: { ...replay, time, inputs: below.inputs } as ReplayNode,
      [movedId]: { ...below, inputs: [{ node: id, port: 'out' }] },
    }
    for (const { node: reader } of readers) {
      const old = nodes[reader] ?? plan.nodes[reader]!
      nodes[reader] = {
        ...old,
        inputs: old.inputs.map(edge => (edge.node === id ? { node: movedId, port: edge.port } : edge)),
      }
    }
    return withNodes(plan, nodes)
  }
  return undefined
}

/** The name the time column has before kernel steps that pass it through, or undefined where they compute it. */
function timeBelow(
  steps: readonly import('../../expr/compile.ts').KernelStep[],
  time: string,
): string | undefined {
  let name = time
  for (const step of [...steps].reverse()) {
    if (step.kind === 'filter') continue
    const column = step.columns.find(c => c.name === name)
    if (column?.expr.kind !== 'column') return undefined
    name = column.expr.name
  }
  return name
}
