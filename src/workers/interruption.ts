/**
 * How a shard hears that its job is over while it waits for user code: by a word of shared memory, because messages are
 * taken in their turn, and the turn may never come.
 */

import { JobError } from '../core/errors.ts'

const OVER = 1

/** A word that a job's coordinator and its shards share. */
export const newAbortFlag = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Tells every shard of the job. */
export function raiseAbort(flag: Int32Array<SharedArrayBuffer>): void {
  Atomics.store(flag, 0, OVER)
  Atomics.notify(flag, 0)
}

/**
 * What a promise gives, unless the job is over before: it may never settle.
 *
 * @throws {JobError} `ABORTED`
 */
export async function unlessAborted<T>(promise: Promise<T>, flag: Int32Array<SharedArrayBuffer>): Promise<T> {
  const over = async () => {
    await Atomics.waitAsync(flag, 0, 0).value
    throw aborted()
  }
  return Promise.race([promise, over()])
}

/** A job's end as its shard sees it. */
export class Interruption {
  readonly #controller = new AbortController()
  readonly #flag: Int32Array<SharedArrayBuffer> | undefined
  #closed = false
  #reject: ((error: JobError) => void) | undefined

  /** @param flag absent: nothing in the job takes longer than its step */
  constructor(flag: Int32Array<SharedArrayBuffer> | undefined) {
    this.#flag = flag
    if (flag) void this.#listen(flag)
  }

  /** Aborts when the job does: for user code. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  async #listen(flag: Int32Array<SharedArrayBuffer>): Promise<void> {
    await Atomics.waitAsync(flag, 0, 0).value
    if (this.#closed) return
    const error = aborted()
    this.#controller.abort(error)
    this.#reject?.(error)
  }

  /**
   * The result of work, unless the job is over before; one at a time.
   *
   * @throws {JobError} `ABORTED`
   */
  unless<T>(work: () => T | Promise<T>): T | Promise<T> {
    if (this.signal.aborted) throw aborted()
    const result = work()
    if (!(result instanceof Promise)) return result
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#reject = reject
    result.then(resolve, reject)
    return promise.finally(() => {
      this.#reject = undefined
    })
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true
    if (this.#flag) raiseAbort(this.#flag)
  }
}

const aborted = () => new JobError('ABORTED', 'the job was aborted')
