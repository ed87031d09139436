/**
 * The work of a step that operators do asynchronously. An operator takes its batches one after another, in the order in
 * which they came; a step is done when all operators are.
 */

/** Goes on with a value, at once if it is there. */
export function after<T, R>(value: T | Promise<T>, then: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value)
}

export class OperatorQueues {
  /** By operator: the last of its work, while there is any. */
  readonly #tails: (Promise<void> | undefined)[]

  constructor(operators: number) {
    this.#tails = Array.from({ length: operators }, () => undefined)
  }

  /** Does work of an operator when what it had before is done: at once, if that was all synchronous. */
  add(operator: number, work: () => void | Promise<void>): void {
    const before = this.#tails[operator]
    const done = before ? before.then(work) : work()
    if (!(done instanceof Promise)) return
    this.#tails[operator] = done
    // Whoever waits for the queue hears of a failure; until then nobody does.
    done.catch(() => {})
  }

  /** Resolves when no operator has work left, also none that others gave it; undefined when none has any now. */
  settled(): Promise<void> | undefined {
    const operator = this.#tails.findIndex(tail => tail !== undefined)
    if (operator < 0) return undefined
    const tail = this.#tails[operator]!
    return tail.then(() => {
      if (this.#tails[operator] === tail) this.#tails[operator] = undefined
      return this.settled()
    })
  }
}
