/** The contract between datasets and what runs them. `src/index.ts` wires the engines; `core` knows only this. */

import type { RowOptions } from './batch/rows.ts'
import type { Sink, Source, SplitPosition } from './connector.ts'
import type { JobAlert, ScoredPoint } from './job-alerts.ts'
import type { JobMetrics } from './job-metrics.ts'
import type { SinkRows } from './job-rows.ts'
import type { Plan } from './plan.ts'
import type { SavedState } from './state/state-writer.ts'
import type { Duration } from './time/duration.ts'

/** The connector objects that a plan's `connector` names stand for. */
export interface Attachments {
  readonly sources: ReadonlyMap<string, Source>
  readonly sinks: ReadonlyMap<string, Sink>
  /** What a job is to fail with, for an error and the plan node it is of, if it does not know that itself. */
  explain?(error: unknown, node?: string): unknown
}

/** A clock that a job goes by: the system's, or one that a test moves. */
export interface Clock {
  /** Milliseconds since 1970. It need not be whole, and should not go back: what goes by it would stand still. */
  now(): number
  /** Resolves after `ms` of this clock, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** How far a job has come. */
export interface Progress {
  /** Rows read from sources so far. */
  readonly rowsIn: number
  /** Rows that could not be read and were left out: those of `onBadRow: 'skip'`, and dead letters. */
  readonly skipped: number
  /** Rows there are, when every source knows. */
  readonly rowsTotal?: number
  /** Rows written to sinks so far. */
  readonly rowsOut: number
  /**
   * Rows that came too late for a verb, such as after their window had closed: those of {@link late} together, but for verbs
   * of late rows alone, whose rows have been counted.
   */
  readonly rowsLate: number
  /**
   * The same by verb, as `explain` shows it, in the order of the plan: each windowed aggregation, and other verbs that have
   * left rows out.
   */
  readonly late: readonly { readonly verb: string; readonly rows: number }[]
  /**
   * How many values each `detect` of the job has scored so far, with its column and prefix, in the order of the plan.
   */
  readonly scored: readonly { readonly column: string; readonly as: string; readonly values: number }[]
  /** Milliseconds since the job began. */
  readonly elapsedMs: number
  /** Latest event time, ms since 1970; absent without event time. */
  readonly eventTimeMs?: number
  /** Watermark, ms since 1970; +Infinity at the end. */
  readonly watermarkMs?: number
  readonly done: boolean
}

/**
 * How a plan is run. Neither shards nor the size of batches change the rows that come out, but where `explain` says that
 * they are not repeatable.
 */
export interface JobOptions {
  /**
   * Worker threads; 0: none, all runs on the calling thread, which is then busy. Default: the processors there are, and 0 for
   * small bounded inputs.
   */
  readonly shards?: number
  /** Rows per batch. Default 65,536; fewer where there are so many columns that a batch would exceed about 16 MB. */
  readonly batchRows?: number
  /** Stops the job; `done` then rejects with `JobError` `ABORTED`. */
  readonly signal?: AbortSignal
  /**
   * How grouped rows reach the shard that owns their group: as rows by key, as partial aggregates, or as rows by window
   * (which counts as `rows` where others need the groups by key). By default chosen from what is measured.
   */
  readonly exchange?: 'auto' | 'rows' | 'partials' | 'windows'
  /** Called at most about ten times a second, and once at the end. */
  readonly onProgress?: (progress: Progress) => void
  /** Where an earlier job was: what its `snapshot()` or `stop()` gave. Any shard count may take over. */
  readonly restore?: JobSnapshot
  /**
   * Sinks commit what has been written about this often while a stream runs. Default 10 s; bounded plans commit once.
   */
  readonly commitEveryMs?: number
  /**
   * How long a batch of a stream may wait for more rows than have come, to be larger. Default 0: rows leave at once when
   * no more are there.
   */
  readonly lingerMs?: number
  /** What the job takes for the time of day: for processing time, `idle`, and the speed of a replay. Default: the system's. */
  readonly clock?: Clock
  /**
   * What the clock of an earlier job decided, its `clockLog` or a snapshot's `marks`: it is repeated at the same rows, before
   * the clock goes on by itself. The job must begin where that one did: at the beginning, or at the snapshot before.
   */
  readonly clockLog?: readonly LoggedMark[]
}

/** How a plan is explained. */
export interface ExplainOptions extends JobOptions {
  /**
   * Runs the plan, which must end, writes nothing, and says under each line how many rows, batches and bytes went through it, what
   * CPU that took, and how large its state was.
   */
  readonly analyze?: boolean
}

/**
 * A consistent cut through a job, taken at a barrier: what was read, and all state after exactly that. It can be kept in
 * memory or copied by `structuredClone`; JSON loses its columns and infinities.
 */
export interface JobSnapshot {
  readonly version: 3
  /** Of the plan; restore refuses another. */
  readonly planHash: string
  /** The job's identity, by which its sinks know what they hold of it; restoring keeps it. */
  readonly job: string
  readonly epoch: number
  /** By source node, then by the label of the split. */
  readonly positions: Readonly<Record<string, Readonly<Record<string, SavedPosition>>>>
  /** By `watermark` node over sources. */
  readonly eventTimes: Readonly<Record<string, SavedEventTime>>
  /** What the clock decided since the snapshot before: what reading the same rows again has to repeat. */
  readonly marks: readonly LoggedMark[]
  /** The clock's last reading, where the plan goes by it. */
  readonly clockMs?: number
  /** State by plan node, then by the shard that had it. */
  readonly state: Readonly<Record<string, readonly SavedState[]>>
}

/** How far a split has been read. */
export interface SavedPosition {
  /** Of the split in the order of rows. */
  readonly number: number
  readonly rows: number
  /** Where the source opens the split: at `rows`, or where a batch before ended; the rows between are read again. */
  readonly from: SplitPosition
  readonly ended: boolean
}

/** What is known of event time: ms since 1970, infinities included. */
export interface SavedEventTime {
  /** The watermark of each split that has not ended. */
  readonly splits: Readonly<Record<string, number>>
  /** Those of them that do not hold the watermark back. */
  readonly idle: readonly string[]
  readonly maxTimeMs: number
  readonly watermarkMs: number
}

/** A decision of the clock, at its place among the rows. */
export interface LoggedMark {
  /** By split, as `<source node>#<label>`: how many of its rows were read between the mark before this one and this. */
  readonly rows: Readonly<Record<string, number>>
  /** The clock's reading, ms since 1970. */
  readonly clockMs: number
  /** Splits that were idle from then on, by `watermark` node. */
  readonly idle: Readonly<Record<string, readonly string[]>>
}

/** A running plan. */
export interface Job {
  /**
   * Settles when every sink has committed and everything is closed; rejects with the first failure. A failure that nobody
   * handles is an unhandled rejection, which ends the process; of a job that was aborted nobody need take note.
   */
  readonly done: Promise<Progress>
  readonly progress: Progress
  /**
   * What the job has measured so far, by source, operator, sink and shard: a snapshot, plain data. It can be asked for at any
   * time, also when the job is over, and costs the running job nothing.
   */
  metrics(): JobMetrics
  /**
   * The newest 100 anomalies among the rows that sinks got since this was first called, the newest first: rows that have the
   * columns `expected` and `score` of a `detect`, and where they have `anomaly`, are such.
   */
  alerts(): readonly JobAlert[]
  /** The last 168 scored values of a series, as {@link JobAlert.series} names it, as far as sinks got them. */
  scoredPoints(series: string): readonly ScoredPoint[]
  /** Names of series that {@link scoredPoints} knows: those whose last alert is newest first, then those without. */
  scoredSeries(): readonly string[]
  /**
   * The last rows that each sink got since this was first called: `most` of each, 20 unless told, 10,000 at most. Sinks that get
   * rows as bytes, as those of files do, have none.
   *
   * @throws {PlanError} `OPTION` for a number of rows that is none
   * @example
   * const job = await hourly.write(memory()).start()
   * job.lastRows() // from now on
   * await job.done
   * job.lastRows()[0]?.rows // the last 20
   */
  lastRows(most?: number, options?: RowOptions): readonly SinkRows[]
  /**
   * What the clock has decided since the job began or took its last snapshot: given to another job over the same rows, it
   * decides the same there. Empty where nothing goes by the clock, and when it would be longer than 100,000 marks.
   */
  readonly clockLog: readonly LoggedMark[]
  /** Brings the job to a barrier, commits, and stops it; `done` then resolves. */
  stop(): Promise<JobSnapshot>
  /**
   * A snapshot while the job runs on: its state after exactly the rows read so far, which its sinks have committed.
   * Nothing is drained, and a further snapshot copies only the state that has changed since.
   *
   * @throws {JobError} `JOB_OVER` when the job has ended, or ends before the barrier has passed it
   */
  snapshot(): Promise<JobSnapshot>
  /**
   * Reads no more rows until {@link resume}; resolves when those that were read have gone through every verb and sink. The
   * job still commits, and takes snapshots.
   *
   * @throws {JobError} `JOB_OVER`, as the next four
   */
  pause(): Promise<void>
  /** Goes on after a pause; a replay where it was, with no time lost. */
  resume(): void
  /**
   * Pauses, if need be, and lets a step through: the rows of the next millisecond of what is replayed, or of the next
   * `span` of history; of a job that replays nothing, the next batch. Resolves when they have gone through.
   *
   * @throws {JobError} `NO_REPLAY` for a span where nothing is replayed; {@link PlanError} `DURATION`
   */
  step(span?: Duration): Promise<Progress>
  /**
   * Plays all rows before a time of history at full speed, then goes on as before, paused or at its speed.
   *
   * @throws {JobError} `SEEK_BACK` for a time that has been played; `NO_REPLAY`; {@link PlanError} `DATE`
   */
  seek(to: Date): Promise<Progress>
  /**
   * How many times as fast as it happened a replay goes from now on.
   *
   * @throws {JobError} `NO_REPLAY`; {@link PlanError} `SPEED`
   */
  setSpeed(speed: 'max' | number): void
  /**
   * Serves a page that shows the job live: its plan with rows per second, watermarks, state, sinks, alerts, its log, and buttons
   * to pause, stop and pace it; besides `/metrics` and `/healthz`. It stays after the job's end until it is closed, and does not
   * keep the process from ending.
   *
   * @throws {PlanError} `PORT`; `TOKEN` for a host that is not this machine's, without a token; {@link ConnectorError} `LISTEN_FAILED`
   * @example
   * const job = await hourly.write(memory()).start()
   * const { url, close } = await job.dashboard({ port: 0 })
   * await job.done
   * await close()
   */
  dashboard(options?: DashboardOptions): Promise<Dashboard>
  /** Stops at once and drops what was not committed; resolves when nothing is left running. */
  abort(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Where and how a live page is served. */
export interface DashboardOptions {
  /** Default 8081; 0: any that is free. */
  readonly port?: number
  /** Default `127.0.0.1`: this machine alone. Another needs a {@link token}. */
  readonly host?: string
  /** Of 16 characters or more. The address that `dashboard()` gives has it, and the page keeps it in a cookie. */
  readonly token?: string
  /** What the page calls the job, and the label `job` of its metrics. Default `millrace`. */
  readonly name?: string
  /** Gets the snapshot of the page's buttons: of `savepoint`, which is not there without, and of `stop`. */
  readonly onSnapshot?: (snapshot: JobSnapshot, of: 'savepoint' | 'stop') => void | Promise<void>
}

/** A live page that is being served. */
export interface Dashboard {
  readonly url: string
  /** Resolves when nothing of it is left open. */
  close(): Promise<void>
}

type OpenDashboard = (job: Job, options: DashboardOptions) => Promise<Dashboard>

let openDashboard: OpenDashboard | undefined

/** Wires what serves live pages, which loads when it is needed. */
export function useDashboard(open: OpenDashboard): void {
  openDashboard = open
}

/** Serves the live page of a job. */
export function dashboardOf(job: Job, options: DashboardOptions): Promise<Dashboard> {
  if (!openDashboard)
    throw new Error('no live page is wired: import jobs from the package, not from its parts')
  return openDashboard(job, options)
}

/** Runs plans. */
export interface Engine {
  start(plan: Plan, attachments: Attachments, options: JobOptions): Promise<Job>
  /** The optimized plan as text: what runs where, and why. */
  explain(plan: Plan, attachments: Attachments, options: ExplainOptions): Promise<string>
}

let current: Engine | undefined

/** Wires the engine that datasets run on. */
export function useEngine(engine: Engine): void {
  current = engine
}

/** The wired engine. */
export function engine(): Engine {
  if (!current) throw new Error('no engine is wired: import datasets from the package, not from its parts')
  return current
}
