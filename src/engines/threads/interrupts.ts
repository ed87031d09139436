/**
 * Waits that can be cut short. A promise that never settles, of a reader or a sink, must not keep a job from ending; and
 * waiting for it again and again must leave nothing behind, as a reaction on a long-lived promise would.
 */

export const INTERRUPTED: unique symbol = Symbol('interrupted')

export class Interrupts {
  readonly #waiting = new Set<() => void>()

  /** What the promise settles to, or INTERRUPTED when that comes first. The promise may fail later, unheard. */
  async unless<T>(promise: Promise<T>): Promise<T | typeof INTERRUPTED> {
    const { promise: first, resolve, reject } = Promise.withResolvers<T | typeof INTERRUPTED>()
    const interrupt = () => resolve(INTERRUPTED)
    this.#waiting.add(interrupt)
    promise.then(resolve, reject)
    try {
      return await first
    } finally {
      this.#waiting.delete(interrupt)
    }
  }

  /** Whoever waits now waits no longer. */
  interrupt(): void {
    for (const interrupt of this.#waiting) interrupt()
  }
}
