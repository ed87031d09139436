/**
 * Waits that can be cut short. A promise that never settles, of a reader or a sink, must not keep a job from ending; and
 * waiting for it again and again must leave nothing behind, as a reaction on a long-lived promise would.
 */

export const INTERRUPTED: unique symbol = Symbol('interrupted')

export class Interrupts {
  #waiting: (() => void)[] = []

  /** What the promise settles to, or INTERRUPTED when that comes first. The promise may fail later, unheard. */
  unless<T>(promise: Promise<T>): Promise<T | typeof INTERRUPTED> {
    return new Promise((resolve, reject) => {
      const interrupt = () => resolve(INTERRUPTED)
      this.#waiting.push(interrupt)
      promise.then(
        value => {
          this.#remove(interrupt)
          resolve(value)
        },
        error => {
          this.#remove(interrupt)
          reject(error)
        },
      )
    })
  }

  /** Whoever waits now waits no longer. */
  interrupt(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const interrupt of waiting) interrupt()
  }

  #remove(interrupt: () => void): void {
    const at = this.#waiting.indexOf(interrupt)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}
