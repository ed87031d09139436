/**
 * Bounded inputs of a union follow one another. Where two inputs read the same source, or the order of one union
 * contradicts that of another, what the later input is made of is computed again, from a source that is read again.
 * Where that cannot be, and where an input ends only because of a limit, the rows of later inputs are held.
 */

import { definitionOf } from '../../operators/index.ts'
import { type Plan, type PlanEdge, type PlanNode, type SourceNode, sourcesOf } from '../../plan.ts'
import { isReadInTurn, orderedUnions, putInOrder, ReadingOrder } from '../reading-order.ts'
import { canReadAgain, copyId, readAgain } from './clone.ts'
import { withNodes, withoutUnread } from './edit.ts'
import type { Rule, RuleContext } from './rule.ts'

export const orderUnions: Rule = (plan, context) => {
  const unions = new UnionOrder(plan, context)
  for (const union of orderedUnions(plan, context.nodeOutputs)) unions.add(union)
  return withoutUnread(unions.plan)
}

class UnionOrder {
  plan: Plan
  readonly #context: RuleContext
  readonly #order = new ReadingOrder()
  readonly #ordered = new Set<string>()

  constructor(plan: Plan, context: RuleContext) {
    this.plan = plan
    this.#context = context
  }

  /** Makes the inputs of a union follow one another; the unions before it are done already. */
  add(union: string): void {
    if (!this.#canBeRead(union)) {
      const node = this.plan.nodes[union]!
      this.plan = withNodes(this.plan, { [union]: definitionOf(node).inTurn!(node) })
      return
    }
    const before: string[] = []
    this.plan.nodes[union]!.inputs.forEach((edge, input) => {
      const conflicts = this.#conflicts(before, edge)
      if (conflicts.length) this.#computeAgain(union, input, conflicts)
      before.push(...sourcesOf(this.plan, this.plan.nodes[union]!.inputs[input]!.node))
    })
    putInOrder(this.#order, this.plan, union)
    this.#ordered.add(union)
  }

  /** Whether its sources can be read so that its inputs follow one another. */
  #canBeRead(union: string): boolean {
    if (!sourcesOf(this.plan, union).every(source => isReadInTurn(this.plan, source))) return false
    const before: string[] = []
    return this.plan.nodes[union]!.inputs.every(edge => {
      const conflicts = this.#conflicts(before, edge)
      before.push(...sourcesOf(this.plan, edge.node))
      return conflicts.every(source => canReadAgain(source, this.#context))
    })
  }

  /** The sources of an input that are read before, or together with, one of those before it. */
  #conflicts(before: readonly string[], { node }: PlanEdge): string[] {
    return sourcesOf(this.plan, node).filter(source =>
      before.some(earlier => this.#order.precedes(source, earlier)),
    )
  }

  /** Gives an input of a union copies of all that depends on these sources. */
  #computeAgain(union: string, input: number, sources: readonly string[]): void {
    const node = this.plan.nodes[union]!
    const copies = new Map<string, string>()
    const inputs = node.inputs.map((edge, i) =>
      i === input ? { ...edge, node: this.#copyOf(edge.node, sources, copies) } : edge,
    )
    this.plan = withNodes(this.plan, { [union]: { ...node, inputs } })
    for (const [original, copy] of copies) if (this.#ordered.has(original)) this.add(copy)
  }

  /** @param copies by original, each after those it reads from */
  #copyOf(id: string, sources: readonly string[], copies: Map<string, string>): string {
    const known = copies.get(id)
    if (known) return known
    const node = this.plan.nodes[id]!
    if (!sourcesOf(this.plan, id).some(source => sources.includes(source))) return id
    const copied =
      node.kind === 'source'
        ? readAgain(this.plan, id, node as SourceNode, 'for a later input of union', this.#context).node
        : {
            ...node,
            inputs: node.inputs.map(edge => ({ ...edge, node: this.#copyOf(edge.node, sources, copies) })),
          }
    const copy = copyId(this.plan.nodes, id)
    copies.set(id, copy)
    this.plan = withNodes(this.plan, { [copy]: copied as PlanNode })
    return copy
  }
}
