/** Small edits that rules make to plans. Each gives a new frozen plan. */

import { type Plan, type PlanEdge, type PlanNode, topological } from '../../plan.ts'

/** The plan with some nodes replaced or added. */
export function withNodes(plan: Plan, nodes: Readonly<Record<string, PlanNode>>): Plan {
  return Object.freeze({ ...plan, nodes: Object.freeze({ ...plan.nodes, ...nodes }) })
}

/** The plan without nodes that no sink depends on. */
export function withoutUnread(plan: Plan): Plan {
  const nodes = Object.fromEntries(topological(plan).map(id => [id, plan.nodes[id]!]))
  return Object.freeze({ ...plan, nodes: Object.freeze(nodes) })
}

/** The plan without a one-input node: whoever read its main output now reads its input. */
export function withoutNode(plan: Plan, id: string): Plan {
  const [upstream] = plan.nodes[id]!.inputs
  const nodes: Record<string, PlanNode> = {}
  const redirect = (edge: PlanEdge) => (edge.node === id ? upstream! : edge)
  for (const [other, node] of Object.entries(plan.nodes)) {
    if (other !== id) nodes[other] = { ...node, inputs: node.inputs.map(redirect) }
  }
  return Object.freeze({ ...plan, nodes: Object.freeze(nodes) })
}
