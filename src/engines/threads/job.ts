/**
 * A running plan: the coordinator. Reads sources, numbers the steps, drives stages and sinks, takes barriers.
 *
 * Runs on the thread that started the job. It alone touches connectors.
 */

import { rowCount } from '../../core/batch/batch.ts'
import type { ReaderMemory } from '../../core/connector.ts'
import type { Attachments, Job, JobOptions, JobSnapshot, Progress } from '../../core/engine.ts'
import { JobError, PlanError } from '../../core/errors.ts'
import { type EdgeTime, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import type { StateSnapshot } from '../../core/state/snapshot.ts'
import type { ShardMemory } from '../../workers/messages.ts'
import type { ShardHost } from '../../workers/pool.ts'
import { Dataflow, splitKey } from './dataflow.ts'
import type { RoutedBatch } from './edges.ts'
import { JobCounts } from './job-counts.ts'
import { type Clock, wallClock } from './paced-reader.ts'
import type { PlannedJob, Scan } from './plan-job.ts'
import { JobShards } from './shards.ts'
import { SplitReaders } from './split-readers.ts'
import { type Mark, newStep, STEPS_AHEAD } from './step.ts'

const PROGRESS_EVERY_MS = 100
const DEFAULT_COMMIT_EVERY_MS = 10_000

let jobs = 0

export class ThreadsJob implements Job {
  readonly done: Promise<Progress>
  readonly #planned: PlannedJob
  readonly #options: JobOptions
  readonly #shards: JobShards
  readonly #dataflow: Dataflow
  readonly #readers: SplitReaders
  readonly #counts = new JobCounts()
  #readerMemory: readonly ShardMemory[] = []

  readonly #underWay = new Set<Promise<void>>()
  #steps = 0
  #epoch = 0
  #finished = false
  #nextReportMs = 0
  /** Commits while a stream runs; one at a time. */
  #commitTimer: NodeJS.Timeout | undefined
  #committing: Promise<void> = Promise.resolve()
  #committedSteps = 0

  /** The job is to end at a barrier before its input does. */
  #stopping = false
  /** Sources whose rows can change nothing any more. */
  readonly #notNeeded = new Set<string>()
  /** By source: what makes those that wait for its rows wait no longer. */
  readonly #reading = new Map<string, Set<() => void>>()
  /** By source. A source has ended when its splits have. */
  readonly #sourceTimes = new Map<string, EdgeTime>()
  #failure: { error: unknown } | undefined
  /** Wakes whoever waits for room, for a barrier, or for a read that no longer matters. */
  #wake: () => void = () => {}
  #change = this.#newChange()
  #barrier = false
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
    clock: Clock = wallClock,
  ) {
    this.#planned = planned
    this.#options = options
    this.#readers = new SplitReaders(planned.scans, clock)
    this.#shards = new JobShards(`${process.pid}-${++jobs}`, hosts)
    this.#dataflow = new Dataflow(planned, attachments, options, this.#shards, {
      fail: error => this.#fail(error),
      rowsOut: rows => {
        this.#counts.rowsOut += rows
      },
      lateRows: rows => {
        this.#counts.rowsLate += rows
      },
      scored: (node, values) => this.#counts.scored(node, values),
      notNeeded: source => {
        this.#notNeeded.add(source)
        this.#changed()
        for (const stopWaiting of this.#reading.get(source) ?? []) stopWaiting()
      },
    })
    this.#explain = (error, node) => attachments.explain?.(error, node) ?? error
    // A failure that nobody handles is an unhandled rejection, as of any promise: nothing is lost in silence.
    this.done = this.#run()
    if (options.signal?.aborted) this.done.catch(() => {})
  }

  get progress(): Progress {
    const [eventTime] = this.#dataflow.eventTimes.values()
    return this.#counts.progress(this.#planned, eventTime, this.#finished)
  }

  /** Slabs of every shard, and of the sources' readers, when the job was over. */
  get memory(): readonly ShardMemory[] {
    return [...this.#shards.memory, ...this.#readerMemory]
  }

  async stop(): Promise<JobSnapshot> {
    this.#stopping = true
    this.#interruptReads()
    await this.done
    if (this.#snapshot) return this.#snapshot
    throw new JobError('JOB_OVER', 'the job had ended before it could be stopped', {
      hint: 'nothing is left to resume: its sinks have everything',
    })
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#finished) await this.abort()
  }

  async #run(): Promise<Progress> {
    const { signal } = this.#options
    try {
      if (signal?.aborted) throw abortError(signal.reason)
      signal?.addEventListener('abort', this.#onAbort)
      await this.#shards.open(this.#planned.staged.stages)
      for (const { sink, schema } of this.#dataflow.sinks) await sink.open(schema)
      await this.#restore()
      for (const { sink } of this.#dataflow.sinks) await sink.begin(this.#epoch)
      this.#startCommitting()
      await this.#read()
      await this.#stopCommitting()
      await this.#drain()
      if (this.#stopping) this.#snapshot = await this.#takeSnapshot()
      for (const { sink } of this.#dataflow.sinks) await sink.commit(this.#epoch)
    } catch (error) {
      this.#fail(error)
    }
    await this.#tidy()
    this.#settled.resolve()
    if (this.#failure) throw this.#failure.error
    this.#finished = true
    this.#tell()
    return this.progress
  }

  // --- reading ---

  async #read(): Promise<void> {
    const { scans } = this.#planned
    // Bounded inputs follow one another, so that rows keep one order; streams flow side by side.
    const bounded = scans.filter(isBounded)
    const endless = scans.filter(scan => !isBounded(scan))
    const inTurn = async () => {
      for (const scan of bounded) await this.#readScan(scan, true)
    }
    const readers = [inTurn(), ...endless.map(scan => this.#readScan(scan, false))]
    await Promise.all(readers.map(reading => reading.catch(error => this.#fail(error))))
    this.#throwIfFailed()
  }

  /** Reads the splits of a source, in turn or side by side; then the source has ended. */
  async #readScan(scan: Scan, inTurn: boolean): Promise<void> {
    const splits = scan.splits.map((_, index) => index)
    if (inTurn) for (const index of splits) await this.#pump(scan, index)
    else await Promise.all(splits.map(index => this.#pump(scan, index)))
    if (this.#over) return
    this.#sourceTimes.set(scan.id, ENDED)
    this.#begin(undefined, [], { sourceEnds: scan.id })
  }

  async #pump(scan: Scan, index: number): Promise<void> {
    const key = splitKey(scan.id, index)
    if (this.#mayStop(scan)) return
    const memory = this.#readers.newMemory()
    const reader = await this.#readers.open(scan, index, memory)
    try {
      while (await this.#mayRead(scan, memory)) {
        const read = await this.#unlessOver(scan, reader.next())
        if (read === OVER) break
        // A barrier that began meanwhile comes first: the batch belongs after it.
        while (this.#barrier && !this.#over) await this.#change
        if (this.#over) break
        if (!read) {
          this.#begin(undefined, [], { ends: key })
          break
        }
        const rows = rowCount(read.batch)
        const batch = this.#readers.placed(scan, index, read.batch)
        this.#readers.positions[scan.id]![index]! += rows
        this.#counts.rowsIn += rows
        const step = this.#begin(scan.id, [{ batch, split: key }])
        step.onOver(() => {
          for (const slab of read.slabs) memory.pool.release(slab)
          this.#changed()
        })
        this.#report()
      }
    } finally {
      await this.#readers.close(reader)
    }
  }

  /** Whether no more of a source is to be read. */
  #mayStop(scan: Scan): boolean {
    return this.#over || this.#notNeeded.has(scan.id)
  }

  /**
   * Waits until another batch may be read; false once nothing more is to be read. With nothing under way all memory is
   * the reader's own, read ahead: then it is for the reader to hand it out.
   */
  async #mayRead(scan: Scan, memory: ReaderMemory): Promise<boolean> {
    const full = () => this.#underWay.size >= STEPS_AHEAD || (this.#underWay.size > 0 && !memory.pool.hasRoom)
    while (!this.#mayStop(scan) && (this.#barrier || full())) await this.#change
    return !this.#mayStop(scan)
  }

  /** What a reader gives, or OVER as soon as nobody wants it any more. */
  async #unlessOver<T>({ id }: Scan, read: Promise<T>): Promise<T | typeof OVER> {
    const { promise, resolve, reject } = Promise.withResolvers<T | typeof OVER>()
    const stopWaiting = () => resolve(OVER)
    const waiting = this.#reading.get(id) ?? new Set()
    this.#reading.set(id, waiting.add(stopWaiting))
    // It may lose the race and fail later, when nobody waits for it any more.
    read.then(resolve, reject)
    try {
      return await promise
    } finally {
      waiting.delete(stopWaiting)
    }
  }

  /** Nobody waits for rows any longer. */
  #interruptReads(): void {
    this.#changed()
    for (const waiting of this.#reading.values()) for (const stopWaiting of waiting) stopWaiting()
  }

  // --- steps ---

  #begin(source: string | undefined, batches: readonly RoutedBatch[], mark?: Mark) {
    const { step, over } = newStep(
      this.#steps++,
      mark,
      this.#dataflow.stages.length + this.#dataflow.sinks.length,
    )
    const settled = over.then(() => {
      this.#underWay.delete(settled)
      this.#changed()
    })
    this.#underWay.add(settled)
    for (const [id, receivers] of this.#dataflow.readers) {
      const time = this.#sourceTimes.get(id) ?? NOTHING_KNOWN
      for (const receiver of receivers)
        receiver.receive(step, { batches: id === source ? batches : [], time })
    }
    return step
  }

  /** Waits until nothing is under way, or the job has failed. */
  async #drain(): Promise<void> {
    while (this.#underWay.size > 0 && !this.#failure) await this.#change
    this.#throwIfFailed()
  }

  // --- barriers ---

  /** What streams have brought becomes visible now and then, also while no more comes. */
  #startCommitting(): void {
    if (this.#planned.bounded) return
    const everyMs = this.#options.commitEveryMs ?? DEFAULT_COMMIT_EVERY_MS
    this.#commitTimer = setInterval(() => {
      if (this.#barrier || this.#over || this.#steps === this.#committedSteps) return
      this.#committing = this.#commit().catch(error => this.#fail(error))
    }, everyMs)
  }

  async #stopCommitting(): Promise<void> {
    clearInterval(this.#commitTimer)
    await this.#committing
    this.#throwIfFailed()
  }

  /** Everything read so far becomes visible in the sinks. */
  async #commit(): Promise<void> {
    this.#barrier = true
    try {
      await this.#drain()
      for (const { sink } of this.#dataflow.sinks) await sink.commit(this.#epoch)
      this.#epoch++
      for (const { sink } of this.#dataflow.sinks) await sink.begin(this.#epoch)
      this.#committedSteps = this.#steps
    } finally {
      this.#barrier = false
      this.#changed()
    }
  }

  async #takeSnapshot(): Promise<JobSnapshot> {
    const state: Record<string, StateSnapshot[]> = {}
    for (const ofShard of await this.#shards.snapshot()) {
      for (const [node, part] of Object.entries(ofShard)) (state[node] ??= []).push(part)
    }
    return {
      version: 1,
      planHash: this.#planned.planHash,
      epoch: this.#epoch,
      positions: structuredClone(this.#readers.positions),
      eventTimes: Object.fromEntries(
        [...this.#dataflow.eventTimes].map(([node, time]) => [node, time.save()]),
      ),
      state,
    }
  }

  async #restore(): Promise<void> {
    const { restore } = this.#options
    if (!restore) return
    if (restore.planHash !== this.#planned.planHash) {
      throw new PlanError('RESTORE_PLAN', 'the snapshot is of another plan', {
        hint: 'restore with the very plan that was stopped; a changed plan starts from the beginning',
      })
    }
    for (const [id, rows] of Object.entries(restore.positions)) this.#readers.positions[id] = [...rows]
    for (const [node, saved] of Object.entries(restore.eventTimes))
      this.#dataflow.eventTimes.get(node)?.restore(saved)
    this.#epoch = restore.epoch + 1
    await this.#shards.restore(restore.state)
  }

  // --- ending ---

  get #over(): boolean {
    return this.#failure !== undefined || this.#stopping
  }

  #fail(error: unknown): void {
    this.#failure ??= { error: this.#explain(error) }
    this.#interruptReads()
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Leaves nothing behind: readers, sinks, shards, listeners. A failure while tidying does not hide the first one. */
  async #tidy(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    clearInterval(this.#commitTimer)
    await this.#committing
    const quietly = (work: Promise<unknown>) => work.catch(error => this.#fail(error))
    for (const reader of this.#readers.stillOpen) await quietly(reader.close())
    await quietly(this.#shards.close())
    for (const { sink, idle } of this.#dataflow.sinks) {
      await idle
      if (this.#failure) await quietly(sink.abort())
      await quietly(sink.close())
    }
    this.#readerMemory = this.#readers.releaseMemory()
  }

  #newChange(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  #changed(): void {
    const wake = this.#wake
    this.#change = this.#newChange()
    wake()
  }

  #report(): void {
    if (!this.#options.onProgress) return
    const now = performance.now()
    if (now < this.#nextReportMs) return
    this.#nextReportMs = now + PROGRESS_EVERY_MS
    this.#tell()
  }

  #tell(): void {
    try {
      this.#options.onProgress?.(this.progress)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw this.#explain(new JobError('ON_PROGRESS', `onProgress threw: ${message}`, { cause }))
    }
  }
}

const OVER: unique symbol = Symbol('over')

const ENDED: EdgeTime = Object.freeze({
  watermarkMs: Number.POSITIVE_INFINITY,
  maxTimeMs: Number.NEGATIVE_INFINITY,
})

/** Whether a scan ends: a replay of what ends does not count, its rows come as those of a stream. */
const isBounded = ({ source, replay }: Scan): boolean => source.bounded && !replay

function abortError(reason: unknown): JobError {
  return new JobError('ABORTED', 'the job was aborted', reason === undefined ? {} : { cause: reason })
}
