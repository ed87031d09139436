/** The runtimes of verbs: those that are large are modules of their own, and loaded when a plan has the verb. */

import type { PlanNode } from '../plan.ts'
import type { Operator, OperatorContext } from './contract.ts'
import type { OperatorRuntime } from './define.ts'
import { definitionOf } from './index.ts'

/** By kind of node. */
const loaded = new Map<string, OperatorRuntime>()

/** Loads what {@link openRuntime} opens for these nodes. */
export async function loadRuntimes(nodes: readonly PlanNode[]): Promise<void> {
  await Promise.all(
    nodes.map(async node => {
      const runtime = loaded.has(node.kind) ? undefined : await definitionOf(node).runtime?.()
      if (runtime) loaded.set(node.kind, runtime)
    }),
  )
}

/** The runtime of a node whose verb has one. @throws {RangeError} when it was not loaded before */
export function openRuntime(node: PlanNode, context: OperatorContext): Operator {
  const { open } = loaded.get(node.kind) ?? definitionOf(node)
  if (!open) throw new RangeError(`the runtime of ${node.kind} was not loaded`)
  return open(node, context)
}
