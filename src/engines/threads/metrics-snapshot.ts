/** `job.metrics()`: what was measured, put together. */

import type { Clock, Progress } from '../../core/engine.ts'
import { MillraceError, textOf } from '../../core/errors.ts'
import type { JobMetrics, JobState, ReplayMetrics, SplitMetrics } from '../../core/job-metrics.ts'
import { type Dataflow, splitKey } from './dataflow.ts'
import type { JobMeters } from './job-meters.ts'
import type { ReplayGroup } from './replay-group.ts'
import type { JobShards } from './shards.ts'
import type { SplitReaders } from './split-readers.ts'

/** The parts of a job that know something. */
export interface MeasuredJob {
  readonly identity: string
  readonly state: JobState
  readonly failure: { readonly error: unknown } | undefined
  readonly progress: Progress
  /** How long the shards have been open, ms. */
  readonly openMs: number
  readonly meters: JobMeters
  readonly shards: JobShards
  readonly readers: SplitReaders
  readonly dataflow: Dataflow
  readonly clock: Clock
}

export function metricsOf(job: MeasuredJob): JobMetrics {
  const { identity, state, failure, progress, meters, readers } = job
  const { rowsIn, rowsOut, rowsTotal, rowsLate, skipped, elapsedMs, eventTimeMs, watermarkMs } = progress
  const replay = replayOf(readers.replays)
  const measured = meters.read({
    memory: job.shards.meters,
    openMs: job.openMs,
    split: (source, label) => splitOf(job, source, label, replay),
  })
  const sum = (field: 'deadLetters' | 'anomalies') =>
    measured.operators.reduce((total, operator) => total + operator[field], 0)
  return {
    ...{ job: identity, state },
    ...(failure ? { failure: failureOf(failure.error) } : {}),
    ...{ atMs: Date.now(), elapsedMs, rowsIn, rowsOut },
    ...(rowsTotal === undefined ? {} : { rowsTotal }),
    ...{ rowsLate, rowsBad: skipped },
    ...{ deadLetters: sum('deadLetters'), anomalies: sum('anomalies') },
    ...(eventTimeMs === undefined ? {} : { eventTimeMs, watermarkMs: watermarkMs! }),
    ...measured,
    ...(replay ? { replay } : {}),
    memoryBytes: readers.budget.bytes,
  }
}

function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof MillraceError) return { code: error.code, message: textOf(error) }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) }
}

/** Several replays that are paced each by itself are told as one: the slowest of them. */
function replayOf(groups: readonly ReplayGroup[]): ReplayMetrics | undefined {
  const [first] = groups
  if (!first) return undefined
  const playedMs = Math.min(...groups.map(group => group.playedMs))
  const dueMs = groups.flatMap(group => group.dueMs ?? [])
  return {
    speed: first.speed ?? 'max',
    ...(Number.isFinite(playedMs) ? { playedMs } : {}),
    ...(dueMs.length > 0 ? { dueMs: Math.min(...dueMs) } : {}),
  }
}

function splitOf(
  { dataflow, readers, clock }: MeasuredJob,
  source: string,
  label: string,
  replay: ReplayMetrics | undefined,
): Pick<SplitMetrics, 'position' | 'watermarkMs' | 'lagMs'> {
  const key = splitKey(source, { label })
  const position = readers.positions.resumeOf(source, label)
  const known = [...dataflow.eventTimes.values()].flatMap(time => time.watermarkMsOf(key) ?? [])
  const watermarkMs = Math.min(...known)
  const nowMs = replay ? (replay.dueMs ?? replay.playedMs) : clock.now()
  return {
    ...(position === undefined ? {} : { position }),
    ...(Number.isFinite(watermarkMs) ? { watermarkMs } : {}),
    ...(Number.isFinite(watermarkMs) && nowMs !== undefined
      ? { lagMs: Math.max(0, nowMs - watermarkMs) }
      : {}),
  }
}
