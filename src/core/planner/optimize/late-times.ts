/**
 * Late rows have a time of their own: they are behind the watermark that made them late, so that all of them would be
 * late again. Whoever needs to know how far they have come gets a watermark of theirs, with the same allowance. One that
 * the user declared learns that its rows were late.
 */

import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type PlanEdge, type PlanNode } from '../../plan.ts'
import { derivedId } from '../derived-id.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes } from './edit.ts'
import type { Rule, RuleContext } from './rule.ts'

export const lateTimes: Rule = (plan, context) => {
  const nodes: Record<string, PlanNode> = {}
  for (const id of Object.keys(plan.nodes)) {
    for (const watermark of declaredBehind(plan, id))
      nodes[watermark] = { ...(nodes[watermark] ?? plan.nodes[watermark]!), ofLateRows: true } as PlanNode
    const timed = consumersOf(plan, id).filter(({ node, port }) => port !== 'out' && needsTime(plan, node))
    for (const { node, port } of timed) {
      const late = { node: id, port }
      const own = ownTime(plan, late, context)
      if (!own) continue
      const watermark = derivedId(id, port)
      nodes[watermark] = own
      nodes[node] = readingFrom(nodes[node] ?? plan.nodes[node]!, late, { node: watermark, port: 'out' })
    }
  }
  return withNodes(plan, nodes)
}

const readingFrom = (node: PlanNode, from: PlanEdge, to: PlanEdge): PlanNode => ({
  ...node,
  inputs: node.inputs.map(edge => (edge.node === from.node && edge.port === from.port ? to : edge)),
})

/** The watermark of late rows: like the one that they are late for. */
function ownTime({ nodes }: Plan, late: PlanEdge, { nodeOutputs }: RuleContext): PlanNode | undefined {
  const { eventTime, lateness } = nodeOutputs.get(outputKey(late))!
  if (eventTime === undefined || !lateness) return undefined
  for (let at = nodes[late.node]!.inputs[0]; at; at = nodes[at.node]!.inputs[0]) {
    const own = definitionOf(nodes[at.node]!).forLateRows?.(nodes[at.node]!, eventTime, late)
    if (own) return own
  }
  return undefined
}

/** Whether a reader, or one behind it, makes anything of how far event time has come. */
function needsTime(plan: Plan, id: string): boolean {
  const node = plan.nodes[id]!
  const { steps, merges, eventTime } = definitionOf(node)
  if (node.kind === 'sink' || eventTime) return false
  return !(steps || merges?.(node)) || consumersOf(plan, id).some(({ node }) => needsTime(plan, node))
}

/** Watermarks of the user's over the late rows of a node, with verbs between that leave rows in their splits. */
function declaredBehind(plan: Plan, id: string, late = false): string[] {
  return consumersOf(plan, id).flatMap(({ node: reader, port }) => {
    if (!late && port === 'out') return []
    const node = plan.nodes[reader]!
    const { steps, merges, eventTime } = definitionOf(node)
    if (eventTime) return [reader]
    return steps || merges?.(node) ? declaredBehind(plan, reader, true) : []
  })
}
