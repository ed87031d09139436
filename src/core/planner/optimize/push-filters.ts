/** Filters right after a source move into it, where the source evaluates them exactly as we would. */

import type { FilterNode } from '../../operators/filter.ts'
import { consumersOf, type Plan, type SourceNode } from '../../plan.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes, withoutNode } from './edit.ts'
import type { Rule } from './index.ts'

export const pushFilters: Rule = (plan, { nodeOutputs, sources }) => {
  let pushed = plan
  for (const [id, node] of Object.entries(plan.nodes)) {
    if (node.kind !== 'source') continue
    const { schema } = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    for (;;) {
      const filter = filterAfter(pushed, id)
      const source = pushed.nodes[id] as SourceNode
      if (!filter || !sources.get(id)?.canFilter(filter.node.test, schema)) break
      const before = source.pushed?.filter
      const test = before
        ? { kind: 'call' as const, fn: 'and', args: [before, filter.node.test] }
        : filter.node.test
      const reading: SourceNode = { ...source, pushed: { ...source.pushed, filter: test } }
      pushed = withNodes(withoutNode(pushed, filter.id), { [id]: reading })
    }
  }
  return pushed
}

/** The filter that alone reads the source, at most a replay between them. */
function filterAfter(plan: Plan, id: string): { id: string; node: FilterNode } | undefined {
  const [reader, ...others] = consumersOf(plan, id)
  if (!reader || others.length) return undefined
  const node = plan.nodes[reader.node]!
  if (node.kind === 'replay') return filterAfter(plan, reader.node)
  return node.kind === 'filter' ? { id: reader.node, node: node as FilterNode } : undefined
}
