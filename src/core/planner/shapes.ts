/** The shape of every edge of a plan, found by the operators' own rules. */

import { MillraceError } from '../errors.ts'
import { definitionOf } from '../operators/index.ts'
import { consumersOf, type Plan, type PlanEdge, type Shape, type SourceNode, topological } from '../plan.ts'
import type { Schema } from '../types/schema.ts'

export const shapeKey = (edge: PlanEdge): string => `${edge.node}:${edge.port}`

/**
 * The shapes by {@link shapeKey}: of every node's main output, and of other ports that something reads.
 *
 * @param sourceSchemas by source node: what the source delivers, for those whose node declares no schema
 * @throws {PlanError} whatever the verbs find wrong, with the path from the source in `operatorPath`
 */
export function resolveShapes(plan: Plan, sourceSchemas: ReadonlyMap<string, Schema>): Map<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const id of topological(plan)) {
    const node = plan.nodes[id]!
    const definition = definitionOf(node)
    const inputs = node.inputs.map(edge => shapes.get(shapeKey(edge))!)
    const declared =
      node.kind === 'source'
        ? { ...node, schema: sourceSchemas.get(id) ?? (node as SourceNode).schema }
        : node
    const ports = new Set(['out', ...consumersOf(plan, id).map(consumer => consumer.port)])
    for (const port of ports) {
      try {
        shapes.set(shapeKey({ node: id, port }), definition.shape(declared, inputs, port))
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
  return shapes
}

/** The operators from a source to a node, as `explain` names them. */
export function pathTo(plan: Plan, id: string): string[] {
  const node = plan.nodes[id]!
  const label = node.kind === 'source' ? (node as SourceNode).label : node.kind
  return [...(node.inputs[0] ? pathTo(plan, node.inputs[0].node) : []), label]
}
