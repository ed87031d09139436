/**
 * A source that is replayed and also read otherwise, or replayed in two ways, is read once for each way: in the order
 * and at the speed of one, rows would come to the others, too.
 */

import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type PlanNode, type SourceNode } from '../../plan.ts'
import { readAgain } from './clone.ts'
import { withNodes } from './edit.ts'
import type { Rule } from './rule.ts'

export const separateReadings: Rule = (plan, context) => {
  let separated = plan
  for (const [id, source] of Object.entries(plan.nodes)) {
    if (source.kind !== 'source') continue
    const [_, ...others] = Map.groupBy(consumersOf(plan, id), ({ node }) => reading(plan.nodes[node]!))
    for (const [, readers] of others) {
      const first = plan.nodes[readers[0]!.node]!
      const again =
        first.kind === 'replay' ? definitionOf(first).explain(first) : 'as it is, beside the replay'
      const clone = readAgain(separated, id, source as SourceNode, again, context)
      separated = withNodes(separated, { [clone.id]: clone.node })
      for (const { node } of readers)
        separated = withNodes(separated, { [node]: reader(separated, node, id, clone.id) })
    }
  }
  return separated
}

/** What makes a reader read a source in a way of its own. */
const reading = (node: PlanNode): string =>
  node.kind === 'replay' ? JSON.stringify({ ...node, inputs: [] }) : ''

/** A node that reads another source in place of one. */
function reader(plan: Plan, id: string, from: string, to: string): PlanNode {
  const node = plan.nodes[id]!
  return { ...node, inputs: node.inputs.map(edge => (edge.node === from ? { ...edge, node: to } : edge)) }
}
