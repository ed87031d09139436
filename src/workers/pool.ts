/**
 * Shards as threads. A shard is a Piscina pool of exactly one thread. For the time of a job the thread has one task, which
 * takes the job's messages from a line of its own (`line.ts`), in the order in which they were sent.
 *
 * This folder runs stages on threads: messages, the thread's entry, the pool. It may import `core`, `models` and
 * `connectors`; engines import it. Invariant: a shard never goes on with state that it lost.
 *
 * Threads are kept for the next job and do not keep the process alive; a thread that died takes its pool with it.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import {
  ConnectorError,
  DataError,
  JobError,
  type MillraceError,
  ModelError,
  PlanError,
  setNode,
  setPlace,
} from '../core/errors.ts'
import type { FrameReader } from './frame.ts'
import { CoordinatorEnd, newLineMemory } from './line.ts'
import type { ShardMessage, ShardReply, StepMessage, StepResult } from './messages.ts'
import type { RequestMemory } from './packer.ts'
import type { ShardTask, ThreadError } from './shard.ts'
import { END, FAILED, OTHER, RESULT, STEP, Wire } from './wire.ts'

/** Somewhere a shard's messages can be sent. */
export interface ShardHost {
  send(message: ShardMessage): Promise<ShardReply>
  /** Has a step done. One of the two is called later, not in between: a promise for each of many small steps would cost more. */
  step(message: StepMessage, done: (result: StepResult) => void, failed: (error: unknown) => void): void
  /** Whether results that can wait (`canWait` in `forwarded-step.ts`) are taken only when somebody asks. */
  doze?(dozes: boolean): void
  /** Calls it whenever a result has come that could not wait. */
  whenWoken?(act: () => void): void
  /** Takes what has come. */
  take?(): void
  /** Gives the host back; a broken one is not used again. */
  release(broken: boolean): Promise<void>
}

const idle: Piscina[] = []

/** Takes `count` shard threads, idle ones first. */
export async function takeShards(count: number): Promise<ShardHost[]> {
  checkEntry()
  const { Piscina } = await import('piscina')
  return Array.from({ length: count }, () => {
    const pool = idle.pop() ?? newPool(Piscina, entry)
    return new ThreadHost(pool, () => void idle.push(pool))
  })
}

/** Threads of their own, which end with the job: for tests that need them to misbehave. */
export async function ownShards(
  count: number,
  options: { entry: URL; maxOldGenerationSizeMb?: number },
): Promise<ShardHost[]> {
  const { Piscina } = await import('piscina')
  return Array.from({ length: count }, () => {
    const pool = newPool(Piscina, options.entry, options.maxOldGenerationSizeMb)
    return new ThreadHost(pool, () => pool.destroy())
  })
}

const own = import.meta.url
const entry = new URL(own.endsWith('.ts') ? './shard.ts' : './shard.js', own)

/** In a bundle the file that threads start with is not beside this one. */
function checkEntry(): void {
  if (existsSync(fileURLToPath(entry))) return
  throw new JobError('BUNDLED', `the file that threads start with is not there: ${fileURLToPath(entry)}`, {
    hint: 'a bundle cannot hold threads: leave the package out of it (esbuild --external:millrace; Vite: ssr.external) and install it beside the bundle',
  })
}

function newPool(PiscinaClass: typeof Piscina, filename: URL, maxOldGenerationSizeMb?: number): Piscina {
  const pool = new PiscinaClass({
    filename: filename.href,
    ...(maxOldGenerationSizeMb === undefined ? {} : { resourceLimits: smallHeap(maxOldGenerationSizeMb) }),
    minThreads: 1,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
  })
  // A thread can die between jobs; the next job finds out by its first message.
  pool.on('error', () => {})
  return pool
}

/** A message on its way. */
interface Pending {
  readonly message: ShardMessage
  resolve(reply: ShardReply): void
  reject(error: MillraceError): void
  /** Of a step that was sent: what its result may lie in. */
  memory: RequestMemory
}

/** A thread for one job. */
class ThreadHost implements ShardHost {
  readonly #pool: Piscina
  readonly #keep: () => unknown
  readonly #line: CoordinatorEnd
  readonly #wire = new Wire()
  /** Resolves when the thread is done with the job, also by its death. */
  readonly #served: Promise<void>
  /** Messages for which the line has no room yet, and those that are not answered yet. */
  readonly #waiting: Pending[] = []
  readonly #sent: Pending[] = []
  #death: JobError | undefined
  #woken = () => {}

  constructor(pool: Piscina, keep: () => unknown) {
    const { port1, port2 } = new MessageChannel()
    const memory = newLineMemory()
    this.#pool = pool
    this.#keep = keep
    this.#line = new CoordinatorEnd(
      memory,
      port1,
      (kind, frame) => this.#receive(kind, frame),
      () => this.#woken(),
    )
    const task: ShardTask = { memory, port: port2 }
    this.#served = pool.run(task, { transferList: [port2] }).catch(error => this.#die(error))
  }

  send(message: ShardMessage): Promise<ShardReply> {
    return new Promise((resolve, reject) => this.#add({ message, resolve, reject, memory: NO_MEMORY }))
  }

  step(message: StepMessage, done: (result: StepResult) => void, failed: (error: unknown) => void): void {
    const resolve = done as Pending['resolve']
    this.#add({ message, resolve, reject: failed, memory: NO_MEMORY })
  }

  doze(dozes: boolean): void {
    // What waits for room waits for an answer.
    this.#line.doze(dozes && this.#waiting.length === 0)
  }

  whenWoken(act: () => void): void {
    this.#woken = act
  }

  take(): void {
    this.#line.receiveAll()
  }

  #add(pending: Pending): void {
    if (this.#death) {
      const death = this.#death
      queueMicrotask(() => pending.reject(death))
      return
    }
    this.#waiting.push(pending)
    this.#sendWaiting()
  }

  async release(broken: boolean): Promise<void> {
    if (!broken && !this.#death) {
      this.#line.send(END, () => {})
      await this.#served
    }
    this.#line.close()
    if (broken || this.#death) await this.#pool.destroy()
    else await this.#keep()
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#line.hasRoom) {
      const pending = this.#waiting.shift()!
      this.#sent.push(pending)
      const { message } = pending
      if (message.kind !== 'step') this.#line.send(OTHER, frame => frame.attach(message))
      else
        this.#line.send(STEP, frame => {
          pending.memory = this.#wire.writeStep(message, frame)
        })
    }
    if (this.#waiting.length > 0) this.#line.doze(false)
  }

  #receive(kind: number, frame: FrameReader): void {
    const { resolve, reject, memory } = this.#sent.shift()!
    if (kind === RESULT) resolve(this.#wire.readResult(frame, memory))
    else if (kind === FAILED) reject(revived(frame.attachment() as ThreadError))
    else resolve(frame.attachment() as ShardReply)
    this.#sendWaiting()
  }

  #die(cause: unknown): void {
    // What it had answered before counts.
    this.#line.receiveAll()
    this.#line.close()
    this.#death = shardDied(cause)
    for (const { reject } of [...this.#sent.splice(0), ...this.#waiting.splice(0)]) reject(this.#death)
  }
}

const NO_MEMORY: RequestMemory = []

function shardDied(cause: unknown): JobError {
  const { message = String(cause), code } = (cause ?? {}) as { message?: string; code?: string }
  const memory = code === 'ERR_WORKER_OUT_OF_MEMORY' || /memory limit/i.test(message)
  return new JobError('SHARD_DIED', `a shard's thread died: ${message}`, {
    cause,
    hint: memory
      ? 'it ran out of memory: keep less state (shorter windows, a ttl, fewer keys) or give Node more with --max-old-space-size'
      : 'its state is gone and the job has stopped; what was committed before is in the sinks',
  })
}

const KINDS: Readonly<
  Record<string, new (...args: ConstructorParameters<typeof MillraceError>) => MillraceError>
> = {
  PlanError,
  DataError,
  ConnectorError,
  JobError,
  ModelError,
}

/** The error a shard reported, with its class and the shard's own stack as cause. */
function revived(error: ThreadError): MillraceError {
  const Kind = KINDS[error.kind] ?? JobError
  const cause = new Error(error.message)
  if (error.stack) cause.stack = error.stack
  const made = new Kind(error.code, error.message, { cause, ...(error.hint ? { hint: error.hint } : {}) })
  if (error.node !== undefined) setNode(made, error.node)
  if (error.place) setPlace(made, error.place)
  return made
}

/**
 * A thread that runs out of memory gets some 16 MB more to end in; what is promoted from a large young generation at once
 * would not fit, and end the process.
 */
const smallHeap = (maxOldGenerationSizeMb: number) => ({
  maxOldGenerationSizeMb,
  maxYoungGenerationSizeMb: Math.max(1, maxOldGenerationSizeMb / 32),
})
