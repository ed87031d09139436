/**
 * Cuts a plan into stages: runs of operators that execute together in one step of a shard.
 *
 * A stage begins where rows must be partitioned in another way than they are (at a keyed operator, or one that needs
 * all rows), and every following operator that needs no other partitioning belongs to it. Stateless operators right
 * after a source form a stage of their own, which any shard may run for any batch; its last act is to say which rows
 * belong to which shard.
 */

import { JobError, MillraceError, PlanError, setNode } from '../errors.ts'
import type { KernelStep } from '../expr/compile.ts'
import { depthOf, MAX_DEPTH } from '../expr/tree.ts'
import type { EventTimeRule, Route } from '../operators/define.ts'
import { followSteps } from '../operators/follow-columns.ts'
import { definitionOf } from '../operators/index.ts'
import { consumersOf, type NodeOutput, type Plan, type PlanNode, topological } from '../plan.ts'
import { outputKey } from './node-outputs.ts'

/** Where a stage's operator takes its rows from: what flows into the stage, or an operator before it. */
export type LocalEdge = { readonly input: number } | { readonly operator: number; readonly port: string }

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
  /** By which of the operator's keys rows lie on shards, where it is not by all of them. */
  readonly owners?: readonly string[]
}

/** What comes out of a source or of an operator of a stage. */
export type Producer = { readonly source: string } | { readonly stage: number; readonly output: number }

export interface StageInput {
  readonly from: Producer
  readonly nodeOutput: NodeOutput
  /** Which of the {@link LocalEdge} inputs of the stage it is; several edges that were merged are one. */
  readonly input: number
  readonly route: Route
  /** Of edges that a union merged: how many branches of rows come before these. See `batch/place.ts`. */
  readonly branch?: number
}

/**
 * Which rows meet in a shard: any, in stages without state; all of them; those with equal values in some columns; or, spread,
 * any rows of one input in order, and all of another.
 */
export type StagePartitioning = Exclude<Route, 'all'> | 'spread'

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
  readonly partitioning: StagePartitioning
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
  partitioning: StagePartitioning
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
  /** Operators made the rows, or put them in order: the splits of sources say nothing of their event time. */
  readonly made?: boolean
  /** How many branches of unions its rows are of. Default: 1. */
  readonly branches?: number
  /** How many branches of the last union come before its own. */
  readonly branch?: number
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
    } else if (definitionOf(node).merges?.(node)) {
      const { schema } = nodeOutput
      set(inBranches(inputs.flat()).map(flow => ({ ...flow, nodeOutput: { ...flow.nodeOutput, schema } })))
    } else this.#addOperator(id, node, definitionOf(node).merges ? ofInputs(inputs) : inputs)
  }

  #addOperator(id: string, node: PlanNode, flows: readonly (readonly Flow[])[]): void {
    const definition = definitionOf(node)
    const inputs = node.inputs.map(edge => this.#nodeOutputs.get(outputKey(edge))!)
    const output = this.#nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    const routes = definition.routes?.(node, inputs) ?? inputs.map(() => 'any' as const)
    const declaresTime = definition.eventTime !== undefined
    const fewer = definition.ownedByFewerKeys?.(node, inputs) === true
    const { stage, from, partition, watermark, made } =
      declaresTime && flows[0]!.some(flow => flow.made)
        ? this.#placeInOrder(flows[0]!, definition.eventTime!(node))
        : this.#placeFor(routes, flows, fewer)
    const owners = fewer && partition && !isRouted(routes[0]!, partition) ? { owners: partition } : {}

    const steps = definition.steps?.(node, inputs[0]!.schema)
    const fused = fuse(
      stage,
      { id, node, from, inputs, output, ...owners, ...(steps ? { steps, verbs: steps.map(() => id) } : {}) },
      this.#plan,
    )
    const declared = declaresTime ? id : watermark
    const branches = branchesOf(flows.flat())
    const survives = partition && namesAfter(node, partition, inputs[0]!)
    const leave = (port: string, flow: Pick<Flow, 'nodeOutput' | 'watermark' | 'partition'>) =>
      this.#flows.set(outputKey({ node: id, port }), [
        {
          ...flow,
          made,
          at: { stage, edge: { operator: fused, port } },
          ...(branches > 1 ? { branches } : {}),
        },
      ])
    leave('out', {
      nodeOutput: output,
      ...(declared === undefined ? {} : { watermark: declared }),
      ...(survives ? { partition: survives } : {}),
    })
    for (const port of [...(definition.ports ?? []), ...(definition.sides?.(node) ?? [])]) {
      const nodeOutput = this.#nodeOutputs.get(outputKey({ node: id, port }))
      if (nodeOutput) leave(port, { nodeOutput })
    }
  }

  /**
   * Where an operator over these flows, by input, runs: in the stage they are in, when it needs no other partitioning, or
   * in a new one.
   */
  #placeFor(routes: readonly Route[], flows: readonly (readonly Flow[])[], fewer = false) {
    const [only, ...others] = flows.flat()
    const watermark = only?.watermark
    if (only && others.length === 0 && accepts(only, routes[0]!, fewer)) {
      const { stage, edge } = this.#inStage(only)
      const made = only.made || stage.partitioning !== 'any'
      return { stage, from: [edge], partition: only.partition, watermark, made }
    }
    const keys = routes.map(route => (typeof route === 'object' ? route.keys : undefined))
    const partition = keys.find(columns => columns !== undefined)
    const partitioning = partition ? { keys: partition } : partitioningOf(routes)
    // Rows that stay where they are have to be somewhere: not with the source.
    const stays = (input: number) => (partitioning === 'spread' && routes[input] === 'any' ? [] : undefined)
    const staged = flows.map((ofInput, input) =>
      ofInput.map(flow => this.#staged(flow, partition ? keys[input] : stays(input))),
    )
    const stage = this.#newStage(partitioning, staged, routes)
    const from = flows.map((_, input) => ({ input }))
    const made = partitioning !== 'any' || flows.flat().some(flow => flow.made)
    return { stage, from, partition, watermark, made }
  }

  /** Where an operator runs that takes rows in order, each flow by itself, and knows their time: on one shard. */
  #placeInOrder(flows: readonly Flow[], { idleMs, alignMs }: EventTimeRule) {
    if (idleMs !== undefined || alignMs !== undefined) throw splitsOnly()
    const [only, ...others] = flows
    if (others.length === 0 && accepts(only!, 'one')) return this.#placeFor(['one'], [flows])
    const separate = flows.map(flow => [flow])
    return this.#placeFor(
      separate.map(() => 'one' as const),
      separate,
    )
  }

  /** @param flows by input @param routes by input */
  #newStage(
    partitioning: StagePartitioning,
    flows: readonly (readonly Flow[])[],
    routes: readonly Route[],
  ): StageDraft {
    const stage: StageDraft = { id: this.stages.length, partitioning, operators: [], inputs: [], outputs: [] }
    flows.forEach((ofInput, input) => {
      const route = routes[input]!
      const partitionBy = typeof route === 'object' ? route.keys : undefined
      for (const flow of ofInput)
        stage.inputs.push({
          from: this.#producerOf(flow, partitionBy),
          nodeOutput: flow.nodeOutput,
          input,
          route,
          ...(flow.branch ? { branch: flow.branch } : {}),
        })
    })
    this.stages.push(stage)
    return stage
  }

  /** Where a flow leaves a stage: rows straight from a source get a stage that only partitions them. */
  #inStage(flow: Flow): { readonly stage: StageDraft; readonly edge: LocalEdge } {
    const { at } = flow
    if ('stage' in at) return at
    let stage = this.#stageOfSource.get(at.source)
    if (!stage) {
      const { branch: _, ...unbranched } = flow
      stage = this.#newStage('any', [[unbranched]], ['any'])
      this.#stageOfSource.set(at.source, stage)
    }
    return { stage, edge: { input: 0 } }
  }

  /** The flow out of a stage, where its rows are to be partitioned by columns. */
  #staged(flow: Flow, columns: readonly string[] | undefined): Flow {
    return columns ? { ...flow, at: this.#inStage(flow) } : flow
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

/** Of a stage of which no input is partitioned by keys. */
function partitioningOf(routes: readonly Route[]): StagePartitioning {
  if (routes.includes('one')) return 'one'
  return routes.includes('all') ? 'spread' : 'any'
}

const branchesOf = (flows: readonly Flow[]): number =>
  flows.reduce((sum, { branches = 1 }) => sum + branches, 0)

/** The flows into a union, in branches that follow one another. */
function inBranches(flows: readonly Flow[]): Flow[] {
  let next = 0
  return flows.map(flow => {
    const branch = next
    next += flow.branches ?? 1
    return { ...flow, branch }
  })
}

/** The same, by input. */
function ofInputs(inputs: readonly (readonly Flow[])[]): Flow[][] {
  const branches = inBranches(inputs.flat())
  return inputs.map(flows => branches.splice(0, flows.length))
}

/** The only flow, straight from a source. */
function unchangedFlow([flow, ...others]: readonly Flow[]): Flow {
  if (!flow || others.length || !('source' in flow.at)) {
    throw new JobError('INTERNAL', 'a replay of computed rows was not cut off from what computes them')
  }
  return flow
}

const splitsOnly = () =>
  new PlanError(
    'WATERMARK_PLACE',
    'idle and align are of the splits of sources, and operators made these rows',
    {
      hint: 'put the watermark with idle and align right after the sources',
    },
  )

/** Whether an operator of one input may run where the flow's rows lie: by its keys, or if it allows that by `fewer` of them. */
function accepts(flow: Flow, route: Route, fewer = false): boolean {
  if (route === 'any') return true
  if ('source' in flow.at) return false
  const { stage } = flow.at
  if (stage.partitioning === 'one') return true
  if (route === 'one' || route === 'all') return false
  // State is saved by the hash of the keys by which rows lie, and restored where rows with that hash go.
  if (isRouted(route, flow.partition)) return true
  return fewer && liesByFewer(flow.partition, route.keys)
}

/** Whether rows lie by some of the keys, and so on one shard where they have all of them in common. */
const liesByFewer = (partition: readonly string[] | undefined, keys: readonly string[]): boolean =>
  partition !== undefined && partition.length > 0 && partition.every(name => keys.includes(name))

/** Whether rows lie by the keys that a route asks for. */
const isRouted = (route: Route, partition: readonly string[] | undefined): boolean =>
  typeof route !== 'object' || (partition !== undefined && sameNames(partition, route.keys))

/** How deep expressions over the steps' input may nest. */
const stepsDepth = (steps: readonly KernelStep[]): number =>
  steps.reduce((sum, step) => {
    const exprs = step.kind === 'filter' ? [step.test] : step.columns.map(({ expr }) => expr)
    return sum + exprs.reduce((deepest, expr) => Math.max(deepest, depthOf(expr)), 0)
  }, 0)

/** Adds an operator to a stage; a kernel whose input is a kernel that nothing else reads becomes one with it. */
function fuse(stage: StageDraft, operator: StageOperator, plan: Plan): number {
  const [edge] = operator.from
  if (operator.steps && edge && 'operator' in edge) {
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

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])

/** The names columns of a node's input have in its output, if all of them are there with the values they had. */
function namesAfter(
  node: PlanNode,
  columns: readonly string[],
  input: NodeOutput,
): readonly string[] | undefined {
  const { steps, passesThrough } = definitionOf(node)
  const follow = steps
    ? followSteps(steps(node, input.schema))
    : (name: string) => (passesThrough?.(node, name, input) ? name : undefined)
  const names = columns.map(follow)
  return names.every(name => name !== undefined) ? (names as string[]) : undefined
}
