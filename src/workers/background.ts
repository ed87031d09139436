/**
 * A thread beside a shard, for work whose results are needed later: fits of detectors.
 *
 * It starts with the first task and does them in order, in memory shared with the shard. Nobody ever waits for it:
 * results that are late, or lost with the thread, are computed in place by the same function, so that they are the same.
 */

import { Worker } from 'node:worker_threads'
import { type Background, type BackgroundTask, inPlace, type Ticket } from '../core/detector.ts'

/** What the thread is sent. */
export interface BackgroundJob {
  readonly name: string
  readonly input: Float64Array
  readonly result: Float64Array
  /** One of the states below. */
  readonly state: Int32Array
}

export const QUEUED = 0
/** The thread has begun, or the shard has taken the task back. */
export const TAKEN = 1
export const DONE = 2
export const FAILED = 3

export interface BackgroundThread extends Background {
  /** Ends the thread, if there is one; a later task starts another. Resolves when it is gone. */
  end(): Promise<void>
}

const own = import.meta.url
const entry = new URL(own.endsWith('.ts') ? './background-worker.ts' : './background-worker.js', own)

/** Starts no thread before the first task. @param file for tests: another entry of the thread */
export function backgroundThread(file: URL = entry): BackgroundThread {
  let worker: Worker | undefined
  /** A thread that died once is not started again: what ended it may end the next. */
  let dead = false
  let gone: Promise<unknown> = Promise.resolve()

  const start = (): Worker => {
    const started = new Worker(file)
    // It keeps no process alive.
    started.unref()
    const died = () => {
      if (worker !== started) return
      worker = undefined
      dead = true
    }
    started.on('error', died)
    started.on('exit', died)
    return started
  }

  return {
    submit(task) {
      if (dead) return inPlace.submit(task)
      try {
        worker ??= start()
      } catch {
        // No thread can be had: the system has no more, or forbids them.
        dead = true
        return inPlace.submit(task)
      }
      const job = jobOf(task)
      worker.postMessage(job)
      const mine = worker
      return ticketOf(task, job, () => worker !== mine)
    },
    async end() {
      if (worker) {
        const ended = worker
        worker = undefined
        gone = ended.terminate()
      }
      await gone
    },
  }
}

function jobOf({ name, input, results }: BackgroundTask): BackgroundJob {
  const memory = new SharedArrayBuffer(8 * (1 + results + input.length))
  const job = {
    name,
    state: new Int32Array(memory, 0, 1),
    result: new Float64Array(memory, 8, results),
    input: new Float64Array(memory, 8 * (1 + results)),
  }
  job.input.set(input)
  return job
}

function ticketOf(task: BackgroundTask, { state, result }: BackgroundJob, isGone: () => boolean): Ticket {
  return {
    get ready() {
      return Atomics.load(state, 0) >= DONE || isGone()
    },
    take() {
      if (Atomics.load(state, 0) === DONE) return result
      // The thread need not begin what it has not begun.
      Atomics.compareExchange(state, 0, QUEUED, TAKEN)
      return inPlace.submit(task).take()
    },
  }
}
