/**
 * Puts a `decode` behind every source of bytes, in an optimized plan: what rules did with the columns and filters of the
 * source holds of what is decoded.
 */

import type { Encoding } from '../connector.ts'
import type { Json } from '../formats/contract.ts'
import type { DecodeNode } from '../operators/decode.ts'
import { definitionOf } from '../operators/index.ts'
import type { NodeOutput, Plan, PlanEdge, PlanNode, SourceNode } from '../plan.ts'
import type { Schema } from '../types/schema.ts'
import { derivedId, originalId } from './derived-id.ts'
import { outputKey } from './node-outputs.ts'
import { withNodes } from './optimize/edit.ts'

/** Both maps by source node of the user's plan: how bytes become rows, for sources of bytes, and of which columns. */
export function decodeBytes(
  plan: Plan,
  encodings: ReadonlyMap<string, Encoding>,
  schemas: ReadonlyMap<string, Schema>,
  nodeOutputs: ReadonlyMap<string, NodeOutput>,
): Plan {
  const decoded = new Map<string, string>()
  const nodes: Record<string, PlanNode> = {}
  const placed = readsPlaces(plan, nodeOutputs)
  for (const [id, node] of Object.entries(plan.nodes)) {
    const encoding = encodings.get(originalId(id))
    const source = node as SourceNode
    if (node.kind !== 'source' || !encoding || source.encoded) continue
    const decode = derivedId(id, 'decode')
    decoded.set(id, decode)
    nodes[id] = { ...source, encoded: true } as SourceNode
    nodes[decode] = decodeNode(id, source, encoding, schemas.get(originalId(id))!, placed)
  }
  if (decoded.size === 0) return plan
  const redirected = (edge: PlanEdge): PlanEdge => ({ ...edge, node: decoded.get(edge.node) ?? edge.node })
  for (const [id, node] of Object.entries(plan.nodes))
    if (node.inputs.some(edge => decoded.has(edge.node)))
      nodes[id] = { ...node, inputs: node.inputs.map(redirected) }
  return withNodes(plan, nodes)
}

/** Rows are left out by all columns, wanted or not: which rows there are does not depend on what is read of them. */
function decodeNode(
  id: string,
  { pushed, onBadRow = 'fail' }: SourceNode,
  { format, options }: Encoding,
  schema: Schema,
  placed: boolean,
): DecodeNode {
  const columns = pushed?.columns ?? schema.map(({ name }) => name)
  return {
    ...{ kind: 'decode', format, options: options as Json, columns, onBadRow },
    schema: onBadRow === 'fail' ? schema.filter(({ name }) => columns.includes(name)) : schema,
    ...(placed && { placed: true }),
    inputs: [{ node: id, port: 'out' }],
  }
}

/** Whether a verb of the plan looks at the places of rows. */
const readsPlaces = (plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): boolean =>
  Object.values(plan.nodes).some(node => {
    const [edge] = node.inputs
    return edge !== undefined && definitionOf(node).readsPlaces?.(node, nodeOutputs.get(outputKey(edge))!)
  })
