/** What flows along every edge of a plan, found by the operators' own rules. */

import { MillraceError } from '../errors.ts'
import { outputOf } from '../operators/index.ts'
import {
  consumersOf,
  type NodeOutput,
  type Plan,
  type PlanEdge,
  type SourceNode,
  topological,
} from '../plan.ts'
import type { Schema } from '../types/schema.ts'

export const outputKey = (edge: PlanEdge): string => `${edge.node}:${edge.port}`

/**
 * What flows, by {@link outputKey}: out of every node's main port, and out of other ports that something reads.
 *
 * @param sourceSchemas by source node: what the source delivers, for those whose node declares no schema
 * @throws {PlanError} whatever the verbs find wrong, with the path from the source in `operatorPath`
 */
export function resolveOutputs(
  plan: Plan,
  sourceSchemas: ReadonlyMap<string, Schema>,
): Map<string, NodeOutput> {
  const nodeOutputs = new Map<string, NodeOutput>()
  for (const id of topological(plan)) {
    const node = plan.nodes[id]!
    const inputs = node.inputs.map(edge => nodeOutputs.get(outputKey(edge))!)
    const declared =
      node.kind === 'source'
        ? { ...node, schema: sourceSchemas.get(id) ?? (node as SourceNode).schema }
        : node
    const ports = new Set(['out', ...consumersOf(plan, id).map(consumer => consumer.port)])
    for (const port of ports) {
      try {
        nodeOutputs.set(outputKey({ node: id, port }), outputOf(declared, inputs, port))
      } catch (error) {
        if (!(error instanceof MillraceError) || error.operatorPath.length) throw error
        const Kind = error.constructor as typeof MillraceError
        const message = error.message.split('\n  HINT: ')[0]!
        throw new Kind(error.code, message, {
          cause: error,
          operatorPath: pathTo(plan, id),
          ...(error.hint ? { hint: error.hint } : {}),
        })
      }
    }
  }
  return nodeOutputs
}

/** The operators from a source to a node, as `explain` names them. */
export function pathTo(plan: Plan, id: string): string[] {
  const node = plan.nodes[id]!
  const label = node.kind === 'source' ? (node as SourceNode).label : node.kind
  return [...(node.inputs[0] ? pathTo(plan, node.inputs[0].node) : []), label]
}
