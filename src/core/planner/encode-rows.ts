/**
 * Puts an `encode` before sinks that write bytes of a format, where no verb puts rows together: then shards make the bytes,
 * in the order in which the rows were read, and the sink only writes them.
 */

import type { Sink } from '../connector.ts'
import type { Json } from '../formats/contract.ts'
import type { EncodeNode } from '../operators/encode.ts'
import { definitionOf } from '../operators/index.ts'
import type { NodeOutput, Plan, PlanEdge, PlanNode, SinkNode } from '../plan.ts'
import { derivedId } from './derived-id.ts'
import { outputKey } from './node-outputs.ts'
import { withNodes } from './optimize/edit.ts'

export function encodeRows(
  plan: Plan,
  sinks: ReadonlyMap<string, Pick<Sink, 'encoding'>>,
  nodeOutputs: ReadonlyMap<string, NodeOutput>,
): Plan {
  const nodes: Record<string, PlanNode> = {}
  for (const id of plan.sinks) {
    const node = plan.nodes[id] as SinkNode
    const encoding = sinks.get(node.connector)?.encoding
    const [edge] = node.inputs
    if (!encoding || !comesAsRead(plan, edge!, nodeOutputs)) continue
    const encode = derivedId(id, 'encode')
    const { options, ...how } = encoding
    nodes[encode] = { kind: 'encode', ...how, options: options as Json, inputs: [edge!] } as EncodeNode
    nodes[id] = { ...node, inputs: [{ node: encode, port: 'out' }] } as SinkNode
  }
  return withNodes(plan, nodes)
}

/** Whether rows take any shard from a source to here, one batch after the other. */
function comesAsRead(plan: Plan, edge: PlanEdge, nodeOutputs: ReadonlyMap<string, NodeOutput>): boolean {
  const node = plan.nodes[edge.node]!
  if (node.kind === 'source') return true
  const inputs = node.inputs.map(input => nodeOutputs.get(outputKey(input))!)
  const { routes, merges } = definitionOf(node)
  if (inputs.length !== 1 || merges || inputs[0]!.rows === 'changes') return false
  const [route = 'any'] = routes?.(node, inputs) ?? []
  return route === 'any' && comesAsRead(plan, node.inputs[0]!, nodeOutputs)
}
