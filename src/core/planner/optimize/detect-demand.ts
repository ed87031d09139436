/**
 * Detectors compute only what is read.
 *
 * An exact p-value and the bounds of an interval cost several times what the judgement "above or below alpha" costs, and
 * most plans keep only anomalies. This rule follows each appended column to its readers and notes on the `detect` node
 * whether they see all rows, anomalies only, or none.
 */

import type { Demand } from '../../detector.ts'
import type { Expr } from '../../expr/expr.ts'
import type { AggNode } from '../../operators/agg.ts'
import { type DetectNode, detectColumn } from '../../operators/detect.ts'
import type { FalseDiscoveriesNode } from '../../operators/false-discoveries.ts'
import type { FilterNode } from '../../operators/filter.ts'
import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type PlanNode } from '../../plan.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes } from './edit.ts'
import type { Rule, RuleContext } from './index.ts'

export const detectDemand: Rule = (plan, context) => {
  const nodes: Record<string, PlanNode> = {}
  for (const [id, node] of Object.entries(plan.nodes)) {
    if (node.kind !== 'detect') continue
    const detect = node as DetectNode
    const anomaly = detectColumn(detect.as, 'anomaly')
    const demandOf = (...names: string[]) =>
      most(
        names.map(name =>
          demand(plan, context, id, { name: detectColumn(detect.as, name), anomaly, filtered: false }),
        ),
      )
    const demands: Pick<DetectNode, 'bounds' | 'pValues'> = {
      bounds: demandOf('lower', 'upper'),
      pValues: demandOf('pValue', 'score'),
    }
    nodes[id] = { ...detect, ...demands } as DetectNode
  }
  return withNodes(plan, nodes)
}

/** A column on its way through the plan. */
interface Followed {
  readonly name: string
  /** The name of the column that says whether the row is an anomaly, while it is there. */
  readonly anomaly: string | undefined
  /** Whether only anomalies are left. */
  readonly filtered: boolean
}

const RANK: Readonly<Record<Demand, number>> = { none: 0, anomalies: 1, all: 2 }

const most = (demands: readonly Demand[]): Demand =>
  demands.reduce((most, demand) => (RANK[demand] > RANK[most] ? demand : most), 'none')

/** What the readers of a node's output want of a column of it. */
function demand(plan: Plan, context: RuleContext, id: string, column: Followed): Demand {
  return most(consumersOf(plan, id).map(({ node }) => demandOfReader(plan, context, node, column)))
}

function demandOfReader(plan: Plan, context: RuleContext, id: string, column: Followed): Demand {
  const node = plan.nodes[id]!
  const { name, anomaly, filtered } = column
  const seen: Demand = filtered ? 'anomalies' : 'all'
  if (node.kind === 'filter') {
    const { test } = node as FilterNode
    const left = filtered || conjuncts(test).some(part => part.kind === 'column' && part.name === anomaly)
    const own = readsValue(test, name) ? (left ? 'anomalies' : 'all') : 'none'
    return most([own, demand(plan, context, id, { ...column, filtered: left })])
  }
  const { steps } = definitionOf(node)
  if (steps) {
    const input = context.nodeOutputs.get(outputKey(node.inputs[0]!))!
    const projected = steps(node, input.schema).flatMap(step => (step.kind === 'project' ? step.columns : []))
    const renamed = (old: string | undefined) =>
      projected.find(({ expr }) => expr.kind === 'column' && expr.name === old)?.name
    const forwarded = projected
      .filter(({ expr }) => expr.kind === 'column' && expr.name === name)
      .map(to => demand(plan, context, id, { name: to.name, anomaly: renamed(anomaly), filtered }))
    const computes = projected.some(({ expr }) => expr.kind !== 'column' && readsValue(expr, name))
    return most([computes ? seen : 'none', ...forwarded])
  }
  if (node.kind === 'agg') {
    const { keys, aggregates } = node as AggNode
    const reads = aggregates.some(
      ({ fold, args }) => fold !== 'count' && args.some(arg => readsValue(arg, name)),
    )
    return reads || keys.includes(name) ? seen : 'none'
  }
  if (node.kind === 'falseDiscoveries') {
    // It reads every p-value, and from here on the anomalies are its own.
    const read = name === detectColumn((node as FalseDiscoveriesNode).as, 'pValue') ? seen : 'none'
    return most([read, demand(plan, context, id, { ...column, anomaly: undefined })])
  }
  if (node.kind === 'limit' || node.kind === 'union') return demand(plan, context, id, column)
  if (node.kind === 'detect' && (node as DetectNode).column !== name) return demand(plan, context, id, column)
  return seen
}

const conjuncts = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(conjuncts) : [test]

/** Whether an expression reads more of a column than whether it is null. */
function readsValue(expr: Expr, name: string): boolean {
  if (expr.kind === 'column') return expr.name === name
  if (expr.kind === 'literal') return false
  if ((expr.fn === 'isNull' || expr.fn === 'isNotNull') && expr.args[0]?.kind === 'column') return false
  return expr.args.some(arg => readsValue(arg, name))
}
