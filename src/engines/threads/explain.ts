/** `explain`: the optimized plan as text, with where each part runs and why. */

import { BYTES } from '../../core/connector.ts'
import { impureCalls } from '../../core/expr/batch-calls.ts'
import type { KernelStep } from '../../core/expr/compile.ts'
import { show } from '../../core/expr/type-of.ts'
import type { Route } from '../../core/operators/define.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { SourceNode } from '../../core/plan.ts'
import type { Producer, Stage, StageInput, StageOperator } from '../../core/planner/stages.ts'
import type { Schema } from '../../core/types/schema.ts'
import type { AnalyzedLines } from './explain-analyze.ts'
import type { PlannedJob, Scan } from './plan-job.ts'

/** @param did what sources, operators and sinks did, by node, where the plan was run */
export function explainJob(planned: PlannedJob, shards: number, did: AnalyzedLines = new Map()): string {
  const lines: string[] = []
  const add = (id: string) => lines.push(...(did.has(id) ? [did.get(id)!] : []))
  for (const scan of planned.scans) {
    lines.push(...explainScan(scan, planned))
    add(scan.id)
  }
  for (const stage of planned.staged.stages) lines.push(...explainStage(stage, planned, shards, did))
  for (const { sink, from, nodeOutput } of planned.staged.sinks) {
    const node = planned.plan.nodes[sink]!
    const rows = nodeOutput.rows === 'changes' ? ', as a changelog' : ''
    lines.push(`${definitionOf(node).explain(node)}   [coordinator] from ${where(from, planned)}${rows}`)
    add(sink)
  }
  return lines.join('\n')
}

function explainScan(scan: Scan, { plan }: PlannedJob): string[] {
  const { label, pushed, again } = plan.nodes[scan.id] as SourceNode
  const detail = scan.source.explain?.(scan.request) ?? []
  const runsIn = scan.source.runsIn ?? 'coordinator'
  const lines = [
    `scan ${label}   [${runsIn}] ${scan.splits.length} split(s)`,
    `  ${scan.request.schema === BYTES ? 'bytes, in blocks of whole records' : `columns ${columns(scan.request.schema)}`}`,
  ]
  if (again !== undefined) lines.push(`  read again: ${again}`)
  if (pushed?.filter)
    lines.push(
      `  filter ${show(pushed.filter)}   pushed into the scan: the source evaluates it exactly as the engine does`,
    )
  if (scan.replay) lines.push(`  ${definitionOf(scan.replay).explain(scan.replay)}`)
  if (scan.request.orderBy !== undefined)
    lines.push(`  order by ${JSON.stringify(scan.request.orderBy)}, ties by position   pushed into the scan`)
  if (scan.sortHere !== undefined)
    lines.push(
      `  order by ${JSON.stringify(scan.sortHere)}, ties by position   sorted here: the source cannot`,
    )
  return [...lines, ...detail.map(line => `  ${line}`)]
}

function explainStage(stage: Stage, planned: PlannedJob, shards: number, did: AnalyzedLines): string[] {
  const [only, ...others] = stage.inputs
  const head = `stage ${stage.id}   [threads] ${placement(stage, shards)}`
  const lines =
    only && others.length === 0
      ? [`${head}, from ${where(only.from, planned)}`]
      : [head, ...stage.inputs.map(input => explainInput(input, planned))]
  for (const operator of stage.operators) {
    lines.push(...explainOperator(operator))
    if (did.has(operator.id)) lines.push(did.get(operator.id)!)
  }
  for (const { partitionBy } of stage.outputs)
    if (partitionBy) lines.push(`  partitioned by ${names(partitionBy) || 'nothing: one group'}`)
  return lines
}

/** Several edges that were merged have the same number. */
function explainInput({ from, input, route, nodeOutput }: StageInput, planned: PlannedJob): string {
  const ends = nodeOutput.bounded ? 'bounded' : 'unbounded'
  return `  input ${input}: ${where(from, planned)}, ${ends}, ${showRoute(route)}`
}

function showRoute(route: Route): string {
  if (route === 'any') return 'any shard'
  if (route === 'one') return 'one shard, in order'
  if (route === 'all') return 'every shard'
  return `by ${names(route.keys) || 'one group'}`
}

function explainOperator({ node, steps, inputs, output }: StageOperator): string[] {
  const definition = definitionOf(node)
  if (steps) return steps.flatMap(explainStep)
  const lines = [`  ${definition.explain(node)}`]
  if (output.rows === 'changes') lines.push('    changelog: rows that have left may be taken back')
  const endless = definition.endlessState?.(node, inputs)
  if (endless !== undefined) lines.push(`    state without end: ${endless}`)
  const reason = definition.notRepeatable?.(node, inputs)
  if (reason !== undefined) lines.push(`    not repeatable: ${reason}`)
  return lines
}

/** What an operator does, in one line: what its lines in `explain` say. */
export const operatorName = ({ node, steps }: StageOperator): string =>
  steps ? steps.map(showStep).join('; ') : definitionOf(node).explain(node)

function explainStep(step: KernelStep): string[] {
  const impure = impureCalls(step)
  const because = `    not repeatable: ${impure.join(', ')} may give other results for equal arguments`
  return [`  kernel: ${showStep(step)}`, ...(impure.length > 0 ? [because] : [])]
}

function showStep(step: KernelStep): string {
  if (step.kind === 'filter') return `filter ${show(step.test)}`
  const shown = step.columns.map(({ name, expr }) => {
    const quoted = JSON.stringify(name)
    return expr.kind === 'column' && expr.name === name ? quoted : `${quoted} = ${show(expr)}`
  })
  return `project ${shown.join(', ')}`
}

const names = (columns: readonly string[]): string => columns.map(name => JSON.stringify(name)).join(', ')

function placement(stage: Stage, shards: number): string {
  if (shards === 0) return 'calling thread: the input is small'
  if (stage.partitioning === 'any') return `any of ${shards} shard(s)`
  if (stage.partitioning === 'one') return 'one shard: needs all rows'
  if (stage.partitioning === 'spread') return `${shards} shard(s), where the rows are`
  return `${shards} shard(s) by ${names(stage.partitioning.keys) || 'one group'}`
}

function where(from: Producer, { plan }: PlannedJob): string {
  return 'source' in from ? (plan.nodes[from.source] as SourceNode).label : `stage ${from.stage}`
}

const columns = (schema: Schema): string =>
  schema.map(({ name, type }) => `${JSON.stringify(name)} ${type}`).join(', ')
