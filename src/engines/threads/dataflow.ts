/** The stages and sinks of one job, connected as the plan says, and the event time that flows through them. */

import type { Split } from '../../core/connector.ts'
import type { Attachments, JobOptions } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import { outputKey } from '../../core/planner/node-outputs.ts'
import type { Producer, StagedPlan } from '../../core/planner/stages.ts'
import type { Partitioning } from '../../workers/messages.ts'
import type { Receiver } from './edges.ts'
import { type Branch, EventTime, inBranchName } from './event-time.ts'
import { Exchange, mayOwnByWindow } from './exchange.ts'
import { forwardingOf } from './forwarding.ts'
import type { JobMeters } from './job-meters.ts'
import { inputOf, type PlannedJob, sinkOf } from './plan-job.ts'
import { ShardMerge } from './shard-merge.ts'
import type { JobShards } from './shards.ts'
import { SinkRunner } from './sink-runner.ts'
import { StageRunner } from './stage-runner.ts'

/** What the job is told of. */
export interface DataflowEvents {
  fail(error: unknown): void
  rowsOut(rows: number): void
  /** A stage or sink, counted in this order, is done with a step. */
  partDone(part: number): void
  late(node: string, rows: number): void
  scored(node: string, values: number): void
  decoded(rows: number, skipped: number): void
  /** No row that a source may still bring can change what the sinks get. */
  notNeeded(source: string): void
}

export class Dataflow {
  readonly merge = new ShardMerge()
  readonly stages: readonly StageRunner[]
  readonly sinks: readonly SinkRunner[]
  /** By watermark node. */
  readonly eventTimes: ReadonlyMap<string, EventTime>
  /** By source node: who takes its batches. */
  readonly readers: ReadonlyMap<string, Receiver[]>
  /** Those whose splits wait for one another. */
  readonly #aligned: readonly { readonly time: EventTime; readonly alignMs: number }[]
  readonly #planned: PlannedJob
  readonly #events: DataflowEvents
  /** By stage, then output: who reads it. */
  readonly #consumers: StageRunner[][][] = []

  constructor(
    planned: PlannedJob,
    attachments: Attachments,
    options: JobOptions,
    shards: JobShards,
    events: DataflowEvents,
    meters: JobMeters,
  ) {
    this.#planned = planned
    this.#events = events
    this.eventTimes = eventTimes(planned)
    this.#aligned = [...this.eventTimes].flatMap(([id, time]) => {
      const node = planned.plan.nodes[id]!
      const alignMs = definitionOf(node).eventTime?.(node).alignMs
      return alignMs === undefined ? [] : [{ time, alignMs }]
    })
    this.stages = planned.staged.stages.map(({ id }) => this.#newStage(id, options, shards))
    const edges = Map.groupBy(planned.staged.sinks, ({ sink }) => sink)
    const sinks = new Map(
      [...edges].map(([id, from], i) => [
        id,
        new SinkRunner(
          id,
          sinkOf(planned.plan, id, attachments),
          inputOf(planned, id),
          from.length,
          this.merge,
          {
            fail: events.fail,
            done: () => events.partDone(this.stages.length + i),
            wrote: (rows, bytes, ms) => {
              events.rowsOut(rows)
              meters.sinks.get(id)!.wrote(rows, bytes, ms)
            },
          },
        ),
      ]),
    )
    this.sinks = [...sinks.values()]
    this.readers = this.#connect(sinks)
  }

  #newStage(id: number, { exchange = 'auto', restore }: JobOptions, shards: JobShards): StageRunner {
    const { staged } = this.#planned
    const stage = staged.stages[id]!
    return new StageRunner({
      stage,
      shards,
      merge: this.merge,
      eventTimes: this.eventTimes,
      exchange: new Exchange({
        stage,
        shards: shards.count,
        exchange,
        ownsByWindow: mayOwnByWindow(stage, staged.stages),
        restored: restore !== undefined,
      }),
      forwarding: forwardingOf(stage, staged),
      partitionedBy: of => this.#partitionings(of),
      fail: this.#events.fail,
      late: this.#events.late,
      scored: this.#events.scored,
      decoded: this.#events.decoded,
      done: () => this.#events.partDone(id),
      ended: () => this.#noteEnded(),
    })
  }

  /** How the rows of each output of a stage are to be partitioned now. */
  #partitionings(stage: number): readonly (Partitioning | undefined)[] {
    this.#consumers[stage] ??= this.#consumersOf(stage)
    return this.#consumers[stage].map(partitioningFor)
  }

  /** By output of a stage: the stages that read it. */
  #consumersOf(stage: number): StageRunner[][] {
    const { stages } = this.#planned.staged
    return stages[stage]!.outputs.map((_, output) => {
      const readers = stages.filter(({ inputs }) =>
        inputs.some(({ from }) => 'stage' in from && from.stage === stage && from.output === output),
      )
      return readers.map(({ id }) => this.stages[id]!)
    })
  }

  /** Whether a split has come so far ahead of others that it is not to be read now. */
  isAhead(split: string): boolean {
    return this.#aligned.some(({ time, alignMs }) => time.aheadMs(split) > alignMs)
  }

  /** Connects producers with their consumers; gives who reads the sources. */
  #connect(sinks: ReadonlyMap<string, SinkRunner>): Map<string, Receiver[]> {
    const { scans, staged } = this.#planned
    const readers = new Map<string, Receiver[]>(scans.map(scan => [scan.id, []]))
    const connect = (from: Producer, receiver: Receiver) => {
      if ('source' in from) readers.get(from.source)!.push(receiver)
      else this.stages[from.stage]!.consume(from.output, receiver)
    }
    for (const stage of staged.stages)
      stage.inputs.forEach(({ from }, index) => {
        connect(from, this.stages[stage.id]!.input(index))
      })
    for (const [sink, edges] of Map.groupBy(staged.sinks, ({ sink }) => sink))
      edges.forEach(({ from }, index) => {
        connect(from, sinks.get(sink)!.input(index))
      })
    return readers
  }

  /** A stage gives no more rows: nor need those be read of which nobody else makes any. */
  #noteEnded(): void {
    const { stages, sinks } = this.#planned.staged
    const needed = new Set<string>()
    const need = (from: Producer) => {
      if ('source' in from) needed.add(from.source)
      else if (!this.stages[from.stage]!.ended)
        for (const input of stages[from.stage]!.inputs) need(input.from)
    }
    for (const { from } of sinks) need(from)
    for (const source of this.readers.keys()) if (!needed.has(source)) this.#events.notNeeded(source)
  }
}

/** The name of a source's split, unique in the job and the same in every run. */
export const splitKey = (source: string, { label }: Pick<Split, 'label'>): string =>
  `${source}#${encodeURIComponent(label.toWellFormed())}`

/** As all consumers of an output want its rows partitioned, or else by key. */
function partitioningFor(consumers: readonly StageRunner[]): Partitioning | undefined {
  if (consumers.length < 2) return consumers[0]?.partitionedBy
  const [first, ...others] = consumers.map(({ partitionedBy }) => partitionedBy)
  const same = JSON.stringify(first)
  if (others.every(partitionedBy => JSON.stringify(partitionedBy) === same)) return first
  return first !== undefined || others.some(partitionedBy => partitionedBy !== undefined) ? 'keys' : undefined
}

function eventTimes({ scans, nodeOutputs, staged }: PlannedJob): Map<string, EventTime> {
  const times = new Map<string, EventTime>()
  // Where rows are in order of their own the operator itself makes watermarks of them.
  for (const { id: stage, operators } of staged.stages.filter(({ partitioning }) => partitioning === 'any')) {
    const branches = branchesInto(stage, staged)
    const read = scans.filter(({ id }) => branches.some(({ source }) => source === id))
    const splits = read.flatMap(scan => scan.splits.map(split => splitKey(scan.id, split)))
    for (const { id, node } of operators) {
      if (!definitionOf(node).eventTime) continue
      const { lateness } = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
      const appear = read.some(mayAppear)
      times.set(id, new EventTime(branches, splits, lateness, appear))
    }
  }
  return times
}

/**
 * By stage: how many splits of sources its rows may be of, each counted by every way in; Infinity where more may appear.
 */
export function splitsByStage({ scans, staged }: PlannedJob): number[] {
  const scanOf = new Map(scans.map(scan => [scan.id, scan]))
  return staged.stages.map(({ id }) => {
    let count = 0
    for (const { source } of branchesInto(id, staged)) {
      const scan = scanOf.get(source)
      count += scan && mayAppear(scan) ? Number.POSITIVE_INFINITY : (scan?.splits.length ?? 0)
    }
    return count
  })
}

/** Whether splits may appear while the job runs. */
const mayAppear = ({ source, replay }: PlannedJob['scans'][number]): boolean =>
  source.watchSplits !== undefined && !replay

/** The ways from sources into a stage. */
function branchesInto(stage: number, { stages }: StagedPlan): Branch[] {
  return stages[stage]!.inputs.flatMap(({ from, branch }) =>
    ('source' in from
      ? [{ source: from.source, name: '' }]
      : branchesInto(from.stage, { stages, sinks: [] })
    ).map(({ source, name }) => ({ source, name: inBranchName(name, branch) })),
  )
}
