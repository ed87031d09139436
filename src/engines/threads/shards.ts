/** The shards of one job, as the coordinator sees them: numbered messages out, slabs given back with them. */

import type { MemoryBudget } from '../../core/batch/slab.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { SavedState } from '../../core/state/state-writer.ts'
import { newAbortFlag, raiseAbort } from '../../workers/interruption.ts'
import type {
  SavedByNode,
  ShardMemory,
  ShardMessage,
  StepMessage,
  StepResult,
  Writable,
} from '../../workers/messages.ts'
import type { ShardHost } from '../../workers/pool.ts'
import { type MeterMemory, newMeterMemory } from '../../workers/shard-meter.ts'

/** What a step asks of a shard, besides what every message says. */
export type StepBody = Omit<StepMessage, 'job' | 'turn' | 'free' | 'kind'>

/** How late a result that can wait may be taken, ms. */
const TAKE_WITHIN_MS = 100

const NONE: readonly number[] = []

type Body<M> = M extends ShardMessage ? Omit<M, 'job' | 'turn' | 'free'> : never

export class JobShards {
  readonly #job: string
  readonly #hosts: readonly ShardHost[]
  readonly #turns: number[]
  readonly #free: number[][]
  /** By shard: bytes of its slabs that are out. */
  readonly #out: Map<number, number>[]
  readonly #budget: MemoryBudget | undefined
  /** By shard: messages that it has not answered. */
  readonly #unanswered: number[]
  /** Who waits until all are answered. */
  #whenIdle: (() => void) | undefined
  #lateTake: NodeJS.Timeout | undefined
  #broken = false
  readonly #aborted = newAbortFlag()
  /** By shard: what it measures. Empty before the shards are open. */
  meters: readonly MeterMemory[] = []
  /** What each shard's slabs came to; known once closed. */
  readonly memory: ShardMemory[] = []

  /** @param budget counts the slabs of the shards that are out */
  constructor(job: string, hosts: readonly ShardHost[], budget?: MemoryBudget) {
    this.#job = job
    this.#hosts = hosts
    this.#turns = hosts.map(() => 0)
    this.#unanswered = hosts.map(() => 0)
    this.#free = hosts.map(() => [])
    this.#out = hosts.map(() => new Map())
    this.#budget = budget
    // A result that cannot wait may belong behind one of another shard that can.
    for (const host of hosts) host.whenWoken?.(() => this.doze(false))
  }

  get count(): number {
    return this.#hosts.length
  }

  /** The shard with the fewest messages to answer; the preferred one where others have as few. */
  leastLoaded(preferred: number): number {
    const unanswered = this.#unanswered
    let least = preferred
    for (let shard = 0; shard < unanswered.length; shard++)
      if (unanswered[shard]! < unanswered[least]!) least = shard
    return least
  }

  async open(stages: readonly Stage[], splits: readonly number[]): Promise<void> {
    const shards = this.count
    const aborted = this.#aborted
    this.meters = this.#hosts.map(() => newMeterMemory(stages))
    await Promise.all(
      this.#hosts.map((_, shard) =>
        this.#send(shard, {
          kind: 'open',
          shard,
          shards,
          stages,
          splits,
          aborted,
          meter: this.meters[shard]!,
        }),
      ),
    )
  }

  /**
   * Has a shard do a step.
   *
   * @param failed is also called with what `done` throws
   */
  step(
    shard: number,
    { stage, inputs, partitionedBy, mergePartials, times, takePartials, clockMs, forward }: StepBody,
    done: (result: StepResult) => void,
    failed: (error: unknown) => void,
  ): void {
    const message: Writable<StepMessage> = {
      kind: 'step',
      job: this.#job,
      turn: this.#turns[shard]!++,
      free: this.#takeFree(shard),
      stage,
      inputs,
      partitionedBy,
    }
    if (mergePartials) message.mergePartials = mergePartials
    if (times) message.times = times
    if (takePartials) message.takePartials = takePartials
    if (clockMs !== undefined) message.clockMs = clockMs
    if (forward) message.forward = forward
    this.#unanswered[shard]!++
    this.#hosts[shard]!.step(
      message,
      result => {
        this.#answered(shard)
        try {
          this.#takeOut(shard, result)
          done(result)
        } catch (error) {
          failed(error)
        }
      },
      error => {
        this.#answered(shard)
        this.#noteBreak(error)
        failed(error)
      },
    )
  }

  /** Takes note of the slabs that a result lies in. */
  #takeOut(shard: number, { slabs, slabBytes }: StepResult): void {
    for (let i = 0; i < slabs.length; i++) {
      this.#out[shard]!.set(slabs[i]!, slabBytes[i]!)
      this.#budget?.add(slabBytes[i]!)
    }
  }

  /** What a stage has saved in every shard: all of it, or what changed since that save. */
  save(stage: number, since: number | undefined): Promise<SavedByNode[]> {
    return Promise.all(
      this.#hosts.map(
        (_, shard) => this.#send(shard, { kind: 'save', stage, since }) as Promise<SavedByNode>,
      ),
    )
  }

  /** @param state by plan node, then shard of the job that saved it */
  async load(state: Readonly<Record<string, readonly SavedState[]>>): Promise<void> {
    await Promise.all(this.#hosts.map((_, shard) => this.#send(shard, { kind: 'load', state })))
  }

  /** Nobody reads these slabs of a shard any more; it hears of it with its next message. */
  free(shard: number, slabs: readonly number[]): void {
    for (const slab of slabs) {
      this.#free[shard]!.push(slab)
      this.#budget?.add(-(this.#out[shard]!.get(slab) ?? 0))
      this.#out[shard]!.delete(slab)
    }
  }

  /** Takes what shards have answered. */
  take(): void {
    for (const host of this.#hosts) host.take?.()
  }

  /**
   * Whether results that can wait wake nobody: they are taken with the next {@link take}, which comes with the next rows in
   * most cases, or a little later.
   */
  doze(dozes: boolean): void {
    for (const host of this.#hosts) host.doze?.(dozes)
    if (dozes) this.#lateTake ??= setTimeout(this.#takeLate, TAKE_WITHIN_MS).unref()
  }

  readonly #takeLate = (): void => {
    this.take()
    this.#lateTake = this.#isIdle ? undefined : setTimeout(this.#takeLate, TAKE_WITHIN_MS).unref()
  }

  /** User code that shards wait for is waited for no longer: its steps fail. What runs is not interrupted. */
  abort(): void {
    raiseAbort(this.#aborted)
  }

  /** Waits for what is under way and gives the threads back. Steps are never interrupted: their state would be lost. */
  async close(): Promise<void> {
    this.doze(false)
    clearTimeout(this.#lateTake)
    if (!this.#isIdle)
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve
      })
    if (!this.#broken) {
      const closed = this.#hosts.map(
        (_, shard) => this.#send(shard, { kind: 'close' }) as Promise<ShardMemory>,
      )
      for (const reply of await Promise.allSettled(closed))
        if (reply.status === 'fulfilled') this.memory.push(reply.value)
    }
    await Promise.all(this.#hosts.map(host => host.release(this.#broken)))
  }

  #send(shard: number, body: Body<ShardMessage>) {
    const free = this.#takeFree(shard)
    const message = { ...body, job: this.#job, turn: this.#turns[shard]!++, free } as ShardMessage
    const reply = this.#hosts[shard]!.send(message)
    this.#unanswered[shard]!++
    reply.then(
      () => this.#answered(shard),
      error => {
        this.#answered(shard)
        this.#noteBreak(error)
      },
    )
    return reply
  }

  /** The slabs of a shard that it is told are free with its next message. */
  #takeFree(shard: number): readonly number[] {
    const free = this.#free[shard]!
    if (free.length === 0) return NONE
    this.#free[shard] = []
    return free
  }

  get #isIdle(): boolean {
    return this.#unanswered.every(messages => messages === 0)
  }

  #answered(shard: number): void {
    this.#unanswered[shard]!--
    if (this.#whenIdle && this.#isIdle) this.#whenIdle()
  }

  /** After such a failure the shard cannot go on. */
  #noteBreak(error: unknown): void {
    const code = (error as { code?: string } | undefined)?.code
    if (code === 'SHARD_DIED' || code === 'SHARD_LOST') this.#broken = true
  }
}
