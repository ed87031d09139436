/**
 * Replays of computed rows: what such a replay plays is a plan of its own, which runs as a bounded job, and whose rows are
 * a source of the plan that replays them.
 */

import { rowCount } from '../../core/batch/batch.ts'
import { placedAt } from '../../core/batch/place.ts'
import { slice } from '../../core/batch/take.ts'
import type { Source, SplitReader } from '../../core/connector.ts'
import { RowChannel } from '../../core/dataset/row-channel.ts'
import type { Attachments, JobOptions } from '../../core/engine.ts'
import type { NodeOutput, Plan, PlanNode, SinkNode, SourceNode } from '../../core/plan.ts'
import { derivedId } from '../../core/planner/derived-id.ts'
import { outputKey, pathTo } from '../../core/planner/node-outputs.ts'
import type { Schema } from '../../core/types/schema.ts'
import { explainJob } from './explain.ts'
import { hostsFor, shardCount } from './hosts.ts'
import type { PlannedJob } from './plan-job.ts'

/** What a replay plays. */
export interface ComputedPart {
  readonly plan: Plan
  /** The name of its only sink among attachments. */
  readonly sink: string
  readonly label: string
  readonly schema: Schema
}

/**
 * The plan with a source in place of what each replay plays, unless that is a source already; and, by that source's
 * node, what it stands for.
 */
export function cutReplays(
  plan: Plan,
  nodeOutputs: ReadonlyMap<string, NodeOutput>,
): { readonly plan: Plan; readonly parts: ReadonlyMap<string, ComputedPart> } {
  const parts = new Map<string, ComputedPart>()
  const nodes: Record<string, PlanNode> = {}
  const visit = (id: string): void => {
    if (nodes[id]) return
    const node = plan.nodes[id]!
    const [edge] = node.inputs
    if (node.kind !== 'replay' || plan.nodes[edge!.node]!.kind === 'source') {
      for (const input of node.inputs) visit(input.node)
      nodes[id] = node
      return
    }
    const source = derivedId(id, 'input')
    const sink = derivedId(id, 'rows')
    const { schema } = nodeOutputs.get(outputKey(edge!))!
    const label = pathTo(plan, edge!.node).join(' > ')
    const sinkNode: SinkNode = { kind: 'sink', connector: sink, label: 'the replay', inputs: [edge!] }
    parts.set(source, {
      plan: { version: 1, nodes: { ...nodesBelow(plan, edge!.node), [sink]: sinkNode }, sinks: [sink] },
      ...{ sink, label, schema },
    })
    const sourceNode: SourceNode = {
      kind: 'source',
      connector: source,
      label,
      bounded: true,
      schema,
      inputs: [],
    }
    nodes[source] = sourceNode
    nodes[id] = { ...node, inputs: [{ node: source, port: 'out' }] }
  }
  for (const sink of plan.sinks) visit(sink)
  return parts.size === 0 ? { plan, parts } : { plan: { ...plan, nodes }, parts }
}

function nodesBelow(plan: Plan, id: string): Record<string, PlanNode> {
  const node = plan.nodes[id]!
  return Object.assign({ [id]: node }, ...node.inputs.map(edge => nodesBelow(plan, edge.node)))
}

/**
 * The rows of a part as a source. A job runs while a reader of it is open, and computes the same rows in the same order
 * every time: reading from a row leaves out those before.
 *
 * Its batches lie in plain memory: it cannot sort, so that what reads it is the engine, which sorts and copies them.
 */
export function computedSource(
  part: ComputedPart,
  attachments: Attachments,
  { shards, batchRows, exchange }: JobOptions,
  planJob: (plan: Plan, attachments: Attachments, options: JobOptions) => Promise<PlannedJob>,
): Source {
  const options: JobOptions = {
    ...(shards === undefined ? {} : { shards }),
    ...(batchRows === undefined ? {} : { batchRows }),
    ...(exchange === undefined ? {} : { exchange }),
  }
  let planned: PlannedJob | undefined
  return {
    label: part.label,
    bounded: true,
    get replayable() {
      return planned!.scans.every(({ source }) => source.replayable)
    },
    canOrder: false,
    canFilter: () => false,
    runsIn: 'threads',
    schema: async () => part.schema,
    async splits() {
      planned = await planJob(part.plan, attachments, options)
      return [{ id: 0, label: part.label }]
    },
    explain: () => [
      'computed by a job of its own:',
      ...explainJob(planned!, shardCount(planned!, options))
        .split('\n')
        .map(line => `  ${line}`),
    ],
    async open(_split, from, request) {
      // A job reads splits, and this source's are read by a job.
      const { ThreadsJob } = await import('./job.ts')
      const channel = new RowChannel(part.label)
      const sinks = new Map([[part.sink, channel]])
      const hosts = await hostsFor(shardCount(planned!, options))
      const job = new ThreadsJob(planned!, { ...attachments, sinks }, options, hosts)
      return jobReader(job, channel, from.rows, request.batchRows)
    },
  }
}

/** The rows that a job writes into a channel, from row `from` on. Closing aborts the job. */
function jobReader(
  job: { readonly done: Promise<unknown>; abort(): Promise<void> },
  channel: RowChannel,
  from: number,
  batchRows: number,
): SplitReader {
  let over = false
  let closed = false
  job.done.then(
    () => {
      over = true
      channel.settle({})
    },
    error => {
      over = true
      channel.settle({ error })
    },
  )
  let batch: Awaited<ReturnType<RowChannel['take']>>
  /** Rows of the batch that are gone, and rows before it. */
  let at = 0
  let before = 0
  return {
    async next() {
      while (!batch || at === rowCount(batch)) {
        before += batch ? rowCount(batch) : 0
        batch = await channel.take()
        if (!batch || closed) return undefined
        at = Math.min(Math.max(from - before, 0), rowCount(batch))
      }
      const start = at
      at = Math.min(start + batchRows, rowCount(batch))
      const part = slice(batch, start, at)
      // The rows' places are those in this source, not where they were made.
      return { batch: placedAt(part, { split: 0, offset: before + start }), slabs: [] }
    },
    async close() {
      closed = true
      channel.drain()
      // A `next` under way ends with the job.
      if (!over) await job.abort()
    },
  }
}
