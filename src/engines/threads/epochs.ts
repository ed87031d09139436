/** The epochs of a job: barriers one after the other, what they save, and the commits of the sinks. */

import type { JobSnapshot } from '../../core/engine.ts'
import { JobError } from '../../core/errors.ts'
import { Barrier } from './barrier.ts'
import type { Dataflow } from './dataflow.ts'
import type { JobMeters } from './job-meters.ts'
import { SavedStages, SNAPSHOT_VERSION } from './job-snapshot.ts'
import type { SplitPositions } from './split-positions.ts'

const DEFAULT_COMMIT_EVERY_MS = 10_000

/** What epochs need of the job. */
export interface EpochHost {
  /** How many steps have begun. */
  steps(): number
  /** Whether the job has failed or is being stopped. */
  isOver(): boolean
  beginBarrier(barrier: Barrier): void
  /** What the clock has decided since the last snapshot, which the next does not have again; and its reading. */
  takeMarks(): Pick<JobSnapshot, 'marks' | 'clockMs'>
  /** The sinks have committed what was read up to these positions. */
  committed(positions: JobSnapshot['positions']): void
  throwIfFailed(): void
  /** Waits for a sink, but not beyond the job's failure; throws that. */
  unlessFailed(work: Promise<void>): Promise<void>
  fail(error: unknown): void
  /** Takes note of what an epoch took. */
  readonly meters: Pick<JobMeters, 'epochs' | 'sinks' | 'log'>
}

export class Epochs {
  readonly #planHash: string
  readonly #job: string
  readonly #dataflow: Dataflow
  readonly #positions: SplitPositions
  readonly #host: EpochHost
  #epoch = 0
  /** Settles when the barriers asked for so far are through. */
  #barriers: Promise<void> = Promise.resolve()
  /** The one under way. */
  #barrier: Barrier | undefined
  /** The job's last epoch is about to be committed: barriers come too late. */
  #last = false
  #committedSteps = 0
  #timer: NodeJS.Timeout | undefined
  readonly #savedState = new SavedStages()

  /** @param job what sinks know the job by */
  constructor(planHash: string, job: string, dataflow: Dataflow, positions: SplitPositions, host: EpochHost) {
    this.#planHash = planHash
    this.#job = job
    this.#dataflow = dataflow
    this.#positions = positions
    this.#host = host
  }

  /** Whether a barrier is under way. */
  get isUnderWay(): boolean {
    return this.#barrier !== undefined
  }

  /** The first epoch is the one after that of a snapshot. */
  goOnAfter(epoch: number): void {
    this.#epoch = epoch + 1
  }

  /** Begins the first epoch. */
  async begin(): Promise<void> {
    for (const { sink } of this.#dataflow.sinks) await this.#host.unlessFailed(sink.begin(this.#epoch))
  }

  /** What streams have brought becomes visible now and then, also while no more comes. */
  startCommitting(everyMs = DEFAULT_COMMIT_EVERY_MS): void {
    this.#timer = setInterval(() => {
      if (this.#host.isOver() || this.#barrier || this.#host.steps() === this.#committedSteps) return
      void this.#commit(false)
    }, everyMs)
  }

  stopCommitting(): void {
    clearInterval(this.#timer)
  }

  /** @throws {JobError} `JOB_OVER` once the last epoch is being committed; whatever the job fails with */
  async snapshot(): Promise<JobSnapshot> {
    if (this.#last) throw jobOver()
    return (await this.#commit(true))!
  }

  /** Commits the last epoch. */
  end(saves: boolean): Promise<JobSnapshot | undefined> {
    this.stopCommitting()
    this.#last = true
    return this.#commit(saves, true)
  }

  /** The job has failed: nobody is to wait for a barrier. */
  fail(error: unknown): void {
    this.#barrier?.fail(error)
  }

  /** Ends the epoch once barriers before it are through: what was read so far becomes visible. */
  #commit(saves: boolean, isLast = false): Promise<JobSnapshot | undefined> {
    const committed = this.#barriers.then(() => this.#passBarrier(saves, isLast))
    // Whoever asked is told, too; but sinks that hold back what comes after the barrier would do so for good.
    this.#barriers = committed.then(
      () => {},
      error => this.#host.fail(error),
    )
    return committed
  }

  async #passBarrier(saves: boolean, isLast: boolean): Promise<JobSnapshot | undefined> {
    const { stages, sinks } = this.#dataflow
    const { meters } = this.#host
    const beganMs = performance.now()
    const barrier = new Barrier(this.#epoch, saves, stages.length + sinks.length)
    // Between this and the barrier nothing can fail unheard.
    this.#host.throwIfFailed()
    const positions = this.#positions.save()
    const marks = saves ? this.#host.takeMarks() : undefined
    this.#barrier = barrier
    this.#host.beginBarrier(barrier)
    this.#committedSteps = this.#host.steps()
    await this.#host.unlessFailed(barrier.passed)
    if (saves) meters.epochs.saved(performance.now() - beganMs, barrier.state)
    const snapshot = marks ? { ...this.#snapshotOf(barrier), positions, ...marks } : undefined
    // A job that is stopped saves its last barrier too: others go on from it.
    const isEnd = isLast && !saves
    for (const { id, sink } of sinks) {
      const askedMs = performance.now()
      await this.#host.unlessFailed(sink.commit(this.#epoch, isEnd, isLast))
      meters.sinks.get(id)!.committed(performance.now() - askedMs)
    }
    meters.epochs.committed(performance.now() - beganMs)
    meters.log.add('info', `epoch ${this.#epoch} committed${saves ? ', with a snapshot' : ''}`)
    this.#host.committed(positions)
    this.#epoch++
    if (!isLast) await this.begin()
    this.#barrier = undefined
    barrier.release()
    return snapshot
  }

  #snapshotOf({ epoch, eventTimes, state }: Barrier): Omit<JobSnapshot, 'positions' | 'marks'> {
    return {
      version: SNAPSHOT_VERSION,
      planHash: this.#planHash,
      job: this.#job,
      epoch,
      eventTimes: Object.fromEntries(eventTimes),
      state: this.#savedState.add(state),
    }
  }
}

/** The error of whoever asks an ended job for a barrier. */
export const jobOver = (): JobError =>
  new JobError('JOB_OVER', 'the job had ended before it came to the barrier', {
    hint: 'nothing is left to resume: its sinks have everything',
  })
