/**
 * Cuts a plan into stages: runs of operators that execute together in one step of a shard.
 *
 * A stage begins where rows must commonType differently than they lie (at a keyed operator, or one that needs all rows) and
 * takes in every operator after it that is content with that. Stateless operators right after a source form a stage of
 * their own, which any shard may run for any batch; its last act is to say which rows belong to which shard.
 */

import { PlanError } from '../errors.ts'
import type { KernelStep } from '../expr/compile.ts'
import type { RequiredPartitioning } from '../operators/define.ts'
import { definitionOf } from '../operators/index.ts'
import {
  consumersOf,
  type NodeOutput,
  type Plan,
  type PlanEdge,
  type PlanNode,
  topological,
} from '../plan.ts'
import { outputKey } from './node-outputs.ts'

/** Where a stage's operator takes its rows from: whatever flows into the stage, or an operator before it. */
export type LocalEdge = 'input' | { readonly operator: number; readonly port: string }

export interface StageOperator {
  /** The plan node; for a fused kernel, the last of the nodes it replaces. */
  readonly id: string
  readonly node: PlanNode
  /** For kernels: the steps of all fused nodes. */
  readonly steps?: readonly KernelStep[]
  readonly inputs: readonly LocalEdge[]
  readonly nodeInputs: readonly NodeOutput[]
  readonly nodeOutput: NodeOutput
}

/** What comes out of a source or of an operator of a stage. */
export type Producer = { readonly source: string } | { readonly stage: number; readonly output: number }

export interface StageInput {
  readonly from: Producer
  readonly nodeOutput: NodeOutput
}

export interface StageOutput {
  readonly operator: LocalEdge
  readonly nodeOutput: NodeOutput
  /** The `watermark` operator that the rows passed in this stage, if any. */
  readonly watermark?: string
  /** Columns to partition rows by when a keyed stage follows. */
  readonly partitionBy?: readonly string[]
}

export interface Stage {
  readonly id: number
  readonly partitioning: RequiredPartitioning
  readonly operators: readonly StageOperator[]
  readonly inputs: readonly StageInput[]
  readonly outputs: readonly StageOutput[]
}

export interface SinkEdge {
  readonly sink: string
  readonly from: Producer
  readonly nodeOutput: NodeOutput
}

export interface StagedPlan {
  /** In an order in which every stage comes after those it reads from. */
  readonly stages: readonly Stage[]
  readonly sinks: readonly SinkEdge[]
}

interface StageDraft {
  id: number
  partitioning: RequiredPartitioning
  operators: StageOperator[]
  inputs: StageInput[]
  outputs: StageOutput[]
}

/** Rows in flight while stages are drafted. */
interface Flow {
  readonly at: { readonly source: string } | { readonly stage: StageDraft; readonly edge: LocalEdge }
  readonly nodeOutput: NodeOutput
  readonly watermark?: string
  /** The columns whose equal values lie on one shard, under their present names. */
  readonly partition?: readonly string[]
}

/** Cuts an optimized plan, whose `replay` nodes sit right on their sources, into stages. */
export function stagesOf(plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): StagedPlan {
  const stages: StageDraft[] = []
  const sinks: SinkEdge[] = []
  const flows = new Map<string, readonly Flow[]>()
  const outputOf = (edge: PlanEdge) => nodeOutputs.get(outputKey(edge))!

  const draft = (
    partitioning: RequiredPartitioning,
    from: readonly Flow[],
    partitionBy?: readonly string[],
  ): StageDraft => {
    const stage: StageDraft = { id: stages.length, partitioning, operators: [], inputs: [], outputs: [] }
    for (const flow of from)
      stage.inputs.push({ from: producerOf(flow, partitionBy), nodeOutput: flow.nodeOutput })
    stages.push(stage)
    return stage
  }

  const stageOfSource = new Map<string, StageDraft>()
  /** The flow as it leaves a stage: rows straight from a source get a stage that only spreads them. */
  const staged = (flow: Flow): Flow => {
    if ('stage' in flow.at) return flow
    const { source } = flow.at
    let stage = stageOfSource.get(source)
    if (!stage) {
      stage = draft('any', [flow])
      stageOfSource.set(source, stage)
    }
    return { ...flow, at: { stage, edge: 'input' } }
  }

  /** Declares an output of the flow's stage, or finds the equal one. */
  const producerOf = (flow: Flow, partitionBy?: readonly string[]): Producer => {
    if ('source' in flow.at) return flow.at
    const { stage, edge } = flow.at
    const wanted: StageOutput = {
      operator: edge,
      nodeOutput: flow.nodeOutput,
      ...(flow.watermark === undefined ? {} : { watermark: flow.watermark }),
      ...(partitionBy ? { partitionBy } : {}),
    }
    const key = JSON.stringify(wanted)
    let output = stage.outputs.findIndex(existing => JSON.stringify(existing) === key)
    if (output < 0) output = stage.outputs.push(wanted) - 1
    return { stage: stage.id, output }
  }

  for (const id of topological(plan)) {
    const node = plan.nodes[id]!
    const inputs = node.inputs.map(edge => flows.get(outputKey(edge)) ?? [])
    const nodeOutput = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    const set = (port: string, flow: Flow[]) => flows.set(outputKey({ node: id, port }), flow)

    if (node.kind === 'source') {
      set('out', [{ at: { source: id }, nodeOutput }])
      continue
    }
    if (node.kind === 'replay') {
      const [flow, ...others] = inputs[0]!
      if (!flow || others.length || !('source' in flow.at)) throw replayPlace()
      set('out', [{ ...flow, nodeOutput }])
      continue
    }
    const definition = definitionOf(node)
    if (definition.merges) {
      set(
        'out',
        inputs
          .flat()
          .map(flow => ({ ...flow, nodeOutput: { ...flow.nodeOutput, schema: nodeOutput.schema } })),
      )
      continue
    }
    if (node.kind === 'sink') {
      for (const flow of inputs[0]!)
        sinks.push({ sink: id, from: producerOf(flow), nodeOutput: flow.nodeOutput })
      continue
    }

    const nodeInputs = node.inputs.map(outputOf)
    const partitioning = definition.partitioning?.(node, nodeInputs) ?? 'any'
    const [only, ...others] = inputs[0]!
    let stage: StageDraft
    let edge: LocalEdge
    let partition = only?.partition
    const joins = others.length === 0 && only !== undefined && accepts(only, partitioning)
    if (joins) {
      const flow = staged(only)
      if (!('stage' in flow.at)) throw new RangeError('a staged flow has a stage')
      stage = flow.at.stage
      edge = flow.at.edge
    } else {
      const keys = typeof partitioning === 'object' ? partitioning.keys : undefined
      stage = draft(partitioning, keys ? inputs[0]!.map(staged) : inputs[0]!, keys)
      edge = 'input'
      partition = keys
    }
    const steps = definition.steps?.(node, nodeInputs[0]!.schema)
    const operator: StageOperator = {
      id,
      node,
      inputs: [edge],
      nodeInputs,
      nodeOutput: nodeOutput,
      ...(steps ? { steps } : {}),
    }
    const index = fuse(stage, operator, plan)
    const watermark = definition.outOfOrderMs ? id : only?.watermark
    if (definition.outOfOrderMs && stage.partitioning !== 'any') {
      throw new PlanError(
        'WATERMARK_PLACE',
        'watermark must come right after the source, before grouping or sorting',
      )
    }
    const survives = partition && steps ? renamedThrough(steps, partition) : partition
    const flow: Omit<Flow, 'at' | 'nodeOutput'> = {
      ...(watermark === undefined ? {} : { watermark }),
      ...(survives ? { partition: survives } : {}),
    }
    set('out', [{ ...flow, at: { stage, edge: { operator: index, port: 'out' } }, nodeOutput }])
    for (const port of definition.ports ?? []) {
      const outputOfPort = nodeOutputs.get(outputKey({ node: id, port }))
      if (outputOfPort)
        set(port, [{ at: { stage, edge: { operator: index, port } }, nodeOutput: outputOfPort }])
    }
  }
  return { stages, sinks }
}

const replayPlace = () =>
  new PlanError('REPLAY_INPUT', 'replay needs rows straight from a source, with its time column unchanged', {
    hint: 'filter and select may stand before replay; write a computed dataset to a table or file first and replay that',
  })

/** Whether an operator may run where the flow's rows lie. */
function accepts(flow: Flow, partitioning: RequiredPartitioning): boolean {
  if (partitioning === 'any') return true
  if ('source' in flow.at) return false
  const { stage } = flow.at
  if (stage.partitioning === 'single') return true
  if (partitioning === 'single') return false
  return flow.partition?.every(column => partitioning.keys.includes(column)) ?? false
}

/** Adds an operator to a stage; a kernel whose input is a kernel that nothing else reads becomes one with it. */
function fuse(stage: StageDraft, operator: StageOperator, plan: Plan): number {
  const [edge] = operator.inputs
  if (operator.steps && typeof edge === 'object') {
    const before = stage.operators[edge.operator]!
    if (before.steps && consumersOf(plan, before.id).length === 1) {
      stage.operators[edge.operator] = {
        ...operator,
        steps: [...before.steps, ...operator.steps],
        inputs: before.inputs,
        nodeInputs: before.nodeInputs,
      }
      return edge.operator
    }
  }
  return stage.operators.push(operator) - 1
}

/** The names columns have after kernel steps, if all of them are passed through unchanged. */
function renamedThrough(
  steps: readonly KernelStep[],
  columns: readonly string[],
): readonly string[] | undefined {
  let names = columns
  for (const step of steps) {
    if (step.kind === 'filter') continue
    const next: string[] = []
    for (const name of names) {
      const through = step.columns.find(({ expr }) => expr.kind === 'column' && expr.name === name)
      if (!through) return undefined
      next.push(through.name)
    }
    names = next
  }
  return names
}
