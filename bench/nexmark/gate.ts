/** Holds the readers of sources at a part of their rows, so that a job can be stopped there. */

import type { Source, SplitReader } from '../../src/core/connector.ts'

export class Gate {
  /** Resolves when no more rows come. */
  readonly reached: Promise<void>
  readonly #reached = Promise.withResolvers<void>()
  readonly #part: number
  /** Sources that end are read one after the other: the first that waits holds them all. */
  readonly #inTurn: boolean
  #readers = 0
  #waiting = 0

  constructor(part: number, inTurn: boolean) {
    this.#part = part
    this.#inTurn = inTurn
    this.reached = this.#reached.promise
  }

  /** The source behind the gate. */
  put(source: Source): Source {
    return {
      ...source,
      open: async (split, from, request, memory) => {
        const reader = await source.open(split, from, request, memory)
        this.#readers++
        return this.#held(reader, Math.floor(split.rows! * this.#part))
      },
    }
  }

  #held(reader: SplitReader, rows: number): SplitReader {
    let read = 0
    const closed = Promise.withResolvers<undefined>()
    return {
      next: async () => {
        if (read >= rows) {
          this.#waiting++
          this.#look()
          return closed.promise
        }
        const next = await reader.next()
        read += next?.batch.length ?? 0
        return next
      },
      close: async () => {
        closed.resolve(undefined)
        await reader.close()
      },
    }
  }

  #look(): void {
    if (this.#inTurn || this.#waiting === this.#readers) this.#reached.resolve()
  }
}
