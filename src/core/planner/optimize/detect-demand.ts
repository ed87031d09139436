/**
 * Detectors compute only what is read.
 *
 * An exact p-value and the bounds of an interval cost several times what the decision "above or below alpha" costs, and
 * most plans keep only anomalies. This rule follows each appended column to its readers and notes on the node that
 * appends it whether they see all rows, anomalies only, or none.
 */

import type { Demand } from '../../detector.ts'
import type { KernelStep } from '../../expr/compile.ts'
import type { Expr } from '../../expr/expr.ts'
import { readsValue } from '../../expr/type-of.ts'
import { definitionOf } from '../../operators/index.ts'
import { consumersOf, type Plan, type PlanNode } from '../../plan.ts'
import { outputKey } from '../node-outputs.ts'
import { withNodes } from './edit.ts'
import type { Rule, RuleContext } from './rule.ts'

export const detectDemand: Rule = (plan, context) => {
  const nodes: Record<string, PlanNode> = {}
  for (const [id, node] of Object.entries(plan.nodes)) {
    const noted = definitionOf(node).demanded?.(node, (anomaly, columns) =>
      most(columns.map(name => demand(plan, context, id, { name, anomaly, filtered: false }))),
    )
    if (noted) nodes[id] = noted
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
  const readers = consumersOf(plan, id)
  const { sides } = definitionOf(plan.nodes[id]!)
  // A side has columns of its own.
  const own = new Set(sides?.(plan.nodes[id]!))
  return most(
    readers
      .filter(({ port }) => !own.has(port))
      .map(({ node }) => demandOfReader(plan, context, node, column)),
  )
}

function demandOfReader(plan: Plan, context: RuleContext, id: string, column: Followed): Demand {
  const node = plan.nodes[id]!
  const { steps, readsValues, passesThrough } = definitionOf(node)
  const input = context.nodeOutputs.get(outputKey(node.inputs[0]!))!
  if (steps) {
    const { own, left } = throughSteps(steps(node, input.schema), column)
    return most([own, ...left.map(column => demand(plan, context, id, column))])
  }
  const { name, anomaly } = column
  const own = (readsValues?.(node, name) ?? true) ? seenBy(column) : 'none'
  if (!passesThrough?.(node, name, input)) return own
  const kept = anomaly !== undefined && passesThrough(node, anomaly, input) ? anomaly : undefined
  return most([own, demand(plan, context, id, { ...column, anomaly: kept })])
}

/** What a reader of all the rows that are left sees. */
const seenBy = ({ filtered }: Followed): Demand => (filtered ? 'anomalies' : 'all')

/** What kernel steps themselves read of a column, and the columns it is afterwards: none, one, or copies. */
function throughSteps(
  steps: readonly KernelStep[],
  column: Followed,
): { readonly own: Demand; readonly left: readonly Followed[] } {
  const reads: Demand[] = []
  let left: readonly Followed[] = [column]
  for (const step of steps) {
    const through = left.map(column => throughStep(step, column))
    reads.push(...through.map(({ own }) => own))
    left = through.flatMap(({ left }) => left)
  }
  return { own: most(reads), left }
}

function throughStep(step: KernelStep, column: Followed): { own: Demand; left: readonly Followed[] } {
  const { name, anomaly } = column
  if (step.kind === 'filter') {
    const isAnomaly = (part: Expr) => part.kind === 'column' && part.name === anomaly
    const left = { ...column, filtered: column.filtered || conjuncts(step.test).some(isAnomaly) }
    return { own: readsValue(step.test, name) ? seenBy(left) : 'none', left: [left] }
  }
  const copies = (of: string | undefined) =>
    step.columns.filter(({ expr }) => expr.kind === 'column' && expr.name === of)
  const [renamed] = copies(anomaly)
  const computes = step.columns.some(({ expr }) => expr.kind !== 'column' && readsValue(expr, name))
  return {
    own: computes ? seenBy(column) : 'none',
    left: copies(name).map(copy => ({ ...column, name: copy.name, anomaly: renamed?.name })),
  }
}

const conjuncts = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(conjuncts) : [test]
