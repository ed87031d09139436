/**
 * Shards as threads. A shard is a Piscina pool of exactly one thread with a strict first-in, first-out queue, so that
 * its messages are handled in the order they were sent.
 *
 * This folder runs stages on threads: messages, the thread's entry, the pool. It may import `core`, `models` and
 * `connectors`; engines import it. Invariant: a shard never goes on with state that it lost.
 *
 * Threads are kept for the next job and do not keep the process alive; a thread that died takes its pool with it.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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
import type { ShardMessage, ShardReply } from './messages.ts'
import type { PackedReply, ThreadError } from './shard.ts'
import { type PackedResult, Wire } from './wire.ts'

/** Somewhere a shard's messages can be sent. */
export interface ShardHost {
  send(message: ShardMessage): Promise<ShardReply>
  /** Gives the host back; a broken one is not used again. */
  release(broken: boolean): Promise<void>
}

/** Messages posted ahead, so that a shard does not wait while the coordinator is busy reading. */
const TASKS_AHEAD = 8

const idle: Piscina[] = []

/** Takes `count` shard threads, idle ones first. */
export async function takeShards(count: number): Promise<ShardHost[]> {
  checkEntry()
  const { Piscina } = await import('piscina')
  return Array.from({ length: count }, () => {
    const pool = idle.pop() ?? newPool(Piscina, entry)
    return threadHost(pool, () => void idle.push(pool))
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
    return threadHost(pool, () => pool.destroy())
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
    concurrentTasksPerWorker: TASKS_AHEAD,
    stricterFIFO: true,
  })
  // A thread can die between jobs; the next job finds out by its first message.
  pool.on('error', () => {})
  return pool
}

/** A thread for one job. */
function threadHost(pool: Piscina, keep: () => unknown): ShardHost {
  const wire = new Wire()
  const run = async (message: unknown): Promise<PackedReply> => {
    let reply: { value: PackedReply } | { error: ThreadError }
    try {
      reply = await pool.run(message)
    } catch (error) {
      throw shardDied(error)
    }
    if ('error' in reply) throw revived(reply.error)
    return reply.value
  }
  return {
    async send(message) {
      if (message.kind !== 'step') return (await run(message)) as ShardReply
      const { packed, memory } = wire.packStep(message)
      return wire.unpackResult((await run(packed)) as PackedResult, memory)
    },
    async release(broken) {
      if (broken) await pool.destroy()
      else await keep()
    },
  }
}

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
