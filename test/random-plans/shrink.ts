import { makesSense, withoutDead } from './generate.ts'
import type { Edge, RandomPlan } from './plan.ts'

/**
 * A smaller plan that fails in the same way: fewer sinks, verbs and rows.
 *
 * @param fails whether a plan still fails
 */
export async function shrink(
  plan: RandomPlan,
  fails: (plan: RandomPlan) => Promise<boolean>,
): Promise<RandomPlan> {
  let smallest = plan
  let smaller = true
  for (let rounds = 0; smaller && rounds < 30; rounds++) {
    smaller = false
    for (const candidate of candidates(smallest)) {
      if (!makesSense(candidate, 'bounded') || !(await fails(candidate))) continue
      smallest = candidate
      smaller = true
      break
    }
  }
  return smallest
}

function* candidates(plan: RandomPlan): Generator<RandomPlan> {
  const { sources, nodes, sinks } = plan
  if (sinks.length > 1) for (const sink of sinks) yield withoutDead({ ...plan, sinks: [sink] })
  // Without a verb: who read it reads what it read.
  for (let i = nodes.length - 1; i >= 0; i--) {
    for (const input of nodes[i]!.inputs) {
      const moved = (edge: Edge): Edge =>
        edge.node === sources.length + i && edge.port === 'out' ? input : edge
      const without = nodes.map(node => ({ ...node, inputs: node.inputs.map(moved) }))
      yield withoutDead({ ...plan, nodes: without, sinks: sinks.map(moved) })
    }
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { inputs, parameters } = nodes[i]!
    for (const [key, list] of Object.entries(parameters)) {
      if (!Array.isArray(list) || list.length < 2) continue
      for (let left = 0; left < list.length; left++) {
        const fewer = { ...parameters, [key]: list.filter((_, at) => at !== left) }
        yield { ...plan, nodes: nodes.map((node, at) => (at === i ? { ...node, parameters: fewer } : node)) }
      }
    }
    if (inputs.length > 2) {
      for (let left = 0; left < inputs.length; left++) {
        const fewer = inputs.filter((_, at) => at !== left)
        yield withoutDead({
          ...plan,
          nodes: nodes.map((node, at) => (at === i ? { ...node, inputs: fewer } : node)),
        })
      }
    }
  }
  yield* withFewerRows(plan)
}

function* withFewerRows(plan: RandomPlan): Generator<RandomPlan> {
  const { sources } = plan
  for (const [s, source] of sources.entries()) {
    const changed = (splits: (typeof source)['splits']): RandomPlan => ({
      ...plan,
      sources: sources.map((each, at) => (at === s ? { ...source, splits } : each)),
    })
    for (let split = 0; split < source.splits.length && source.splits.length > 1; split++)
      yield changed(source.splits.filter((_, at) => at !== split))
    for (const [split, rows] of source.splits.entries()) {
      for (let size = Math.ceil(rows.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
        for (let from = 0; from < rows.length; from += size) {
          const fewer = rows.filter((_, at) => at < from || at >= from + size)
          yield changed(source.splits.map((each, at) => (at === split ? fewer : each)))
        }
      }
    }
  }
  for (const [s, source] of sources.entries()) {
    for (let c = 0; c < source.columns.length && source.columns.length > 1; c++) {
      const less = {
        ...source,
        columns: source.columns.filter((_, at) => at !== c),
        splits: source.splits.map(rows => rows.map(row => row.filter((_, at) => at !== c))),
      }
      yield { ...plan, sources: sources.map((each, at) => (at === s ? less : each)) }
    }
  }
}
