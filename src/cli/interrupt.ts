/** Ctrl-C: the job is aborted, its sinks are closed, and the process ends by itself. */

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
