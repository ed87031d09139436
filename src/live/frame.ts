/** What the live page draws: the metrics of a job as JSON holds them, with rates. */

import type { JobAlert } from '../core/job-alerts.ts'
import type {
  JobMetrics,
  OperatorMetrics,
  SinkMetrics,
  SourceMetrics,
  SplitMetrics,
} from '../core/job-metrics.ts'

/** How much of what may be long is shown. */
const SPLITS = 50
const ALERTS = 30
const LOG = 60
/** Characters of names, of what the log says, and of what a job failed with: data may be in them, of any length. */
const NAME = 400
const TEXT = 1000

export interface Trend {
  readonly atMs: number
  readonly inPerS: number
  readonly outPerS: number
}

/** Rates are those since the frame before; shares are of the time since then. */
export interface Frame extends Trend, Omit<JobMetrics, 'watermarkMs' | 'sources' | 'operators' | 'sinks'> {
  /** `end`: +Infinity, which JSON does not have. */
  readonly watermarkMs?: number | 'end'
  readonly sources: readonly FrameSource[]
  readonly operators: readonly FrameOperator[]
  readonly sinks: readonly FrameSink[]
  readonly alerts: readonly JobAlert[]
}

interface Rates {
  readonly rowsPerS: number
  readonly busy: number
  readonly backPressured: number
}

export type FrameSplit = Omit<SplitMetrics, 'position'> & { readonly position?: string }
export type FrameSource = Omit<SourceMetrics, 'splits'> & Rates & { readonly splits: readonly FrameSplit[] }
export type FrameOperator = Omit<OperatorMetrics, 'shards'> & Rates
export type FrameSink = SinkMetrics & Rates

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text

const frameSplit = ({ position, ...split }: SplitMetrics): FrameSplit => ({
  ...split,
  label: cut(split.label, NAME),
  ...(position === undefined ? {} : { position: positionText(position) }),
})

/** Positions are the business of their sources: data of any kind. */
function positionText(position: unknown): string {
  if (typeof position !== 'object') return String(position)
  return JSON.stringify(position, (_, value) => (typeof value === 'bigint' ? String(value) : value)).slice(
    0,
    80,
  )
}

/** @param before a frame of a second or two ago */
export function frameOf(metrics: JobMetrics, alerts: readonly JobAlert[], before: Frame | undefined): Frame {
  const seconds = before ? Math.max(1e-3, (metrics.atMs - before.atMs) / 1000) : metrics.elapsedMs / 1000
  const shards = Math.max(1, metrics.shards.length)
  const rate = (now: number, then: number | undefined) => (seconds > 0 ? (now - (then ?? 0)) / seconds : 0)
  const share = (nowMs: number, thenMs: number | undefined, of = 1) =>
    Math.min(1, Math.max(0, rate(nowMs, thenMs) / 1000 / of))
  const was = <T extends { id: string }>(all: readonly T[] | undefined, id: string) =>
    all?.find(other => other.id === id)
  const { watermarkMs, failure, ...rest } = metrics
  return {
    ...rest,
    ...(failure ? { failure: { code: failure.code, message: cut(failure.message, TEXT) } } : {}),
    ...(watermarkMs === undefined ? {} : { watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : 'end' }),
    inPerS: rate(metrics.rowsIn, before?.rowsIn),
    outPerS: rate(metrics.rowsOut, before?.rowsOut),
    sources: metrics.sources.map(source => {
      const then = was(before?.sources, source.id)
      const splits = Math.max(1, source.splitsBegun - source.splitsEnded)
      return {
        ...source,
        name: cut(source.name, NAME),
        splits: source.splits.slice(-SPLITS).map(frameSplit),
        rowsPerS: rate(source.rows, then?.rows),
        busy: 0,
        backPressured: share(source.backPressuredMs, then?.backPressuredMs, splits),
      }
    }),
    operators: metrics.operators.map(({ shards: _, ...operator }) => {
      const then = was(before?.operators, operator.id)
      return {
        ...operator,
        name: cut(operator.name, NAME),
        rowsPerS: rate(operator.rowsIn, then?.rowsIn),
        busy: share(operator.busyMs, then?.busyMs, shards),
        backPressured: share(operator.backPressuredMs, then?.backPressuredMs),
      }
    }),
    sinks: metrics.sinks.map(sink => {
      const then = was(before?.sinks, sink.id)
      return {
        ...sink,
        name: cut(sink.name, NAME),
        rowsPerS: rate(sink.rows, then?.rows),
        busy: share(sink.writingMs + sink.committingMs, then && then.writingMs + then.committingMs),
        backPressured: 0,
      }
    }),
    log: metrics.log.slice(-LOG).map(entry => ({ ...entry, text: cut(entry.text, TEXT) })),
    alerts: alerts.slice(0, ALERTS),
  }
}
