/** Sources read only the columns that something needs. */

import { columnsUsed } from '../../expr/type-of.ts'
import { definitionOf } from '../../operators/index.ts'
import { type NodeOutput, type Plan, type PlanNode, type SourceNode, topological } from '../../plan.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes } from './edit.ts'
import type { Rule } from './rule.ts'

export const pruneColumns: Rule = (plan, { nodeOutputs }) => {
  const wanted = wantedColumns(plan, nodeOutputs)
  const nodes: Record<string, PlanNode> = {}
  for (const [id, node] of Object.entries(plan.nodes)) {
    const want = wanted.get(id)
    if (!want) continue
    if (node.kind === 'source') {
      const { schema } = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
      const source = node as SourceNode
      // A scan without any column could not count rows: the first one stands in.
      const columns = schema.map(field => field.name).filter(name => want.has(name))
      const kept = columns.length ? columns : schema.slice(0, 1).map(field => field.name)
      nodes[id] = { ...source, pushed: { ...source.pushed, columns: kept } } as SourceNode
    } else {
      const { narrowed } = definitionOf(node)
      if (narrowed) nodes[id] = narrowed(node, want, nodeOutputs.get(outputKey(node.inputs[0]!))!)
    }
  }
  return withNodes(plan, nodes)
}

/** By node: the columns of its main output that something reads. */
function wantedColumns(plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>()
  const want = (id: string, names: Iterable<string>) => {
    const set = wanted.get(id) ?? new Set()
    for (const name of names) set.add(name)
    wanted.set(id, set)
  }
  for (const id of topological(plan).reverse()) {
    const node = plan.nodes[id]!
    const own =
      wanted.get(id) ??
      new Set(nodeOutputs.get(outputKey({ node: id, port: 'out' }))?.schema.map(f => f.name))
    for (const edge of node.inputs) {
      const input = nodeOutputs.get(outputKey(edge))!
      const all = input.schema.map(field => field.name)
      const { needs } = definitionOf(node)
      const names = node.kind === 'sink' || !needs ? all : [...needs(node, own, input)]
      // A second port carries the input's own columns.
      want(edge.node, edge.port === 'out' ? names : inputColumns(plan, edge.node, nodeOutputs))
      const lateIsRead = Object.values(plan.nodes).some(n =>
        n.inputs.some(e => e.node === id && e.port !== 'out'),
      )
      if (lateIsRead) want(edge.node, all)
    }
    if (node.kind === 'source') {
      const filter = (node as SourceNode).pushed?.filter
      if (filter) want(id, columnsUsed(filter))
    }
  }
  return wanted
}

function inputColumns(plan: Plan, id: string, nodeOutputs: ReadonlyMap<string, NodeOutput>): string[] {
  const [edge] = plan.nodes[id]!.inputs
  return edge ? nodeOutputs.get(outputKey(edge))!.schema.map(field => field.name) : []
}
