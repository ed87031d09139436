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
} from '../../workers/messages.ts'
import type { ShardHost } from '../../workers/pool.ts'
import { type MeterMemory, newMeterMemory } from '../../workers/shard-meter.ts'

type Body<M> = M extends ShardMessage ? Omit<M, 'job' | 'turn' | 'free'> : never

export class JobShards {
  readonly #job: string
  readonly #hosts: readonly ShardHost[]
  readonly #turns: number[]
  readonly #free: number[][]
  /** By shard: bytes of its slabs that are out. */
  readonly #out: Map<number, number>[]
  readonly #budget: MemoryBudget | undefined
  readonly #pending = new Set<Promise<unknown>>()
  /** By shard: messages that it has not answered. */
  readonly #unanswered: number[]
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

  async step(shard: number, step: Omit<StepMessage, 'job' | 'turn' | 'free' | 'kind'>): Promise<StepResult> {
    const result = (await this.#send(shard, { kind: 'step', ...step })) as StepResult
    result.slabs.forEach((slab, i) => {
      this.#out[shard]!.set(slab, result.slabBytes[i]!)
      this.#budget?.add(result.slabBytes[i]!)
    })
    return result
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

  /** User code that shards wait for is waited for no longer: its steps fail. What runs is not interrupted. */
  abort(): void {
    raiseAbort(this.#aborted)
  }

  /** Waits for what is under way and gives the threads back. Steps are never interrupted: their state would be lost. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#pending])
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
    const free = this.#free[shard]!
    this.#free[shard] = []
    const message = { ...body, job: this.#job, turn: this.#turns[shard]!++, free } as ShardMessage
    const reply = this.#hosts[shard]!.send(message)
    this.#pending.add(reply)
    this.#unanswered[shard]!++
    const settled = () => {
      this.#pending.delete(reply)
      this.#unanswered[shard]!--
    }
    reply.then(settled, error => {
      settled()
      if (error?.code === 'SHARD_DIED' || error?.code === 'SHARD_LOST') this.#broken = true
    })
    return reply
  }
}
