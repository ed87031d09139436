/**
 * Cuts a plan into stages: runs of operators that execute together in one step of a shard.
 *
 * A stage begins where rows must be partitioned in another way than they are (at a keyed operator, or one that needs
 * all rows), and every following operator that needs no other partitioning belongs to it. Stateless operators right
 * after a source form a stage of their own, which any shard may run for any batch; its last act is to say which rows
 * belong to which shard.
 */

import { MillraceError, PlanError, setNode } from '../errors.ts'
import type { KernelStep } from '../expr/compile.ts'
import { depthOf, MAX_DEPTH } from '../expr/tree.ts'
import type { RequiredPartitioning } from '../operators/define.ts'
import { definitionOf } from '../operators/index.ts'
import { consumersOf, type NodeOutput, type Plan, type PlanNode, topological } from '../plan.ts'
import { outputKey } from './node-outputs.ts'

/** Where a stage's operator takes its rows from: whatever flows into the stage, or an operator before it. */
export type LocalEdge = 'input' | { readonly operator: number; readonly port: string }

export interface StageOperator {
  /** The plan node; for a fused kernel, the last of the nodes it replaces. */
  readonly id: string
  readonly node: PlanNode
  /** For kernels: the steps of all fused nodes. */
  readonly steps?: readonly KernelStep[]
  /** By step: the plan node it is of. */
  readonly verbs?: readonly string[]
  /** By input. */
  readonly from: readonly LocalEdge[]
  /** What flows in, by input, and out of the main port. */
  readonly inputs: readonly NodeOutput[]
  readonly output: NodeOutput
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

/** Rows on their way while stages are cut. */
interface Flow {
  readonly at: { readonly source: string } | { readonly stage: StageDraft; readonly edge: LocalEdge }
  readonly nodeOutput: NodeOutput
  readonly watermark?: string
  /** The columns whose equal values lie on one shard, under their present names. */
  readonly partition?: readonly string[]
}

/** Cuts an optimized plan, whose `replay` nodes sit right on their sources, into stages. */
export function stagesOf(plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>): StagedPlan {
  const cutter = new StageCutter(plan, nodeOutputs)
  for (const id of topological(plan)) {
    try {
      cutter.add(id, plan.nodes[id]!)
    } catch (error) {
      if (error instanceof MillraceError) setNode(error, id)
      throw error
    }
  }
  const { stages, sinks } = cutter
  return { stages, sinks }
}

/** Takes nodes, each after its inputs, and knows the flows out of them. */
class StageCutter {
  readonly stages: StageDraft[] = []
  readonly sinks: SinkEdge[] = []
  readonly #plan: Plan
  readonly #nodeOutputs: ReadonlyMap<string, NodeOutput>
  /** By output port: one flow, or several where inputs were merged. */
  readonly #flows = new Map<string, readonly Flow[]>()
  readonly #stageOfSource = new Map<string, StageDraft>()

  constructor(plan: Plan, nodeOutputs: ReadonlyMap<string, NodeOutput>) {
    this.#plan = plan
    this.#nodeOutputs = nodeOutputs
  }

  add(id: string, node: PlanNode): void {
    const out = { node: id, port: 'out' }
    const nodeOutput = this.#nodeOutputs.get(outputKey(out))!
    const inputs = node.inputs.map(edge => this.#flows.get(outputKey(edge)) ?? [])
    const set = (flows: readonly Flow[]) => this.#flows.set(outputKey(out), flows)
    if (node.kind === 'source') set([{ at: { source: id }, nodeOutput }])
    else if (node.kind === 'replay') set([{ ...unchangedFlow(inputs[0]!), nodeOutput }])
    else if (node.kind === 'sink') {
      for (const flow of inputs[0]!)
        this.sinks.push({ sink: id, from: this.#producerOf(flow), nodeOutput: flow.nodeOutput })
    } else if (definitionOf(node).merges) {
      const { schema } = nodeOutput
      set(inputs.flat().map(flow => ({ ...flow, nodeOutput: { ...flow.nodeOutput, schema } })))
    } else this.#addOperator(id, node, inputs[0]!)
  }

  #addOperator(id: string, node: PlanNode, flows: readonly Flow[]): void {
    const definition = definitionOf(node)
    const inputs = node.inputs.map(edge => this.#nodeOutputs.get(outputKey(edge))!)
    const output = this.#nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    const partitioning = definition.partitioning?.(node, inputs) ?? 'any'
    const { stage, edge, partition, watermark } = this.#placeFor(partitioning, flows)
    if (definition.outOfOrderMs && stage.partitioning !== 'any') throw watermarkPlace()

    const steps = definition.steps?.(node, inputs[0]!.schema)
    const fused = fuse(
      stage,
      { id, node, from: [edge], inputs, output, ...(steps ? { steps, verbs: steps.map(() => id) } : {}) },
      this.#plan,
    )
    const declared = definition.outOfOrderMs ? id : watermark
    const survives = partition && steps ? renamedThrough(steps, partition) : partition
    const leave = (port: string, flow: Pick<Flow, 'nodeOutput' | 'watermark' | 'partition'>) =>
      this.#flows.set(outputKey({ node: id, port }), [
        { ...flow, at: { stage, edge: { operator: fused, port } } },
      ])
    leave('out', {
      nodeOutput: output,
      ...(declared === undefined ? {} : { watermark: declared }),
      ...(survives ? { partition: survives } : {}),
    })
    for (const port of definition.ports ?? []) {
      const nodeOutput = this.#nodeOutputs.get(outputKey({ node: id, port }))
      if (nodeOutput) leave(port, { nodeOutput })
    }
  }

  /**
   * Where an operator over these flows runs: in the stage they are in, when it needs no other partitioning, or in a new
   * one.
   */
  #placeFor(partitioning: RequiredPartitioning, flows: readonly Flow[]) {
    const [only, ...others] = flows
    const watermark = only?.watermark
    if (only && others.length === 0 && accepts(only, partitioning))
      return { ...this.#inStage(only), partition: only.partition, watermark }
    const keys = typeof partitioning === 'object' ? partitioning.keys : undefined
    const stage = this.#newStage(partitioning, keys ? flows.map(flow => this.#staged(flow)) : flows, keys)
    return { stage, edge: 'input' as const, partition: keys, watermark }
  }

  #newStage(
    partitioning: RequiredPartitioning,
    from: readonly Flow[],
    partitionBy?: readonly string[],
  ): StageDraft {
    const stage: StageDraft = { id: this.stages.length, partitioning, operators: [], inputs: [], outputs: [] }
    for (const flow of from)
      stage.inputs.push({ from: this.#producerOf(flow, partitionBy), nodeOutput: flow.nodeOutput })
    this.stages.push(stage)
    return stage
  }

  /** Where a flow leaves a stage: rows straight from a source get a stage that only partitions them. */
  #inStage(flow: Flow): { readonly stage: StageDraft; readonly edge: LocalEdge } {
    const { at } = flow
    if ('stage' in at) return at
    let stage = this.#stageOfSource.get(at.source)
    if (!stage) {
      stage = this.#newStage('any', [flow])
      this.#stageOfSource.set(at.source, stage)
    }
    return { stage, edge: 'input' }
  }

  #staged(flow: Flow): Flow {
    return { ...flow, at: this.#inStage(flow) }
  }

  /** Declares an output of the flow's stage, or finds the equal one. */
  #producerOf({ at, nodeOutput, watermark }: Flow, partitionBy?: readonly string[]): Producer {
    if ('source' in at) return at
    const { stage, edge } = at
    const wanted: StageOutput = {
      operator: edge,
      nodeOutput,
      ...(watermark === undefined ? {} : { watermark }),
      ...(partitionBy ? { partitionBy } : {}),
    }
    const key = JSON.stringify(wanted)
    let output = stage.outputs.findIndex(existing => JSON.stringify(existing) === key)
    if (output < 0) output = stage.outputs.push(wanted) - 1
    return { stage: stage.id, output }
  }
}

/** The only flow, straight from a source. */
function unchangedFlow([flow, ...others]: readonly Flow[]): Flow {
  if (!flow || others.length || !('source' in flow.at)) throw replayPlace()
  return flow
}

const watermarkPlace = () =>
  new PlanError('WATERMARK_PLACE', 'watermark must come right after the source, before grouping or sorting')

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

/** How deep expressions over the steps' input may nest. */
const stepsDepth = (steps: readonly KernelStep[]): number =>
  steps.reduce((sum, step) => {
    const exprs = step.kind === 'filter' ? [step.test] : step.columns.map(({ expr }) => expr)
    return sum + exprs.reduce((deepest, expr) => Math.max(deepest, depthOf(expr)), 0)
  }, 0)

/** Adds an operator to a stage; a kernel whose input is a kernel that nothing else reads becomes one with it. */
function fuse(stage: StageDraft, operator: StageOperator, plan: Plan): number {
  const [edge] = operator.from
  if (operator.steps && typeof edge === 'object') {
    const before = stage.operators[edge.operator]!
    const fits = before.steps && stepsDepth(before.steps) + stepsDepth(operator.steps) <= MAX_DEPTH
    if (before.steps && fits && consumersOf(plan, before.id).length === 1) {
      stage.operators[edge.operator] = {
        ...operator,
        steps: [...before.steps, ...operator.steps],
        verbs: [...before.verbs!, ...operator.verbs!],
        from: before.from,
        inputs: before.inputs,
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
