/** What a job measured, as metric families: names, units and labels as Prometheus wants them. */

import type { JobMetrics, OperatorMetrics, SinkMetrics, SourceMetrics } from '../core/job-metrics.ts'

export interface MetricFamily {
  /** Begins with `millrace_` and ends with its unit, counters with `_total` besides. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly MetricSample[]
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** How one family is read off one thing that is measured; undefined: nothing to say. */
interface Rule<T> {
  readonly name: string
  readonly help: string
  readonly of: (measured: T) => number | undefined
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)

/** Times that are not known yet, or are the end, have no place on a time axis. */
const timestamp = (ms: number | undefined): number | undefined =>
  ms !== undefined && Number.isFinite(ms) ? ms / 1000 : undefined

const least = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

const most = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length > 0 ? Math.max(...known) : undefined
}

const JOB: readonly Rule<JobMetrics>[] = [
  {
    name: 'millrace_job_running',
    help: '1 while the job is starting, running, paused or stopping, 0 once it is over.',
    of: ({ state }) => (state === 'done' || state === 'failed' ? 0 : 1),
  },
  {
    name: 'millrace_job_failed',
    help: '1 once the job has failed or was aborted.',
    of: ({ state }) => (state === 'failed' ? 1 : 0),
  },
  {
    name: 'millrace_job_paused',
    help: '1 while the job is paused.',
    of: ({ state }) => (state === 'paused' ? 1 : 0),
  },
  { name: 'millrace_job_elapsed_seconds', help: 'Time since the job began.', of: m => m.elapsedMs / 1000 },
  {
    name: 'millrace_job_memory_bytes',
    help: 'Shared memory in which rows are on their way.',
    of: m => m.memoryBytes,
  },
  {
    name: 'millrace_epochs_total',
    help: 'Epochs that all sinks have committed.',
    of: m => m.epochs.committed,
  },
  {
    name: 'millrace_epoch_duration_seconds',
    help: 'What the last epoch took from its barrier to the last commit.',
    of: m => seconds(m.epochs.lastDurationMs),
  },
  { name: 'millrace_checkpoints_total', help: 'Snapshots taken.', of: m => m.epochs.snapshots },
  {
    name: 'millrace_checkpoint_duration_seconds',
    help: 'What the last snapshot took from its barrier until all state was saved.',
    of: m => seconds(m.epochs.lastSnapshotDurationMs),
  },
  {
    name: 'millrace_checkpoint_size_bytes',
    help: 'What the last snapshot saved.',
    of: m => m.epochs.lastSnapshotBytes,
  },
  {
    name: 'millrace_replay_speed_ratio',
    help: 'How many times as fast as it happened history is replayed; +Inf: as fast as rows are read.',
    of: ({ replay }) => replay && (replay.speed === 'max' ? Number.POSITIVE_INFINITY : replay.speed),
  },
  {
    name: 'millrace_replay_position_timestamp_seconds',
    help: 'The latest time of history that was replayed.',
    of: ({ replay }) => timestamp(replay?.playedMs),
  },
]

const OPERATOR: readonly Rule<OperatorMetrics>[] = [
  { name: 'millrace_records_in_total', help: 'Rows that came to the operator.', of: o => o.rowsIn },
  {
    name: 'millrace_records_out_total',
    help: 'Rows that left the operator, late ones and dead letters apart.',
    of: o => o.rowsOut,
  },
  { name: 'millrace_batches_in_total', help: 'Batches that came to the operator.', of: o => o.batchesIn },
  { name: 'millrace_batches_out_total', help: 'Batches that left the operator.', of: o => o.batchesOut },
  {
    name: 'millrace_in_bytes_total',
    help: 'Bytes of the rows that came to the operator.',
    of: o => o.bytesIn,
  },
  {
    name: 'millrace_out_bytes_total',
    help: 'Bytes of the rows that left the operator.',
    of: o => o.bytesOut,
  },
  {
    name: 'millrace_operator_busy_seconds_total',
    help: 'Time of the work of the operator on all shards together.',
    of: o => o.busyMs / 1000,
  },
  {
    name: 'millrace_operator_cpu_seconds_total',
    help: 'Its part of the CPU time of the shards.',
    of: o => seconds(o.cpuMs),
  },
  {
    name: 'millrace_operator_backpressured_seconds_total',
    help: 'Time in which its stage had done all there was while no more was read because others had not.',
    of: o => o.backPressuredMs / 1000,
  },
  { name: 'millrace_late_records_total', help: 'Rows that came too late.', of: o => o.rowsLate },
  { name: 'millrace_bad_records_total', help: 'Rows that could not be read.', of: o => o.rowsBad },
  { name: 'millrace_dead_letters_total', help: 'Rows that left as dead letters.', of: o => o.deadLetters },
  {
    name: 'millrace_values_scored_total',
    help: 'Values that a detector scored.',
    of: o => (o.kind === 'detect' ? o.valuesScored : undefined),
  },
  {
    name: 'millrace_anomalies_total',
    help: 'Values that a detector called anomalies.',
    of: o => (o.kind === 'detect' ? o.anomalies : undefined),
  },
  { name: 'millrace_state_bytes', help: 'Memory of keys and what is kept of them.', of: o => o.stateBytes },
  { name: 'millrace_state_keys', help: 'Keys, or groups, of which something is kept.', of: o => o.stateKeys },
]

const SOURCE: readonly Rule<SourceMetrics>[] = [
  { name: 'millrace_source_records_total', help: 'Rows that were read from the source.', of: s => s.rows },
  { name: 'millrace_source_bytes_total', help: 'Bytes of the rows that were read.', of: s => s.bytes },
  {
    name: 'millrace_source_waiting_seconds_total',
    help: 'Time for which its splits waited for rows.',
    of: s => s.waitingMs / 1000,
  },
  {
    name: 'millrace_source_backpressured_seconds_total',
    help: 'Time for which its splits waited until the job could take more.',
    of: s => s.backPressuredMs / 1000,
  },
  {
    name: 'millrace_source_splits',
    help: 'Splits of the source that have not ended.',
    of: s => s.splitsBegun - s.splitsEnded,
  },
  {
    name: 'millrace_source_lag_records',
    help: 'Rows of the source that are still to be read, where it knows.',
    of: s => (s.rowsTotal === undefined ? undefined : Math.max(0, s.rowsTotal - s.rows)),
  },
  {
    name: 'millrace_watermark_timestamp_seconds',
    help: 'The least watermark of its splits.',
    of: s => timestamp(least(s.splits.map(split => split.watermarkMs))),
  },
  {
    name: 'millrace_event_time_lag_seconds',
    help: 'How far the watermark of the slowest split is behind now, or behind the time of history that is due.',
    of: s => seconds(most(s.splits.map(split => split.lagMs))),
  },
]

const SINK: readonly Rule<SinkMetrics>[] = [
  { name: 'millrace_sink_records_total', help: 'Rows that were written to the sink.', of: s => s.rows },
  { name: 'millrace_sink_bytes_total', help: 'Bytes of the rows that were written.', of: s => s.bytes },
  {
    name: 'millrace_sink_writing_seconds_total',
    help: 'Time that its writes took.',
    of: s => s.writingMs / 1000,
  },
  {
    name: 'millrace_sink_committing_seconds_total',
    help: 'Time that its commits took.',
    of: s => s.committingMs / 1000,
  },
  {
    name: 'millrace_sink_epochs_committed_total',
    help: 'Epochs that the sink has committed.',
    of: s => s.epochsCommitted,
  },
]

const SHARD: readonly Rule<JobMetrics['shards'][number]>[] = [
  { name: 'millrace_shard_steps_total', help: 'Steps that the shard has run.', of: s => s.steps },
  {
    name: 'millrace_shard_busy_seconds_total',
    help: 'Time in which the shard ran steps.',
    of: s => s.busyMs / 1000,
  },
  {
    name: 'millrace_shard_idle_seconds_total',
    help: 'Time in which it waited for steps.',
    of: s => s.idleMs / 1000,
  },
  { name: 'millrace_shard_cpu_seconds_total', help: 'CPU time of its thread.', of: s => seconds(s.cpuMs) },
]

/** What is measured, and the label by which it is told apart. */
interface Measured<T> {
  readonly rules: readonly Rule<T>[]
  readonly label: string | undefined
  readonly all: (metrics: JobMetrics) => readonly T[]
  readonly idOf: (one: T) => string
}

const measured = <T>(
  label: string | undefined,
  rules: readonly Rule<T>[],
  all: Measured<T>['all'],
  idOf: Measured<T>['idOf'],
): Measured<any> => ({ rules, label, all, idOf })

const MEASURED: readonly Measured<any>[] = [
  measured(
    undefined,
    JOB,
    metrics => [metrics],
    () => '',
  ),
  measured(
    'source',
    SOURCE,
    metrics => metrics.sources,
    ({ id }) => id,
  ),
  measured(
    'operator',
    OPERATOR,
    metrics => metrics.operators,
    ({ id }) => id,
  ),
  measured(
    'sink',
    SINK,
    metrics => metrics.sinks,
    ({ id }) => id,
  ),
  measured(
    'shard',
    SHARD,
    metrics => metrics.shards,
    ({ shard }) => String(shard),
  ),
]

/** What the ids stand for. */
const infoOf = (
  label: string,
  named: readonly { one: any; labels: Record<string, string> }[],
): MetricFamily => ({
  name: `millrace_${label}_info`,
  help: `What the ${label} is, as explain shows it; always 1.`,
  type: 'gauge',
  samples: named.map(({ one, labels }) => ({ labels: { ...labels, name: one.name }, value: 1 })),
})

/** Every family there can be, whether a job has samples of it or not. */
export const FAMILIES: readonly Omit<MetricFamily, 'samples'>[] = [
  ...MEASURED.flatMap(({ rules }) => rules.map(({ name, help }) => ({ name, help, type: typeOf(name) }))),
  ...['source', 'operator', 'sink'].map(label => infoOf(label, [])),
].map(({ name, help, type }) => ({ name, help, type }))

/**
 * Families with samples of every job. Labels are `job` and one of `source operator sink shard`: as many as the plans have, however
 * long they run, whatever splits come and go.
 *
 * @param jobs by the value of the label `job`
 */
export function metricFamilies(jobs: ReadonlyMap<string, JobMetrics>): MetricFamily[] {
  const families: MetricFamily[] = []
  for (const { rules, label, all, idOf } of MEASURED) {
    const things = [...jobs].flatMap(([job, metrics]) =>
      all(metrics).map(one => ({ one, labels: label ? { job, [label]: idOf(one) } : { job } })),
    )
    for (const { name, help, of } of rules) {
      const samples = things.flatMap(({ one, labels }) => {
        const value = of(one)
        return value === undefined ? [] : [{ labels, value }]
      })
      if (samples.length > 0) families.push({ name, help, type: typeOf(name), samples })
    }
    const named = things.filter(({ one }) => one.name !== undefined)
    if (label && named.length > 0) families.push(infoOf(label, named))
  }
  return families
}

function typeOf(name: string): MetricFamily['type'] {
  return name.endsWith('_total') ? 'counter' : 'gauge'
}
