/**
 * In which order the sources of a plan are read.
 *
 * Bounded inputs of a union follow one another: every source of one input is read before those of the next. What
 * a join looks rows up in is read before these rows, which would wait for it otherwise. Sources that do not end are read
 * side by side with all others, and have no place in the order but their own.
 */

import { definitionOf } from '../operators/index.ts'
import { consumersOf, type NodeOutput, type Plan, type SourceNode, sourcesOf, topological } from '../plan.ts'
import { outputKey } from './node-outputs.ts'

/** Which source is read before which. */
export class ReadingOrder {
  readonly #after = new Map<string, Set<string>>()

  /** What would contradict the order there is, is left out. */
  put(before: string, after: string): void {
    if (this.precedes(after, before)) return
    const known = this.#after.get(before)
    if (known) known.add(after)
    else this.#after.set(before, new Set([after]))
  }

  /** Whether `source` has to be read before `other`, or is the same. */
  precedes(source: string, other: string, seen = new Set<string>()): boolean {
    if (source === other) return true
    seen.add(source)
    for (const next of this.#after.get(source) ?? [])
      if (!seen.has(next) && this.precedes(next, other, seen)) return true
    return false
  }

  /** The sources in an order that heeds it: otherwise they stay in the one they are given in. */
  sorted(sources: readonly string[]): string[] {
    const sorted: string[] = []
    const left = new Set(sources)
    while (left.size) {
      const next = [...left].find(
        source => ![...left].some(other => other !== source && this.#is(other, source)),
      )
      left.delete(next!)
      sorted.push(next!)
    }
    return sorted
  }

  #is(before: string, after: string): boolean {
    return this.#after.get(before)?.has(after) ?? false
  }
}

/** Puts every source of one input of a union before those of the next. */
export function putInOrder(order: ReadingOrder, plan: Plan, union: string): void {
  const before: string[] = []
  for (const { node } of plan.nodes[union]!.inputs) {
    const sources = sourcesOf(plan, node)
    for (const earlier of before) for (const later of sources) order.put(earlier, later)
    before.push(...sources)
  }
}

/** Puts every source of the input that a verb has to know whole before those of its other inputs, as far as that can be. */
function putFirst(
  order: ReadingOrder,
  plan: Plan,
  id: string,
  nodeOutputs: ReadonlyMap<string, NodeOutput>,
): void {
  const node = plan.nodes[id]!
  const { readsFirst } = definitionOf(node)
  const first = readsFirst?.(
    node,
    node.inputs.map(edge => nodeOutputs.get(outputKey(edge))!),
  )
  if (first === undefined) return
  const before = sourcesOf(plan, node.inputs[first]!.node)
  const after = node.inputs.flatMap((edge, input) => (input === first ? [] : sourcesOf(plan, edge.node)))
  for (const earlier of before) for (const later of after) order.put(earlier, later)
}

/** The source nodes in the order in which they are read. */
export function readingOrder(plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): readonly string[] {
  const order = new ReadingOrder()
  for (const union of orderedUnions(plan, nodeOutputs)) putInOrder(order, plan, union)
  for (const id of topological(plan)) putFirst(order, plan, id, nodeOutputs)
  return order.sorted(topological(plan).filter(id => plan.nodes[id]!.kind === 'source'))
}

/** The unions of rows that end, as far as the order of their rows makes a difference, each after those before it. */
export const orderedUnions = (plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): readonly string[] =>
  topological(plan).filter(
    id =>
      definitionOf(plan.nodes[id]!).merges?.(plan.nodes[id]!) === true &&
      !definitionOf(plan.nodes[id]!).asTheyCome?.(plan.nodes[id]!) &&
      nodeOutputs.get(outputKey({ node: id, port: 'out' }))!.bounded &&
      orderMatters(plan, id, nodeOutputs),
  )

/** Whether a source is read to its end, in turn with others: not one that does not end, or is replayed as if it did not. */
export const isReadInTurn = (plan: Plan, source: string): boolean =>
  (plan.nodes[source] as SourceNode).bounded &&
  consumersOf(plan, source).every(({ node }) => plan.nodes[node]!.kind !== 'replay')

/** Whether what sinks get depends on the order of the rows that leave a node. */
function orderMatters(plan: Plan, id: string, nodeOutputs: ReadonlyMap<string, NodeOutput>): boolean {
  return consumersOf(plan, id).some(({ node: reader }) => {
    const node = plan.nodes[reader]!
    const { orderFree, readsPlaces, routes, merges } = definitionOf(node)
    const inputs = node.inputs.map(edge => nodeOutputs.get(outputKey(edge))!)
    if (orderFree?.(node) && !readsPlaces?.(node, inputs[0]!)) return false
    const rowByRow =
      merges?.(node) || (node.kind !== 'sink' && (routes?.(node, inputs) ?? ['any']).every(r => r === 'any'))
    return !rowByRow || orderMatters(plan, reader, nodeOutputs)
  })
}
