/** The stages and sinks of one job, connected as the plan says, and the event time that flows through them. */

import type { Attachments, JobOptions } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import { outputKey } from '../../core/planner/node-outputs.ts'
import type { Producer } from '../../core/planner/stages.ts'
import type { Partitioning } from '../../workers/messages.ts'
import type { Receiver } from './edges.ts'
import { EventTime } from './event-time.ts'
import { Exchange, forwardingStage, mayOwnByWindow } from './exchange.ts'
import { inputOf, type PlannedJob, sinkOf, sourcesOf } from './plan-job.ts'
import type { JobShards } from './shards.ts'
import { SinkRunner } from './sink-runner.ts'
import { StageRunner } from './stage-runner.ts'

/** What the job is told of. */
export interface DataflowEvents {
  fail(error: unknown): void
  rowsOut(rows: number): void
  lateRows(rows: number): void
  scored(node: string, values: number): void
  /** No row that is still to be read can change what the sinks get. */
  complete(): void
}

export class Dataflow {
  readonly stages: readonly StageRunner[]
  readonly sinks: readonly SinkRunner[]
  /** By watermark node. */
  readonly eventTimes: ReadonlyMap<string, EventTime>
  /** By source node: who takes its batches. */
  readonly readers: ReadonlyMap<string, Receiver[]>
  readonly #planned: PlannedJob
  readonly #events: DataflowEvents
  readonly #exhausted = new Set<number>()

  constructor(
    planned: PlannedJob,
    attachments: Attachments,
    options: JobOptions,
    shards: JobShards,
    events: DataflowEvents,
  ) {
    this.#planned = planned
    this.#events = events
    this.eventTimes = eventTimes(planned)
    this.stages = planned.staged.stages.map(({ id }) => this.#newStage(id, options, shards))
    const edges = Map.groupBy(planned.staged.sinks, ({ sink }) => sink)
    const sinks = new Map(
      [...edges].map(([id, from]) => [
        id,
        new SinkRunner(
          sinkOf(planned.plan, id, attachments),
          inputOf(planned, id).schema,
          from.length,
          events.fail,
          events.rowsOut,
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
      eventTimes: this.eventTimes,
      exchange: new Exchange({
        stage,
        shards: shards.count,
        exchange,
        ownsByWindow: mayOwnByWindow(stage, staged.stages),
        restored: restore !== undefined,
      }),
      forwardTo: forwardingStage(stage, staged),
      partitionedBy: () => stage.outputs.map((_, output) => this.#partitioningOf(id, output)),
      fail: this.#events.fail,
      lateRows: this.#events.lateRows,
      scored: this.#events.scored,
      exhausted: () => this.#noteExhausted(id),
    })
  }

  /** How the rows of an output are to be partitioned: as all its consumers want them, or else by key. */
  #partitioningOf(stage: number, output: number): Partitioning | undefined {
    const wanted = this.#planned.staged.stages.flatMap(other =>
      other.inputs.some(({ from }) => 'stage' in from && from.stage === stage && from.output === output)
        ? [this.stages[other.id]!.partitionedBy]
        : [],
    )
    const [first] = wanted
    if (wanted.every(partitionedBy => JSON.stringify(partitionedBy) === JSON.stringify(first))) return first
    return wanted.some(partitionedBy => partitionedBy !== undefined) ? 'keys' : undefined
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
      for (const { from } of stage.inputs) connect(from, this.stages[stage.id]!.input())
    for (const { sink, from } of staged.sinks) connect(from, sinks.get(sink)!.input())
    return readers
  }

  /** A stage has all the rows it wants: so have the sinks, if none of them waits for another. */
  #noteExhausted(id: number): void {
    this.#exhausted.add(id)
    const { stages, sinks } = this.#planned.staged
    const complete = (from: Producer): boolean =>
      'stage' in from &&
      (this.#exhausted.has(from.stage) || stages[from.stage]!.inputs.every(input => complete(input.from)))
    if (sinks.every(sink => complete(sink.from))) this.#events.complete()
  }
}

/** The name of a source's split, unique in the job. */
export const splitKey = (source: string, split: number): string => `${source}#${split}`

function eventTimes({ plan, scans, nodeOutputs }: PlannedJob): Map<string, EventTime> {
  const times = new Map<string, EventTime>()
  for (const [id, node] of Object.entries(plan.nodes)) {
    const outOfOrderMs = definitionOf(node).outOfOrderMs?.(node)
    if (outOfOrderMs === undefined) continue
    const feeding = sourcesOf(plan, id)
    const splits = scans
      .filter(scan => feeding.includes(scan.id))
      .flatMap(scan => scan.splits.map((_, index) => splitKey(scan.id, index)))
    const { lateness } = nodeOutputs.get(outputKey({ node: id, port: 'out' }))!
    times.set(id, new EventTime(splits, outOfOrderMs, lateness))
  }
  return times
}
