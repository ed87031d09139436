/** Filters right after a source move into it, where the source evaluates them exactly as we would. */

import type { Expr } from '../../expr/expr.ts'
import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type PlanNode, type SourceNode } from '../../plan.ts'
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
    const canFilter = (test: Expr) => sources.get(originalId(id))?.canFilter(test, schema) ?? false
    for (;;) {
      const filter = filterAfter(pushed, id, schema)
      if (!filter) break
      const parts = canFilter(filter.test) ? [filter.test] : conjuncts(filter.test)
      const [own = [], rest = []] = partition(parts, canFilter)
      if (own.length === 0) break
      pushed = rest.length === 0 ? withoutNode(pushed, filter.id) : withTest(pushed, filter.id, all(rest))
      const source = pushed.nodes[id] as SourceNode
      const before = source.pushed?.filter
      const test = all(before ? [before, ...own] : own)
      pushed = withNodes(pushed, {
        [id]: { ...source, pushed: { ...source.pushed, filter: test } } as SourceNode,
      })
      if (rest.length > 0) break
    }
  }
  return pushed
}

/** A row passes where all of them are true. */
const conjuncts = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(conjuncts) : [test]

const all = (tests: readonly Expr[]): Expr =>
  tests.reduce((left, right) => ({ kind: 'call' as const, fn: 'and', args: [left, right] }))

function partition<T>(items: readonly T[], fits: (item: T) => boolean): [T[], T[]] {
  const [own, rest]: [T[], T[]] = [[], []]
  for (const item of items) (fits(item) ? own : rest).push(item)
  return [own, rest]
}

/** The plan with another test in a filter. */
const withTest = (plan: Plan, id: string, test: Expr): Plan =>
  withNodes(plan, { [id]: { ...plan.nodes[id]!, test } as PlanNode })

/** The filter that alone reads the source, at most a replay between them. */
function filterAfter(plan: Plan, id: string, schema: Schema): { id: string; test: Expr } | undefined {
  const [reader, ...others] = consumersOf(plan, id)
  if (!reader || others.length) return undefined
  const node = plan.nodes[reader.node]!
  if (node.kind === 'replay') return filterAfter(plan, reader.node, schema)
  const [step, ...more] = definitionOf(node).steps?.(node, schema) ?? []
  return step?.kind === 'filter' && !more.length ? { id: reader.node, test: step.test } : undefined
}
