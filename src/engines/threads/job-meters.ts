/** Everything that the coordinator measures of one job, and what it makes of that and of the shards' numbers. */

import type {
  JobMetrics,
  OperatorMetrics,
  ShardMetrics,
  SinkMetrics,
  SourceMetrics,
  SplitMetrics,
} from '../../core/job-metrics.ts'
import type { SinkNode, SourceNode } from '../../core/plan.ts'
import type { LocalEdge, Producer, StagedPlan, StageOperator } from '../../core/planner/stages.ts'
import {
  type MeterMemory,
  type OperatorMeasures,
  readOperator,
  readShard,
  type ShardMeasures,
} from '../../workers/shard-meter.ts'
import { BackPressure } from './back-pressure.ts'
import { EpochMeter } from './epoch-meter.ts'
import { operatorName } from './explain.ts'
import { JobLog } from './job-log.ts'
import type { PlannedJob } from './plan-job.ts'
import { SinkMeter } from './sink-meter.ts'
import { SourceMeter } from './source-meter.ts'

/** What the meters are told when they are read. */
export interface MetersRead {
  /** By shard. */
  readonly memory: readonly MeterMemory[]
  /** How long the shards have been open, ms. */
  readonly openMs: number
  /** Where a split would be opened again, its watermark, and its lag. */
  split(source: string, label: string): Pick<SplitMetrics, 'position' | 'watermarkMs' | 'lagMs'>
}

/** An operator as the plan has it. */
type OperatorPlace = Pick<OperatorMetrics, 'id' | 'kind' | 'name' | 'stage' | 'inputs'>

export class JobMeters {
  readonly epochs = new EpochMeter()
  readonly log = new JobLog()
  readonly backPressure: BackPressure
  /** By source, and by sink, of the plan. */
  readonly sources: ReadonlyMap<string, SourceMeter>
  readonly sinks: ReadonlyMap<string, SinkMeter>
  readonly #planned: PlannedJob
  readonly #operators: readonly OperatorPlace[]

  constructor(planned: PlannedJob) {
    const { scans, staged } = planned
    this.#planned = planned
    this.sources = new Map(scans.map(({ id }) => [id, new SourceMeter()]))
    this.sinks = new Map(staged.sinks.map(({ sink }) => [sink, new SinkMeter()]))
    this.backPressure = new BackPressure(staged.stages.length + this.sinks.size)
    this.#operators = staged.stages.flatMap(stage =>
      stage.operators.map(operator => placeOf(operator, stage.id, planned)),
    )
    for (const { id, splits } of scans) for (const split of splits) this.sources.get(id)!.begin(split)
  }

  read(from: MetersRead): Pick<JobMetrics, 'sources' | 'operators' | 'sinks' | 'shards' | 'epochs' | 'log'> {
    const shards = from.memory.map(readShard)
    return {
      sources: this.#planned.scans.map(({ id }) => this.#source(id, from)),
      operators: this.#operators.map((place, index) => this.#operator(place, index, shards, from.memory)),
      sinks: [...this.sinks].map(([id, meter]) => this.#sink(id, meter)),
      shards: shards.map((shard, i) => shardMetrics(shard, i, from.openMs)),
      epochs: this.epochs.metrics,
      log: this.log.entries,
    }
  }

  #source(id: string, from: MetersRead): SourceMetrics {
    const meter = this.sources.get(id)!
    const { label } = this.#planned.plan.nodes[id] as SourceNode
    const totals = this.#planned.scans.find(scan => scan.id === id)!.splits.map(({ rows }) => rows)
    const rowsTotal = totals.some(rows => rows === undefined)
      ? undefined
      : totals.reduce<number>((sum, rows) => sum + rows!, 0)
    return {
      ...{ id, name: label },
      ...meter.total,
      ...(rowsTotal === undefined ? {} : { rowsTotal }),
      splitsBegun: meter.splitsBegun,
      splitsEnded: meter.splitsEnded,
      splits: meter.splits.map(({ rowsTotal, ...split }) => ({
        ...split,
        ...(rowsTotal === undefined ? {} : { rowsTotal }),
        ...from.split(id, split.label),
      })),
    }
  }

  #operator(
    place: OperatorPlace,
    index: number,
    shards: readonly ShardMeasures[],
    memory: readonly MeterMemory[],
  ): OperatorMetrics {
    const parts = memory.map(of => readOperator(of, index))
    const sum = (field: keyof OperatorMeasures) => parts.reduce((total, part) => total + part[field], 0)
    const cpuMs = shards.some(shard => shard.cpuMs < 0)
      ? undefined
      : parts.reduce((total, part, i) => total + shareOfCpu(part, shards[i]!), 0)
    const keepsState = parts.some(part => part.peakStateBytes > 0)
    return {
      ...place,
      ...{ rowsIn: sum('rowsIn'), batchesIn: sum('batchesIn'), bytesIn: sum('bytesIn') },
      ...{ rowsOut: sum('rowsOut'), batchesOut: sum('batchesOut'), bytesOut: sum('bytesOut') },
      busyMs: sum('busyMs'),
      ...(cpuMs === undefined ? {} : { cpuMs }),
      backPressuredMs: this.backPressure.of(place.stage),
      ...(keepsState
        ? {
            stateBytes: sum('stateBytes'),
            peakStateBytes: sum('peakStateBytes'),
            stateKeys: sum('stateKeys'),
          }
        : {}),
      ...{ rowsLate: sum('rowsLate'), rowsBad: sum('rowsBad'), deadLetters: sum('deadLetters') },
      ...{ valuesScored: sum('valuesScored'), anomalies: sum('anomalies') },
      shards: parts.map(({ rowsIn, rowsOut, busyMs, stateBytes, stateKeys }, shard) => ({
        ...{ shard, rowsIn, rowsOut, busyMs, stateBytes, stateKeys },
      })),
    }
  }

  #sink(id: string, meter: SinkMeter): SinkMetrics {
    const { plan, staged } = this.#planned
    const edges = staged.sinks.filter(({ sink }) => sink === id)
    return {
      ...{ id, name: (plan.nodes[id] as SinkNode).label },
      inputs: edges.flatMap(({ from }) => producersOf(from, staged)),
      ...meter.metrics,
    }
  }
}

/** What of the CPU that a shard used was an operator's: by its part of the time in which the shard worked. */
const shareOfCpu = ({ busyMs }: OperatorMeasures, shard: ShardMeasures): number =>
  shard.busyMs > 0 ? (shard.cpuMs * busyMs) / shard.busyMs : 0

const shardMetrics = (
  { steps, busyMs, cpuMs }: ShardMeasures,
  shard: number,
  openMs: number,
): ShardMetrics => ({
  ...{ shard, steps, busyMs },
  idleMs: Math.max(0, openMs - busyMs),
  ...(cpuMs < 0 ? {} : { cpuMs }),
})

function placeOf(operator: StageOperator, stage: number, { plan, staged }: PlannedJob): OperatorPlace {
  const { id, node, verbs } = operator
  const kinds = (verbs ?? []).map(verb => plan.nodes[verb]?.kind ?? node.kind)
  return {
    id,
    kind: kinds.length > 0 ? [...new Set(kinds)].join('+') : node.kind,
    name: operatorName(operator),
    stage,
    inputs: operator.from.flatMap(edge => localProducers(edge, stage, staged)),
  }
}

/** The operators, or sources, whose rows come by an edge; several where a union merged theirs. */
function producersOf(from: Producer, staged: StagedPlan): string[] {
  if ('source' in from) return [from.source]
  return localProducers(staged.stages[from.stage]!.outputs[from.output]!.operator, from.stage, staged)
}

function localProducers(edge: LocalEdge, stage: number, staged: StagedPlan): string[] {
  const { operators, inputs } = staged.stages[stage]!
  if ('operator' in edge) return [operators[edge.operator]!.id]
  return inputs.filter(({ input }) => input === edge.input).flatMap(({ from }) => producersOf(from, staged))
}
