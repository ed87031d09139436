/** Verbs that have side outputs hear which of them something reads, where that makes a difference to them. */

import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type PlanNode } from '../../plan.ts'
import { withNodes } from './edit.ts'
import type { Rule } from './rule.ts'

export const noteSides: Rule = plan => {
  const nodes: Record<string, PlanNode> = {}
  for (const [id, node] of Object.entries(plan.nodes)) {
    const { withSides } = definitionOf(node)
    if (!withSides) continue
    const noted = withSides(node, new Set(consumersOf(plan, id).map(({ port }) => port)))
    if (noted !== node) nodes[id] = noted
  }
  return Object.keys(nodes).length > 0 ? withNodes(plan, nodes) : plan
}
