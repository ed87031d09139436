/** `explain`: the optimized plan as text, with where each part runs and why. */

import { show } from '../../core/expr/type-of.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { SourceNode } from '../../core/plan.ts'
import type { Producer, Stage } from '../../core/planner/stages.ts'
import type { Schema } from '../../core/types/schema.ts'
import type { PlannedJob, Scan } from './plan-job.ts'

export function explainJob(planned: PlannedJob, shards: number): string {
  const lines: string[] = []
  for (const scan of planned.scans) lines.push(...explainScan(scan, planned))
  for (const stage of planned.staged.stages) lines.push(...explainStage(stage, planned, shards))
  for (const { sink, from } of planned.staged.sinks) {
    const node = planned.plan.nodes[sink]!
    lines.push(`${definitionOf(node).explain(node)}   [coordinator] from ${where(from, planned)}`)
  }
  return lines.join('\n')
}

function explainScan(scan: Scan, { plan }: PlannedJob): string[] {
  const { label, pushed, again } = plan.nodes[scan.id] as SourceNode
  const detail = scan.source.explain?.(scan.request) ?? []
  const runsIn = scan.source.runsIn ?? 'coordinator'
  const lines = [
    `scan ${label}   [${runsIn}] ${scan.splits.length} split(s)`,
    `  columns ${columns(scan.request.schema)}`,
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

function explainStage(stage: Stage, planned: PlannedJob, shards: number): string[] {
  const inputs = stage.inputs.map(({ from }) => where(from, planned)).join(' and ')
  const lines = [`stage ${stage.id}   [threads] ${placement(stage, shards)}, from ${inputs}`]
  for (const { node, steps } of stage.operators) {
    if (!steps) lines.push(`  ${definitionOf(node).explain(node)}`)
    for (const step of steps ?? []) {
      lines.push(
        step.kind === 'filter'
          ? `  kernel: filter ${show(step.test)}`
          : `  kernel: project ${step.columns.map(c => (c.expr.kind === 'column' && c.expr.name === c.name ? JSON.stringify(c.name) : `${JSON.stringify(c.name)} = ${show(c.expr)}`)).join(', ')}`,
      )
    }
  }
  for (const { partitionBy } of stage.outputs) {
    if (partitionBy)
      lines.push(
        `  partitioned by ${partitionBy.map(name => JSON.stringify(name)).join(', ') || 'nothing: one group'}`,
      )
  }
  return lines
}

function placement(stage: Stage, shards: number): string {
  if (shards === 0) return 'calling thread: the input is small'
  if (stage.partitioning === 'any') return `any of ${shards} shard(s)`
  if (stage.partitioning === 'one') return 'one shard: needs all rows'
  return `${shards} shard(s) by ${stage.partitioning.keys.map(key => JSON.stringify(key)).join(', ') || 'one group'}`
}

function where(from: Producer, { plan }: PlannedJob): string {
  return 'source' in from ? (plan.nodes[from.source] as SourceNode).label : `stage ${from.stage}`
}

const columns = (schema: Schema): string =>
  schema.map(({ name, type }) => `${JSON.stringify(name)} ${type}`).join(', ')
