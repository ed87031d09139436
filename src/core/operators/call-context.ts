/** What calls of asynchronous user functions share: promises, their end with the job, and how long they may take. */

/** What a function of the user's is given besides its arguments. */
export class CallContext {
  /** Aborts with the job: pass it on to what waits, such as `fetch`. */
  readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = signal
  }
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** What a promise gives, unless that takes longer. It is not waited for then, whatever it does. */
export async function withTimeout<T>(pending: PromiseLike<T>, timeoutMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new TimeoutError(`it took longer than ${timeoutMs} ms`)), timeoutMs)
  pending.then(resolve, reject)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}
