/**
 * Sources read only the columns that something needs, and projections compute no others.
 *
 * A node may then give more columns than its readers need (a filter has to read what it tests), except where that makes
 * a difference: merged inputs are brought to the same columns.
 */

import { columnsUsed } from '../../expr/type-of.ts'
import { definitionOf } from '../../operators/index.ts'
import { selectingColumns } from '../../operators/project.ts'
import {
  consumersOf,
  type NodeOutput,
  type Plan,
  type PlanEdge,
  type PlanNode,
  type SourceNode,
  topological,
} from '../../plan.ts'
import type { Schema } from '../../types/schema.ts'
import { derivedId } from '../derived-id.ts'
import { outputKey, outputsOf } from '../node-outputs.ts'
import { withNodes } from './edit.ts'
import type { Rule, RuleContext } from './rule.ts'

export const pruneColumns: Rule = (plan, context) => {
  const wanted = wantedColumns(plan, context)
  const nodes: Record<string, PlanNode> = {}
  for (const [id, node] of Object.entries(plan.nodes)) {
    const want = wanted.get(id)
    if (want) nodes[id] = narrowed(node, id, want, context)
  }
  return withEqualInputs(withNodes(plan, nodes), wanted, context)
}

const namesOf = (schema: Schema): string[] => schema.map(({ name }) => name)

function narrowed(
  node: PlanNode,
  id: string,
  wanted: ReadonlySet<string>,
  { nodeOutputs }: RuleContext,
): PlanNode {
  if (node.kind === 'source') {
    const names = namesOf(nodeOutputs.get(outputKey({ node: id, port: 'out' }))!.schema)
    const source = node as SourceNode
    // A scan without any column could not count rows: the first one stands in.
    const columns = names.filter(name => wanted.has(name))
    const kept = columns.length ? columns : names.slice(0, 1)
    return { ...source, pushed: { ...source.pushed, columns: kept } } as SourceNode
  }
  const inputs = node.inputs.map(edge => nodeOutputs.get(outputKey(edge))!)
  return (inputs[0] && definitionOf(node).narrowed?.(node, wanted, inputs[0], inputs)) ?? node
}

/** By node: the columns of its main output that something reads. */
function wantedColumns(plan: Plan, { nodeOutputs }: RuleContext): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>()
  const want = (id: string, names: Iterable<string>) => {
    const set = wanted.get(id) ?? new Set()
    for (const name of names) set.add(name)
    wanted.set(id, set)
  }
  const all = (edge: PlanEdge) => namesOf(nodeOutputs.get(outputKey(edge))!.schema)
  for (const id of topological(plan).reverse()) {
    const node = plan.nodes[id]!
    const { needs, merges, sides } = definitionOf(node)
    // Merged rows need a column to be told by, the same in every input.
    if (merges && !wanted.get(id)?.size) want(id, all({ node: id, port: 'out' }).slice(0, 1))
    // Rows that leave by another port hold all columns of the input, unless it has columns of its own.
    const own = new Set(['out', ...(sides?.(node) ?? [])])
    const divides = consumersOf(plan, id).some(({ port }) => !own.has(port))
    const inputs = node.inputs.map(edge => nodeOutputs.get(outputKey(edge))!)
    node.inputs.forEach((edge, index) => {
      const whole = node.kind === 'sink' || divides || !needs
      const read = wanted.get(id) ?? new Set()
      want(edge.node, whole ? all(edge) : needs(node, read, inputs[index]!, { index, inputs }))
    })
    const filter = node.kind === 'source' && (node as SourceNode).pushed?.filter
    if (filter) want(id, columnsUsed(filter))
  }
  return wanted
}

/** Puts a projection in front of each input of a merge that has other columns than are read of the merged rows. */
function withEqualInputs(
  plan: Plan,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  { nodeOutputs, schemas }: RuleContext,
): Plan {
  const outputs = new Map<string, NodeOutput>()
  const nodes: Record<string, PlanNode> = {}
  const add = (id: string, node: PlanNode) => {
    nodes[id] = node
    const inputs = node.inputs.map(edge => outputs.get(outputKey(edge))!)
    for (const [port, output] of outputsOf(plan, id, node, inputs, schemas))
      outputs.set(outputKey({ node: id, port }), output)
  }
  for (const id of topological(plan)) {
    const node = plan.nodes[id]!
    if (definitionOf(node).merges === undefined) {
      add(id, node)
      continue
    }
    const before = namesOf(nodeOutputs.get(outputKey({ node: id, port: 'out' }))!.schema)
    const target = before.filter(name => wanted.get(id)!.has(name))
    const inputs = node.inputs.map((edge, i): PlanEdge => {
      const names = namesOf(outputs.get(outputKey(edge))!.schema)
      if (names.length === target.length && names.every((name, c) => name === target[c])) return edge
      const projection = derivedId(id, `input${i}`)
      add(projection, selectingColumns(edge, target))
      return { node: projection, port: 'out' }
    })
    add(id, { ...node, inputs })
  }
  return withNodes(plan, nodes)
}
