/**
 * A running plan: the coordinator. Reads sources, numbers the steps, drives stages and sinks, takes barriers.
 *
 * Runs on the thread that started the job. It alone touches connectors.
 */

import { rowCount } from '../../core/batch/batch.ts'
import type { RowOptions } from '../../core/batch/rows.ts'
import { jobBundle } from '../../core/dataset/job-display.ts'
import { replaySpeed } from '../../core/dataset/replay-speed.ts'
import { DISPLAY } from '../../core/display.ts'
import {
  type Attachments,
  type Clock,
  type Dashboard,
  type DashboardOptions,
  dashboardOf,
  type Job,
  type JobOptions,
  type JobSnapshot,
  type LoggedMark,
  type Progress,
} from '../../core/engine.ts'
import {
  ConnectorError,
  type DataError,
  JobError,
  nodeOf,
  PlanError,
  placeOf,
  setText,
} from '../../core/errors.ts'
import { placedText } from '../../core/formats/bad-rows.ts'
import type { JobAlert, ScoredPoint } from '../../core/job-alerts.ts'
import type { JobMetrics, JobState } from '../../core/job-metrics.ts'
import type { SinkRows } from '../../core/job-rows.ts'
import { type EdgeTime, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import { shown, whole } from '../../core/options.ts'
import type { SourceNode } from '../../core/plan.ts'
import { originalId } from '../../core/planner/derived-id.ts'
import { type Duration, positiveMs } from '../../core/time/duration.ts'
import { uniqueId } from '../../core/unique-id.ts'
import type { ShardMemory } from '../../workers/messages.ts'
import type { ShardHost } from '../../workers/pool.ts'
import { type AlertLog, watchAlerts } from './alert-log.ts'
import { wallClock } from './clock.ts'
import { checkClockLog } from './clock-log.ts'
import { Dataflow, type DataflowEvents, splitKey, splitsByStage } from './dataflow.ts'
import type { RoutedBatch } from './edges.ts'
import { Epochs, jobOver } from './epochs.ts'
import { INTERRUPTED, Interrupts } from './interrupts.ts'
import { JobClock } from './job-clock.ts'
import { JobCounts } from './job-counts.ts'
import { JobMeters } from './job-meters.ts'
import { checkSnapshot } from './job-snapshot.ts'
import { MOST_LAST_ROWS, SinksLastRows } from './last-rows.ts'
import { metricsOf } from './metrics-snapshot.ts'
import type { PlannedJob, Scan } from './plan-job.ts'
import { ProgressReport } from './progress-report.ts'
import { ReadingControl } from './reading-control.ts'
import { JobShards } from './shards.ts'
import type { SinkRunner } from './sink-runner.ts'
import { type ReadingHost, SourceReading } from './source-reading.ts'
import { SplitReaders } from './split-readers.ts'
import { type ClockMark, type Mark, newStep, STEPS_AHEAD, type Step } from './step.ts'

/** How long whatever a job has opened may take to close. */
const CLOSE_WITHIN_MS = 5_000

let jobs = 0

/** What tests put in place of wall time and patience. */
export interface JobSurroundings {
  readonly clock?: Clock
  /** How long whatever the job has opened may take to close. */
  readonly closeWithinMs?: number
}

export class ThreadsJob implements Job {
  readonly done: Promise<Progress>
  readonly #planned: PlannedJob
  readonly #options: JobOptions
  readonly #attachments: Attachments
  /** What sinks know the job by, through all its restorations. */
  readonly #identity: string
  readonly #shards: JobShards
  readonly #dataflow: Dataflow
  readonly #readers: SplitReaders
  readonly #counts = new JobCounts()
  readonly #meters: JobMeters
  #ownMemory: readonly ShardMemory[] = []

  #underWay = 0
  #steps = 0
  #finished = false
  #alerts: AlertLog | undefined
  readonly #lastRows = new SinksLastRows()
  /** When the shards were open, of `performance.now()`. */
  #openedMs: number | undefined
  readonly #report: ProgressReport

  /** The job is to end at a barrier before its input does. */
  #stopping = false
  readonly #reading: SourceReading
  readonly #control: ReadingControl
  readonly #waits = new Interrupts()
  /** Those of whoever controls the reading: until the job is over. */
  readonly #controlWaits = new Interrupts()
  /** Settles when sinks and shards are open, or the job has failed. */
  readonly #opened = Promise.withResolvers<void>()
  /** By source. A source has ended when its splits have. */
  readonly #sourceTimes = new Map<string, EdgeTime>()
  #failure: { error: unknown } | undefined
  /** What settles at the next change, while somebody waits for it. */
  #change: PromiseWithResolvers<void> | undefined
  readonly #epochs: Epochs
  readonly #clock: JobClock
  readonly #wallClock: Clock
  readonly #closeWithinMs: number
  #snapshot: JobSnapshot | undefined
  readonly #explain: (error: unknown, node?: string) => unknown
  /** Settles with the job, however it ends. */
  readonly #settled = Promise.withResolvers<void>()
  readonly #onAbort = () => this.#abort(this.#options.signal?.reason)

  constructor(
    planned: PlannedJob,
    attachments: Attachments,
    options: JobOptions,
    hosts: readonly ShardHost[],
    { clock = options.clock ?? wallClock, closeWithinMs = CLOSE_WITHIN_MS }: JobSurroundings = {},
  ) {
    this.#planned = planned
    this.#options = options
    this.#attachments = attachments
    this.#identity = options.restore?.job ?? uniqueId()
    this.#closeWithinMs = closeWithinMs
    this.#meters = new JobMeters(planned)
    this.#report = new ProgressReport(
      options.onProgress,
      () => this.progress,
      error => this.#fail(error),
    )
    this.#wallClock = clock
    this.#readers = new SplitReaders(planned.scans, clock, options.lingerMs, (split, reader) =>
      this.#clock.following(split, reader),
    )
    this.#control = new ReadingControl(this.#readers.replays, {
      throwIfOver: () => {
        this.#throwIfFailed()
        if (this.#finished || this.#stopping) throw jobOver()
      },
      unlessOver: promise => this.#unlessOver(promise),
      drain: async () => void (await this.#unlessOver(this.#drain())),
      changed: () => this.#changed(),
      resumed: () => this.#clock.resume(),
    })
    this.#reading = new SourceReading(planned.scans, this.#readers, this.#readingHost(), this.#meters.sources)
    this.#shards = new JobShards(`${process.pid}-${++jobs}`, hosts, this.#readers.budget)
    const events: DataflowEvents = {
      fail: error => this.#fail(error),
      rowsOut: rows => {
        this.#counts.rowsOut += rows
      },
      partDone: part => this.#meters.backPressure.done(part),
      late: (node, rows) => this.#late(node, rows),
      scored: (node, values) => this.#counts.scored(node, values),
      decoded: (rows, skipped) => {
        this.#counts.rowsIn += rows
        this.#counts.skipped += skipped
        if (skipped > 0) this.#meters.log.once('bad', 'warn', 'rows that cannot be read are left out')
      },
      notNeeded: source => this.#reading.stopSource(source),
    }
    this.#dataflow = new Dataflow(planned, attachments, options, this.#shards, events, this.#meters)
    this.#epochs = new Epochs(planned.planHash, this.#identity, this.#dataflow, this.#readers.positions, {
      steps: () => this.#steps,
      isOver: () => this.#over,
      beginBarrier: barrier => void this.#begin({ mark: { barrier } }),
      takeMarks: () => {
        const { readingMs } = this.#clock
        return { marks: this.#clock.takeMarks(), ...(readingMs === undefined ? {} : { clockMs: readingMs }) }
      },
      committed: positions => tellCommitted(planned.scans, positions),
      throwIfFailed: () => this.#throwIfFailed(),
      unlessFailed: work => this.#unlessFailed(work),
      fail: error => this.#fail(error),
      meters: this.#meters,
    })
    this.#clock = new JobClock(planned.plan, this.#dataflow.eventTimes, clock, options, {
      mark: mark => this.#markClock(mark),
      isPaused: () => this.#control.isPaused,
    })
    this.#explain = (error, node) => attachments.explain?.(error, node) ?? error
    // A failure that nobody handles is an unhandled rejection, as of any promise: nothing is lost in silence.
    this.done = this.#run()
    if (options.signal?.aborted) this.done.catch(() => {})
  }

  get progress(): Progress {
    this.#shards.take()
    const [eventTime] = this.#dataflow.eventTimes.values()
    return this.#counts.progress(this.#planned, eventTime, this.#finished)
  }

  get #state(): JobState {
    if (this.#failure) return 'failed'
    if (this.#finished) return 'done'
    if (this.#stopping) return 'stopping'
    if (this.#openedMs === undefined) return 'starting'
    return this.#control.isPaused ? 'paused' : 'running'
  }

  dashboard(options: DashboardOptions = {}): Promise<Dashboard> {
    return dashboardOf(this, options)
  }

  alerts(): readonly JobAlert[] {
    return this.#alertLog.alerts
  }

  scoredPoints(series: string): readonly ScoredPoint[] {
    return this.#alertLog.pointsOf(series)
  }

  scoredSeries(): readonly string[] {
    return this.#alertLog.series
  }

  lastRows(most = 20, options: RowOptions = {}): readonly SinkRows[] {
    whole(most, 'the rows of lastRows()', 1, MOST_LAST_ROWS, this.lastRows)
    return this.#lastRows.of(this.#dataflow.sinks, most, options)
  }

  /** Alerts are kept from the first time on that somebody asks. */
  get #alertLog(): AlertLog {
    this.#alerts ??= watchAlerts(this.#dataflow, this.#planned)
    return this.#alerts
  }

  metrics(): JobMetrics {
    this.#shards.take()
    return metricsOf({
      identity: this.#identity,
      state: this.#state,
      failure: this.#failure,
      progress: this.progress,
      openMs: this.#openedMs === undefined ? 0 : this.#counts.nowMs - this.#openedMs,
      meters: this.#meters,
      shards: this.#shards,
      readers: this.#readers,
      dataflow: this.#dataflow,
      clock: this.#wallClock,
    })
  }

  /** Slabs of every shard, of what was merged, and of the sources' readers, when the job was over. */
  get memory(): readonly ShardMemory[] {
    return [...this.#shards.memory, ...this.#ownMemory]
  }

  get clockLog(): readonly LoggedMark[] {
    return this.#clock.marks
  }

  async stop(): Promise<JobSnapshot> {
    this.#stopping = true
    this.#meters.log.add('info', 'stopping: to the last barrier')
    this.#reading.stop()
    await this.done
    if (this.#snapshot) return this.#snapshot
    throw jobOver()
  }

  async snapshot(): Promise<JobSnapshot> {
    await this.#opened.promise
    this.#throwIfFailed()
    if (this.#stopping) throw jobOver()
    return this.#epochs.snapshot()
  }

  async pause(): Promise<void> {
    await this.#whenOpen(() => this.#control.pause())
    this.#meters.log.add('info', 'paused')
  }

  resume(): void {
    this.#control.resume()
    this.#meters.log.add('info', 'resumed')
  }

  async step(span?: Duration): Promise<Progress> {
    const spanMs = span === undefined ? undefined : positiveMs(span, 'the span of step()', this.step)
    await this.#whenOpen(() => this.#control.step(spanMs))
    return this.progress
  }

  async seek(to: Date): Promise<Progress> {
    if (!(to instanceof Date) || Number.isNaN(to.getTime())) {
      throw new PlanError('DATE', `seek goes to a Date, got ${shown(to)}`, {
        hint: "new Date('2026-01-01T09:00Z')",
      })
    }
    this.#meters.log.add('info', `seeking ${to.toISOString()}`)
    await this.#whenOpen(() => this.#control.seek(to.getTime()))
    return this.progress
  }

  setSpeed(speed: 'max' | number): void {
    this.#control.setSpeed(replaySpeed(speed, this.setSpeed))
    this.#meters.log.add(
      'info',
      `the replay goes at ${speed === 'max' ? 'full speed' : `${speed} times its speed`}`,
    )
  }

  /** Sources are being read from then on. */
  async #whenOpen<T>(act: () => Promise<T>): Promise<T> {
    await this.#opened.promise
    return act()
  }

  /** Waits for something, but not beyond the end of the job; then it gives nothing. */
  async #unlessOver<T>(promise: Promise<T>): Promise<T | undefined> {
    const first = await this.#controlWaits.unless(promise)
    this.#throwIfFailed()
    return first === INTERRUPTED ? undefined : first
  }

  async abort(): Promise<void> {
    this.#abort(undefined)
    await this.#settled.promise
  }

  /** Stops at once. Whoever asked for it need not be told again by `done`; a failure before it is one to be heard. */
  #abort(reason: unknown): void {
    if (!this.#failure && !this.#finished) this.done.catch(() => {})
    this.#fail(abortError(reason))
  }

  /** For notebooks: how far it has come. */
  [DISPLAY](): Promise<object> {
    return jobBundle(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#finished) await this.abort()
  }

  async #run(): Promise<Progress> {
    const { signal } = this.#options
    try {
      if (signal?.aborted) throw abortError(signal.reason)
      signal?.addEventListener('abort', this.#onAbort)
      if (this.#options.restore)
        checkSnapshot(
          this.#options.restore,
          this.#planned.planHash,
          this.#planned.scans.map(({ id }) => id),
        )
      this.#checkClockLog()
      await this.#shards.open(this.#planned.staged.stages, splitsByStage(this.#planned))
      this.#openedMs = performance.now()
      for (const sink of this.#dataflow.sinks) await this.#open(sink)
      await this.#checkUnfinished()
      await this.#restore()
      await this.#epochs.begin()
      this.#opened.resolve()
      this.#meters.log.add('info', `running on ${this.#shards.count} shard(s)`)
      if (!this.#planned.bounded) this.#epochs.startCommitting(this.#options.commitEveryMs)
      const watching = this.#clock.run().catch(error => this.#fail(error))
      await this.#reading.run()
      this.#clock.stop()
      await watching
      this.#throwIfFailed()
      this.#snapshot = await this.#epochs.end(this.#stopping)
      await this.#drain()
    } catch (error) {
      this.#fail(error)
    }
    await this.#tidy()
    this.#counts.end()
    this.#settled.resolve()
    this.#controlWaits.interrupt()
    if (this.#failure) {
      await this.#findLine(this.#failure.error)
      throw this.#failure.error
    }
    this.#finished = true
    this.#meters.log.add('info', 'done')
    this.#tell(() => this.#report.tell())
    return this.progress
  }

  #tell(report: () => void): void {
    try {
      report()
    } catch (error) {
      throw this.#explain(error)
    }
  }

  #late(node: string, rows: number): void {
    this.#counts.late(node, rows)
    this.#meters.log.once(`late ${node}`, 'warn', `rows came too late for ${node}`)
  }

  // --- steps ---

  #readingHost(): ReadingHost {
    return {
      hasRoom: () => this.#underWay < STEPS_AHEAD,
      isIdle: () => this.#underWay === 0,
      mayRead: () => this.#control.mayRead,
      asked: split => this.#clock.asked(split),
      isAhead: split => this.#dataflow.isAhead(split),
      change: () => this.#nextChange(),
      changed: () => this.#changed(),
      fail: error => this.#fail(error),
      beginMark: mark => {
        if ('ends' in mark) this.#clock.ended(mark.ends)
        if ('sourceEnds' in mark) this.#sourceTimes.set(mark.sourceEnds, ENDED)
        this.#begin({ mark })
      },
      beginRows: (source, batch, split, replayed) => {
        this.#shards.take()
        this.#shards.doze(this.#nobodyWaits)
        if (!replayed) this.#control.read()
        // Bytes are no rows: what is decoded counts.
        if (!batch.origin) this.#counts.rowsIn += rowCount(batch)
        this.#clock.brings(split)
        const step = this.#begin({ source, batches: [{ batch, split }] })
        this.#clock.read(split, rowCount(batch))
        this.#tell(() => this.#report.report())
        return step
      },
    }
  }

  /** Whether a step without results may be over later: nobody waits for that, for room, or for a barrier. */
  get #nobodyWaits(): boolean {
    return !this.#planned.bounded && !this.#change && !this.#epochs.isUnderWay
  }

  #begin(step: { source?: string; batches?: readonly RoutedBatch[]; mark?: Mark }): Step {
    const { source, batches = [], mark } = step
    if (mark) this.#shards.doze(false)
    const parts = this.#dataflow.stages.length + this.#dataflow.sinks.length
    const begun = newStep(this.#steps++, mark, parts, this.#clock.readingMs, this.#stepOver)
    this.#meters.backPressure.begin()
    this.#underWay++
    for (const [id, receivers] of this.#dataflow.readers) {
      const message = {
        batches: id === source ? batches : [],
        time: this.#sourceTimes.get(id) ?? NOTHING_KNOWN,
      }
      for (const receiver of receivers) receiver.receive(begun, message)
    }
    return begun
  }

  readonly #stepOver = (): void => {
    this.#underWay--
    this.#meters.backPressure.over()
    this.#changed()
  }

  /** Whatever the clock decides has a step. */
  #markClock(mark: ClockMark): void {
    if (!this.#over) this.#begin({ mark: { clock: mark } })
  }

  /** Waits until nothing is under way, or the job has failed. */
  async #drain(): Promise<void> {
    while (this.#underWay > 0 && !this.#failure) await this.#nextChange()
    this.#throwIfFailed()
  }

  // --- going on from a snapshot ---

  /** @throws {JobError} `CLOCK_LOG` */
  #checkClockLog(): void {
    const { clockLog = [] } = this.#options
    const { scans } = this.#planned
    checkClockLog(
      clockLog,
      scans.map(({ id }) => id),
    )
    if (clockLog.length > 0 && scans.some(({ replay }) => replay?.together)) throw takesTurns()
  }

  /** @throws {ConnectorError} `SINK_AHEAD` when a sink holds what came after the snapshot, or of a job that began before: it would come twice, or not */
  async #open({ sink, schema, written }: SinkRunner): Promise<void> {
    const { restore } = this.#options
    await this.#unlessFailed(sink.open(schema, { job: this.#identity, ...written }))
    // Data that ends is committed at its end, whole: a sink that has it under the job's name has it all.
    if (!sink.committed || (!restore && this.#planned.bounded)) return
    const committed = await this.#waits.unless(sink.committed())
    this.#throwIfFailed()
    if (typeof committed !== 'number') return
    if (!restore) throw otherCommits(sink.label, committed)
    if (committed <= restore.epoch) return
    throw new ConnectorError(
      'SINK_AHEAD',
      `the snapshot is of commit ${restore.epoch}, but ${sink.label} holds the job's commits up to ${committed}`,
      {
        hint: 'restore the newest snapshot, that of the last stop(); or start without one, into a new table',
      },
    )
  }

  /**
   * Where some sinks are left to write, those that have the rows skip them.
   *
   * @throws {ConnectorError} `SINK_FINISHED` when all have what a job of this name wrote: this one would write nothing
   */
  async #checkUnfinished(): Promise<void> {
    const { sinks } = this.#dataflow
    if (this.#options.restore || !this.#planned.bounded || sinks.length === 0) return
    for (const { sink } of sinks) {
      const committed = sink.committed && (await this.#waits.unless(sink.committed()))
      this.#throwIfFailed()
      if (typeof committed !== 'number') return
    }
    throw finishedBefore(sinks.map(({ sink }) => sink.label))
  }

  async #restore(): Promise<void> {
    const { restore } = this.#options
    if (!restore) return
    const { scans } = this.#planned
    const knows = this.#readers.positions.restore(restore.positions, scans)
    for (const [node, saved] of Object.entries(restore.eventTimes)) {
      const eventTime = this.#dataflow.eventTimes.get(node)
      eventTime?.restore(saved)
      for (const { id, splits } of scans)
        for (const split of splits) if (!knows(id, split.label)) eventTime?.beginSplit(splitKey(id, split))
    }
    this.#epochs.goOnAfter(restore.epoch)
    await this.#shards.load(restore.state)
  }

  // --- ending ---

  get #over(): boolean {
    return this.#failure !== undefined || this.#stopping
  }

  #fail(error: unknown): void {
    if (!this.#failure) {
      this.#failure = { error: this.#explain(error) }
      this.#meters.log.add('error', String(this.#failure.error))
    }
    this.#shards.abort()
    this.#epochs.fail(this.#failure.error)
    this.#clock.stop()
    this.#waits.interrupt()
    this.#controlWaits.interrupt()
    this.#opened.resolve()
    this.#reading.stop()
  }

  /** Waits for a sink, but not beyond the job's failure. */
  async #unlessFailed(work: Promise<void>): Promise<void> {
    this.#throwIfFailed()
    await this.#waits.unless(work)
    this.#throwIfFailed()
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Leaves nothing behind: readers, sinks, shards, listeners. A failure while tidying does not hide the first one. */
  async #tidy(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#epochs.stopCommitting()
    await Promise.all(this.#readers.closeAll().map(closing => this.#ended('a reader', closing)))
    for (const { source } of this.#planned.scans) source.jobEnded?.()
    await this.#ended('a shard', this.#shards.close())
    const closeSink = async ({ sink, idle }: SinkRunner) => {
      await this.#ended(sink.label, idle)
      if (this.#failure) await this.#ended(sink.label, sink.abort())
      await this.#ended(sink.label, sink.close())
    }
    await Promise.all(this.#dataflow.sinks.map(closeSink))
    this.#ownMemory = [...this.#dataflow.merge.releaseMemory(), ...this.#readers.releaseMemory()]
  }

  /** Says in which line of its file a record is that could not be decoded, if the source can tell. */
  async #findLine(error: unknown): Promise<void> {
    const place = placeOf(error)
    const node = this.#planned.plan.nodes[originalId(nodeOf(error) ?? '')] as SourceNode | undefined
    if (!place || node?.kind !== 'source') return
    const source = this.#attachments.sources.get(node.connector)
    const line = await source?.lineAt?.(place.file, place.offset).catch(() => undefined)
    if (line !== undefined) setText(error as DataError, placedText(place, line))
  }

  /** Waits for something to end. It may fail; what never settles does not keep the job from ending. */
  async #ended(what: string, end: Promise<unknown>): Promise<void> {
    const { promise: tooLong, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(notClosed(what, this.#closeWithinMs)), this.#closeWithinMs)
    try {
      await Promise.race([end, tooLong])
    } catch (error) {
      this.#fail(error)
    } finally {
      clearTimeout(timer)
    }
  }

  #nextChange(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>()
    const { promise } = this.#change
    this.#shards.doze(false)
    return promise
  }

  /** Wakes whoever waits for room. */
  #changed(): void {
    this.#change?.resolve()
    this.#change = undefined
  }
}

const notClosed = (what: string, withinMs: number): JobError =>
  new JobError('NOT_CLOSED', `${what} did not close within ${withinMs / 1000} s of the end of the job`, {
    hint: 'a promise that its write, abort or close returned never settles; what it holds may still be open',
  })

/** Of a job that is called by a name, and begins anew: the clock would cut its data into other commits. */
const otherCommits = (label: string, committed: number): ConnectorError =>
  new ConnectorError(
    'SINK_AHEAD',
    `${label} holds commits 0 to ${committed} of a job of this name, and data that does not end is committed by the clock: which rows are there already cannot be told`,
    {
      hint: 'restore the snapshot of its last stop(); or give the job another name, or the rows another table or folder',
    },
  )

const finishedBefore = (labels: readonly string[]): ConnectorError =>
  new ConnectorError(
    'SINK_FINISHED',
    `${labels.join(', ')}: what a job of this name wrote is there already, so this one would write nothing`,
    {
      hint: 'if it is the same run once more, all is done; give each run of new rows a name of its own, as { job: `nightly ${day}` }, or none',
    },
  )

const takesTurns = (): JobError =>
  new JobError('CLOCK_LOG', 'the job cannot follow a clockLog while several datasets are replayed together', {
    hint: 'replay each by itself, or replay their union',
  })

const ENDED: EdgeTime = Object.freeze({
  watermarkMs: Number.POSITIVE_INFINITY,
  maxTimeMs: Number.NEGATIVE_INFINITY,
})

function abortError(reason: unknown): JobError {
  return new JobError('ABORTED', 'the job was aborted', reason === undefined ? {} : { cause: reason })
}

/** Tells sources what has come of their splits for good, those that appeared on the way included. */
function tellCommitted(scans: readonly Scan[], positions: JobSnapshot['positions']): void {
  for (const { id, source } of scans) {
    if (!source.committed) continue
    for (const [label, { from, rows }] of Object.entries(positions[id] ?? {}))
      source.committed(label, { ...from, rows })
  }
}
