/** What flows along every edge of a plan, found by the operators' own rules. */

import { MillraceError } from '../errors.ts'
import { outputOf } from '../operators/index.ts'
import {
  consumersOf,
  type NodeOutput,
  type Plan,
  type PlanEdge,
  type PlanNode,
  type SourceNode,
  topological,
} from '../plan.ts'
import { fieldOf, type Schema } from '../types/schema.ts'
import { originalId } from './derived-id.ts'

export const outputKey = (edge: PlanEdge): string => `${edge.node}:${edge.port}`

/**
 * What flows, by {@link outputKey}: out of every node's main port, and out of other ports that something reads.
 *
 * @param sourceSchemas by source node of the user's plan: what the source can deliver, for those whose node declares no schema
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
    for (const [port, output] of outputsOf(plan, id, node, inputs, sourceSchemas))
      nodeOutputs.set(outputKey({ node: id, port }), output)
  }
  return nodeOutputs
}

/** What flows out of each port of a node that something in the plan reads, given what flows in. */
export function outputsOf(
  plan: Plan,
  id: string,
  node: PlanNode,
  inputs: readonly NodeOutput[],
  sourceSchemas: ReadonlyMap<string, Schema>,
): [port: string, output: NodeOutput][] {
  const declared =
    node.kind === 'source' ? scanned(node as SourceNode, sourceSchemas.get(originalId(id))) : node
  const ports = new Set(['out', ...consumersOf(plan, id).map(consumer => consumer.port)])
  return [...ports].map(port => {
    try {
      return [port, outputOf(declared, inputs, port)]
    } catch (error) {
      throw withPath(error, plan, id)
    }
  })
}

/** A source with the schema of what its scan delivers. */
function scanned(node: SourceNode, whole = node.schema): SourceNode {
  if (node.encoded) return node
  const columns = node.pushed?.columns?.map(name => fieldOf(whole!, name)) ?? whole
  return columns ? { ...node, schema: columns } : node
}

function withPath(error: unknown, plan: Plan, id: string): unknown {
  if (!(error instanceof MillraceError) || error.operatorPath.length) return error
  const Kind = error.constructor as typeof MillraceError
  const message = error.message.split('\n  HINT: ')[0]!
  return new Kind(error.code, message, {
    cause: error,
    operatorPath: pathTo(plan, id),
    ...(error.hint ? { hint: error.hint } : {}),
  })
}

/** The operators from a source to a node, as `explain` names them. */
export function pathTo(plan: Plan, id: string): string[] {
  const node = plan.nodes[id]!
  const label = node.kind === 'source' ? (node as SourceNode).label : node.kind
  return [...(node.inputs[0] ? pathTo(plan, node.inputs[0].node) : []), label]
}
