/**
 * The public face of Millrace, and the only place where engines, and the parser of callbacks, are wired.
 *
 * Importing it loads neither Arrow, DuckDB, the thread pool nor any model: they come with the first plan that needs
 * them.
 */

import './core/refuse-old-node.ts'

import { createRequire } from 'node:module'
import { useSeriesPicture } from './core/dataset/job-display.ts'
import { usePlots } from './core/dataset/plots.ts'
import { useTableSink } from './core/dataset/to-duckdb.ts'
import { useDashboard, useEngine } from './core/engine.ts'
import { useRemarks } from './core/errors.ts'
import { useParser } from './core/user-functions/function-source.ts'

const threads = async () => (await import('./engines/threads/index.ts')).threadsEngine

useEngine({
  start: async (...plan) => (await threads()).start(...plan),
  explain: async (...plan) => (await threads()).explain(...plan),
})

useDashboard(async (job, options) => (await import('./live/dashboard.ts')).dashboard(job, options))

useSeriesPicture(async () => (await import('./plot/series-picture.ts')).seriesPicture)

useTableSink(async (connection, table) =>
  (await import('./connectors/duckdb/connection-table.ts')).connectionTable(connection, table),
)

useRemarks(remarksOn)

usePlots(async () => (await import('./plot/datasets/index.ts')).datasetPlots)

// Callbacks are synchronous, and so is loading what reads their source.
useParser(() => createRequire(import.meta.url)('acorn').parse)

import { remarksOn } from './error-remarks.ts'

export { listen } from './connectors/net/listen.ts'
export { exec, http, socket, stdout } from './connectors/net/write-net.ts'
export type { Sink, Source } from './core/connector.ts'
export type { AggOptions } from './core/dataset/agg-options.ts'
export * from './core/dataset/aggregates.ts'
export * from './core/dataset/aggregates-of-numbers.ts'
export * from './core/dataset/aggregates-of-values.ts'
export type { AsofJoinOptions } from './core/dataset/asof-join.ts'
export type { ChangesOptions, FromChangesOptions } from './core/dataset/changes.ts'
export {
  type CollectOptions,
  Dataset,
  type DetectOptions,
  type DistinctOptions,
  type FillOptions,
  type SeriesForecastOptions,
  type SeriesOptions,
} from './core/dataset/dataset.ts'
export type { DedupOptions } from './core/dataset/dedup.ts'
export type { Detected, SeriesDescription } from './core/dataset/detected.ts'
export type { DetectorArgument } from './core/dataset/detector-spec.ts'
export type { ExplodeOptions, UnnestOptions } from './core/dataset/explode.ts'
export type { FillNullsOptions } from './core/dataset/fill.ts'
export type { Grouped, Windowed } from './core/dataset/grouped.ts'
export type { GroupingOptions } from './core/dataset/grouping.ts'
export type { JoinOptions, Within } from './core/dataset/join.ts'
export type { LookupFunction, LookupOptions, LookupTableOptions } from './core/dataset/lookup-join.ts'
export {
  type DeadLetter,
  deadLetter,
  type FunctionOf,
  type MapColumns,
  type MapOptions,
  type RowContext,
  type RowFunction,
  type RowsFunction,
} from './core/dataset/map.ts'
export type {
  MatchOptions,
  MatchTimes,
  MeasuredRows,
  Pattern,
  PatternStart,
  RepeatOptions,
} from './core/dataset/match.ts'
export type { OverOptions } from './core/dataset/over.ts'
export { PendingWrite, start } from './core/dataset/pending-write.ts'
export type { DatasetPlots } from './core/dataset/plots.ts'
export type { Processed, ProcessOptions } from './core/dataset/process.ts'
export { type ReplayOptions, replay } from './core/dataset/replay.ts'
export type { PivotOptions, PivotValue, UnpivotOptions } from './core/dataset/reshape.ts'
export type { SampleOptions } from './core/dataset/sample.ts'
export type { DistributionFamily, TimeModel } from './core/dataset/series-spec.ts'
export type { ColumnSummary, TapOptions } from './core/dataset/summaries.ts'
export type { TopNOptions } from './core/dataset/top-n.ts'
export type { Bounds } from './core/dataset/types.ts'
export { type AggregateFunction, type Udaf, type UdafOptions, udaf } from './core/dataset/udaf.ts'
export {
  type BatchUdfOptions,
  type ClosureOptions,
  type Udf,
  type UdfOptions,
  udf,
} from './core/dataset/udf.ts'
export * from './core/dataset/window-functions.ts'
export type { WindowEmit, WindowOptions } from './core/dataset/window-options.ts'
export {
  type CalendarDuration,
  countWindow,
  cumulate,
  globalWindow,
  session,
  sliding,
  tumbling,
  type WindowSpec,
} from './core/dataset/windows.ts'
export type { DetectorModel, DetectorSpec } from './core/detector.ts'
export type {
  Clock,
  Dashboard,
  DashboardOptions,
  ExplainOptions,
  Job,
  JobOptions,
  JobSnapshot,
  LoggedMark,
  Progress,
} from './core/engine.ts'
export { ConnectorError, DataError, JobError, MillraceError, ModelError, PlanError } from './core/errors.ts'
export {
  type ColumnExpression,
  type Columns,
  col,
  Expression,
  list,
  lit,
  random,
  struct,
  when,
} from './core/expr/builder.ts'
export type { Figure, FigureSize } from './core/figure.ts'
export type { JobAlert, ScoredPoint } from './core/job-alerts.ts'
export type {
  EpochMetrics,
  JobLogEntry,
  JobMetrics,
  JobState,
  OperatorMetrics,
  OperatorShardMetrics,
  ReplayMetrics,
  ShardMetrics,
  SinkMetrics,
  SourceMetrics,
  SplitMetrics,
} from './core/job-metrics.ts'
export type { SinkRows } from './core/job-rows.ts'
export type { JoinKind } from './core/operators/join-columns.ts'
export type { Duration } from './core/time/duration.ts'
export type { ColumnType, ColumnTypeName, ColumnTypeSpec } from './core/types/column-type.ts'
export type { ClockText, DecimalText, DurationMs, OpenRow, RowOf } from './core/types/row.ts'
export type { Field, Schema } from './core/types/schema.ts'
export {
  type BroadcastContext,
  type ListState,
  type MapState,
  type ProcessContext,
  type ProcessFunction,
  processFunction,
  type ValueState,
} from './core/user-functions/process-function.ts'
export * from './models/detectors/factories.ts'
export { type ColumnTypes, type RowIn, read } from './read.ts'
export { arrow, csv, duckdb, json, lines, memory, parquet, toConsole } from './sinks.ts'
export { type SqlPart, sql } from './sql-tag.ts'
