/** Filters right after a source move into it, where the source evaluates them exactly as we would. */

import type { Expr } from '../../expr/expr.ts'
import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type SourceNode } from '../../plan.ts'
import type { Schema } from '../../types/schema.ts'
import { originalId } from '../derived-id.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes, withoutNode } from './edit.ts'
import type { Rule } from './rule.ts'

export const pushFilters: Rule = (plan, { nodeOutputs, sources }) => {
  let pushed = plan
  for (const [id, node] of Object.entries(plan.nodes)) {
    if (node.kind !== 'source') continue
    const { schema } = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    for (;;) {
      const filter = filterAfter(pushed, id, schema)
      const source = pushed.nodes[id] as SourceNode
      if (!filter || !sources.get(originalId(id))?.canFilter(filter.test, schema)) break
      const before = source.pushed?.filter
      const test = before ? { kind: 'call' as const, fn: 'and', args: [before, filter.test] } : filter.test
      const reading: SourceNode = { ...source, pushed: { ...source.pushed, filter: test } }
      pushed = withNodes(withoutNode(pushed, filter.id), { [id]: reading })
    }
  }
  return pushed
}

/** The filter that alone reads the source, at most a replay between them. */
function filterAfter(plan: Plan, id: string, schema: Schema): { id: string; test: Expr } | undefined {
  const [reader, ...others] = consumersOf(plan, id)
  if (!reader || others.length) return undefined
  const node = plan.nodes[reader.node]!
  if (node.kind === 'replay') return filterAfter(plan, reader.node, schema)
  const [step, ...more] = definitionOf(node).steps?.(node, schema) ?? []
  return step?.kind === 'filter' && !more.length ? { id: reader.node, test: step.test } : undefined
}
