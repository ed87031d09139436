/** Ctrl-C: the job is aborted, its sinks are closed, and the process ends by itself. */

import type { Job, Progress } from '../index.ts'
import { EXIT } from './command.ts'

/** The user, or the system, asked to stop. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

/**
 * Runs a task that the first SIGINT or SIGTERM aborts; a second one ends the process at once.
 *
 * @throws {Interrupted} when it was asked to stop, whatever the task made of it
 */
export async function interruptible<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  let exitCode: number | undefined
  const stop = (code: number) => () => {
    if (exitCode !== undefined) process.exit(code)
    exitCode = code
    abort.abort()
  }
  const onInterrupt = stop(EXIT.interrupted)
  const onTerminate = stop(EXIT.terminated)
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  try {
    const result = await task(abort.signal)
    if (exitCode !== undefined) throw new Interrupted(exitCode)
    return result
  } catch (error) {
    throw exitCode === undefined ? error : new Interrupted(exitCode)
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
}

/**
 * Runs a job that does not end: the first SIGINT or SIGTERM stops it, with everything that was read committed; a second one ends
 * the process at once.
 */
export async function untilStopped(begin: () => Promise<Job>): Promise<Progress> {
  const { promise: asked, resolve } = Promise.withResolvers<'stop'>()
  let stopping = false
  const stop = (code: number) => () => {
    if (stopping) process.exit(code)
    stopping = true
    resolve('stop')
  }
  const onInterrupt = stop(EXIT.interrupted)
  const onTerminate = stop(EXIT.terminated)
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  try {
    const job = await begin()
    if ((await Promise.race([job.done, asked])) === 'stop') await job.stop()
    return await job.done
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
}
